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
  auto* result = New<v1::DecideResult>();
  const DecisionContext& context = thread_->context();
  pending->settled = true;
  absl::Status status;
  if (!Parse(request)) {
    status = Malformed("DecideRequest");
  } else {
    result->set_request_id(request->request_id());
    v1::DecideResponse* response = result->mutable_response();
    std::string* record = thread_->buffer();
    record->clear();
    status = thread_->Decide(request, response, record);
    if (status.ok() && context.log == nullptr) {
      response->mutable_receipt()->set_recorded(false);
    } else if (status.ok()) {
      const auto index = context.log->Append(*record, pending.get());
      if (index.ok()) {
        pending->settled = false;
        WriteReceipt(context, *index, response);
      } else {
        pending->status = index.status();
      }
    }
  }
  if (!status.ok()) WriteRefusal(status, result);
  pending->answer = Serialize(*result);
  pending_.push_back(std::move(pending));
  arena()->Reset();  // nothing of this request is needed any more
}

void DecisionStream::OnReadEnd() {
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
    const grpc::ByteBuffer answer = std::move(pending_.front()->answer);
    pending_.pop_front();
    writing_answer_ = true;
    Write(answer);
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
