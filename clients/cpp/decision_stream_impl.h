// DecisionStream over gRPC's callback API.
//
// gRPC tells what happened on its own threads; Send and Receive wait for that
// under one mutex. The reactor holds the call open (AddHold) from the start
// until either side has ended it and no write is under way, since gRPC ends
// the call when nothing holds it and lets nothing start afterwards.
//
// Thread-safety: as DecisionStream.

#ifndef TARAZY_CLIENTS_CPP_DECISION_STREAM_IMPL_H_
#define TARAZY_CLIENTS_CPP_DECISION_STREAM_IMPL_H_

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>

#include "absl/time/time.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/client_callback.h"
#include "tarazy/decision_stream.h"
#include "tarazy/v1/decision.grpc.pb.h"

namespace tarazy {

class DecisionStreamImpl
    : public DecisionStream,
      private grpc::ClientBidiReactor<v1::DecideRequest, v1::DecideResult> {
 public:
  DecisionStreamImpl(v1::DecisionService::Stub* stub, absl::Duration deadline);
  ~DecisionStreamImpl() override;

  bool Send(const v1::DecideRequest& request) override;
  void CloseSending() override;
  bool Receive(Decision* decision) override;
  absl::Status status() const override;

 private:
  // Steady, so that a step of the machine's clock moves no deadline.
  using Clock = std::chrono::steady_clock;

  struct Pending {
    std::string request_id;
    Clock::time_point sent;
  };

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

  // Over, for `status` unless that is known already.
  void EndLocked(const absl::Status& status);
  // Whether the caller must call RemoveHold, after unlocking.
  bool TakeHoldLocked();

  const std::chrono::nanoseconds deadline_;
  grpc::ClientContext context_;
  v1::DecideRequest outgoing_;
  v1::DecideResult incoming_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Pending> pending_;           // sent, not received
  std::deque<v1::DecideResult> arrived_;  // never more than pending_
  Clock::time_point last_answer_ = Clock::time_point::min();
  bool writing_ = false;
  bool sending_closed_ = false;
  bool held_ = true;
  bool over_ = false;  // nothing more will arrive or may be sent
  bool done_ = false;  // gRPC has let go
  absl::Status status_;
};

}  // namespace tarazy

#endif  // TARAZY_CLIENTS_CPP_DECISION_STREAM_IMPL_H_
