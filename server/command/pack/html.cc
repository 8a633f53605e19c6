#include "server/command/pack/html.h"

#include <cstdint>

#include "absl/strings/str_cat.h"

namespace tarazy {
namespace {

// The code point of a three-byte sequence at `at`; 0: there is none.
uint32_t ThreeBytes(absl::string_view text, size_t at) {
  if (text.size() - at < 3) return 0;
  const auto byte = [&](size_t i) {
    return static_cast<uint8_t>(text[at + i]);
  };
  if (byte(0) >> 4 != 0xe || byte(1) >> 6 != 2 || byte(2) >> 6 != 2) return 0;
  return (byte(0) & 0xfu) << 12 | (byte(1) & 0x3fu) << 6 | (byte(2) & 0x3fu);
}

bool IsHidden(uint32_t code_point) {
  return (code_point >= 0x200b && code_point <= 0x200f) ||
         (code_point >= 0x2028 && code_point <= 0x202e) ||
         (code_point >= 0x2060 && code_point <= 0x206f) || code_point == 0xfeff;
}

std::string Number(uint32_t code_point) {
  return absl::StrCat("[U+", absl::Hex(code_point, absl::kZeroPad4), "]");
}

}  // namespace

std::string HtmlText(absl::string_view text) {
  std::string html;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const uint32_t wide = ThreeBytes(text, i);
    if (IsHidden(wide)) {
      html += Number(wide);
      i += 2;
    } else if (c == '&') {
      html += "&amp;";
    } else if (c == '<') {
      html += "&lt;";
    } else if (c == '>') {
      html += "&gt;";
    } else if (c == '"') {
      html += "&quot;";
    } else if ((static_cast<uint8_t>(c) < 0x20 && c != '\n' && c != '\t') ||
               c == 0x7f) {
      html += Number(static_cast<uint8_t>(c));
    } else {
      html += c;
    }
  }
  return html;
}

std::string HtmlCode(absl::string_view text) {
  if (text.empty()) return "";
  return absl::StrCat("<code>", HtmlText(text), "</code>");
}

}  // namespace tarazy
