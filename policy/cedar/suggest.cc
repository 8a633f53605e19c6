#include "policy/cedar/suggest.h"

#include <algorithm>
#include <cctype>
#include <cstddef>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace tarazy {

namespace {

// Longer names than this are not compared: the work grows with the square.
constexpr size_t kMaxCompared = 128;

char Lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

// Edit distance in half steps: 1 for a change of case, 2 for a letter
// changed, added, dropped or swapped with its neighbour.
size_t Distance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> before, last, row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = 2 * j;
  for (size_t i = 1; i <= a.size(); ++i) {
    before = last;
    last = row;
    row[0] = 2 * i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const char x = a[i - 1], y = b[j - 1];
      const size_t change = x == y ? 0 : Lower(x) == Lower(y) ? 1 : 2;
      row[j] = std::min({last[j - 1] + change, last[j] + 2, row[j - 1] + 2});
      if (i > 1 && j > 1 && x == b[j - 2] && y == a[i - 2]) {
        row[j] = std::min(row[j], before[j - 2] + 2);
      }
    }
  }
  return row[b.size()];
}

}  // namespace

std::string NearestName(absl::string_view name,
                        const std::vector<std::string>& candidates) {
  if (name.size() > kMaxCompared) return "";
  const std::string* best = nullptr;
  size_t best_distance = 0;
  for (const std::string& candidate : candidates) {
    if (candidate == name || candidate.size() > kMaxCompared) continue;
    const size_t longer = std::max(name.size(), candidate.size());
    const size_t limit = 2 * std::max<size_t>(1, longer / 3);
    const size_t difference = 2 * (longer - std::min(name.size(),
                                                     candidate.size()));
    if (difference > limit) continue;
    const size_t distance = Distance(name, candidate);
    // A name of one or two letters has no letter to spare, only its case.
    if (distance > limit) continue;
    if (longer <= 2 && !absl::EqualsIgnoreCase(name, candidate)) continue;
    if (best == nullptr || distance < best_distance) {
      best = &candidate;
      best_distance = distance;
    }
  }
  return best == nullptr ? "" : *best;
}

std::string DidYouMean(absl::string_view name,
                       const std::vector<std::string>& candidates) {
  const std::string nearest = NearestName(name, candidates);
  return nearest.empty() ? "" : absl::StrCat("did you mean `", nearest, "`?");
}

}  // namespace tarazy
