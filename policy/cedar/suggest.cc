#include "policy/cedar/suggest.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace tarazy {
namespace {

constexpr size_t kMaxWord = 64;

// Edits from `a` to `b`, neighbours' swaps included; both at most kMaxWord.
size_t Distance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1),
      row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

absl::string_view Nearest(absl::string_view word,
                          const std::vector<absl::string_view>& candidates) {
  if (word.empty() || word.size() > kMaxWord) return "";
  const std::string lower = absl::AsciiStrToLower(word);
  absl::string_view best;
  size_t best_distance = kMaxWord;
  for (absl::string_view candidate : candidates) {
    if (candidate.size() > kMaxWord) continue;
    const size_t longest = std::max(word.size(), candidate.size());
    const size_t allowed = std::min<size_t>(3, longest / 3);
    const size_t distance = Distance(lower, absl::AsciiStrToLower(candidate));
    if (distance <= allowed && distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string DidYouMean(absl::string_view word,
                       const std::vector<absl::string_view>& candidates) {
  const absl::string_view nearest = Nearest(word, candidates);
  if (nearest.empty()) return "";
  return absl::StrCat("did you mean `", nearest, "`?");
}

}  // namespace tarazy
