// What the parsers of policies and of expressions share: the current token and
// the one after it, and the diagnostics of one source.
//
// A parser goes on after an error of meaning (an unknown function) and gives
// up on an error of syntax: its functions then return false or no node, after
// having said why, and the policy parser resumes at a place that it knows.
//
// Thread-safety: belongs to one thread.

#ifndef TARAZY_POLICY_CEDAR_TOKEN_STREAM_H_
#define TARAZY_POLICY_CEDAR_TOKEN_STREAM_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "policy/cedar/diagnostic.h"
#include "policy/cedar/lexer.h"
#include "policy/cedar/parser.h"
#include "policy/cedar/source.h"
#include "policy/cedar/text.h"

namespace tarazy {

// `App::User`, or with an id `App::User::"alice"`.
struct EntityPath {
  std::string name;
  bool qualified = false;  // more than one word
  bool has_id = false;
  std::string id;
  Span span;
};

class TokenStream {
 public:
  // All of them outlive the stream. The source is well-formed UTF-8.
  TokenStream(const Source& source, const ParseOptions& options,
              Diagnostics* diagnostics);

  const Token& token() const { return token_; }
  const Token& ahead() const { return ahead_; }
  bool At(TokenKind kind) const { return token_.kind == kind; }
  bool AheadIs(TokenKind kind) const { return ahead_.kind == kind; }
  bool AtWord(absl::string_view word) const;
  absl::string_view Text(const Span& span) const;
  absl::string_view text() const { return Text(token_.span); }

  // Where the token before the current one ended.
  uint32_t last_end() const { return last_end_; }
  // `{` taken less `}` taken.
  int brace_depth() const { return brace_depth_; }

  // Takes the current token.
  Token Take();
  // Takes the current token if it is of that kind.
  bool TakeIf(TokenKind kind);
  // The same, and an error if it is another. `what` is what was expected, for
  // the help: "`)`".
  bool Expect(TokenKind kind, absl::string_view what);

  // A name, and the id if one follows. False after an error of syntax; words
  // that can't stand in a name are reported and taken.
  bool TakePath(EntityPath* path);

  // The value of a string token, or of one on the right of `like`; bad escapes
  // are reported.
  std::string StringValue(const Token& token);
  std::vector<PatternElement> PatternValue(const Token& token);

  void Error(absl::string_view code, const Span& span, std::string message,
             std::string help = "");
  // The current token can't stand here.
  void Unexpected(absl::string_view expected);
  // `word` can't be the name of an attribute or a part of a name.
  bool CheckNotReserved(const Token& word, absl::string_view help = "");

  // Errors so far.
  uint32_t errors() const { return errors_; }
  // The last error was about the current token.
  bool ErrorIsHere() const {
    return errors_ > 0 && last_error_begin_ == token_.span.begin;
  }
  // There were so many that the parser should end.
  bool stopped() const { return errors_ > options_.max_diagnostics; }
  const ParseOptions& options() const { return options_; }

 private:
  void InvalidToken();
  void ReportEscapes(const Token& token, const std::vector<BadEscape>& bad,
                     absl::string_view help);

  const Source& source_;
  const ParseOptions& options_;
  Diagnostics* diagnostics_;
  Lexer lexer_;
  Token token_;
  Token ahead_;
  uint32_t last_end_ = 0;
  int brace_depth_ = 0;
  uint32_t errors_ = 0;
  uint32_t last_error_begin_ = 0;
};

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_TOKEN_STREAM_H_
