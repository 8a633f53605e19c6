// Remote calls: what every method of the server is built from.
//
// A Call is one remote call: an object that waits for a caller, serves it and
// is then reused for the next, with its arena. It belongs to a Queue
// (server/service/queue.h), whose thread runs it.
//
// Every method is a stream of bytes to gRPC, unary ones a stream of one
// message: on the wire there is no difference, and a call whose message is
// malformed or over the limit comes to its handler, which counts it, rather
// than being answered below us. A call costs three events of its queue: it has
// come, its message is read, its reply and its end are sent; the first two are
// one for methods whose calls are many. A name that no method has is a call
// too, and is counted.
//
// Thread-safety: a Call's hooks run on its queue's thread, one at a time. What
// is marked "any thread" may be called from any.

#ifndef TARAZY_SERVER_SERVICE_CALL_H_
#define TARAZY_SERVER_SERVICE_CALL_H_

#include <google/protobuf/arena.h>
#include <google/protobuf/message_lite.h>
#include <grpc/grpc.h>
#include <grpcpp/completion_queue.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/ops/metrics.h"
#include "server/service/bytes.h"
#include "server/service/grpc_server.h"
#include "server/service/queue.h"

namespace tarazy {

class Call;

// A method of the server.
struct Method {
  // "/tarazy.v1.DecisionService/Decide".
  std::string name;
  // Makes a call object for a queue.
  std::function<std::unique_ptr<Call>(Queue*, const Method*)> make;
  // Calls that each queue keeps waiting.
  int waiting = 8;
  // Messages of a call that may wait for their answers at once.
  size_t in_flight = 1;
  // A call comes together with its one message.
  bool with_message = false;
  // Whether a drain waits for its calls; health and reflection do not count.
  bool traffic = true;

  // Set by MethodTable.
  int index = 0;
  void* registered = nullptr;     // with gRPC; null for calls of no method
  std::vector<Counter*> by_code;  // by gRPC code number
};

// The methods and, last, one that takes the calls of all other names.
class MethodTable {
 public:
  MethodTable(std::vector<Method> methods, Metrics* metrics);

  // Before the server is started. The server outlives the calls.
  void AddTo(GrpcServer* server);

  const std::vector<Method>& methods() const { return methods_; }
  grpc_server* server() const { return server_; }
  size_t message_bytes() const { return message_bytes_; }

 private:
  std::vector<Method> methods_;
  grpc_server* server_ = nullptr;
  size_t message_bytes_ = 0;
};

class Call {
 public:
  virtual ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

 protected:
  Call(Queue* queue, const Method* method);

  // A caller has come; the first message is not read yet.
  virtual void OnStart() {}
  // A message was read.
  virtual void OnMessage() = 0;
  // There is no further message: the caller has said all, has gone, or sent
  // one over the limit.
  virtual void OnReadEnd() = 0;
  // The last Write has ended; false: the caller is gone.
  virtual void OnWritten(bool /*ok*/) {}
  // A drain has begun. Only for calls that asked with ListenForDrain.
  virtual void OnDrain() {}
  // The caller is gone. Only for calls that asked with ListenForGone.
  virtual void OnGone() {}
  // The call is over: let go of all that belongs to it.
  virtual void OnOver() {}

  // One at a time, and none after an OnReadEnd.
  void Read();
  // One at a time.
  void Write(Bytes message);
  // Ends the call. Once; no Write is under way.
  void Reply(Bytes message);
  void Finish(const absl::Status& status);

  // What the caller sent under `key`, a lower-case name; empty if nothing. May
  // be asked from any thread until the call is over.
  absl::string_view Metadata(const char* key) const;

  // In OnReadEnd: what ended the reading was a message over the limit, not the
  // caller.
  bool message_too_large() const;

  // The message that was read. False: it is not a message of this kind.
  bool Parse(google::protobuf::MessageLite* message);

  template <typename T>
  T* New() {
    return google::protobuf::Arena::CreateMessage<T>(&arena_);
  }
  google::protobuf::Arena* arena() { return &arena_; }
  bool reading() const { return reading_; }
  bool finished() const { return finished_; }
  Queue* queue() const { return queue_; }
  void ListenForDrain();
  // Before the call waits: OnGone is wanted.
  void ListenForGone() { notice_gone_ = true; }

 private:
  friend class Queue;
  friend class ReplyGroup;
  enum class Event { kStart, kRead, kWritten, kPart, kFinished, kGone };
  struct Tag final : grpc::internal::CompletionQueueTag {
    Tag(Call* c, Event e) : call(c), event(e) {}
    bool FinalizeResult(void** tag, bool* /*ok*/) override {
      *tag = this;
      return true;
    }
    Call* const call;
    const Event event;
  };
  // Operations that go to gRPC together; their end is one event.
  class Batch;

  void Wait();
  bool HasMessage() const;
  void ListenToEnd();
  void SendReply();
  // The same in three parts. The message waits for the headers;
  // `on_released` is called when gRPC lets go of it.
  void SendMessageAhead(void (*on_released)());
  void SendHeaders();
  void SendEnd();
  // Tells connections apart while their calls live; null: not known.
  const void* Connection() const;
  void End(Batch* batch, int code, const std::string& message);
  void Proceed(Event event, bool ok);
  void OverIfDone();
  void Release();
  void Count(int code);

  Queue* const queue_;
  const Method* const method_;
  Tag start_, read_, written_, part_, finish_, gone_;
  google::protobuf::Arena arena_;
  grpc_call* call_ = nullptr;
  grpc_metadata_array metadata_;
  gpr_timespec deadline_;
  Bytes message_;  // that was read
  Bytes sending_;
  int cancelled_ = 0;
  bool notice_gone_ = false;
  bool reading_ = false;
  bool writing_ = false;
  bool headers_sent_ = false;
  bool finished_ = false;  // Finish was asked for
  bool ended_ = false;     // and has happened
  bool gone_seen_ = true;
  int parts_left_ = 0;  // of a leading reply, before its end
  bool read_end_ = false;
  grpc_call_details details_;  // of a call of no method
  // Of the arena; last, so that the rest is together.
  alignas(64) char first_block_[8192];
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_SERVICE_CALL_H_
