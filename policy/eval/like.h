// Patterns of `like`: pieces of text with any run of characters between them.
//
// Matching takes the first place where each piece fits, from left to right;
// the last piece, unless a run follows it, must end the text. That is right
// because a run takes any characters, and linear in the text for each piece.
// It works on bytes: no character of UTF-8 begins inside another.
//
// Thread-safety: plain values.

#ifndef TARAZY_POLICY_EVAL_LIKE_H_
#define TARAZY_POLICY_EVAL_LIKE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "policy/cedar/ast.h"

namespace tarazy {

struct LikePattern {
  // A run of any characters stands between two pieces, which may be empty.
  // INVARIANT: at least one piece.
  std::vector<std::string> pieces;

  bool Matches(absl::string_view text) const;
};

LikePattern MakeLikePattern(const std::vector<PatternElement>& elements);

}  // namespace tarazy

#endif  // TARAZY_POLICY_EVAL_LIKE_H_
