#include "policy/cedar/text.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace tarazy {
namespace {

constexpr char32_t kBad = 0xFFFFFFFFu;

// Length of the sequence that `lead` opens, 0 when it can't open one.
int SequenceLength(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Takes one code point, not one byte, so that what is wrong ends on a border
// of characters.
char32_t TakeAny(absl::string_view* rest) {
  return rest->empty() ? kBad : TakeCodePoint(rest);
}

// `41` after `\x`.
char32_t TakeHexEscape(absl::string_view* rest) {
  int value = 0;
  for (int i = 0; i < 2; ++i) {
    const char32_t c = TakeAny(rest);
    const int digit = c < 0x80 ? HexDigit(static_cast<char>(c)) : -1;
    if (digit < 0) return kBad;
    value = value * 16 + digit;
  }
  return value <= 0x7F ? static_cast<char32_t>(value) : kBad;
}

// `{1F_600}` after `\u`: one to six digits; underscores after the first.
char32_t TakeUnicodeEscape(absl::string_view* rest) {
  if (TakeAny(rest) != '{') return kBad;
  char32_t value = 0;
  int digits = 0;
  while (true) {
    const char32_t c = TakeAny(rest);
    if (c == '}') break;
    if (c == '_' && digits > 0) continue;
    const int digit = c < 0x80 ? HexDigit(static_cast<char>(c)) : -1;
    if (digit < 0) return kBad;
    if (++digits <= 6) value = value * 16 + static_cast<char32_t>(digit);
  }
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (digits == 0 || digits > 6 || value > 0x10FFFF || surrogate) return kBad;
  return value;
}

// What stands after a backslash.
char32_t TakeEscape(absl::string_view* rest) {
  switch (TakeAny(rest)) {
    case '0':
      return 0;
    case '"':
      return '"';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case '\\':
      return '\\';
    case '\'':
      return '\'';
    case 'x':
      return TakeHexEscape(rest);
    case 'u':
      return TakeUnicodeEscape(rest);
    default:
      return kBad;
  }
}

// Calls emit(code_point, range) for each character; kBad for what is wrong.
template <typename Emit>
void ForEachCharacter(absl::string_view inner, Emit emit) {
  absl::string_view rest = inner;
  while (!rest.empty()) {
    BadEscape range;
    range.begin = inner.size() - rest.size();
    char32_t c = TakeCodePoint(&rest);
    if (c == '\\') {
      c = TakeEscape(&rest);
    } else if (c == '"' || c == '\r') {
      c = kBad;
    }
    range.end = inner.size() - rest.size();
    emit(c, range);
  }
}

struct Range {
  char32_t first;
  char32_t last;
};

// Characters that EscapeString writes as `\u{…}`: controls, format
// characters, separators other than the space, private use.
constexpr Range kUnprintable[] = {
    {0x0, 0x1F},         {0x7F, 0xA0},       {0xAD, 0xAD},
    {0x600, 0x605},      {0x61C, 0x61C},     {0x6DD, 0x6DD},
    {0x70F, 0x70F},      {0x890, 0x891},     {0x8E2, 0x8E2},
    {0x1680, 0x1680},    {0x180E, 0x180E},   {0x2000, 0x200F},
    {0x2028, 0x202F},    {0x205F, 0x206F},   {0x3000, 0x3000},
    {0xE000, 0xF8FF},    {0xFEFF, 0xFEFF},   {0xFFF0, 0xFFFB},
    {0xFFFE, 0xFFFF},    {0x110BD, 0x110BD}, {0x110CD, 0x110CD},
    {0x13430, 0x1343F},  {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A},
    {0xE0000, 0x10FFFF},
};

bool IsPrintable(char32_t c) {
  const Range* at = std::lower_bound(
      std::begin(kUnprintable), std::end(kUnprintable), c,
      [](const Range& r, char32_t value) { return r.last < value; });
  return at == std::end(kUnprintable) || c < at->first;
}

void AppendEscaped(char32_t c, std::string* out) {
  switch (c) {
    case 0:
      out->append("\\0");
      return;
    case '\t':
      out->append("\\t");
      return;
    case '\n':
      out->append("\\n");
      return;
    case '\r':
      out->append("\\r");
      return;
    case '"':
      out->append("\\\"");
      return;
    case '\\':
      out->append("\\\\");
      return;
    default:
      break;
  }
  if (IsPrintable(c)) {
    AppendUtf8(c, out);
  } else {
    absl::StrAppendFormat(out, "\\u{%x}", static_cast<unsigned>(c));
  }
}

}  // namespace

size_t FindInvalidUtf8(absl::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    const unsigned char lead = static_cast<unsigned char>(text[i]);
    const int length = SequenceLength(lead);
    if (length == 0 || text.size() - i < static_cast<size_t>(length)) return i;
    for (int k = 1; k < length; ++k) {
      const unsigned char c = static_cast<unsigned char>(text[i + k]);
      unsigned char low = 0x80, high = 0xBF;
      if (k == 1 && lead == 0xE0) low = 0xA0;
      if (k == 1 && lead == 0xED) high = 0x9F;
      if (k == 1 && lead == 0xF0) low = 0x90;
      if (k == 1 && lead == 0xF4) high = 0x8F;
      if (c < low || c > high) return i;
    }
    i += static_cast<size_t>(length);
  }
  return absl::string_view::npos;
}

