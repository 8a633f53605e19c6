// Every record of a log, one after the other, behind a bar.
//
// Thread-safety: functions without state.

#ifndef TARAZY_SERVER_COMMAND_AUDIT_WALK_H_
#define TARAZY_SERVER_COMMAND_AUDIT_WALK_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "tarazy/v1/record.pb.h"

namespace tarazy {

// Ends at the first error. DATA_LOSS: a record is damaged, or the log does not
// end as it should.
absl::Status WalkLog(
    const std::string& log,
    const std::function<absl::Status(const v1::DecisionRecord&)>& see);

}  // namespace tarazy

#endif  // TARAZY_SERVER_COMMAND_AUDIT_WALK_H_
