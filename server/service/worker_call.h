// A call of one message that a worker answers, since it waits for the disk.
//
// Thread-safety: as in call.h; the handler runs on a worker's thread.

#ifndef TARAZY_SERVER_SERVICE_WORKER_CALL_H_
#define TARAZY_SERVER_SERVICE_WORKER_CALL_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/service/call.h"
#include "server/service/refusals.h"
#include "server/service/workers.h"

namespace tarazy {

// What answers: the message and the caller's `authorization`.
template <typename Request, typename Response>
using WorkerHandler = std::function<absl::StatusOr<Response>(
    const Request&, absl::string_view authorization)>;

struct WorkerCallOptions {
  Workers* workers;
  uint32_t message_bytes;
};

template <typename Request, typename Response>
class WorkerCall final : public Call, private Resumable {
 public:
  WorkerCall(Queue* queue, const Method* method,
             const WorkerCallOptions& options,
             WorkerHandler<Request, Response> handler)
      : Call(queue, method), options_(options), handler_(std::move(handler)) {}

 private:
  void OnReadEnd() override { Finish(NoMessage(options_.message_bytes)); }

  void OnMessage() override {
    if (queue()->traffic()->draining()) return Finish(Draining());
    auto* request = New<Request>();
    if (!Parse(request)) {
      return Finish(Malformed(Request::descriptor()->name()));
    }
    const bool taken = options_.workers->Run([this, request] {
      const auto response = handler_(*request, Metadata("authorization"));
      status_ = response.status();
      if (response.ok()) reply_ = Bytes(*response);
      queue()->Resume(this);
    });
    if (!taken) {
      Finish(absl::ResourceExhaustedError(absl::StrCat(
          "too many calls that wait for the disk are waiting; the limit is ",
          options_.workers->max_waiting())));
    }
  }

  void OnResumed() override {
    if (status_.ok()) {
      Reply(std::move(reply_));
    } else {
      Finish(status_);
    }
  }

  void OnOver() override { reply_.Clear(); }

  const WorkerCallOptions options_;
  const WorkerHandler<Request, Response> handler_;
  absl::Status status_;
  Bytes reply_;
};

// `name` is Service/Method.
template <typename Request, typename Response>
Method WorkerMethod(const char* name, const WorkerCallOptions& options,
                    WorkerHandler<Request, Response> handler) {
  Method method;
  method.name = absl::StrCat("/tarazy.v1.", name);
  method.make = [options, handler](Queue* queue, const Method* self) {
    return std::make_unique<WorkerCall<Request, Response>>(queue, self, options,
                                                           handler);
  };
  return method;
}

}  // namespace tarazy

#endif  // TARAZY_SERVER_SERVICE_WORKER_CALL_H_
