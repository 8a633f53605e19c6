// absl::Status::Update keeps the first error, so that each row of checks
// reports the field that comes first.

#include "server/registers/handlers.h"

#include <cstdint>
#include <utility>

#include "server/registers/field_check.h"

namespace tarazy {
namespace {

constexpr size_t kMaxKeyBytes = 64;
constexpr int kMaxPurposes = 64;
constexpr size_t kMaxPurposeBytes = 128;
constexpr int kMaxDataItems = 64;
constexpr size_t kMaxDataItemBytes = 64;
constexpr size_t kMaxEvidenceBytes = 256;
constexpr size_t kMaxTextVersionBytes = 64;
constexpr size_t kMaxBarredReasonBytes = 256;
constexpr size_t kMaxProcessingIdBytes = 64;
constexpr size_t kMaxChannelBytes = 64;
constexpr size_t kMaxResultReasonBytes = 1024;
constexpr size_t kMaxPageTokenBytes = 64;

constexpr Presence kOptional = Presence::kOptional;
constexpr Presence kRequired = Presence::kRequired;

// All of a consent but its subject.
absl::Status CheckConsent(const FieldPath& root, const v1::Consent& consent) {
  absl::Status status =
      CheckUnset(FieldPath(root, "id"), !consent.id().empty());
  status.Update(CheckEnum(FieldPath(root, "given_by"), consent.given_by(),
                          v1::ConsentGiver_IsValid, kRequired));
  status.Update(CheckBinField(FieldPath(root, "operator_bin"),
                              consent.operator_bin(), kRequired));
  if (consent.purposes().empty()) {
    status.Update(FieldError(FieldPath(root, "purposes"),
                             "is required; name at least one purpose"));
  }
  status.Update(CheckCount(FieldPath(root, "purposes"), consent.purposes_size(),
                           kMaxPurposes));
  for (int i = 0; i < consent.purposes_size() && status.ok(); ++i) {
    status.Update(CheckText(FieldPath(root, "purposes", i), consent.purposes(i),
                            kMaxPurposeBytes, kRequired));
  }
  status.Update(CheckCount(FieldPath(root, "data_items"),
                           consent.data_items_size(), kMaxDataItems));
  for (int i = 0; i < consent.data_items_size() && status.ok(); ++i) {
    status.Update(CheckText(FieldPath(root, "data_items", i),
                            consent.data_items(i), kMaxDataItemBytes,
                            kRequired));
  }
  int64_t from = 0;
  int64_t until = 0;
  status.Update(ReadPeriod(FieldPath(root, "validity"), consent.validity(),
                           &from, &until));
  status.Update(CheckEnum(FieldPath(root, "channel"), consent.channel(),
                          v1::ConsentChannel_IsValid, kRequired));
  status.Update(CheckText(FieldPath(root, "evidence"), consent.evidence(),
                          kMaxEvidenceBytes, kOptional));
  status.Update(CheckText(FieldPath(root, "text_version"),
                          consent.text_version(), kMaxTextVersionBytes,
                          kOptional));
  status.Update(CheckEnum(FieldPath(root, "language"), consent.language(),
                          v1::Language_IsValid, kOptional));
  status.Update(
      CheckUnset(FieldPath(root, "withdrawn_at"), consent.has_withdrawn_at()));
  status.Update(CheckUnset(FieldPath(root, "withdrawal_barred_reason"),
                           !consent.withdrawal_barred_reason().empty()));
  status.Update(CheckUnset(FieldPath(root, "registered_at"),
                           consent.has_registered_at()));
  return status;
}

// All of an objection but its subject.
absl::Status CheckObjection(const FieldPath& root,
                            const v1::Objection& objection) {
  absl::Status status =
      CheckUnset(FieldPath(root, "id"), !objection.id().empty());
  status.Update(CheckBinField(FieldPath(root, "operator_bin"),
                              objection.operator_bin(), kRequired));
  status.Update(CheckText(FieldPath(root, "processing_id"),
                          objection.processing_id(), kMaxProcessingIdBytes,
                          kRequired));
  if (objection.has_received_at()) {
    int64_t received = 0;
    status.Update(ReadTimestamp(FieldPath(root, "received_at"),
                                objection.received_at(), &received));
  }
  status.Update(CheckText(FieldPath(root, "channel"), objection.channel(),
                          kMaxChannelBytes, kRequired));
  status.Update(CheckUnset(FieldPath(root, "due"), objection.has_due()));
  status.Update(CheckUnset(FieldPath(root, "alarm"), objection.has_alarm()));
  status.Update(CheckUnset(FieldPath(root, "calendar_version"),
                           !objection.calendar_version().empty()));
  status.Update(CheckUnset(FieldPath(root, "status"), objection.status() != 0));
  status.Update(CheckUnset(FieldPath(root, "result"), objection.result() != 0));
  status.Update(
      CheckUnset(FieldPath(root, "decided_at"), objection.has_decided_at()));
  status.Update(CheckUnset(FieldPath(root, "result_reason"),
                           !objection.result_reason().empty()));
  status.Update(
      CheckUnset(FieldPath(root, "notified_at"), objection.has_notified_at()));
  status.Update(CheckUnset(FieldPath(root, "appeal_info_given"),
                           objection.appeal_info_given()));
  return status;
}

absl::Status CheckKey(absl::string_view key) {
  return CheckText(FieldPath("idempotency_key"), key, kMaxKeyBytes, kOptional);
}

// Replaces the IIN before anything else looks at the request.
template <typename Request>
absl::Status TakeSubject(const FieldPath& field, const RegisterContext& context,
                         Request* holder) {
  Pseudonym pseudonym;
  return ReplaceSubject(field, *context.pseudonymizer,
                        holder->mutable_subject(), &pseudonym);
}

template <typename Request>
absl::Status CheckList(const RegisterContext& context, Request* request) {
  absl::Status status = TakeSubject(FieldPath("subject"), context, request);
  status.Update(CheckBinField(FieldPath("operator_bin"),
                              request->operator_bin(), kOptional));
  status.Update(CheckText(FieldPath("page_token"), request->page_token(),
                          kMaxPageTokenBytes, kOptional));
  return status;
}

}  // namespace

absl::StatusOr<v1::RegisterConsentResponse> HandleRegisterConsent(
    const v1::RegisterConsentRequest& request, const RegisterContext& context) {
  v1::RegisterConsentRequest checked = request;
  const FieldPath root("consent");
  absl::Status status = TakeSubject(FieldPath(root, "subject"), context,
                                    checked.mutable_consent());
  status.Update(CheckConsent(root, checked.consent()));
  status.Update(CheckKey(checked.idempotency_key()));
  if (!status.ok()) return status;
  return context.registers->RegisterConsent(checked);
}

absl::StatusOr<v1::WithdrawConsentResponse> HandleWithdrawConsent(
    const v1::WithdrawConsentRequest& request, const RegisterContext& context) {
  absl::Status status =
      CheckEntryId(FieldPath("consent_id"), request.consent_id());
  status.Update(CheckText(FieldPath("barred_reason"), request.barred_reason(),
                          kMaxBarredReasonBytes, kOptional));
  if (!status.ok()) return status;
  return context.registers->WithdrawConsent(request);
}

absl::StatusOr<v1::Consent> HandleGetConsent(
    const v1::GetConsentRequest& request, const RegisterContext& context) {
  const absl::Status status =
      CheckEntryId(FieldPath("consent_id"), request.consent_id());
  if (!status.ok()) return status;
  return context.registers->GetConsent(request.consent_id());
}

absl::StatusOr<v1::ListConsentsResponse> HandleListConsents(
    const v1::ListConsentsRequest& request, const RegisterContext& context) {
  v1::ListConsentsRequest checked = request;
  const absl::Status status = CheckList(context, &checked);
  if (!status.ok()) return status;
  return context.registers->ListConsents(checked);
}

absl::StatusOr<v1::ObjectionResponse> HandleFileObjection(
    const v1::FileObjectionRequest& request, const RegisterContext& context) {
  v1::FileObjectionRequest checked = request;
  const FieldPath root("objection");
  absl::Status status = TakeSubject(FieldPath(root, "subject"), context,
                                    checked.mutable_objection());
  status.Update(CheckObjection(root, checked.objection()));
  status.Update(CheckKey(checked.idempotency_key()));
  if (!status.ok()) return status;
  return context.registers->FileObjection(checked);
}

absl::StatusOr<v1::ObjectionResponse> HandleDecideObjection(
    const v1::DecideObjectionRequest& request, const RegisterContext& context) {
  absl::Status status =
      CheckEntryId(FieldPath("objection_id"), request.objection_id());
  status.Update(CheckEnum(FieldPath("result"), request.result(),
                          v1::Objection::Result_IsValid, kRequired));
  status.Update(CheckText(FieldPath("reason"), request.reason(),
                          kMaxResultReasonBytes, kRequired));
  if (!status.ok()) return status;
  return context.registers->DecideObjection(request);
}

absl::StatusOr<v1::ObjectionResponse> HandleNotifyObjection(
    const v1::NotifyObjectionRequest& request, const RegisterContext& context) {
  const absl::Status status =
      CheckEntryId(FieldPath("objection_id"), request.objection_id());
  if (!status.ok()) return status;
  return context.registers->NotifyObjection(request);
}

absl::StatusOr<v1::Objection> HandleGetObjection(
    const v1::GetObjectionRequest& request, const RegisterContext& context) {
  const absl::Status status =
      CheckEntryId(FieldPath("objection_id"), request.objection_id());
  if (!status.ok()) return status;
  return context.registers->GetObjection(request.objection_id());
}

absl::StatusOr<v1::ListObjectionsResponse> HandleListObjections(
    const v1::ListObjectionsRequest& request, const RegisterContext& context) {
  v1::ListObjectionsRequest checked = request;
  absl::Status status = CheckList(context, &checked);
  status.Update(CheckText(FieldPath("processing_id"), checked.processing_id(),
                          kMaxProcessingIdBytes, kOptional));
  if (!status.ok()) return status;
  return context.registers->ListObjections(checked);
}

}  // namespace tarazy
