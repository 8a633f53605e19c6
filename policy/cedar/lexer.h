// Cedar policy text to tokens, one at a time.
//
// Spaces and `//` comments between tokens are skipped; a reader that keeps
// comments (the formatter) finds them in the text between two spans. Words are
// not told apart here: `when` and `Photo` are both kWord.
//
// Thread-safety: one Lexer belongs to one thread. The text outlives it.
// Source: Cedar policy language 4.5, lexical grammar.

#ifndef TARAZY_POLICY_CEDAR_LEXER_H_
#define TARAZY_POLICY_CEDAR_LEXER_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "policy/cedar/source.h"

namespace tarazy {

enum class TokenKind : uint8_t {
  kEnd,
  kInvalid,   // one character that opens no token
  kUnclosed,  // a string without its closing quote, up to the line's end
  kWord,      // identifiers and keywords
  kNumber,    // digits
  kString,    // with its quotes, escapes not looked at
  kSlot,      // ?principal
  kAt,
  kDot,
  kComma,
  kSemicolon,
  kColon,
  kDoubleColon,
  kLeftParen,
  kRightParen,
  kLeftBrace,
  kRightBrace,
  kLeftBracket,
  kRightBracket,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kOr,
  kAnd,
  kPlus,
  kMinus,
  kStar,
  kSlash,
  kPercent,
  kBang,
  kAssign,  // `=`, which Cedar does not have
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  Span span;
};

class Lexer {
 public:
  // `text` is well-formed UTF-8 of less than 4 GiB.
  explicit Lexer(absl::string_view text) : text_(text) {}

  // The next token; kEnd again and again at the end.
  Token Next();

 private:
  void SkipSpace();
  Token Make(TokenKind kind, size_t length);
  Token String();
  Token Symbol();

  absl::string_view text_;
  size_t at_ = 0;
};

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_LEXER_H_
