#include "policy/cedar/lexer.h"

#include "absl/strings/ascii.h"
#include "policy/cedar/text.h"

namespace tarazy {
namespace {

bool StartsWord(char c) { return c == '_' || absl::ascii_isalpha(c); }

bool ContinuesWord(char c) { return c == '_' || absl::ascii_isalnum(c); }

struct SymbolName {
  absl::string_view text;
  TokenKind kind;
};

// A symbol stands before its own prefixes.
constexpr SymbolName kSymbols[] = {
    {"::", TokenKind::kDoubleColon},  {"==", TokenKind::kEqual},
    {"!=", TokenKind::kNotEqual},     {"<=", TokenKind::kLessEqual},
    {">=", TokenKind::kGreaterEqual}, {"||", TokenKind::kOr},
    {"&&", TokenKind::kAnd},          {"@", TokenKind::kAt},
    {".", TokenKind::kDot},           {",", TokenKind::kComma},
    {";", TokenKind::kSemicolon},     {":", TokenKind::kColon},
    {"(", TokenKind::kLeftParen},     {")", TokenKind::kRightParen},
    {"{", TokenKind::kLeftBrace},     {"}", TokenKind::kRightBrace},
    {"[", TokenKind::kLeftBracket},   {"]", TokenKind::kRightBracket},
    {"<", TokenKind::kLess},          {">", TokenKind::kGreater},
    {"+", TokenKind::kPlus},          {"-", TokenKind::kMinus},
    {"*", TokenKind::kStar},          {"/", TokenKind::kSlash},
    {"%", TokenKind::kPercent},       {"!", TokenKind::kBang},
    {"=", TokenKind::kAssign},
};

}  // namespace

void Lexer::SkipSpace() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == ' ' || (c >= '\t' && c <= '\r')) {
      ++at_;
    } else if (static_cast<unsigned char>(c) >= 0x80) {
      absl::string_view rest = text_.substr(at_);
      if (!IsWhiteSpace(TakeCodePoint(&rest))) return;
      at_ = text_.size() - rest.size();
    } else if (c == '/' && text_.substr(at_, 2) == "//") {
      const size_t end = text_.find_first_of("\r\n", at_);
      at_ = end == absl::string_view::npos ? text_.size() : end;
    } else {
      return;
    }
  }
}

Token Lexer::Make(TokenKind kind, size_t length) {
  Token token;
  token.kind = kind;
  token.span = {static_cast<uint32_t>(at_),
                static_cast<uint32_t>(at_ + length)};
  at_ += length;
  return token;
}

// A backslash takes the next character with it, except a line feed.
Token Lexer::String() {
  size_t i = at_ + 1;
  while (true) {
    i = text_.find_first_of("\"\\", i);
    if (i == absl::string_view::npos) break;
    if (text_[i] == '"') return Make(TokenKind::kString, i + 1 - at_);
    if (i + 1 >= text_.size() || text_[i + 1] == '\n') break;
    i += 2;
  }
  size_t end = text_.find('\n', at_);
  if (end == absl::string_view::npos) end = text_.size();
  return Make(TokenKind::kUnclosed, end - at_);
}

Token Lexer::Symbol() {
  const absl::string_view rest = text_.substr(at_, 2);
  for (const SymbolName& symbol : kSymbols) {
    if (rest.substr(0, symbol.text.size()) == symbol.text) {
      return Make(symbol.kind, symbol.text.size());
    }
  }
  absl::string_view after = text_.substr(at_);
  TakeCodePoint(&after);
  return Make(TokenKind::kInvalid, text_.size() - after.size() - at_);
}

Token Lexer::Next() {
  SkipSpace();
  if (at_ >= text_.size()) return Make(TokenKind::kEnd, 0);
  const char c = text_[at_];
  size_t length = 1;
  if (StartsWord(c)) {
    while (at_ + length < text_.size() && ContinuesWord(text_[at_ + length])) {
      ++length;
    }
    return Make(TokenKind::kWord, length);
  }
  if (absl::ascii_isdigit(c)) {
    while (at_ + length < text_.size() &&
           absl::ascii_isdigit(text_[at_ + length])) {
      ++length;
    }
    return Make(TokenKind::kNumber, length);
  }
  if (c == '"') return String();
  if (c == '?' && at_ + 1 < text_.size() && StartsWord(text_[at_ + 1])) {
    while (at_ + length < text_.size() && ContinuesWord(text_[at_ + length])) {
      ++length;
    }
    return Make(TokenKind::kSlot, length);
  }
  return Symbol();
}

}  // namespace tarazy
