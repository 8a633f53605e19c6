// Takes reports that duties were fulfilled into the decision log.
//
// A report is checked against the decision's own record, appended to the log as
// a record, and answered when it is durable. The same report again, while it is
// the one that counts, is answered with the first one's number.
//
// For that a report is held against all that came before it. What stands in the
// index is looked up there; what the index does not have yet is kept in memory:
// reports of this process since they were appended, and those of the process
// before as they are read from the end of the log when first needed.
//
// Thread-safety: all methods may be called from any thread; Report waits for
// the disk.

#ifndef TARAZY_SERVER_AUDIT_DUTY_REPORTS_H_
#define TARAZY_SERVER_AUDIT_DUTY_REPORTS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/audit/audit_queries.h"
#include "server/audit/decision_log.h"
#include "server/audit/duty_state.h"
#include "server/audit/file_system.h"
#include "tarazy/v1/audit.pb.h"

namespace tarazy {

struct DutyReportsOptions {
  std::string log_directory;
  std::string log_name;
  // Milliseconds since 1970 UTC.
  std::function<int64_t()> clock;
  // Records that the index may be behind the log as it was when the process
  // began: so many are read when first needed.
  uint64_t max_tail = 100000;
};

// Who reports: a caller of the rights table, for its service.
struct DutyReporter {
  std::string name;
  std::string service;
};

// INVALID_ARGUMENT unless it is a note as ReportDutyRequest has it.
absl::Status CheckNote(absl::string_view note);

class DutyReports {
 public:
  // All outlive the object.
  DutyReports(DutyReportsOptions options, DecisionLog* log,
              AuditQueries* queries, FileSystem* files);
  ~DutyReports();

  // As AuditService.ReportDuty.
  absl::StatusOr<v1::ReportDutyResponse> Report(
      const v1::ReportDutyRequest& request, const DutyReporter& reporter);

 private:
  class Entry;
  using Key = std::pair<uint64_t, std::string>;  // decision, obligation
  using Entries = std::vector<std::shared_ptr<Entry>>;

  absl::Status CatchUp(uint64_t indexed);
  absl::Status ReadTail(uint64_t from, uint64_t until);
  std::shared_ptr<Entry> LastOf(const Key& key,
                                const v1::AuditRecord& decision);
  absl::StatusOr<std::shared_ptr<Entry>> Take(
      const v1::ReportDutyRequest& request, const DutyReporter& reporter,
      const v1::AuditRecord& decision, bool* known);

  const DutyReportsOptions options_;
  DecisionLog* const log_;
  AuditQueries* const queries_;
  FileSystem* const files_;

  std::mutex mutex_;
  // Guarded by mutex_: reports from this record on are in `recent_`.
  uint64_t recent_from_;
  std::map<Key, Entries> recent_;
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_AUDIT_DUTY_REPORTS_H_
