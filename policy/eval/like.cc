#include "policy/eval/like.h"

#include <string.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "policy/cedar/text.h"

namespace tarazy {
bool LikePattern::MatchesPieces(absl::string_view text) const {
  const std::string& first = pieces.front();
  if (pieces.size() == 1) return text == first;
  if (!absl::StartsWith(text, first)) return false;
  text.remove_prefix(first.size());
  const std::string& last = pieces.back();
  if (!absl::EndsWith(text, last)) return false;
  text.remove_suffix(last.size());
  for (size_t i = 1; i + 1 < pieces.size(); ++i) {
    const std::string& piece = pieces[i];
    if (piece.empty()) continue;
    if (piece.size() > text.size()) return false;
    // memmem is linear; string_view::find is not.
    const void* found =
        memmem(text.data(), text.size(), piece.data(), piece.size());
    if (found == nullptr) return false;
    text.remove_prefix(static_cast<const char*>(found) - text.data() +
                       piece.size());
  }
  return true;
}

LikePattern MakeLikePattern(const std::vector<PatternElement>& elements) {
  LikePattern pattern;
  pattern.pieces.emplace_back();
  for (const PatternElement& element : elements) {
    if (element.wildcard) {
      pattern.pieces.emplace_back();
    } else {
      AppendUtf8(element.code_point, &pattern.pieces.back());
    }
  }
  for (const std::string& piece : pattern.pieces) {
    pattern.least += piece.size();
  }
  const std::string& first = pattern.pieces.front();
  const size_t known = std::min(first.size(), sizeof(pattern.head));
  std::memcpy(&pattern.head, first.data(), known);
  std::memset(&pattern.head_mask, 0xff, known);
  return pattern;
}

}  // namespace tarazy
