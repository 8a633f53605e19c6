// Readings in policies: which of the meanings that a text can have is applied.
//
// A policy asks for a reading where its text turns on it:
//
//   context.reading["personal-consent"] == "any-consent" || …
//
// with == or != against the id of an alternative of pack.yaml, or "default" for
// what is taken unless an operator chooses otherwise. No request carries this
// fact: before a pack is compiled each such comparison is replaced by the truth
// of it, and what then can't matter is left out. So a choice costs nothing in a
// decision, and a pack under its defaults compiles to the program that it would
// be without alternatives.
//
// Thread-safety: functions without state.

#ifndef TARAZY_POLICY_PACK_READINGS_H_
#define TARAZY_POLICY_PACK_READINGS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "policy/cedar/ast.h"
#include "policy/cedar/diagnostic.h"
#include "policy/pack/pack.h"

namespace tarazy {

// What stands for the reading that is taken by default.
constexpr char kDefaultReading[] = "default";

// Tells each use of a reading in the policies that is no comparison with a
// known alternative. `used` takes "READING=ALTERNATIVE" of each comparison.
void CheckReadingUses(const PolicySet& policies,
                      const std::vector<Reading>& readings,
                      std::vector<std::string>* used, Diagnostics* diagnostics);

// The policies under a choice: comparisons replaced, and policies that can't be
// satisfied under it left out. Uses have been checked.
PolicySet UnderReadings(const PolicySet& policies, const ReadingChoice& choice);

// INVALID_ARGUMENT names the first reading or alternative of the choice that
// the pack does not have.
absl::Status CheckChoice(const Pack& pack, const ReadingChoice& choice);

}  // namespace tarazy

#endif  // TARAZY_POLICY_PACK_READINGS_H_
