// The word that somebody probably meant.
//
// Thread-safety: a function without state.

#ifndef TARAZY_POLICY_CEDAR_SUGGEST_H_
#define TARAZY_POLICY_CEDAR_SUGGEST_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace tarazy {

// The candidate that is nearest to `word`, or "" when none is near: at most
// one edit in three letters, and at most three edits. An edit is a letter
// inserted, removed, changed or swapped with its neighbour; letter case counts
// for nothing, and a word of one or two letters is near in case only. The
// first of equally near candidates wins. Words of more than 64 bytes have no
// near one.
absl::string_view Nearest(absl::string_view word,
                          const std::vector<absl::string_view>& candidates);

// "did you mean `candidate`?", or "" when none is near.
std::string DidYouMean(absl::string_view word,
                       const std::vector<absl::string_view>& candidates);

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_SUGGEST_H_
