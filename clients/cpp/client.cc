#include "tarazy/client.h"

#include <condition_variable>
#include <mutex>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "clients/cpp/decision_stream_impl.h"
#include "clients/cpp/grpc_status.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"
#include "tarazy/v1/audit.grpc.pb.h"
#include "tarazy/v1/decision.grpc.pb.h"
#include "tarazy/v1/registers.grpc.pb.h"

namespace tarazy {
namespace {

std::shared_ptr<grpc::Channel> MakeChannel(const ClientOptions& options) {
  grpc::ChannelArguments args;
  // gRPC's own retries and service configuration from DNS would repeat calls
  // without being asked.
  args.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  args.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  args.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  args.SetInt(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH,
              static_cast<int>(options.max_answer_bytes));
  // A server that is back is found within a second; gRPC's default waits up to
  // two minutes.
  args.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  args.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 50);
  args.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  return grpc::CreateCustomChannel(options.address,
                                   grpc::InsecureChannelCredentials(), args);
}

// One DecideAsync, until `done` has returned.
struct AsyncCall {
  v1::DecideRequest request;
  v1::DecideResponse response;
  std::function<void(Decision)> done;
  absl::Time deadline;
  bool may_retry = false;
  // Anew for each try.
  std::unique_ptr<grpc::ClientContext> context;
};

}  // namespace

struct Client::Rep {
  explicit Rep(ClientOptions client_options)
      : options(std::move(client_options)),
        channel(MakeChannel(options)),
        decisions(v1::DecisionService::NewStub(channel)),
        consents(v1::ConsentService::NewStub(channel)),
        objections(v1::ObjectionService::NewStub(channel)),
        audit(v1::AuditService::NewStub(channel)) {}

  // Sends once, and once more if the options say so.
  template <typename Request, typename Response>
  absl::Status Ask(grpc::Status (v1::DecisionService::Stub::*method)(
                       grpc::ClientContext*, const Request&, Response*),
                   const Request& request, Response* response) {
    const absl::Time deadline = absl::Now() + options.deadline;
    for (bool again = options.retry_unavailable_once;; again = false) {
      grpc::ClientContext context;
      context.set_deadline(absl::ToChronoTime(deadline));
      const grpc::Status status =
          (decisions.get()->*method)(&context, request, response);
      if (!again || status.error_code() != grpc::StatusCode::UNAVAILABLE) {
        return ToAbslStatus(status);
      }
    }
  }

  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> Call(
      const std::unique_ptr<Stub>& stub,
      grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                   Response*),
      const Request& request, const std::string& token = "") {
    grpc::ClientContext context;
    if (!token.empty()) {
      context.AddMetadata("authorization", absl::StrCat("Bearer ", token));
    }
    context.set_deadline(
        absl::ToChronoTime(absl::Now() + options.register_deadline));
    Response response;
    const grpc::Status status =
        (stub.get()->*method)(&context, request, &response);
    if (!status.ok()) return ToAbslStatus(status);
    return response;
  }

  // False, and nothing is sent, when the client is being destroyed.
  bool Start(AsyncCall* call) {
    std::lock_guard<std::mutex> lock(mutex);
    if (closing) return false;
    call->context = std::make_unique<grpc::ClientContext>();
    call->context->set_deadline(absl::ToChronoTime(call->deadline));
    calls.insert(call);
    decisions->async()->Decide(
        call->context.get(), &call->request, &call->response,
        [this, call](grpc::Status status) { Finish(call, status); });
    return true;
  }

  void Finish(AsyncCall* call, const grpc::Status& status) {
    if (status.error_code() == grpc::StatusCode::UNAVAILABLE &&
        std::exchange(call->may_retry, false) && Start(call)) {
      return;
    }
    call->done(status.ok() ? Decision::Of(call->request.request_id(),
                                          std::move(call->response))
                           : Decision::NoAnswer(ToAbslStatus(status)));
    std::lock_guard<std::mutex> lock(mutex);
    calls.erase(call);
    delete call;
    idle.notify_all();
  }

  const ClientOptions options;
  const std::shared_ptr<grpc::Channel> channel;
  const std::unique_ptr<v1::DecisionService::Stub> decisions;
  const std::unique_ptr<v1::ConsentService::Stub> consents;
  const std::unique_ptr<v1::ObjectionService::Stub> objections;
  const std::unique_ptr<v1::AuditService::Stub> audit;

  std::mutex mutex;
  std::condition_variable idle;
  bool closing = false;
  std::set<AsyncCall*> calls;
};

