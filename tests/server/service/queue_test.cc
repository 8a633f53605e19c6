#include "server/service/queue.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/ops/metrics.h"
#include "server/service/call.h"
#include "server/service/grpc_server.h"
#include "server/service/traffic.h"

namespace tarazy {
namespace {

// Stop meets the queue's thread at every point of its round.
TEST(QueueTest, StopsWheneverItIsAsked) {
  for (int round = 0; round < 400; ++round) {
    Metrics metrics;
    Traffic traffic;
    MethodTable table({}, &metrics);
    Queue queue(&table, &traffic);
    GrpcServer server(1 << 20);
    table.AddTo(&server);
    server.AddQueue(queue.completions());
    server.Start();
    queue.Start();
    server.Shutdown(std::chrono::milliseconds(0));
    queue.Stop();
    queue.Join();
  }
}

// Is answered when the queue is settled.
class SettledCall final : public Call, private Resumable {
 public:
  SettledCall(Queue* queue, const Method* method, std::vector<Resumable*>* wait)
      : Call(queue, method), wait_(wait) {}

 private:
  void OnMessage() override { wait_->push_back(this); }
  void OnReadEnd() override { Finish(absl::InvalidArgumentError("nothing")); }
  void OnResumed() override { Reply(Bytes("")); }

  std::vector<Resumable*>* const wait_;
};

// A caller that always has as many calls open waits for half of them at most.
TEST(QueueTest, IsSettledWhenHalfOfTheOpenCallsWait) {
  constexpr size_t kOpen = 200;
  constexpr size_t kCalls = 20000;
  Metrics metrics;
  Traffic traffic;
  std::vector<Resumable*> wait;  // the queue's thread's, like the next
  std::vector<size_t> settled;
  Method method;
  method.name = "/tarazy.test.Settled/Get";
  method.with_message = true;
  method.make = [&](Queue* queue, const Method* m) {
    return std::make_unique<SettledCall>(queue, m, &wait);
  };
  MethodTable table({method}, &metrics);
  GrpcServer server(1 << 20);
  table.AddTo(&server);
  Queue* queue = nullptr;
  Queue settling(&table, &traffic, [&] {
    settled.push_back(wait.size());
    for (Resumable* call : wait) queue->Resume(call);
    wait.clear();
  });
  queue = &settling;
  server.AddQueue(settling.completions());
  const int port = server.Listen("127.0.0.1:0");
  server.Start();
  settling.Start();

  struct Asked {
    grpc::ClientContext context;
    std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
    grpc::ByteBuffer reply;
    grpc::Status status;
  };
  grpc::GenericStub stub(grpc::CreateChannel(
      absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials()));
  const grpc::Slice text("message");
  const grpc::ByteBuffer message(&text, 1);
  grpc::CompletionQueue replies;
  const auto ask = [&] {
    auto* asked = new Asked;
    asked->reader =
        stub.PrepareUnaryCall(&asked->context, method.name, message, &replies);
    asked->reader->StartCall();
    asked->reader->Finish(&asked->reply, &asked->status, asked);
  };
  for (size_t i = 0; i < kOpen; ++i) ask();
  size_t failed = 0;
  for (size_t begun = kOpen, ended = 0; ended < kCalls; ++ended) {
    void* tag;
    bool ok;
    ASSERT_TRUE(replies.Next(&tag, &ok));
    const std::unique_ptr<Asked> asked(static_cast<Asked*>(tag));
    if (!asked->status.ok()) ++failed;
    if (begun++ < kCalls) ask();
  }
  replies.Shutdown();
  server.Shutdown(std::chrono::seconds(10));
  settling.Stop();
  settling.Join();
  EXPECT_EQ(failed, 0u);
  size_t all = 0;
  for (size_t calls : settled) all += calls;
  EXPECT_EQ(all, kCalls);
  EXPECT_LE(*std::max_element(settled.begin(), settled.end()), kOpen / 2);
}

}  // namespace
}  // namespace tarazy
