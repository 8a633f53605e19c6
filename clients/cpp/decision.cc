#include "tarazy/decision.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace tarazy {
namespace {

// Why `response` can't be the answer; OK if it can.
absl::Status CheckAnswer(const std::string& request_id,
                         const v1::DecideResponse& response) {
  if (response.request_id() != request_id) {
    return absl::DataLossError("the answer belongs to another request");
  }
  const bool permit = response.effect() == v1::PERMIT;
  if (!permit && response.effect() != v1::DENY) {
    return absl::DataLossError(
        absl::StrCat("the answer's effect is neither PERMIT nor DENY, but ",
                     static_cast<int>(response.effect())));
  }
  if (permit != (response.outcome() == v1::PERMITTED)) {
    return absl::DataLossError("the answer's effect and outcome disagree");
  }
  return absl::OkStatus();
}

}  // namespace

Decision::Decision() : status_(absl::UnavailableError("no answer")) {}

Decision Decision::NoAnswer(absl::Status status) {
  Decision decision;
  if (!status.ok()) decision.status_ = std::move(status);
  return decision;
}

Decision Decision::Of(const std::string& request_id,
                      v1::DecideResponse response) {
  Decision decision;
  decision.status_ = CheckAnswer(request_id, response);
  if (!decision.status_.ok()) return decision;
  decision.permitted_ = response.effect() == v1::PERMIT;
  decision.response_ = std::move(response);
  return decision;
}

Decision Decision::Of(const std::string& request_id, v1::DecideResult result) {
  if (result.request_id() != request_id) {
    return NoAnswer(
        absl::DataLossError("the answer belongs to another request"));
  }
  switch (result.result_case()) {
    case v1::DecideResult::kResponse:
      return Of(request_id, std::move(*result.mutable_response()));
    case v1::DecideResult::kError: {
      const int code = result.error().code();
      return NoAnswer(absl::Status(code == 0
                                       ? absl::StatusCode::kUnknown
                                       : static_cast<absl::StatusCode>(code),
                                   result.error().message()));
    }
    case v1::DecideResult::RESULT_NOT_SET:
      break;
  }
  return NoAnswer(absl::DataLossError("the result is empty"));
}

}  // namespace tarazy
