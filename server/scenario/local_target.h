// Runs scenarios in this process: registers in memory, a decider, no gRPC and
// no log. The same policies, binder and decider as in the server.
//
// Thread-safety: belongs to one thread.

#ifndef TARAZY_SERVER_SCENARIO_LOCAL_TARGET_H_
#define TARAZY_SERVER_SCENARIO_LOCAL_TARGET_H_

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "server/registers/pseudonym.h"
#include "server/registers/registers.h"
#include "server/scenario/run.h"
#include "server/service/decider.h"
#include "server/service/law_in_service.h"

namespace tarazy {

struct LocalTargetOptions {
  // Whether consent on the caller's word counts.
  bool assert_consent = false;
  // As in DeciderOptions.
  std::function<void(const PackInService&, const Binding&)> observe;
};

class LocalTarget final : public ScenarioTarget {
 public:
  // INVALID_ARGUMENT: no request carries a fact that the pack reads.
  static absl::StatusOr<std::unique_ptr<LocalTarget>> Make(
      std::shared_ptr<const Pack> pack, LocalTargetOptions options = {});

  // What was registered stays.
  absl::Status ReplacePack(std::shared_ptr<const Pack> pack);

  absl::Status UseLaw(const ScenarioLaw& law) override;
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

  // What a decision asked for now would look at. There is a law.
  const LawInService& law() const { return *law_; }
  const RegisterView& registers() const { return *registers_; }
  const Pseudonymizer& pseudonymizer() const { return *pseudonymizer_; }

  // The pack that decides, and what the last decision evaluated.
  const std::shared_ptr<const Pack>& deciding() const {
    return law_->editions()[0]->pack;
  }
  const Evaluation& decision() const { return decider_->last_decision(); }
  const Evaluation& duties() const { return decider_->last_duties(); }

 private:
  LocalTarget() = default;

  int64_t clock_ms_ = 0;
  std::shared_ptr<const Pack> pack_;
  // The laws that scenarios asked for, made of pack_, and the packs that they
  // are compared with, by folder.
  std::map<ScenarioLaw, std::shared_ptr<const LawInService>> laws_;
  std::map<std::string, std::shared_ptr<const Pack>> compared_;
  std::shared_ptr<const LawInService> law_;  // null: there is none
  std::unique_ptr<const Pseudonymizer> pseudonymizer_;
  std::unique_ptr<Registers> registers_;
  std::unique_ptr<Decider> decider_;
  EncodedDecision decision_;
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_SCENARIO_LOCAL_TARGET_H_
