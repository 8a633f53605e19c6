// Records of decisions, and of reports about their duties, as lines for people
// and as JSON.
//
// Thread-safety: functions without state.

#ifndef TARAZY_SERVER_AUDIT_RECORD_TEXT_H_
#define TARAZY_SERVER_AUDIT_RECORD_TEXT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/timestamp.pb.h"
#include "tarazy/v1/audit.pb.h"
#include "tarazy/v1/record.pb.h"

namespace tarazy {

// DATA_LOSS when the bytes are no DecisionRecord.
absl::StatusOr<v1::DecisionRecord> ParseRecord(absl::string_view bytes);

// The service that asked for the decision, of the decision's record and of
// reports about its duties alike: whose record it is.
const std::string& ServiceOf(const v1::DecisionRecord& record);

// Text of a caller, safe to print: what a terminal acts on is shown as `?`.
std::string PlainWord(absl::string_view text);

// One line without its end: number, time, effect, service, operation, codes of
// the reasons, edition, decision id; of a report number, time, DUTY_REPORT,
// service, `fulfilled` or `not-fulfilled`, the duty, `-`, the decision's
// number. Control characters are shown as `?`.
std::string RecordLine(uint64_t index, const v1::DecisionRecord& record);

// Everything, a line for each thing, the request as JSON at the end.
std::string RecordPage(uint64_t index, const v1::DecisionRecord& record);

// {"index":12,"record":{…}} by protobuf's JSON mapping with the names of the
// .proto files; no line end.
std::string RecordJson(uint64_t index, const v1::DecisionRecord& record);

// The same, with what has become of its duties where that is known.
std::string RecordJson(const v1::AuditRecord& audited);

// A line for each duty and what has become of it, as in a RecordPage; empty
// where that is not known.
std::string DutyLines(const v1::AuditRecord& audited);

// The field of the operation that is set, for example biometric_use; empty if
// none is.
std::string OperationName(const v1::Operation& operation);

// Milliseconds since 1970 UTC and back, and to RFC 3339 with milliseconds, in
// UTC.
int64_t ToMilliseconds(const google::protobuf::Timestamp& time);
google::protobuf::Timestamp FromMilliseconds(int64_t milliseconds);
std::string InstantText(int64_t milliseconds);

}  // namespace tarazy

#endif  // TARAZY_SERVER_AUDIT_RECORD_TEXT_H_
