// Runs scenarios in this process: registers in memory, a decider, no gRPC and
// no log. The same policies, binder and decider as in the server.
//
// Thread-safety: belongs to one thread.

#ifndef TARAZY_SERVER_SCENARIO_LOCAL_TARGET_H_
#define TARAZY_SERVER_SCENARIO_LOCAL_TARGET_H_

#include <memory>

#include "server/registers/pseudonym.h"
#include "server/registers/registers.h"
#include "server/scenario/run.h"
#include "server/service/decider.h"
#include "server/service/law_in_service.h"

namespace tarazy {

class LocalTarget final : public ScenarioTarget {
 public:
  // INVALID_ARGUMENT: no request carries a fact that the pack reads.
  static absl::StatusOr<std::unique_ptr<LocalTarget>> Make(
      std::shared_ptr<const Pack> pack);

  // What was registered stays; the pack's limits of objections stay too.
  absl::Status ReplacePack(std::shared_ptr<const Pack> pack);

  void SetClock(int64_t ms) override { clock_ms_ = ms; }
  absl::StatusOr<v1::RegisterConsentResponse> RegisterConsent(
      const v1::RegisterConsentRequest& request) override;
  absl::StatusOr<v1::WithdrawConsentResponse> WithdrawConsent(
      const v1::WithdrawConsentRequest& request) override;
  absl::StatusOr<v1::ObjectionResponse> FileObjection(
      const v1::FileObjectionRequest& request) override;
  absl::StatusOr<v1::ObjectionResponse> DecideObjection(
      const v1::DecideObjectionRequest& request) override;
  absl::StatusOr<v1::ObjectionResponse> NotifyObjection(
      const v1::NotifyObjectionRequest& request) override;
  absl::StatusOr<v1::DecideResponse> Decide(
      const v1::DecideRequest& request) override;

 private:
  LocalTarget() = default;

  int64_t clock_ms_ = 0;
  std::shared_ptr<const LawInService> law_;
  std::unique_ptr<const Pseudonymizer> pseudonymizer_;
  std::unique_ptr<Registers> registers_;
  std::unique_ptr<Decider> decider_;
  EncodedDecision decision_;
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_SCENARIO_LOCAL_TARGET_H_
