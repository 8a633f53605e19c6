#include "server/service/call.h"

#include <grpc/grpc_security.h>
#include <grpc/slice.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace tarazy {
namespace {

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

// gRPC refuses an operation only where we have misused it.
void Must(grpc_call_error error) {
  if (error == GRPC_CALL_OK) return;
  std::fprintf(stderr, "gRPC: %s\n", grpc_call_error_to_string(error));
  std::abort();
}

// A call of a name that no method has.
class UnknownCall final : public Call {
 public:
  UnknownCall(Queue* queue, const Method* method) : Call(queue, method) {}

 private:
  void OnStart() override {
    Finish(absl::UnimplementedError("there is no such method"));
  }
  void OnMessage() override {}
  void OnReadEnd() override {}
};

}  // namespace

MethodTable::MethodTable(std::vector<Method> methods, Metrics* metrics)
    : methods_(std::move(methods)) {
  Method unknown;
  unknown.name = "unknown";
  unknown.waiting = 2;
  unknown.traffic = false;
  unknown.make = [](Queue* queue, const Method* method) {
    return std::make_unique<UnknownCall>(queue, method);
  };
  methods_.push_back(std::move(unknown));
  for (size_t i = 0; i < methods_.size(); ++i) {
    Method& method = methods_[i];
    method.index = static_cast<int>(i);
    for (const char* code : kCodeNames) {
      method.by_code.push_back(metrics->Get(
          "tarazy_calls_total", {{"code", code}, {"method", method.name}}));
    }
  }
}

void MethodTable::AddTo(GrpcServer* server) {
  server_ = server->get();
  message_bytes_ = static_cast<size_t>(server->message_bytes());
  for (size_t i = 0; i + 1 < methods_.size(); ++i) {
    methods_[i].registered =
        server->AddMethod(methods_[i].name, methods_[i].with_message);
  }
}

class Call::Batch {
 public:
  void Headers() { Add(GRPC_OP_SEND_INITIAL_METADATA); }
  void Send(const Bytes& message, uint32_t flags = 0) {
    grpc_op* op = Add(GRPC_OP_SEND_MESSAGE);
    op->data.send_message.send_message = message.get();
    op->flags = flags;
  }
  // `details` may be null and outlives Start.
  void Status(int code, grpc_slice* details) {
    grpc_op* op = Add(GRPC_OP_SEND_STATUS_FROM_SERVER);
    op->data.send_status_from_server.status =
        static_cast<grpc_status_code>(code);
    op->data.send_status_from_server.status_details = details;
  }
  void ReceiveClose(int* cancelled) {
    Add(GRPC_OP_RECV_CLOSE_ON_SERVER)->data.recv_close_on_server.cancelled =
        cancelled;
  }
  void Receive(Bytes* message) {
    message->Clear();
    Add(GRPC_OP_RECV_MESSAGE)->data.recv_message.recv_message =
        message->receive();
  }
  void Start(grpc_call* call, Tag* tag) {
    Must(grpc_call_start_batch(
        call, ops_, count_,
        static_cast<grpc::internal::CompletionQueueTag*>(tag), nullptr));
  }

 private:
  grpc_op* Add(grpc_op_type type) {
    ops_[count_].op = type;
    return &ops_[count_++];
  }
  grpc_op ops_[4] = {};
  size_t count_ = 0;
};

Call::Call(Queue* queue, const Method* method)
    : queue_(queue),
      method_(method),
      start_(this, Event::kStart),
      read_(this, Event::kRead),
      written_(this, Event::kWritten),
      part_(this, Event::kPart),
      finish_(this, Event::kFinished),
      gone_(this, Event::kGone),
      arena_([this] {
        google::protobuf::ArenaOptions options;
        options.initial_block = first_block_;
        options.initial_block_size = sizeof(first_block_);
        return options;
      }()) {
  grpc_metadata_array_init(&metadata_);
  grpc_call_details_init(&details_);
}

Call::~Call() { Release(); }

void Call::Release() {
  if (call_ != nullptr) grpc_call_unref(call_);
  call_ = nullptr;
  grpc_metadata_array_destroy(&metadata_);
  grpc_metadata_array_init(&metadata_);
  if (method_->registered == nullptr) {
    grpc_call_details_destroy(&details_);
    grpc_call_details_init(&details_);
  }
  message_.Clear();
  sending_.Clear();
}

