// DecideStream: requests as they come, answers in their order.
//
// Up to kWindow decisions of one stream may wait for the log at once, so that
// a stream is not held to one decision per write of the disk. When the window
// is full the next request is not read until an answer has gone out: the
// caller feels gRPC's flow control.
//
// How a stream ends: when the caller has said all, after the last answer, with
// OK; when a record can't be taken, after the answers before it, with the
// log's error; in a drain, after the answers to all that was read, with
// UNAVAILABLE. What was not answered was not decided.

#ifndef TARAZY_SERVER_SERVICE_DECISION_STREAM_H_
#define TARAZY_SERVER_SERVICE_DECISION_STREAM_H_

#include <deque>
#include <memory>

#include "absl/status/status.h"
#include "server/audit/decision_log.h"
#include "server/service/call.h"
#include "server/service/decision_calls.h"

namespace tarazy {

class DecisionStream final : public Call {
 public:
  static constexpr size_t kWindow = 64;

  DecisionStream(Queue* queue, const Method* method, DecisionThread* thread)
      : Call(queue, method), thread_(thread) {}

 private:
  // One answer that waits for the log.
  struct Pending final : AppendListener, Resumable {
    explicit Pending(DecisionStream* s) : stream(s) {}
    void OnAppended(const absl::Status& status) override;
    void OnResumed() override;

    DecisionStream* const stream;
    Bytes answer;
    absl::Status status;
    bool settled = false;  // the log has told
  };

  void OnStart() override;
  void OnMessage() override;
  void OnReadEnd() override;
  void OnWritten(bool ok) override;
  void OnDrain() override;
  void OnOver() override;

  // Decides on the message that was read; the answer is pending.
  void Decide();
  // Writes, reads on or ends, whatever comes next.
  void Advance();

  DecisionThread* const thread_;
  std::deque<std::unique_ptr<Pending>> pending_;
  bool writing_answer_ = false;
  bool stopped_ = false;  // no further request is taken
  bool gone_ = false;     // the caller does not hear us
  absl::Status end_;
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_SERVICE_DECISION_STREAM_H_
