// Tokens with the comments around them, for the formatter.
//
// Thread-safety: functions without state. Tokens point into the text.

#ifndef TARAZY_POLICY_CEDAR_COMMENTS_H_
#define TARAZY_POLICY_CEDAR_COMMENTS_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "policy/cedar/lexer.h"

namespace tarazy {

struct CommentedToken {
  TokenKind kind = TokenKind::kEnd;
  absl::string_view text;
  // Comments on the lines before the token, from `//` on, without the space
  // after them.
  std::vector<absl::string_view> leading;
  // The comment that ends the token's line; empty when there is none.
  absl::string_view trailing;
};

// The tokens of `text`, which has no token that the lexer refuses. Comments
// after the last token's line go to `last`.
std::vector<CommentedToken> ReadTokens(absl::string_view text,
                                       std::vector<absl::string_view>* last);

// `text` without white space, in the sense of IsWhiteSpace, on either side.
absl::string_view TrimSpace(absl::string_view text);

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_COMMENTS_H_
