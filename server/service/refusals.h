// What calls are refused with before anything is decided, and small parts of
// answers.
//
// Thread-safety: functions without state.

#ifndef TARAZY_SERVER_SERVICE_REFUSALS_H_
#define TARAZY_SERVER_SERVICE_REFUSALS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "server/service/decision_calls.h"
#include "tarazy/v1/decision.pb.h"

namespace tarazy {

absl::Status Draining();
// No message could be read. The caller of one over the limit has been told so
// by gRPC already.
absl::Status NoMessage(uint32_t message_bytes);
// `type` is the name of the message that was expected.
absl::Status Malformed(absl::string_view type);

// Appends an encoded DecideResult: the refusal, or else the response. A refusal
// carries no id that holds an IIN.
void AppendResult(const std::string& request_id, const absl::Status& refusal,
                  absl::string_view response, std::string* result);
// Appends the receipt to an encoded DecideResponse. No index: not recorded.
void AppendReceipt(const DecisionContext& context,
                   absl::optional<uint64_t> index, std::string* response);

}  // namespace tarazy

#endif  // TARAZY_SERVER_SERVICE_REFUSALS_H_
