// Decisions over one long call: requests go out as they come, answers come
// back in their order.
//
// Thread-safety: one thread may send while another receives.

#ifndef TARAZY_DECISION_STREAM_H_
#define TARAZY_DECISION_STREAM_H_

#include "absl/status/status.h"
#include "tarazy/decision.h"
#include "tarazy/v1/decision.pb.h"

namespace tarazy {

class DecisionStream {
 public:
  // Cancels what is under way.
  virtual ~DecisionStream() = default;

  // Sends a request; waits while the server takes no more. False when the
  // stream is over: the request was not sent and has no decision.
  virtual bool Send(const v1::DecideRequest& request) = 0;

  // No more requests will be sent.
  virtual void CloseSending() = 0;

  // The decision on the next request that was sent, in the order of sending:
  // exactly one for each. Waits for one to be sent. A request whose answer does
  // not come within the client's deadline, counted from sending or from the
  // answer before it, is not permitted, and neither is any after it: the
  // stream is over then. False when all that was sent has its decision and no
  // more can be sent.
  virtual bool Receive(Decision* decision) = 0;

  // OK while the stream is open, and when the server ended it with all
  // answered; otherwise why it is over.
  virtual absl::Status status() const = 0;
};

}  // namespace tarazy

#endif  // TARAZY_DECISION_STREAM_H_
