// An empty echo over gRPC, built as the decision server is: one completion
// queue, one thread that polls and answers, call objects reused, messages on
// an arena. What a call costs here is what gRPC itself costs.
//
// usage: echo_server; prints "tcp=HOST:PORT" and serves until it is ended.

#include <google/protobuf/arena.h>
#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <memory>
#include <new>
#include <string>

#include "echo.grpc.pb.h"

namespace tarazy {
namespace bench {
namespace {

constexpr int kCallsWaiting = 128;

class EchoCall {
 public:
  EchoCall(Echo::AsyncService* service, grpc::ServerCompletionQueue* queue)
      : service_(service), queue_(queue) {
    Wait();
  }

  void Proceed(bool ok) {
    if (!finishing_) {
      if (!ok) return;  // shutting down
      finishing_ = true;
      Payload* reply = google::protobuf::Arena::CreateMessage<Payload>(&arena_);
      if (request_->reply_bytes() == 0) {
        reply->set_data(request_->data());
      } else {
        reply->set_data(std::string(request_->reply_bytes(), 'x'));
      }
      writer_->Finish(*reply, grpc::Status::OK, this);
      return;
    }
    writer_.reset();
    context_.reset();
    arena_.Reset();
    Wait();
  }

 private:
  void Wait() {
    finishing_ = false;
    context_ = std::make_unique<grpc::ServerContext>();
    writer_ = std::make_unique<grpc::ServerAsyncResponseWriter<Payload>>(
        context_.get());
    request_ = google::protobuf::Arena::CreateMessage<Payload>(&arena_);
    service_->RequestEcho(context_.get(), request_, writer_.get(), queue_,
                          queue_, this);
  }

  Echo::AsyncService* service_;
  grpc::ServerCompletionQueue* queue_;
  google::protobuf::Arena arena_;
  std::unique_ptr<grpc::ServerContext> context_;
  std::unique_ptr<grpc::ServerAsyncResponseWriter<Payload>> writer_;
  Payload* request_ = nullptr;
  bool finishing_ = false;
};

int Run() {
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                           &port);
  builder.AddChannelArgument("grpc.http2.bdp_probe", 0);
  builder.SetMaxReceiveMessageSize(4 << 20);
  Echo::AsyncService service;
  builder.RegisterService(&service);
  std::unique_ptr<grpc::ServerCompletionQueue> queue =
      builder.AddCompletionQueue();
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  std::printf("tcp=127.0.0.1:%d\n", port);
  std::fflush(stdout);
  for (int i = 0; i < kCallsWaiting; ++i) {
    new EchoCall(&service, queue.get());  // reused until the process ends
  }
  void* tag = nullptr;
  bool ok = false;
  while (queue->Next(&tag, &ok)) static_cast<EchoCall*>(tag)->Proceed(ok);
  return 0;
}

}  // namespace
}  // namespace bench
}  // namespace tarazy

int main() { return tarazy::bench::Run(); }
