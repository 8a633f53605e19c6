// Runs a scenario: puts its consents and objections in the registers at the
// instants that it says, sets the clock, asks, and compares.
//
// Thread-safety: a target belongs to one run at a time.

#ifndef TARAZY_SERVER_SCENARIO_RUN_H_
#define TARAZY_SERVER_SCENARIO_RUN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/scenario/scenario.h"

namespace tarazy {

// What a scenario runs against: a server over gRPC, or a decider in place.
class ScenarioTarget {
 public:
  virtual ~ScenarioTarget() = default;

  // From now on this law decides. INVALID_ARGUMENT: there is no such law, and
  // nothing is decided until there is another one.
  virtual absl::Status UseLaw(const ScenarioLaw& law) = 0;

  // From now on the clock of the target stands at `ms`.
  virtual void SetClock(int64_t ms) = 0;

  virtual absl::StatusOr<v1::RegisterConsentResponse> RegisterConsent(
      const v1::RegisterConsentRequest& request) = 0;
  virtual absl::StatusOr<v1::WithdrawConsentResponse> WithdrawConsent(
      const v1::WithdrawConsentRequest& request) = 0;
  virtual absl::StatusOr<v1::ObjectionResponse> FileObjection(
      const v1::FileObjectionRequest& request) = 0;
  virtual absl::StatusOr<v1::ObjectionResponse> DecideObjection(
      const v1::DecideObjectionRequest& request) = 0;
  virtual absl::StatusOr<v1::ObjectionResponse> NotifyObjection(
      const v1::NotifyObjectionRequest& request) = 0;
  virtual absl::StatusOr<v1::DecideResponse> Decide(
      const v1::DecideRequest& request) = 0;
};

// Registers what the scenario says and sets the clock to its instant. Returns
// what went wrong, a line each.
std::vector<std::string> Prepare(const Scenario& scenario,
                                 ScenarioTarget* target);

// Asks and compares, on a target that has been prepared.
std::vector<std::string> Ask(const Scenario& scenario, ScenarioTarget* target);

}  // namespace tarazy

#endif  // TARAZY_SERVER_SCENARIO_RUN_H_
