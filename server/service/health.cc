#include "server/service/health.h"

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "grpc/health/v1/health.pb.h"

namespace tarazy {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using Services = std::shared_ptr<const std::vector<std::string>>;

// Service names are not looked at beyond this.
constexpr size_t kMaxNameBytes = 256;

HealthCheckResponse::ServingStatus StatusOf(const std::string& service,
                                            const Services& services,
                                            bool draining) {
  if (!service.empty() && std::find(services->begin(), services->end(),
                                    service) == services->end()) {
    return HealthCheckResponse::SERVICE_UNKNOWN;
  }
  return draining ? HealthCheckResponse::NOT_SERVING
                  : HealthCheckResponse::SERVING;
}

absl::Status BadRequest() {
  return absl::InvalidArgumentError(absl::StrCat(
      "service: expected a HealthCheckRequest with a name of at most ",
      kMaxNameBytes, " bytes"));
}

class CheckCall final : public Call {
 public:
  CheckCall(Queue* queue, const Method* method, Services services)
      : Call(queue, method), services_(std::move(services)) {}

 private:
  void OnReadEnd() override { Finish(BadRequest()); }
  void OnMessage() override {
    auto* request = New<HealthCheckRequest>();
    if (!Parse(request) || request->service().size() > kMaxNameBytes) {
      return Finish(BadRequest());
    }
    auto* response = New<HealthCheckResponse>();
    response->set_status(StatusOf(request->service(), services_,
                                  queue()->traffic()->draining()));
    if (response->status() == HealthCheckResponse::SERVICE_UNKNOWN) {
      return Finish(
          absl::NotFoundError("service: is not one of this server's"));
    }
    Reply(Bytes(*response));
  }

  const Services services_;
};

// Answers at once, and again when a drain begins; that answer is the last.
class WatchCall final : public Call {
 public:
  WatchCall(Queue* queue, const Method* method, Services services)
      : Call(queue, method), services_(std::move(services)) {
    ListenForGone();
  }

 private:
  void OnReadEnd() override {
    if (!asked_) Finish(BadRequest());
  }
  void OnMessage() override {
    auto* request = New<HealthCheckRequest>();
    if (!Parse(request) || request->service().size() > kMaxNameBytes) {
      return Finish(BadRequest());
    }
    asked_ = true;
    service_ = request->service();
    Tell();
    ListenForDrain();
  }
  void OnWritten(bool ok) override {
    writing_ = false;
    if (!ok || gone_ || last_told_) {
      Finish(absl::UnavailableError("the server is draining"));
    } else if (drain_) {
      Tell();
    }
  }
  void OnDrain() override {
    drain_ = true;
    if (!writing_ && !finished()) Tell();
  }
  void OnGone() override {
    gone_ = true;
    if (!writing_) Finish(absl::CancelledError("the caller is gone"));
  }
  void OnOver() override {
    asked_ = writing_ = drain_ = last_told_ = gone_ = false;
  }

  void Tell() {
    HealthCheckResponse response;
    response.set_status(StatusOf(service_, services_, drain_));
    last_told_ = drain_;
    writing_ = true;
    Write(Bytes(response));
  }

  const Services services_;
  std::string service_;
  bool asked_ = false;
  bool writing_ = false;
  bool drain_ = false;
  bool last_told_ = false;
  bool gone_ = false;
};

}  // namespace

std::vector<Method> HealthMethods(const std::vector<std::string>& names) {
  const Services services =
      std::make_shared<const std::vector<std::string>>(names);
  std::vector<Method> methods(2);
  methods[0].name = "/grpc.health.v1.Health/Check";
  methods[0].traffic = false;
  methods[0].make = [services](Queue* queue, const Method* method) {
    return std::make_unique<CheckCall>(queue, method, services);
  };
  methods[1].name = "/grpc.health.v1.Health/Watch";
  methods[1].traffic = false;
  methods[1].make = [services](Queue* queue, const Method* method) {
    return std::make_unique<WatchCall>(queue, method, services);
  };
  return methods;
}

}  // namespace tarazy
