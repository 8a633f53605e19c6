#include "server/service/call.h"

#include <grpc/slice.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace tarazy {
namespace {

// Call objects that a queue keeps for one method when they are not in use.
constexpr size_t kMaxIdle = 1024;
// Messages that are handled before the first of their replies is sent.
constexpr size_t kMaxReadTogether = 64;
constexpr int kCodes = 17;

constexpr const char* kCodeNames[kCodes] = {
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
};

gpr_timespec Now() { return gpr_inf_past(GPR_CLOCK_MONOTONIC); }

}  // namespace

grpc::ByteBuffer Serialize(const google::protobuf::MessageLite& message) {
  const size_t bytes = message.ByteSizeLong();
  grpc_slice slice = grpc_slice_malloc(bytes);
  message.SerializeWithCachedSizesToArray(GRPC_SLICE_START_PTR(slice));
  const grpc::Slice owner(slice, grpc::Slice::STEAL_REF);
  return grpc::ByteBuffer(&owner, 1);
}

grpc::ByteBuffer ToBuffer(const std::string& encoded) {
  const grpc::Slice slice(encoded);
  return grpc::ByteBuffer(&slice, 1);
}

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()),
                      std::string(status.message()));
}

MethodTable::MethodTable(std::vector<Method> methods, Metrics* metrics)
    : methods_(std::move(methods)) {
  using grpc::internal::RpcMethod;
  using grpc::internal::RpcServiceMethod;
  for (size_t i = 0; i < methods_.size(); ++i) {
    Method& method = methods_[i];
    method.index = static_cast<int>(i);
    for (const char* code : kCodeNames) {
      method.by_code.push_back(metrics->Get(
          "tarazy_calls_total", {{"code", code}, {"method", method.name}}));
    }
    AddMethod(new RpcServiceMethod(method.name.c_str(),
                                   RpcMethod::BIDI_STREAMING, nullptr));
    MarkMethodAsync(method.index);
  }
}

void MethodTable::Request(const Method& method, grpc::ServerContext* context,
                          Stream* stream, grpc::ServerCompletionQueue* queue,
                          void* tag) {
  RequestAsyncBidiStreaming(method.index, context, stream, queue, queue, tag);
}

Call::Call(Queue* queue, const Method* method)
    : queue_(queue),
      method_(method),
      start_{this, Event::kStart},
      read_{this, Event::kRead},
      written_{this, Event::kWritten},
      finish_{this, Event::kFinished},
      gone_{this, Event::kGone},
      arena_([this] {
        google::protobuf::ArenaOptions options;
        options.initial_block = first_block_;
        options.initial_block_size = sizeof(first_block_);
        return options;
      }()) {}

void Call::Wait() {
  context_.emplace();
  stream_.emplace(&*context_);
  if (notice_gone_) {
    gone_seen_ = false;
    context_->AsyncNotifyWhenDone(&gone_);
  }
  queue_->table_->Request(*method_, &*context_, &*stream_, queue_->queue_.get(),
                          &start_);
}

void Call::Read() {
  if (reading_ || read_end_ || finished_) return;
  reading_ = true;
  stream_->Read(&message_, &read_);
}

void Call::Write(const grpc::ByteBuffer& message) {
  writing_ = true;
  stream_->Write(message, &written_);
}

void Call::Reply(const grpc::ByteBuffer& message) {
  finished_ = true;
  Count(0);
  if (queue_->gathering_replies_) {
    reply_ = message;
    queue_->replies_.push_back(this);
    return;
  }
  stream_->WriteAndFinish(message, grpc::WriteOptions(), grpc::Status::OK,
                          &finish_);
}

void Call::Finish(const absl::Status& status) {
  if (finished_) return;
  finished_ = true;
  Count(static_cast<int>(status.code()));
  stream_->Finish(ToGrpc(status), &finish_);
}

void Call::Count(int code) {
  method_->by_code[code < kCodes ? code : 2]->Add();
}

absl::string_view Call::Metadata(const char* key) const {
  const auto& sent = context_->client_metadata();
  const auto found = sent.find(key);
  if (found == sent.end()) return "";
  return {found->second.data(), found->second.size()};
}

bool Call::Parse(google::protobuf::MessageLite* message) {
  grpc::Slice slice;
  if (message_.TrySingleSlice(&slice).ok()) {
    return message->ParseFromArray(slice.begin(),
                                   static_cast<int>(slice.size()));
  }
  grpc::ProtoBufferReader reader(&message_);
  return message->ParseFromZeroCopyStream(&reader);
}

void Call::ListenForDrain() {
  queue_->drain_listeners_.insert(this);
  if (queue_->drain_told_) OnDrain();
}

void Call::Proceed(Event event, bool ok) {
  switch (event) {
    case Event::kStart:
      OnStart();
      Read();
      break;
    case Event::kRead:
      reading_ = false;
      if (ok) {
        if (!finished_) OnMessage();
      } else {
        read_end_ = true;
        if (!finished_) OnReadEnd();
      }
      break;
    case Event::kWritten:
      writing_ = false;
      OnWritten(ok);
      break;
    case Event::kFinished:
      ended_ = true;
      break;
    case Event::kGone:
      gone_seen_ = true;
      if (!finished_) OnGone();
      break;
  }
  OverIfDone();
}

