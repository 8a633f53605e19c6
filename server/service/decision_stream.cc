#include "server/service/decision_stream.h"

#include <utility>

#include "server/service/refusals.h"

namespace tarazy {

void DecisionStream::Pending::OnAppended(const absl::Status& appended) {
  status = appended;
  stream->queue()->Resume(this);
}

void DecisionStream::Pending::OnResumed() {
  settled = true;
  stream->Advance();
}

void DecisionStream::OnStart() { ListenForDrain(); }

void DecisionStream::OnMessage() {
  if (!stopped_) Decide();
  Advance();
}

void DecisionStream::Decide() {
  auto pending = std::make_unique<Pending>(this);
  auto* request = New<v1::DecideRequest>();
  EncodedDecision* decision = thread_->decision();
  const DecisionContext& context = thread_->context();
  pending->settled = true;
  absl::Status refusal;
  if (!Parse(request)) {
    refusal = Malformed("DecideRequest");
    request->Clear();  // an id that is not UTF-8 can't be answered with
  } else {
    refusal = thread_->Decide(request, decision);
    if (refusal.ok() && context.log == nullptr) {
      AppendReceipt(context, absl::nullopt, &decision->response);
    } else if (refusal.ok()) {
      const auto index = context.log->Append(decision->record, pending.get(),
                                             Commit::kWithMore);
      if (index.ok()) {
        pending->settled = false;
        AppendReceipt(context, *index, &decision->response);
      } else {
        pending->status = index.status();
      }
    }
  }
  std::string result;
  AppendResult(request->request_id(), refusal, decision->response, &result);
  pending->answer = Bytes(result);
  pending_.push_back(std::move(pending));
  arena()->Reset();  // nothing of this request is needed any more
}

void DecisionStream::OnReadEnd() {
  if (message_too_large()) end_ = NoMessage(thread_->context().message_bytes);
  stopped_ = true;
  Advance();
}

void DecisionStream::OnWritten(bool ok) {
  writing_answer_ = false;
  gone_ = gone_ || !ok;
  Advance();
}

void DecisionStream::OnDrain() {
  if (!stopped_) {
    stopped_ = true;
    end_ = Draining();
  }
  Advance();
}

void DecisionStream::OnOver() {
  stopped_ = gone_ = false;
  end_ = absl::OkStatus();
}

void DecisionStream::Advance() {
  if (finished() || writing_answer_) return;
  // What the log refused ends the stream; nobody is there for the rest.
  while (!pending_.empty() && pending_.front()->settled &&
         (gone_ || !pending_.front()->status.ok())) {
    if (!pending_.front()->status.ok()) end_ = pending_.front()->status;
    gone_ = stopped_ = true;
    pending_.pop_front();
  }
  if (!pending_.empty() && pending_.front()->settled) {
    Bytes answer = std::move(pending_.front()->answer);
    pending_.pop_front();
    writing_answer_ = true;
    Write(std::move(answer));
    if (!stopped_ && pending_.size() < kWindow) Read();
    return;
  }
  if (!stopped_) {
    if (pending_.size() < kWindow) Read();
  } else if (pending_.empty()) {
    Finish(end_);
  }
}

}  // namespace tarazy
