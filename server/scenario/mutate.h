// Mutants of a pack: each policy with one change. A scenario that answers
// otherwise for a mutant catches it; a mutant that none catches shows a clause
// that no scenario depends on.
//
// The changes: the effect is flipped (an obligation is taken away); a condition
// is dropped, or one term of an `&&` or `||` in it; a comparison is turned
// (`==` and `!=`, `<` and `<=`, `<` and `>`, and so on).
//
// Policies are changed as they stand under the pack's choice of readings, and
// scenarios that choose readings or compare editions of their own are left out:
// what an alternative says is not mutated.
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

// A policy with one change.
struct Mutation {
  std::string policy;  // its @id
  std::string change;  // "drops a term", "compares with `<=`"
  std::string source;  // the file
  Span span;           // what is changed
  bool duty = false;   // of the obligation policies
  size_t index = 0;    // in its set
  bool removed = false;
  Policy changed;  // unless it is taken away
};

// All mutations of the pack's policies.
std::vector<Mutation> ListMutations(const Pack& pack);

// The pack with that change. Null, with the reasons, when it does not compile.
std::shared_ptr<const Pack> Mutate(const Pack& pack, const Mutation& mutation,
                                   Diagnostics* diagnostics);

struct Mutant {
  Mutation mutation;
  bool caught = false;
  std::string caught_by;  // a scenario's id
};

// Each mutation run against the scenarios until one catches it. An error: a
// scenario could not be prepared or fails without a mutation.
absl::StatusOr<std::vector<Mutant>> RunMutants(
    const std::shared_ptr<const Pack>& pack,
    const std::vector<Scenario>& scenarios, std::vector<Mutation> mutations);

}  // namespace tarazy

#endif  // TARAZY_SERVER_SCENARIO_MUTATE_H_
