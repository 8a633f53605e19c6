#include "server/service/audit_calls.h"

#include "server/service/worker_call.h"

namespace tarazy {
namespace {

template <typename Request, typename Response>
Method MethodOf(const char* name,
                absl::StatusOr<Response> (AuditQueries::*answer)(
                    const Request&, const AuditScope&),
                AuditQueries* queries, const Callers* callers,
                const WorkerCallOptions& options) {
  return WorkerMethod<Request, Response>(
      name, options,
      [=](const Request& request,
          absl::string_view authorization) -> absl::StatusOr<Response> {
        const auto scope = ScopeOf(*callers, authorization);
        if (!scope.ok()) return scope.status();
        if (queries == nullptr) {
          return absl::UnavailableError("this server records no decisions");
        }
        return (queries->*answer)(request, *scope);
      });
}

}  // namespace

absl::StatusOr<AuditScope> ScopeOf(const Callers& callers,
                                   absl::string_view authorization) {
  const auto caller = callers.Find(authorization);
  if (!caller.ok()) return caller.status();
  switch (caller->role) {
    case Config::Rights::Role::kAuditor:
      return AuditScope{true, ""};
    case Config::Rights::Role::kService:
      if (!caller->service.empty()) return AuditScope{false, caller->service};
      break;
  }
  return absl::PermissionDeniedError("this caller may read no decisions");
}

absl::StatusOr<DutyReporter> ReporterOf(const Callers& callers,
                                        absl::string_view authorization) {
  const auto caller = callers.Find(authorization);
  if (!caller.ok()) return caller.status();
  if (caller->role == Config::Rights::Role::kService &&
      !caller->service.empty()) {
    return DutyReporter{caller->name, caller->service};
  }
  return absl::PermissionDeniedError(
      "duties are reported by the service that asked for the decision; this "
      "caller reads alone");
}

std::vector<Method> AuditMethods(const AuditCallsOptions& options) {
  const auto method = [&](const char* name, auto answer) {
    return MethodOf(name, answer, options.queries, options.callers,
                    {options.readers, options.message_bytes});
  };
  const auto report = [duties = options.duties, callers = options.callers](
                          const v1::ReportDutyRequest& request,
                          absl::string_view authorization)
      -> absl::StatusOr<v1::ReportDutyResponse> {
    const auto reporter = ReporterOf(*callers, authorization);
    if (!reporter.ok()) return reporter.status();
    if (duties == nullptr) {
      return absl::FailedPreconditionError(
          "this server records no decisions, and no reports of duties; set "
          "`log.enabled`");
    }
    return duties->Report(request, *reporter);
  };
  return {
      method("AuditService/Query", &AuditQueries::Query),
      method("AuditService/Get", &AuditQueries::Get),
      method("AuditService/Stats", &AuditQueries::Stats),
      method("AuditService/Prove", &AuditQueries::Prove),
      method("AuditService/GetReceipt", &AuditQueries::GetReceipt),
      method("AuditService/ReadTile", &AuditQueries::ReadTile),
      WorkerMethod<v1::ReportDutyRequest, v1::ReportDutyResponse>(
          "AuditService/ReportDuty", {options.writers, options.message_bytes},
          report),
  };
}

}  // namespace tarazy