Client::Client(ClientOptions options)
    : rep_(std::make_unique<Rep>(std::move(options))) {}

Client::~Client() {
  std::unique_lock<std::mutex> lock(rep_->mutex);
  rep_->closing = true;
  for (AsyncCall* call : rep_->calls) call->context->TryCancel();
  rep_->idle.wait(lock, [this] { return rep_->calls.empty(); });
}

Decision Client::Decide(const v1::DecideRequest& request) {
  v1::DecideResponse response;
  const absl::Status status =
      rep_->Ask(&v1::DecisionService::Stub::Decide, request, &response);
  if (!status.ok()) return Decision::NoAnswer(status);
  return Decision::Of(request.request_id(), std::move(response));
}

std::vector<Decision> Client::DecideBatch(const v1::DecideBatchRequest& batch) {
  v1::DecideBatchResponse response;
  absl::Status status =
      rep_->Ask(&v1::DecisionService::Stub::DecideBatch, batch, &response);
  if (status.ok() && response.results_size() != batch.requests_size()) {
    status =
        absl::DataLossError("the answer has more or fewer results than asked");
  }
  std::vector<Decision> decisions;
  decisions.reserve(batch.requests_size());
  for (int i = 0; i < batch.requests_size(); ++i) {
    decisions.push_back(
        status.ok() ? Decision::Of(batch.requests(i).request_id(),
                                   std::move(*response.mutable_results(i)))
                    : Decision::NoAnswer(status));
  }
  return decisions;
}

void Client::DecideAsync(v1::DecideRequest request,
                         std::function<void(Decision)> done) {
  auto call = std::make_unique<AsyncCall>();
  call->request = std::move(request);
  call->done = std::move(done);
  call->deadline = absl::Now() + rep_->options.deadline;
  call->may_retry = rep_->options.retry_unavailable_once;
  if (rep_->Start(call.get())) {
    call.release();  // Finish deletes it.
  } else {
    call->done(Decision::NoAnswer(
        absl::CancelledError("the client is being destroyed")));
  }
}

std::unique_ptr<DecisionStream> Client::OpenStream() {
  return std::make_unique<DecisionStreamImpl>(rep_->decisions.get(),
                                              rep_->options.deadline);
}

absl::StatusOr<v1::RegisterConsentResponse> Client::RegisterConsent(
    const v1::RegisterConsentRequest& request) {
  return rep_->Call(rep_->consents, &v1::ConsentService::Stub::Register,
                    request);
}

absl::StatusOr<v1::WithdrawConsentResponse> Client::WithdrawConsent(
    const v1::WithdrawConsentRequest& request) {
  return rep_->Call(rep_->consents, &v1::ConsentService::Stub::Withdraw,
                    request);
}

absl::StatusOr<v1::Consent> Client::GetConsent(
    const v1::GetConsentRequest& request) {
  return rep_->Call(rep_->consents, &v1::ConsentService::Stub::Get, request);
}

absl::StatusOr<v1::ListConsentsResponse> Client::ListConsents(
    const v1::ListConsentsRequest& request) {
  return rep_->Call(rep_->consents, &v1::ConsentService::Stub::List, request);
}

absl::StatusOr<v1::ObjectionResponse> Client::FileObjection(
    const v1::FileObjectionRequest& request) {
  return rep_->Call(rep_->objections, &v1::ObjectionService::Stub::File,
                    request);
}

absl::StatusOr<v1::ObjectionResponse> Client::DecideObjection(
    const v1::DecideObjectionRequest& request) {
  return rep_->Call(rep_->objections, &v1::ObjectionService::Stub::Decide,
                    request);
}

absl::StatusOr<v1::ObjectionResponse> Client::NotifyObjection(
    const v1::NotifyObjectionRequest& request) {
  return rep_->Call(rep_->objections, &v1::ObjectionService::Stub::Notify,
                    request);
}

absl::StatusOr<v1::Objection> Client::GetObjection(
    const v1::GetObjectionRequest& request) {
  return rep_->Call(rep_->objections, &v1::ObjectionService::Stub::Get,
                    request);
}

absl::StatusOr<v1::ListObjectionsResponse> Client::ListObjections(
    const v1::ListObjectionsRequest& request) {
  return rep_->Call(rep_->objections, &v1::ObjectionService::Stub::List,
                    request);
}

absl::StatusOr<v1::ReportDutyResponse> Client::ReportDuty(
    const v1::ReportDutyRequest& request) {
  return rep_->Call(rep_->audit, &v1::AuditService::Stub::ReportDuty, request,
                    rep_->options.token);
}

}  // namespace tarazy
