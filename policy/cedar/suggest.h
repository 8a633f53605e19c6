// "did you mean": the name that a misspelt one was likely meant to be.
//
// Thread-safety: functions without state.

#ifndef TARAZY_POLICY_CEDAR_SUGGEST_H_
#define TARAZY_POLICY_CEDAR_SUGGEST_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace tarazy {

// The candidate nearest to `name`: letters changed, added, dropped or
// swapped, at most one in three of them, letter case counting least. Empty
// when none is near. Ties go to the earlier candidate.
std::string NearestName(absl::string_view name,
                        const std::vector<std::string>& candidates);

// "did you mean `…`?", or empty.
std::string DidYouMean(absl::string_view name,
                       const std::vector<std::string>& candidates);

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_SUGGEST_H_
