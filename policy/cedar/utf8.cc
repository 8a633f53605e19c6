#include "policy/cedar/utf8.h"

namespace tarazy {

void AppendUtf8(char32_t c, std::string* out) {
  auto trail = [out](char32_t bits) {
    out->push_back(static_cast<char>(0x80 | (bits & 0x3F)));
  };
  if (c < 0x80) {
    out->push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    out->push_back(static_cast<char>(0xC0 | (c >> 6)));
    trail(c);
  } else if (c < 0x10000) {
    out->push_back(static_cast<char>(0xE0 | (c >> 12)));
    trail(c >> 6);
    trail(c);
  } else {
    out->push_back(static_cast<char>(0xF0 | (c >> 18)));
    trail(c >> 12);
    trail(c >> 6);
    trail(c);
  }
}

size_t DecodeUtf8(absl::string_view text, char32_t* code_point) {
  if (text.empty()) return 0;
  const auto byte = [&](size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  const unsigned char lead = byte(0);
  if (lead < 0x80) {
    *code_point = lead;
    return 1;
  }
  size_t length;
  char32_t value, smallest;
  if ((lead & 0xE0) == 0xC0) {
    length = 2, value = lead & 0x1F, smallest = 0x80;
  } else if ((lead & 0xF0) == 0xE0) {
    length = 3, value = lead & 0x0F, smallest = 0x800;
  } else if ((lead & 0xF8) == 0xF0) {
    length = 4, value = lead & 0x07, smallest = 0x10000;
  } else {
    return 0;
  }
  if (text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
    value = (value << 6) | (byte(i) & 0x3F);
  }
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < smallest || value > 0x10FFFF || surrogate) return 0;
  *code_point = value;
  return length;
}

size_t FindInvalidUtf8(absl::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    char32_t ignored;
    const size_t length = DecodeUtf8(text.substr(at), &ignored);
    if (length == 0) return at;
    at += length;
  }
  return absl::string_view::npos;
}

}  // namespace tarazy
