// Reports of duties in the audit index: a table in the order of the decisions
// that they are about, so that a scan over decisions meets them in its own
// order and looks only where there are some.
//
// A report stands in the table for as long as its decision has a row; its own
// row, as of any record of the log, is another thing.
//
// Thread-safety: a ReportCursor belongs to one thread.

#ifndef TARAZY_SERVER_AUDIT_INDEX_REPORTS_H_
#define TARAZY_SERVER_AUDIT_INDEX_REPORTS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "server/ops/sqlite.h"

namespace tarazy {

// The last report about a duty of one decision.
struct IndexReport {
  uint32_t obligation = 0;  // its word
  uint64_t index = 0;       // of the report's record
  absl::optional<int64_t> fulfilled_ms;
  std::string reported_by;
  std::string note;
  int64_t recorded_ms = 0;
};

class ReportCursor {
 public:
  // Sees reports before the record `upto` alone. `newest_first`: decisions will
  // be asked for from the newest to the oldest. `database` outlives it.
  static absl::StatusOr<ReportCursor> Open(Database* database,
                                           bool newest_first, uint64_t upto);

  // The last report about each duty of a decision. Cheap for decisions that
  // are asked for in order, as long as no reports lie between them.
  absl::StatusOr<std::vector<IndexReport>> Of(int64_t at_ms, uint64_t decision);

 private:
  using Place = std::pair<int64_t, uint64_t>;  // of a decision

  ReportCursor(Statement reports, bool newest_first, uint64_t upto)
      : reports_(std::move(reports)),
        newest_first_(newest_first),
        upto_(upto) {}
  bool Before(const Place& a, const Place& b) const {
    return newest_first_ ? b < a : a < b;
  }

  Statement reports_;
  bool newest_first_;
  uint64_t upto_;
  // Between these two decisions there are no reports.
  absl::optional<Place> last_;
  absl::optional<Place> next_;  // empty: none follow `last_`
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_AUDIT_INDEX_REPORTS_H_
