#include "server/service/register_calls.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "server/service/refusals.h"

namespace tarazy {
namespace {

struct Shared {
  const RegisterContext* context;
  Workers* workers;
  uint32_t message_bytes;
};

template <typename Request, typename Response>
using Handler = absl::StatusOr<Response> (*)(const Request&,
                                             const RegisterContext&);

template <typename Request, typename Response>
class RegisterCall final : public Call, private Resumable {
 public:
  RegisterCall(Queue* queue, const Method* method, const Shared& shared,
               Handler<Request, Response> handler)
      : Call(queue, method), shared_(shared), handler_(handler) {}

 private:
  void OnReadEnd() override { Finish(NoMessage(shared_.message_bytes)); }

  void OnMessage() override {
    if (queue()->traffic()->draining()) return Finish(Draining());
    auto* request = New<Request>();
    if (!Parse(request)) {
      return Finish(Malformed(Request::descriptor()->name()));
    }
    const bool taken = shared_.workers->Run([this, request] {
      const auto response = handler_(*request, *shared_.context);
      status_ = response.status();
      if (response.ok()) reply_ = Serialize(*response);
      queue()->Resume(this);
    });
    if (!taken) {
      Finish(absl::ResourceExhaustedError(
          absl::StrCat("too many calls to the registers are waiting; the limit "
                       "is ",
                       shared_.workers->max_waiting())));
    }
  }

  void OnResumed() override {
    if (status_.ok()) {
      Reply(reply_);
    } else {
      Finish(status_);
    }
  }

  void OnOver() override { reply_.Clear(); }

  const Shared shared_;
  const Handler<Request, Response> handler_;
  absl::Status status_;
  grpc::ByteBuffer reply_;
};

template <typename Request, typename Response>
Method MethodOf(const char* name, Handler<Request, Response> handler,
                const Shared& shared) {
  Method method;
  method.name = absl::StrCat("/tarazy.v1.", name);
  method.make = [shared, handler](Queue* queue, const Method* self) {
    return std::make_unique<RegisterCall<Request, Response>>(queue, self,
                                                             shared, handler);
  };
  return method;
}

}  // namespace

std::vector<Method> RegisterMethods(const RegisterContext* context,
                                    Workers* workers, uint32_t message_bytes) {
  const Shared shared = {context, workers, message_bytes};
  return {
      MethodOf("ConsentService/Register", HandleRegisterConsent, shared),
      MethodOf("ConsentService/Withdraw", HandleWithdrawConsent, shared),
      MethodOf("ConsentService/Get", HandleGetConsent, shared),
      MethodOf("ConsentService/List", HandleListConsents, shared),
      MethodOf("ObjectionService/File", HandleFileObjection, shared),
      MethodOf("ObjectionService/Decide", HandleDecideObjection, shared),
      MethodOf("ObjectionService/Notify", HandleNotifyObjection, shared),
      MethodOf("ObjectionService/Get", HandleGetObjection, shared),
      MethodOf("ObjectionService/List", HandleListObjections, shared),
  };
}

}  // namespace tarazy
