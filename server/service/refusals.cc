#include "server/service/refusals.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "server/registers/identity.h"
#include "server/service/wire.h"

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

void AppendResult(const std::string& request_id, const absl::Status& refusal,
                  absl::string_view response, std::string* result) {
  using Result = v1::DecideResult;
  // An id that was refused for what it holds is not repeated.
  if (!request_id.empty() && (refusal.ok() || !ContainsIin(request_id))) {
    AppendBytes(Result::kRequestIdFieldNumber, request_id, result);
  }
  if (refusal.ok()) {
    AppendBytes(Result::kResponseFieldNumber, response, result);
    return;
  }
  v1::DecideError error;
  error.set_code(static_cast<int>(refusal.code()));
  error.set_message(std::string(refusal.message()));
  AppendMessage(Result::kErrorFieldNumber, error, result);
}

void AppendReceipt(const DecisionContext& context,
                   absl::optional<uint64_t> index, std::string* response) {
  v1::Receipt receipt;
  receipt.set_recorded(index.has_value());
  if (index) {
    receipt.set_log(context.log_name);
    receipt.set_index(*index);
  }
  AppendMessage(v1::DecideResponse::kReceiptFieldNumber, receipt, response);
}

}  // namespace tarazy
