// What has become of a duty: its term, and the last report about it, held
// against an instant.
//
// Thread-safety: plain values and functions without state.

#ifndef TARAZY_SERVER_AUDIT_DUTY_STATE_H_
#define TARAZY_SERVER_AUDIT_DUTY_STATE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/optional.h"
#include "tarazy/v1/audit.pb.h"

namespace tarazy {

// The last report about a duty.
struct ReportedDuty {
  std::string obligation;
  uint64_t report = 0;  // number of its record
  // Empty: it took back what was reported.
  absl::optional<int64_t> fulfilled_ms;
  std::string reported_by;
  std::string note;
  int64_t recorded_ms = 0;
};

// Whether a duty is in the state that is asked for; any duty is, where none is
// asked for. A duty that is fulfilled later than `at_ms` is not yet.
bool DutyIs(v1::DutyState asked, int64_t due_ms,
            absl::optional<int64_t> fulfilled_ms, int64_t at_ms);

// Appends the duties that the answer names. `reports` has at most one of each.
void ListDuties(const v1::DecideResponse& response,
                const std::vector<ReportedDuty>& reports, int64_t at_ms,
                v1::AuditRecord* record);

}  // namespace tarazy

#endif  // TARAZY_SERVER_AUDIT_DUTY_STATE_H_