void Call::OverIfDone() {
  if (!ended_ || reading_ || writing_ || !gone_seen_) return;
  queue_->Over(this);
}

Queue::Queue(std::unique_ptr<grpc::ServerCompletionQueue> queue,
             MethodTable* table, Traffic* traffic)
    : queue_(std::move(queue)), table_(table), traffic_(traffic) {
  idle_.resize(table->methods().size());
}

Queue::~Queue() { Join(); }

void Queue::Start() {
  for (const Method& method : table_->methods()) {
    for (int i = 0; i < method.waiting; ++i) Post(method);
  }
  thread_ = std::thread([this] { Run(); });
}

void Queue::BeginDrain() {
  drain_alarm_.Set(queue_.get(), Now(), &drain_alarm_);
}

void Queue::Stop() {
  stopping_.store(true);
  stop_alarm_.Set(queue_.get(), Now(), &stop_alarm_);
}

void Queue::Join() {
  if (thread_.joinable()) thread_.join();
}

void Queue::Post(const Method& method) {
  std::vector<std::unique_ptr<Call>>& idle = idle_[method.index];
  Call* call;
  if (idle.empty()) {
    call = method.make(this, &method).release();
  } else {
    call = idle.back().release();
    idle.pop_back();
  }
  call->Wait();
}

void Queue::Run() {
  void* tag = nullptr;
  bool ok = false;
  for (;;) {
    // While messages wait, only what has come already is taken.
    const gpr_timespec until = read_.empty()
                                   ? gpr_inf_future(GPR_CLOCK_REALTIME)
                                   : gpr_inf_past(GPR_CLOCK_REALTIME);
    switch (queue_->AsyncNext(&tag, &ok, until)) {
      case grpc::CompletionQueue::SHUTDOWN:
        return;
      case grpc::CompletionQueue::TIMEOUT:
        RunRead();
        break;
      case grpc::CompletionQueue::GOT_EVENT:
        Handle(tag, ok);
        if (read_.size() >= kMaxReadTogether) RunRead();
        break;
    }
    if (stopping_.load() && live_ == 0 && !shut_down_) {
      shut_down_ = true;
      queue_->Shutdown();
    }
  }
}

void Queue::Handle(void* tag, bool ok) {
  if (tag == &resume_alarm_) {
    RunResumed();
    return;
  }
  if (tag == &drain_alarm_) {
    drain_told_ = true;
    const std::vector<Call*> listeners(drain_listeners_.begin(),
                                       drain_listeners_.end());
    for (Call* call : listeners) call->OnDrain();
    return;
  }
  if (tag == &stop_alarm_) return;
  const Call::Tag& event = *static_cast<Call::Tag*>(tag);
  Call* call = event.call;
  if (event.event == Call::Event::kRead) {
    read_.emplace_back(call, ok);
    return;
  }
  if (event.event == Call::Event::kStart) {
    if (!ok) {  // the server is shutting down; nobody came
      delete call;
      return;
    }
    ++live_;
    if (call->method_->traffic) traffic_->Begin();
    Post(*call->method_);
  }
  call->Proceed(event.event, ok);
}

void Queue::RunRead() {
  gathering_replies_ = true;
  for (const auto& [call, ok] : read_) call->Proceed(Call::Event::kRead, ok);
  gathering_replies_ = false;
  read_.clear();
  for (Call* call : replies_) {
    call->stream_->WriteAndFinish(call->reply_, grpc::WriteOptions(),
                                  grpc::Status::OK, &call->finish_);
    call->reply_.Clear();
  }
  replies_.clear();
}

void Queue::Over(Call* call) {
  call->OnOver();
  drain_listeners_.erase(call);
  --live_;
  if (call->method_->traffic) traffic_->End();
  std::unique_ptr<Call> owner(call);
  call->stream_.reset();
  call->context_.reset();
  call->message_.Clear();
  call->arena_.Reset();
  call->finished_ = call->ended_ = call->read_end_ = false;
  std::vector<std::unique_ptr<Call>>& idle = idle_[call->method_->index];
  if (idle.size() < kMaxIdle) idle.push_back(std::move(owner));
}

void Queue::Resume(Resumable* what) {
  Resumable* head = resumed_.load(std::memory_order_relaxed);
  do {
    what->next_resumed_ = head;
  } while (!resumed_.compare_exchange_weak(
      head, what, std::memory_order_release, std::memory_order_relaxed));
  if (head == nullptr) {
    resume_alarm_.Set(queue_.get(), Now(), &resume_alarm_);
  }
}

void Queue::RunResumed() {
  Resumable* newest = resumed_.exchange(nullptr, std::memory_order_acquire);
  Resumable* oldest = nullptr;
  while (newest != nullptr) {
    Resumable* next = newest->next_resumed_;
    newest->next_resumed_ = oldest;
    oldest = newest;
    newest = next;
  }
  while (oldest != nullptr) {
    Resumable* what = oldest;
    oldest = what->next_resumed_;  // before `what` may be used again
    what->OnResumed();
  }
}

}  // namespace tarazy
