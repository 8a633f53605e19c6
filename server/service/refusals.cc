#include "server/service/refusals.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace tarazy {

absl::Status Draining() {
  return absl::UnavailableError(
      "the server is draining; nothing was decided, ask another one");
}

absl::Status NoMessage(uint32_t message_bytes) {
  return absl::ResourceExhaustedError(absl::StrCat(
      "request: no message was read; the limit is ", message_bytes, " bytes"));
}

absl::Status Malformed(absl::string_view type) {
  return absl::InvalidArgumentError(
      absl::StrCat("request: is not a tarazy.v1.", type,
                   ": the bytes are malformed, or a text is not UTF-8"));
}

void WriteRefusal(const absl::Status& status, v1::DecideResult* result) {
  v1::DecideError* error = result->mutable_error();
  error->set_code(static_cast<int>(status.code()));
  error->set_message(std::string(status.message()));
}

void WriteReceipt(const DecisionContext& context, uint64_t index,
                  v1::DecideResponse* response) {
  v1::Receipt* receipt = response->mutable_receipt();
  receipt->set_recorded(true);
  receipt->set_log(context.log_name);
  receipt->set_index(index);
}

}  // namespace tarazy
