#include "server/service/decision_calls.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/service/decision_stream.h"
#include "server/service/refusals.h"
#include "server/service/wire.h"

namespace tarazy {
namespace {

// A call of one message: what Decide and DecideBatch share. The answer waits
// for the log in `reply_`.
class UnaryDecision : public Call, private AppendListener, private Resumable {
 public:
  UnaryDecision(Queue* queue, const Method* method, DecisionThread* thread)
      : Call(queue, method), thread_(thread) {}

 protected:
  DecisionThread* thread() { return thread_; }
  AppendListener* listener() { return this; }

  // Once Append has taken the records.
  void ReplyWhenDurable(Bytes reply) { reply_ = std::move(reply); }

 private:
  void OnReadEnd() override {
    Finish(NoMessage(thread_->context().message_bytes));
  }
  void OnAppended(const absl::Status& status) override {
    appended_ = status;
    queue()->Resume(this);
  }
  void OnResumed() override {
    if (appended_.ok()) {
      Reply(std::move(reply_));
    } else {
      Finish(appended_);
    }
  }
  void OnOver() override { reply_.Clear(); }

  DecisionThread* const thread_;
  Bytes reply_;
  absl::Status appended_;
};

class DecideCall final : public UnaryDecision {
 public:
  using UnaryDecision::UnaryDecision;

 private:
  void OnMessage() override {
    if (queue()->traffic()->draining()) return Finish(Draining());
    auto* request = New<v1::DecideRequest>();
    if (!Parse(request)) return Finish(Malformed("DecideRequest"));
    EncodedDecision* decision = thread()->decision();
    const absl::Status status = thread()->Decide(request, decision);
    if (!status.ok()) return Finish(status);
    const DecisionContext& context = thread()->context();
    if (context.log == nullptr) {
      AppendReceipt(context, absl::nullopt, &decision->response);
      return Reply(Bytes(decision->response));
    }
    const auto index =
        context.log->Append(decision->record, listener(), Commit::kWithMore);
    if (!index.ok()) return Finish(index.status());
    AppendReceipt(context, *index, &decision->response);
    ReplyWhenDurable(Bytes(decision->response));
  }
};

class BatchCall final : public UnaryDecision {
 public:
  using UnaryDecision::UnaryDecision;

 private:
  void OnMessage() override {
    if (queue()->traffic()->draining()) return Finish(Draining());
    auto* batch = New<v1::DecideBatchRequest>();
    if (!Parse(batch)) return Finish(Malformed("DecideBatchRequest"));
    const DecisionContext& context = thread()->context();
    const uint32_t count = static_cast<uint32_t>(batch->requests_size());
    if (count == 0) {
      return Finish(
          absl::InvalidArgumentError("requests: at least one is required"));
    }
    if (count > context.batch_requests) {
      return Finish(absl::ResourceExhaustedError(
          absl::StrCat("requests: ", count, " of them; the limit is ",
                       context.batch_requests)));
    }
    std::vector<Result> results(count);
    std::string records;
    std::vector<size_t> ends;  // of each record, in `records`
    for (uint32_t i = 0; i < count; ++i) {
      v1::DecideRequest* request = batch->mutable_requests(static_cast<int>(i));
      EncodedDecision* decision = thread()->decision();
      results[i].refusal = thread()->Decide(request, decision);
      if (!results[i].refusal.ok()) continue;
      results[i].response.swap(decision->response);
      records.append(decision->record);
      ends.push_back(records.size());
    }
    if (context.log == nullptr || ends.empty()) {
      return Reply(Encode(*batch, &results, absl::nullopt));
    }
    const auto first = Append(records, ends);
    if (!first.ok()) return Finish(first.status());
    ReplyWhenDurable(Encode(*batch, &results, *first));
  }

  struct Result {
    absl::Status refusal;
    std::string response;
  };

  // `index` is the number of the first record.
  Bytes Encode(const v1::DecideBatchRequest& batch,
               std::vector<Result>* results, absl::optional<uint64_t> index) {
    std::string answer;
    std::string encoded;
    for (size_t i = 0; i < results->size(); ++i) {
      Result& result = (*results)[i];
      const std::string& id = batch.requests(static_cast<int>(i)).request_id();
      if (result.refusal.ok()) {
        AppendReceipt(thread()->context(), index, &result.response);
        if (index) ++*index;
      }
      encoded.clear();
      AppendResult(id, result.refusal, result.response, &encoded);
      AppendBytes(v1::DecideBatchResponse::kResultsFieldNumber, encoded,
                  &answer);
    }
    return Bytes(answer);
  }

  absl::StatusOr<uint64_t> Append(const std::string& records,
                                  const std::vector<size_t>& ends) {
    std::vector<absl::string_view> views;
    size_t start = 0;
    for (size_t end : ends) {
      views.emplace_back(records.data() + start, end - start);
      start = end;
    }
    auto first = thread()->context().log->AppendAll(views, listener(),
                                                    Commit::kWithMore);
    // Each record is within its limit, so together they are too many.
    if (first.status().code() == absl::StatusCode::kInvalidArgument) {
      return absl::ResourceExhaustedError(
          absl::StrCat("requests: ", first.status().message()));
    }
    return first;
  }
};

}  // namespace

DecisionThread::DecisionThread(const DecisionContext* context)
    : context_(context),
      law_(context->law),
      decider_(context->decider),
      permits_(context->metrics->Get("tarazy_decisions_total",
                                     {{"effect", "PERMIT"}})),
      denies_(context->metrics->Get("tarazy_decisions_total",
                                    {{"effect", "DENY"}})),
      refused_(context->metrics->Get("tarazy_requests_refused_total", {})) {}

absl::Status DecisionThread::Decide(v1::DecideRequest* request,
                                    EncodedDecision* decision) {
  absl::Status status = decider_.Decide(law_.Get(), request, decision);
  if (!status.ok()) {
    refused_->Add();
  } else {
    (decision->effect == v1::PERMIT ? permits_ : denies_)->Add();
  }
  return status;
}

std::vector<Method> DecisionMethods(
    std::function<DecisionThread*(Queue*)> thread) {
  std::vector<Method> methods(3);
  methods[0].name = "/tarazy.v1.DecisionService/Decide";
  methods[0].waiting = 32;
  methods[0].with_message = true;
  methods[0].make = [thread](Queue* queue, const Method* method) {
    return std::make_unique<DecideCall>(queue, method, thread(queue));
  };
  methods[1].name = "/tarazy.v1.DecisionService/DecideBatch";
  methods[1].waiting = 8;
  methods[1].with_message = true;
  methods[1].make = [thread](Queue* queue, const Method* method) {
    return std::make_unique<BatchCall>(queue, method, thread(queue));
  };
  methods[2].name = "/tarazy.v1.DecisionService/DecideStream";
  methods[2].waiting = 16;
  methods[2].in_flight = DecisionStream::kWindow;
  methods[2].make = [thread](Queue* queue, const Method* method) {
    return std::make_unique<DecisionStream>(queue, method, thread(queue));
  };
  return methods;
}

}  // namespace tarazy
