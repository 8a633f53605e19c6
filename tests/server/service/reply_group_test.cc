// Replies that are ready together: each reaches its caller, whatever connection
// it came by and whatever became of the others, and they take few writes.

#include "server/service/reply_group.h"

#include <dlfcn.h>
#include <google/protobuf/wrappers.pb.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/ops/metrics.h"
#include "server/service/call.h"

namespace {

// Of all threads of this process, while it is counted.
std::atomic<bool> counting{false};
std::atomic<int> writes{0};

}  // namespace

// In the place of libc's.
extern "C" ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  using Function = ssize_t (*)(int, const msghdr*, int);
  static const auto libc =
      reinterpret_cast<Function>(dlsym(RTLD_NEXT, "sendmsg"));
  if (counting) ++writes;
  return libc(fd, message, flags);
}

namespace tarazy {
namespace {

using google::protobuf::StringValue;

constexpr char kMethod[] = "/tarazy.test.Held/Get";

// Holds calls back until it is opened, and tells when as many as wanted have
// come.
class Gate final : public Resumable {
 public:
  void Want(size_t calls) {
    wanted_ = calls;
    full_ = std::promise<void>();
  }
  void WaitUntilFull() { full_.get_future().wait(); }
  void Open(Queue* queue) {
    queue_ = queue;
    queue->Resume(this);
  }

  // On the queue's thread.
  void Hold(Resumable* call) {
    held_.push_back(call);
    if (held_.size() == wanted_) full_.set_value();
  }

 private:
  // All in one go.
  void OnResumed() override {
    writes = 0;
    counting = true;
    for (Resumable* call : held_) queue_->Resume(call);
    held_.clear();
  }

  size_t wanted_ = 0;
  std::promise<void> full_;
  Queue* queue_ = nullptr;
  std::vector<Resumable*> held_;
};

// Answers with what it was asked, when the gate opens.
class HeldCall final : public Call, private Resumable {
 public:
  HeldCall(Queue* queue, const Method* method, Gate* gate)
      : Call(queue, method), gate_(gate) {}

 private:
  void OnMessage() override {
    auto* message = New<StringValue>();
    ASSERT_TRUE(Parse(message));
    reply_ = Bytes(*message);
    gate_->Hold(this);
  }
  void OnReadEnd() override { Finish(absl::InvalidArgumentError("nothing")); }
  void OnResumed() override { Reply(std::move(reply_)); }

  Gate* const gate_;
  Bytes reply_;
};

class ReplyGroupTest : public testing::Test {
 protected:
  ReplyGroupTest() {
    Method method;
    method.name = kMethod;
    method.with_message = true;
    method.make = [this](Queue* queue, const Method* m) {
      return std::make_unique<HeldCall>(queue, m, &gate_);
    };
    table_ =
        std::make_unique<MethodTable>(std::vector<Method>{method}, &metrics_);
    table_->AddTo(&server_);
    queue_ = std::make_unique<Queue>(table_.get(), &traffic_);
    server_.AddQueue(queue_->completions());
    port_ = server_.Listen("127.0.0.1:0");
    server_.Start();
    queue_->Start();
  }
  ~ReplyGroupTest() override {
    counting = false;
    server_.Shutdown(std::chrono::seconds(10));
    queue_->Stop();
    queue_->Join();
  }

  struct Asked {
    grpc::ClientContext context;
    std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
    std::string text;
    grpc::ByteBuffer reply;
    grpc::Status status;
  };

