#include "server/scenario/local_target.h"

#include <utility>

#include "server/registers/handlers.h"

namespace tarazy {

absl::StatusOr<std::unique_ptr<LocalTarget>> LocalTarget::Make(
    std::shared_ptr<const Pack> pack, LocalTargetOptions target_options) {
  std::unique_ptr<LocalTarget> target(new LocalTarget);
  LocalTarget* self = target.get();
  // Nothing leaves this process, so that the key needs no secrecy.
  auto pseudonymizer = Pseudonymizer::Make("scenarios", std::string(32, 's'));
  if (!pseudonymizer.ok()) return pseudonymizer.status();
  self->pseudonymizer_ = *std::move(pseudonymizer);
  RegistersOptions registers;
  registers.path = ":memory:";
  registers.clock = [self] { return self->clock_ms_; };
  registers.objection_terms = {
      {0, pack->objection_term(), pack->working_days()}};
  auto opened = Registers::Open(registers);
  if (!opened.ok()) return opened.status();
  self->registers_ = *std::move(opened);
  DeciderOptions options;
  options.registers = self->registers_.get();
  options.pseudonymizer = self->pseudonymizer_.get();
  options.clock = registers.clock;
  options.choose_decision_time = true;
  options.record = false;
  options.assert_consent = target_options.assert_consent;
  options.observe = std::move(target_options.observe);
  self->decider_ = std::make_unique<Decider>(options);
  const absl::Status status = self->ReplacePack(std::move(pack));
  if (!status.ok()) return status;
  return target;
}

absl::Status LocalTarget::ReplacePack(std::shared_ptr<const Pack> pack) {
  pack_ = std::move(pack);
  laws_.clear();
  return UseLaw({});
}

absl::Status LocalTarget::UseLaw(const ScenarioLaw& law) {
  auto& made = laws_[law];
  if (made == nullptr) {
    law_ = nullptr;
    std::vector<std::shared_ptr<const Pack>> compare_with;
    for (const std::string& folder : law.compare_with) {
      auto& pack = compared_[folder];
      if (pack == nullptr) {
        auto loaded = LoadPack(folder);
        if (!loaded.ok()) return loaded.status();
        pack = *std::move(loaded);
      }
      compare_with.push_back(pack);
    }
    auto ready =
        LawInService::Make({pack_}, law.readings, std::move(compare_with));
    if (!ready.ok()) return ready.status();
    made = *std::move(ready);
  }
  if (law_ == made) return absl::OkStatus();
  law_ = made;
  return registers_->SetObjectionTerms(law_->ObjectionTerms());
}

absl::StatusOr<v1::RegisterConsentResponse> LocalTarget::RegisterConsent(
    const v1::RegisterConsentRequest& request) {
  return HandleRegisterConsent(request,
                               {registers_.get(), pseudonymizer_.get()});
}

absl::StatusOr<v1::WithdrawConsentResponse> LocalTarget::WithdrawConsent(
    const v1::WithdrawConsentRequest& request) {
  return HandleWithdrawConsent(request,
                               {registers_.get(), pseudonymizer_.get()});
}

absl::StatusOr<v1::ObjectionResponse> LocalTarget::FileObjection(
    const v1::FileObjectionRequest& request) {
  return HandleFileObjection(request, {registers_.get(), pseudonymizer_.get()});
}

absl::StatusOr<v1::ObjectionResponse> LocalTarget::DecideObjection(
    const v1::DecideObjectionRequest& request) {
  return HandleDecideObjection(request,
                               {registers_.get(), pseudonymizer_.get()});
}

absl::StatusOr<v1::ObjectionResponse> LocalTarget::NotifyObjection(
    const v1::NotifyObjectionRequest& request) {
  return HandleNotifyObjection(request,
                               {registers_.get(), pseudonymizer_.get()});
}

absl::StatusOr<v1::DecideResponse> LocalTarget::Decide(
    const v1::DecideRequest& request) {
  if (law_ == nullptr) {
    return absl::FailedPreconditionError("there is no law to decide by");
  }
  v1::DecideRequest copy = request;
  const absl::Status status = decider_->Decide(*law_, &copy, &decision_);
  if (!status.ok()) return status;
  v1::DecideResponse response;
  if (!response.ParseFromString(decision_.response)) {
    return absl::InternalError("the answer can't be read");
  }
  return response;
}

}  // namespace tarazy
