#include "server/command/audit_filter.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace tarazy {
namespace {

absl::Status SetInstant(const char* flag, const std::string& text,
                        google::protobuf::Timestamp* time) {
  const auto ms = ReadInstantFlag(flag, text);
  if (!ms.ok()) return ms.status();
  time->set_seconds(*ms / 1000);
  time->set_nanos(static_cast<int32_t>(*ms % 1000) * 1000000);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<int64_t> ReadInstantFlag(const char* flag,
                                        const std::string& text) {
  absl::Time time;
  std::string why;
  if (absl::ParseTime(absl::RFC3339_full, text, &time, &why) &&
      time >= absl::UnixEpoch()) {
    return absl::ToUnixMillis(time);
  }
  return absl::InvalidArgumentError(
      absl::StrCat(flag, " `", text,
                   "` is no instant; write it like 2026-07-12T00:00:00+05:00"));
}

void FilterFlags::AddTo(CLI::App* app) {
  app->add_option("--from", from,
                  "recorded at this instant or later, for example "
                  "2026-07-12T00:00:00+05:00");
  app->add_option("--to", until, "recorded before this instant");
  app->add_option("--operator", operator_bin, "BIN of the operator");
  app->add_option("--service", service, "the service that asked");
  app->add_option("--subject", subject, "the subject's pseudonym");
  app->add_option("--norm", norm, "a norm's id that the answer names");
  app->add_option("--reason", reason, "a code that the answer names");
  app->add_option("--obligation", obligation, "a duty that the answer names");
  app->add_option("--duty", duty,
                  "open: a duty that is not fulfilled and whose term has not "
                  "passed; overdue: one whose term has passed; fulfilled: one "
                  "that was reported so; fulfilled-late: after its term")
      ->check(
          CLI::IsMember({"open", "overdue", "fulfilled", "fulfilled-late"}));
  app->add_option(
      "--duty-at", duty_at,
      "the instant at which duties are in that state, as all reports "
      "there are tell it; default: now");
  app->add_flag("--duty-reports", duty_reports,
                "reports of duties, and no decisions");
  app->add_option("--effect", effect, "permit or deny")
      ->check(CLI::IsMember({"permit", "deny"}));
  app->add_option("--edition", edition, "the edition that decided");
  app->add_option("--bundle", bundle, "digest of the pack that decided");
  app->add_option("--operation", operation,
                  "kind of act, for example biometric_use");
}

absl::StatusOr<v1::AuditFilter> FilterFlags::ToFilter() const {
  v1::AuditFilter filter;
  absl::Status s;
  if (!from.empty()) s = SetInstant("--from", from, filter.mutable_from());
  if (s.ok() && !until.empty()) {
    s = SetInstant("--to", until, filter.mutable_until());
  }
  if (s.ok() && !duty_at.empty()) {
    s = SetInstant("--duty-at", duty_at, filter.mutable_duty_at());
  }
  if (!s.ok()) return s;
  filter.set_operator_bin(operator_bin);
  filter.set_service(service);
  filter.set_subject(subject);
  filter.set_norm(norm);
  filter.set_reason(reason);
  filter.set_obligation(obligation);
  if (duty == "open") filter.set_duty(v1::DUTY_OPEN);
  if (duty == "overdue") filter.set_duty(v1::DUTY_OVERDUE);
  if (duty == "fulfilled") filter.set_duty(v1::DUTY_FULFILLED);
  if (duty == "fulfilled-late") filter.set_duty(v1::DUTY_FULFILLED_LATE);
  filter.set_duty_reports(duty_reports);
  if (effect == "permit") filter.set_effect(v1::PERMIT);
  if (effect == "deny") filter.set_effect(v1::DENY);
  filter.set_edition(edition);
  filter.set_bundle_digest(bundle);
  filter.set_operation(operation);
  return filter;
}

}  // namespace tarazy