void Call::Wait() {
  grpc_server* const server = queue_->table_->server();
  grpc_completion_queue* const queue = queue_->queue_.cq();
  auto* const tag = static_cast<grpc::internal::CompletionQueueTag*>(&start_);
  if (method_->registered == nullptr) {
    Must(grpc_server_request_call(server, &call_, &details_, &metadata_, queue,
                                  queue, tag));
    return;
  }
  Must(grpc_server_request_registered_call(
      server, method_->registered, &call_, &deadline_, &metadata_,
      method_->with_message ? message_.receive() : nullptr, queue, queue, tag));
}

// gRPC sets no message where there is none or it is far over the limit.
bool Call::HasMessage() const {
  return !message_.empty() && !message_too_large();
}

bool Call::message_too_large() const {
  return !message_.empty() && message_.size() > queue_->table_->message_bytes();
}

void Call::ListenToEnd() {
  gone_seen_ = false;
  Batch batch;
  batch.ReceiveClose(&cancelled_);
  batch.Start(call_, &gone_);
}

void Call::Read() {
  if (reading_ || read_end_ || finished_) return;
  reading_ = true;
  Batch batch;
  batch.Receive(&message_);
  batch.Start(call_, &read_);
}

void Call::Write(Bytes message) {
  writing_ = true;
  sending_ = std::move(message);
  Batch batch;
  if (!headers_sent_) batch.Headers();
  headers_sent_ = true;
  batch.Send(sending_);
  batch.Start(call_, &written_);
}

void Call::Reply(Bytes message) {
  finished_ = true;
  Count(0);
  sending_ = std::move(message);
  if (queue_->gathering_) {
    queue_->replies_.Add(this);
  } else {
    SendReply();
  }
}

void Call::SendReply() {
  Batch batch;
  batch.Send(sending_);
  End(&batch, 0, "");
}

void Call::SendMessageAhead(void (*on_released)()) {
  ++parts_left_;
  const Bytes watched(std::move(sending_), on_released);
  Batch batch;
  batch.Send(watched, GRPC_WRITE_BUFFER_HINT);
  batch.Start(call_, &part_);
}

void Call::SendHeaders() {
  ++parts_left_;
  headers_sent_ = true;
  Batch batch;
  batch.Headers();
  batch.Start(call_, &part_);
}

void Call::SendEnd() {
  Batch end;
  End(&end, 0, "");
}

const void* Call::Connection() const {
  grpc_auth_context* const context = grpc_call_auth_context(call_);
  grpc_auth_context_release(context);
  return context;
}

void Call::Finish(const absl::Status& status) {
  if (finished_) return;
  finished_ = true;
  Count(static_cast<int>(status.code()));
  Batch batch;
  const std::string message(status.message());
  End(&batch, static_cast<int>(status.code()), message);
}

void Call::End(Batch* batch, int code, const std::string& message) {
  if (!headers_sent_) batch->Headers();
  grpc_slice details =
      grpc_slice_from_copied_buffer(message.data(), message.size());
  batch->Status(code, message.empty() ? nullptr : &details);
  if (!notice_gone_) batch->ReceiveClose(&cancelled_);
  batch->Start(call_, &finish_);
  grpc_slice_unref(details);
}

void Call::Count(int code) {
  method_->by_code[code < kCodes ? code : 2]->Add();
}

absl::string_view Call::Metadata(const char* key) const {
  const auto text = [](const grpc_slice& slice) {
    return absl::string_view(
        reinterpret_cast<const char*>(GRPC_SLICE_START_PTR(slice)),
        GRPC_SLICE_LENGTH(slice));
  };
  for (size_t i = 0; i < metadata_.count; ++i) {
    if (text(metadata_.metadata[i].key) == key) {
      return text(metadata_.metadata[i].value);
    }
  }
  return "";
}

bool Call::Parse(google::protobuf::MessageLite* message) {
  return message_.Parse(message);
}

void Call::ListenForDrain() {
  queue_->drain_listeners_.insert(this);
  if (queue_->drain_told_) OnDrain();
}

void Call::Proceed(Event event, bool ok) {
  switch (event) {
    case Event::kStart:
      if (notice_gone_) ListenToEnd();
      OnStart();
      if (method_->with_message) {
        reading_ = true;
        queue_->read_.emplace_back(this, true);
      } else {
        Read();
      }
      break;
    case Event::kRead:
      reading_ = false;
      if (ok && HasMessage()) {
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
    case Event::kPart:
      --parts_left_;
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
  if (!ended_ || reading_ || writing_ || parts_left_ > 0 || !gone_seen_) {
    return;
  }
  queue_->Over(this);
}

}  // namespace tarazy
