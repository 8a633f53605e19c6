#include "server/service/register_calls.h"

#include "server/service/worker_call.h"

namespace tarazy {
namespace {

template <typename Request, typename Response>
Method MethodOf(const char* name,
                absl::StatusOr<Response> (*handler)(const Request&,
                                                    const RegisterContext&),
                const RegisterContext* context,
                const WorkerCallOptions& options) {
  return WorkerMethod<Request, Response>(
      name, options, [handler, context](const Request& request, auto) {
        return handler(request, *context);
      });
}

}  // namespace

std::vector<Method> RegisterMethods(const RegisterContext* context,
                                    Workers* workers, uint32_t message_bytes) {
  const WorkerCallOptions options = {workers, message_bytes};
  const auto method = [&](const char* name, auto handler) {
    return MethodOf(name, handler, context, options);
  };
  return {
      method("ConsentService/Register", HandleRegisterConsent),
      method("ConsentService/Withdraw", HandleWithdrawConsent),
      method("ConsentService/Get", HandleGetConsent),
      method("ConsentService/List", HandleListConsents),
      method("ObjectionService/File", HandleFileObjection),
      method("ObjectionService/Decide", HandleDecideObjection),
      method("ObjectionService/Notify", HandleNotifyObjection),
      method("ObjectionService/Get", HandleGetObjection),
      method("ObjectionService/List", HandleListObjections),
  };
}

}  // namespace tarazy