char32_t TakeCodePoint(absl::string_view* text) {
  const unsigned char lead = static_cast<unsigned char>((*text)[0]);
  const int length = std::max(1, SequenceLength(lead));
  char32_t c = lead;
  if (length > 1) c = lead & (0x7F >> length);
  for (int k = 1; k < length && static_cast<size_t>(k) < text->size(); ++k) {
    c = (c << 6) | (static_cast<unsigned char>((*text)[k]) & 0x3F);
  }
  text->remove_prefix(std::min(text->size(), static_cast<size_t>(length)));
  return c;
}

void AppendUtf8(char32_t c, std::string* out) {
  if (c < 0x80) {
    out->push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    out->push_back(static_cast<char>(0xC0 | (c >> 6)));
    out->push_back(static_cast<char>(0x80 | (c & 0x3F)));
  } else if (c < 0x10000) {
    out->push_back(static_cast<char>(0xE0 | (c >> 12)));
    out->push_back(static_cast<char>(0x80 | ((c >> 6) & 0x3F)));
    out->push_back(static_cast<char>(0x80 | (c & 0x3F)));
  } else {
    out->push_back(static_cast<char>(0xF0 | (c >> 18)));
    out->push_back(static_cast<char>(0x80 | ((c >> 12) & 0x3F)));
    out->push_back(static_cast<char>(0x80 | ((c >> 6) & 0x3F)));
    out->push_back(static_cast<char>(0x80 | (c & 0x3F)));
  }
}

std::string Unescape(absl::string_view inner, std::vector<BadEscape>* bad) {
  std::string out;
  out.reserve(inner.size());
  ForEachCharacter(inner, [&](char32_t c, BadEscape range) {
    if (c == kBad) {
      bad->push_back(range);
    } else {
      AppendUtf8(c, &out);
    }
  });
  return out;
}

std::vector<PatternElement> UnescapePattern(absl::string_view inner,
                                            std::vector<BadEscape>* bad) {
  std::vector<PatternElement> out;
  ForEachCharacter(inner, [&](char32_t c, BadEscape range) {
    PatternElement element;
    if (c == kBad) {
      if (inner.substr(range.begin, range.end - range.begin) != "\\*") {
        bad->push_back(range);
        return;
      }
      element.code_point = '*';
    } else if (c == '*') {
      element.wildcard = true;
    } else {
      element.code_point = c;
    }
    out.push_back(element);
  });
  return out;
}

std::string EscapeString(absl::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) AppendEscaped(TakeCodePoint(&text), &out);
  return out;
}

std::string EscapePattern(const std::vector<PatternElement>& pattern) {
  std::string out;
  for (const PatternElement& element : pattern) {
    if (element.wildcard) {
      out.push_back('*');
    } else if (element.code_point == '*') {
      out.append("\\*");
    } else {
      AppendEscaped(element.code_point, &out);
    }
  }
  return out;
}

bool IsWhiteSpace(char32_t c) {
  return (c >= 0x9 && c <= 0xD) || c == ' ' || c == 0x85 || c == 0xA0 ||
         c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool IsIdentifier(absl::string_view text) {
  if (text.empty() || absl::ascii_isdigit(text[0])) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c == '_' || absl::ascii_isalnum(c); });
}

bool IsReservedWord(absl::string_view word) {
  static constexpr absl::string_view kWords[] = {"true", "false",  "if", "then",
                                                 "else", "in",     "is", "like",
                                                 "has",  "__cedar"};
  return std::find(std::begin(kWords), std::end(kWords), word) !=
         std::end(kWords);
}

bool IsTypeName(absl::string_view text) {
  for (absl::string_view word : absl::StrSplit(text, "::")) {
    if (!IsIdentifier(word) || IsReservedWord(word)) return false;
  }
  return true;
}

bool IsActionType(absl::string_view type) {
  return type == "Action" || absl::EndsWith(type, "::Action");
}

}  // namespace tarazy
