// Servers that answer what a test tells them to, wrong answers included.

#ifndef TARAZY_TESTS_CLIENTS_CPP_FAKE_SERVER_H_
#define TARAZY_TESTS_CLIENTS_CPP_FAKE_SERVER_H_

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "grpcpp/server_context.h"
#include "tarazy/v1/audit.grpc.pb.h"
#include "tarazy/v1/decision.grpc.pb.h"
#include "tarazy/v1/registers.grpc.pb.h"

namespace tarazy {

// A true permit of `request_id`.
inline v1::DecideResponse Permit(const std::string& request_id) {
  v1::DecideResponse response;
  response.set_request_id(request_id);
  response.set_decision_id("0123456789abcdef0123456789abcdef");
  response.set_effect(v1::PERMIT);
  response.set_outcome(v1::PERMITTED);
  return response;
}

inline v1::DecideResponse Deny(const std::string& request_id) {
  v1::DecideResponse response = Permit(request_id);
  response.set_effect(v1::DENY);
  response.set_outcome(v1::FORBIDDEN);
  return response;
}

inline v1::DecideRequest Request(const std::string& request_id) {
  v1::DecideRequest request;
  request.set_request_id(request_id);
  return request;
}

class FakeServer : public v1::DecisionService::Service,
                   public v1::ConsentService::Service,
                   public v1::AuditService::Service {
 public:
  using Stream = grpc::ServerReaderWriter<v1::DecideResult, v1::DecideRequest>;

  FakeServer() {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port);
    builder.RegisterService(static_cast<v1::DecisionService::Service*>(this));
    builder.RegisterService(static_cast<v1::ConsentService::Service*>(this));
    builder.RegisterService(static_cast<v1::AuditService::Service*>(this));
    server_ = builder.BuildAndStart();
    address_ = absl::StrCat("127.0.0.1:", port);
  }
  ~FakeServer() override {
    server_->Shutdown(std::chrono::system_clock::now());
  }

  const std::string& address() const { return address_; }
  int calls() const { return calls_; }

  // What it does; by default it permits.
  std::function<grpc::Status(const v1::DecideRequest&, v1::DecideResponse*)>
      on_decide;
  std::function<grpc::Status(const v1::DecideBatchRequest&,
                             v1::DecideBatchResponse*)>
      on_batch;
  std::function<grpc::Status(Stream*)> on_stream;
  std::function<grpc::Status(const v1::RegisterConsentRequest&,
                             v1::RegisterConsentResponse*)>
      on_register;
  std::function<grpc::Status(const std::string& authorization,
                             const v1::ReportDutyRequest&,
                             v1::ReportDutyResponse*)>
      on_report;

  // Never answers: returns when the caller has given up.
  grpc::Status Silence(grpc::ServerContext* context) {
    while (!context->IsCancelled()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return grpc::Status::CANCELLED;
  }
  std::atomic<bool> silent{false};

  grpc::Status Decide(grpc::ServerContext* context,
                      const v1::DecideRequest* request,
                      v1::DecideResponse* response) override {
    ++calls_;
    if (silent) return Silence(context);
    if (on_decide) return on_decide(*request, response);
    *response = Permit(request->request_id());
    return grpc::Status::OK;
  }

  grpc::Status DecideBatch(grpc::ServerContext* context,
                           const v1::DecideBatchRequest* request,
                           v1::DecideBatchResponse* response) override {
    ++calls_;
    if (silent) return Silence(context);
    return on_batch(*request, response);
  }

  grpc::Status DecideStream(grpc::ServerContext* context,
                            Stream* stream) override {
    ++calls_;
    if (silent) return Silence(context);
    return on_stream(stream);
  }

  grpc::Status Register(grpc::ServerContext* context,
                        const v1::RegisterConsentRequest* request,
                        v1::RegisterConsentResponse* response) override {
    ++calls_;
    if (silent) return Silence(context);
    return on_register(*request, response);
  }

  grpc::Status ReportDuty(grpc::ServerContext* context,
                          const v1::ReportDutyRequest* request,
                          v1::ReportDutyResponse* response) override {
    ++calls_;
    if (silent) return Silence(context);
    const auto shown = context->client_metadata().find("authorization");
    return on_report(
        shown == context->client_metadata().end()
            ? ""
            : std::string(shown->second.data(), shown->second.size()),
        *request, response);
  }

 private:
  std::atomic<int> calls_{0};
  std::string address_;
  std::unique_ptr<grpc::Server> server_;
};

// Takes connections, reads a little, writes `answer` and hangs up.
class RudeServer {
 public:
  explicit RudeServer(std::string answer) : answer_(std::move(answer)) {
    listener_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in any = {};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(any);
    if (bind(listener_, reinterpret_cast<sockaddr*>(&any), size) != 0 ||
        listen(listener_, 8) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&any), &size) != 0) {
      abort();
    }
    address_ = absl::StrCat("127.0.0.1:", ntohs(any.sin_port));
    thread_ = std::thread([this] {
      for (;;) {
        const int peer = accept(listener_, nullptr, nullptr);
        if (peer < 0) return;
        char buffer[64];
        if (read(peer, buffer, sizeof(buffer)) > 0 && !answer_.empty() &&
            send(peer, answer_.data(), answer_.size(), MSG_NOSIGNAL) < 0) {
          // The client has gone first.
        }
        close(peer);
      }
    });
  }
  ~RudeServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }

  const std::string& address() const { return address_; }

 private:
  std::string answer_;
  int listener_;
  std::string address_;
  std::thread thread_;
};

}  // namespace tarazy

#endif  // TARAZY_TESTS_CLIENTS_CPP_FAKE_SERVER_H_
