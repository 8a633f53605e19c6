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

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "policy/cedar/ast.h"

namespace tarazy {

struct LikePattern {
  // A run of any characters stands between two pieces, which may be empty.
  // INVARIANT: at least one piece.
  std::vector<std::string> pieces;
  // Of all pieces, in bytes.
  size_t least = 0;
  // The first bytes of the first piece, at most eight, and where they are:
  // what most texts that do not match differ in.
  uint64_t head = 0;
  uint64_t head_mask = 0;

  bool Matches(absl::string_view text) const {
    if (text.size() < least) return false;
    if (text.size() >= sizeof(head)) {
      uint64_t begin;
      std::memcpy(&begin, text.data(), sizeof(begin));
      if ((begin & head_mask) != head) return false;
    }
    return MatchesPieces(text);
  }

 private:
  bool MatchesPieces(absl::string_view text) const;
};

LikePattern MakeLikePattern(const std::vector<PatternElement>& elements);

}  // namespace tarazy

#endif  // TARAZY_POLICY_EVAL_LIKE_H_
