// What calls are refused with before anything is decided, and small parts of
// answers.
//
// Thread-safety: functions without state.

#ifndef TARAZY_SERVER_SERVICE_REFUSALS_H_
#define TARAZY_SERVER_SERVICE_REFUSALS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/service/decision_calls.h"
#include "tarazy/v1/decision.pb.h"

namespace tarazy {

absl::Status Draining();
// No message could be read. The caller of one over the limit has been told so
// by gRPC already.
absl::Status NoMessage(uint32_t message_bytes);
// `type` is the name of the message that was expected.
absl::Status Malformed(absl::string_view type);

// Puts an error in the place of an answer.
void WriteRefusal(const absl::Status& status, v1::DecideResult* result);
void WriteReceipt(const DecisionContext& context, uint64_t index,
                  v1::DecideResponse* response);

}  // namespace tarazy

#endif  // TARAZY_SERVER_SERVICE_REFUSALS_H_