  // Asks `calls` times over each of `connections`, `bytes` each, and lets them
  // be answered when all have come; gives the calls when all have ended.
  // `cancel` says which the caller gives up meanwhile.
  std::vector<std::unique_ptr<Asked>> Ask(
      size_t connections, size_t calls, size_t bytes,
      const std::function<bool(size_t)>& cancel = nullptr) {
    gate_.Want(connections * calls);
    std::vector<std::unique_ptr<grpc::GenericStub>> stubs;
    for (size_t i = 0; i < connections; ++i) {
      grpc::ChannelArguments arguments;
      arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
      arguments.SetMaxReceiveMessageSize(-1);
      stubs.push_back(
          std::make_unique<grpc::GenericStub>(grpc::CreateCustomChannel(
              absl::StrCat("127.0.0.1:", port_),
              grpc::InsecureChannelCredentials(), arguments)));
    }
    grpc::CompletionQueue ends;
    std::vector<std::unique_ptr<Asked>> asked;
    for (size_t i = 0; i < connections * calls; ++i) {
      asked.push_back(std::make_unique<Asked>());
      Asked& one = *asked.back();
      one.text = bytes == 0 ? "" : absl::StrCat(i, std::string(bytes, 'x'));
      StringValue message;
      message.set_value(one.text);
      const grpc::Slice slice(message.SerializeAsString());
      one.reader = stubs[i % connections]->PrepareUnaryCall(
          &one.context, kMethod, grpc::ByteBuffer(&slice, 1), &ends);
      one.reader->StartCall();
      one.reader->Finish(&one.reply, &one.status, &one);
    }
    gate_.WaitUntilFull();
    for (size_t i = 0; cancel != nullptr && i < asked.size(); ++i) {
      if (cancel(i)) asked[i]->context.TryCancel();
    }
    gate_.Open(queue_.get());
    void* tag = nullptr;
    bool ok = false;
    for (size_t i = 0; i < asked.size(); ++i) {
      EXPECT_TRUE(ends.Next(&tag, &ok));
    }
    counting = false;
    ends.Shutdown();
    return asked;
  }

  static std::string Text(const Asked& asked) {
    std::vector<grpc::Slice> slices;
    EXPECT_TRUE(asked.reply.Dump(&slices).ok());
    std::string bytes;
    for (const grpc::Slice& slice : slices) {
      bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    }
    StringValue message;
    EXPECT_TRUE(message.ParseFromString(bytes));
    return message.value();
  }

  static void ExpectAnswered(const std::vector<std::unique_ptr<Asked>>& asked) {
    for (const auto& one : asked) {
      ASSERT_TRUE(one->status.ok()) << one->status.error_message();
      EXPECT_EQ(Text(*one), one->text);
    }
  }

  Gate gate_;
  Metrics metrics_;
  Traffic traffic_;
  GrpcServer server_{64 << 20};
  std::unique_ptr<MethodTable> table_;
  std::unique_ptr<Queue> queue_;
  int port_ = 0;
};

TEST_F(ReplyGroupTest, FewRepliesAndMany) {
  for (const size_t calls :
       {size_t{1}, ReplyGroup::kLeast - 1, ReplyGroup::kLeast, size_t{200}}) {
    ExpectAnswered(Ask(1, calls, 10));
  }
}

// A reply by itself is a write; here there are some to spare for what else the
// two ends have to say to each other.
TEST_F(ReplyGroupTest, OneConnectionTakesFewWrites) {
  ExpectAnswered(Ask(1, 64, 100));
  EXPECT_LE(writes, 16);
}

TEST_F(ReplyGroupTest, EachConnectionTakesFewWrites) {
  ExpectAnswered(Ask(4, 32, 100));
  EXPECT_LE(writes, 4 * 12);
}

TEST_F(ReplyGroupTest, ManyConnectionsOfFewReplies) {
  ExpectAnswered(Ask(16, 2, 100));
}

// More than the caller has said it takes at once: the leading reply waits, and
// the others do not wait for it.
TEST_F(ReplyGroupTest, LongerThanTheWindow) {
  ExpectAnswered(Ask(2, 8, 300000));
}

TEST_F(ReplyGroupTest, EmptyReplies) { ExpectAnswered(Ask(1, 8, 0)); }

// Among them those that would lead.
TEST_F(ReplyGroupTest, SomeCallersAreGone) {
  for (int round = 0; round < 50; ++round) {
    const auto asked = Ask(2, 16, 1000, [](size_t i) { return i % 3 == 0; });
    for (size_t i = 0; i < asked.size(); ++i) {
      if (i % 3 == 0 && !asked[i]->status.ok()) {
        EXPECT_EQ(asked[i]->status.error_code(), grpc::StatusCode::CANCELLED);
        continue;
      }
      ASSERT_TRUE(asked[i]->status.ok()) << asked[i]->status.error_message();
      EXPECT_EQ(Text(*asked[i]), asked[i]->text);
    }
  }
}

}  // namespace
}  // namespace tarazy
