// AuditService on the queues: questions to the log and its index, each by a
// caller of the rights table.
//
// Thread-safety: as in call.h.

#ifndef TARAZY_SERVER_SERVICE_AUDIT_CALLS_H_
#define TARAZY_SERVER_SERVICE_AUDIT_CALLS_H_

#include <cstdint>
#include <vector>

#include "server/audit/audit_queries.h"
#include "server/ops/callers.h"
#include "server/service/call.h"
#include "server/service/workers.h"

namespace tarazy {

// What the caller of an `authorization` value may read. UNAUTHENTICATED, or
// PERMISSION_DENIED: nothing.
absl::StatusOr<AuditScope> ScopeOf(const Callers& callers,
                                   absl::string_view authorization);

// The pointers outlive the calls. `queries` null: nothing is recorded, and all
// is UNAVAILABLE.
std::vector<Method> AuditMethods(AuditQueries* queries, const Callers* callers,
                                 Workers* workers, uint32_t message_bytes);

}  // namespace tarazy

#endif  // TARAZY_SERVER_SERVICE_AUDIT_CALLS_H_
