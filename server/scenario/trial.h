// Tries each policy of a pack on the pack's own scenarios: whether it ever
// gives an answer. A policy that errs whenever its scope is reached denies
// whatever is asked, and one that nothing reaches has not been tried at all.
//
// Scenarios run under their own readings. A policy that only erred is tried
// on: under each alternative reading, and at the instants that the scenarios
// name and a millisecond beside them.
//
// Thread-safety: functions without state.

#ifndef TARAZY_SERVER_SCENARIO_TRIAL_H_
#define TARAZY_SERVER_SCENARIO_TRIAL_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/pack/pack.h"
#include "server/scenario/scenario.h"

namespace tarazy {

struct PolicyTrial {
  std::string policy;  // its @id
  bool duty = false;   // of the obligation policies
  size_t index = 0;    // in its set, as written
  uint64_t reached = 0;
  uint64_t erred = 0;
  // The first error, "missing attribute `context.act.by`", and where.
  std::string error;
  std::string scenario;

  bool AlwaysErred() const { return reached != 0 && erred == reached; }
};

// Of each policy, in the order of the sets. An error: the pack can't be
// decided by. What a scenario expects does not matter here.
absl::StatusOr<std::vector<PolicyTrial>> TryPolicies(
    const std::shared_ptr<const Pack>& pack,
    const std::vector<Scenario>& scenarios);

}  // namespace tarazy

#endif  // TARAZY_SERVER_SCENARIO_TRIAL_H_
