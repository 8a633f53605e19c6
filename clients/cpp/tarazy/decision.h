// What a caller knows after asking: permitted, or not.
//
// Only an answer that arrived whole, that belongs to the request and that says
// PERMIT permits. A timeout, an error, an answer to another request, an effect
// that this library does not know: not permitted, with the reason in status().
//
// Thread-safety: a plain value.

#ifndef TARAZY_DECISION_H_
#define TARAZY_DECISION_H_

#include <string>

#include "absl/status/status.h"
#include "tarazy/v1/decision.pb.h"

namespace tarazy {

class Decision {
 public:
  // No answer: not permitted.
  Decision();

  // No answer, for the reason that `status` gives; it must not be OK.
  static Decision NoAnswer(absl::Status status);

  // What `response` says to the request with `request_id`.
  static Decision Of(const std::string& request_id,
                     v1::DecideResponse response);

  // What one result of a batch or of a stream says.
  static Decision Of(const std::string& request_id, v1::DecideResult result);

  // Whether the act may proceed. The obligations of the answer go with it.
  bool permitted() const { return permitted_; }

  // OK: the server decided, and response() says why. Otherwise there is no
  // decision: DEADLINE_EXCEEDED and UNAVAILABLE for no answer,
  // INVALID_ARGUMENT and RESOURCE_EXHAUSTED for a request that was refused,
  // DATA_LOSS for an answer that does not fit the request.
  const absl::Status& status() const { return status_; }

  // The server's answer; empty unless status() is OK.
  const v1::DecideResponse& response() const { return response_; }

 private:
  bool permitted_ = false;
  absl::Status status_;
  v1::DecideResponse response_;
};

}  // namespace tarazy

#endif  // TARAZY_DECISION_H_
