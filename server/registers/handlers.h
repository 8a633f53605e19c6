// The calls of ConsentService and ObjectionService as plain functions: what
// the gRPC service answers, without gRPC.
//
// Each checks all fields, replaces an IIN by its pseudonym before anything
// else sees the request, and asks the registers. The answer is the call's
// answer; an error is the call's status as it stands, and names the field
// where one is at fault.
//
// Register, Withdraw, File, Decide and Notify wait for the disk (one fsync
// each) and for the writes before them: call them on a thread that may wait,
// not on one that decides. Get and List read memory alone.
//
// Thread-safety: functions without state; `context` is shared by all calls.

#ifndef TARAZY_SERVER_REGISTERS_HANDLERS_H_
#define TARAZY_SERVER_REGISTERS_HANDLERS_H_

#include "absl/status/statusor.h"
#include "server/registers/pseudonym.h"
#include "server/registers/registers.h"
#include "tarazy/v1/registers.pb.h"

namespace tarazy {

// Both outlive the calls.
struct RegisterContext {
  Registers* registers = nullptr;
  const Pseudonymizer* pseudonymizer = nullptr;
};

// ConsentService.
absl::StatusOr<v1::RegisterConsentResponse> HandleRegisterConsent(
    const v1::RegisterConsentRequest& request, const RegisterContext& context);
absl::StatusOr<v1::WithdrawConsentResponse> HandleWithdrawConsent(
    const v1::WithdrawConsentRequest& request, const RegisterContext& context);
absl::StatusOr<v1::Consent> HandleGetConsent(
    const v1::GetConsentRequest& request, const RegisterContext& context);
absl::StatusOr<v1::ListConsentsResponse> HandleListConsents(
    const v1::ListConsentsRequest& request, const RegisterContext& context);

// ObjectionService.
absl::StatusOr<v1::ObjectionResponse> HandleFileObjection(
    const v1::FileObjectionRequest& request, const RegisterContext& context);
absl::StatusOr<v1::ObjectionResponse> HandleDecideObjection(
    const v1::DecideObjectionRequest& request, const RegisterContext& context);
absl::StatusOr<v1::ObjectionResponse> HandleNotifyObjection(
    const v1::NotifyObjectionRequest& request, const RegisterContext& context);
absl::StatusOr<v1::Objection> HandleGetObjection(
    const v1::GetObjectionRequest& request, const RegisterContext& context);
absl::StatusOr<v1::ListObjectionsResponse> HandleListObjections(
    const v1::ListObjectionsRequest& request, const RegisterContext& context);

}  // namespace tarazy

#endif  // TARAZY_SERVER_REGISTERS_HANDLERS_H_
