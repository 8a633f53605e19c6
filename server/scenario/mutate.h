// Mutants of a pack: each policy with one change. A scenario that answers
// otherwise for a mutant catches it; a mutant that none catches shows a clause
// that no scenario depends on.
//
// The changes: the effect is flipped (an obligation is taken away); a condition
// is dropped, or one term of an `&&` or `||` in it; a comparison is turned
// (`==` and `!=`, `<` and `<=`, `<` and `>`, and so on).
//
// Thread-safety: functions without state.

#ifndef TARAZY_SERVER_SCENARIO_MUTATE_H_
#define TARAZY_SERVER_SCENARIO_MUTATE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/pack/pack.h"
#include "server/scenario/scenario.h"

namespace tarazy {

struct Mutant {
  std::string policy;  // its @id
  std::string change;  // "drops `context.purpose.harmful`"
  std::string source;  // the file
  Span span;
  bool caught = false;
  std::string caught_by;  // a scenario's id
};

// All mutants of the pack, each run against the scenarios until one catches
// it. An error: a scenario could not be prepared or fails without a mutation.
absl::StatusOr<std::vector<Mutant>> RunMutants(
    const std::shared_ptr<const Pack>& pack,
    const std::vector<Scenario>& scenarios);

}  // namespace tarazy

#endif  // TARAZY_SERVER_SCENARIO_MUTATE_H_
