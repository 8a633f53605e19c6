#include "server/audit/duty_state.h"

#include <algorithm>

#include "server/audit/index_row.h"
#include "server/audit/record_text.h"

namespace tarazy {

bool DutyIs(v1::DutyState asked, int64_t due_ms,
            absl::optional<int64_t> fulfilled_ms, int64_t at_ms) {
  const bool fulfilled = fulfilled_ms.has_value() && *fulfilled_ms <= at_ms;
  switch (asked) {
    case v1::DUTY_OPEN:
      return !fulfilled && due_ms > at_ms;
    case v1::DUTY_OVERDUE:
      return !fulfilled && due_ms <= at_ms;
    case v1::DUTY_FULFILLED:
      return fulfilled;
    case v1::DUTY_FULFILLED_LATE:
      return fulfilled && *fulfilled_ms >= due_ms;
    default:
      return true;
  }
}

void ListDuties(const v1::DecideResponse& response,
                const std::vector<ReportedDuty>& reports, int64_t at_ms,
                v1::AuditRecord* record) {
  for (const v1::Obligation& duty : response.obligations()) {
    const int64_t due_ms =
        duty.has_due() ? ToMilliseconds(duty.due()) : kNoTerm;
    absl::optional<int64_t> fulfilled_ms;
    v1::DutyStanding* standing = record->add_duties();
    standing->set_obligation(duty.id());
    if (duty.has_due()) *standing->mutable_due() = duty.due();
    const auto report = std::find_if(
        reports.begin(), reports.end(),
        [&](const ReportedDuty& r) { return r.obligation == duty.id(); });
    if (report != reports.end()) {
      fulfilled_ms = report->fulfilled_ms;
      standing->set_report(report->report);
      standing->set_reported_by(report->reported_by);
      standing->set_note(report->note);
      *standing->mutable_reported_at() = FromMilliseconds(report->recorded_ms);
      if (fulfilled_ms.has_value()) {
        *standing->mutable_fulfilled_at() = FromMilliseconds(*fulfilled_ms);
      }
    }
    standing->set_late(
        DutyIs(v1::DUTY_FULFILLED_LATE, due_ms, fulfilled_ms, at_ms));
    for (v1::DutyState state :
         {v1::DUTY_OPEN, v1::DUTY_OVERDUE, v1::DUTY_FULFILLED}) {
      if (DutyIs(state, due_ms, fulfilled_ms, at_ms))
        standing->set_state(state);
    }
  }
}

}  // namespace tarazy
