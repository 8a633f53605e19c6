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

std::vector<Method> AuditMethods(AuditQueries* queries, const Callers* callers,
                                 Workers* workers, uint32_t message_bytes) {
  const WorkerCallOptions options = {workers, message_bytes};
  const auto method = [&](const char* name, auto answer) {
    return MethodOf(name, answer, queries, callers, options);
  };
  return {
      method("AuditService/Query", &AuditQueries::Query),
      method("AuditService/Get", &AuditQueries::Get),
      method("AuditService/Stats", &AuditQueries::Stats),
      method("AuditService/Prove", &AuditQueries::Prove),
      method("AuditService/GetReceipt", &AuditQueries::GetReceipt),
      method("AuditService/ReadTile", &AuditQueries::ReadTile),
  };
}

}  // namespace tarazy
