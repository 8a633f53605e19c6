// AuditService on the queues: questions to the log and its index, and reports
// of duties, each by a caller of the rights table.
//
// Thread-safety: as in call.h.

#ifndef TARAZY_SERVER_SERVICE_AUDIT_CALLS_H_
#define TARAZY_SERVER_SERVICE_AUDIT_CALLS_H_

#include <cstdint>
#include <vector>

#include "server/audit/audit_queries.h"
#include "server/audit/duty_reports.h"
#include "server/ops/callers.h"
#include "server/service/call.h"
#include "server/service/workers.h"

namespace tarazy {

// What the caller of an `authorization` value may read. UNAUTHENTICATED, or
// PERMISSION_DENIED: nothing.
absl::StatusOr<AuditScope> ScopeOf(const Callers& callers,
                                   absl::string_view authorization);

// For which service the caller may report. UNAUTHENTICATED, or
// PERMISSION_DENIED: for none.
absl::StatusOr<DutyReporter> ReporterOf(const Callers& callers,
                                        absl::string_view authorization);

struct AuditCallsOptions {
  // All outlive the calls. Null, both: nothing is recorded; questions are
  // UNAVAILABLE, reports FAILED_PRECONDITION.
  AuditQueries* queries = nullptr;
  DutyReports* duties = nullptr;
  const Callers* callers = nullptr;
  // For questions, which may read for seconds, and for reports, which write.
  Workers* readers = nullptr;
  Workers* writers = nullptr;
  uint32_t message_bytes = 0;
};

std::vector<Method> AuditMethods(const AuditCallsOptions& options);

}  // namespace tarazy

#endif  // TARAZY_SERVER_SERVICE_AUDIT_CALLS_H_
