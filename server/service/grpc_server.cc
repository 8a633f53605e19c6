#include "server/service/grpc_server.h"

#include <grpc/grpc_security.h>
#include <grpc/support/time.h>
#include <grpcpp/impl/grpc_library.h>
#include <grpcpp/support/channel_arguments.h>

namespace grpc_core {

// Exported by the library, in none of its headers; null in one without it.
class Executor {
 public:
  __attribute__((weak)) static void SetThreadingDefault(bool enable);
};

}  // namespace grpc_core

namespace tarazy {
namespace {

// gRPC takes operations that are started within others (ReplyGroup does so) for
// a sign that threads compete for the connection, and hands all that is to be
// done for it to a thread of its own: two switches between threads for each
// group of replies, and caches that another thread has filled. Without such
// threads it goes on where it is; gRPC's own Python runs like that. Where the
// library lacks the switch, replies are sent all the same, a little dearer.
void KeepWorkOnCallersThread() {
  if (&grpc_core::Executor::SetThreadingDefault != nullptr) {
    grpc_core::Executor::SetThreadingDefault(false);
  }
}

constexpr int64_t kBytesOverLimit = 1 << 20;

grpc_server* Create(int64_t message_bytes) {
  KeepWorkOnCallersThread();
  grpc::ChannelArguments arguments;
  // The probe's pings cost a call; a local link needs none.
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  // What no caller gets from this server: channelz, answers compressed (a
  // request may be), and an end by its own timer. Who waits no longer says so.
  arguments.SetInt(GRPC_ARG_ENABLE_CHANNELZ, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_PER_MESSAGE_COMPRESSION, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_DEADLINE_CHECKS, 0);
  // A second server on the same port is an error, not a competitor.
  arguments.SetInt(GRPC_ARG_ALLOW_REUSEPORT, 0);
  arguments.SetInt(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH,
                   static_cast<int>(message_bytes + kBytesOverLimit));
  const grpc_channel_args args = arguments.c_channel_args();
  return grpc_server_create(&args, nullptr);
}

}  // namespace

GrpcServer::GrpcServer(int64_t message_bytes)
    : message_bytes_(message_bytes), server_(Create(message_bytes)) {
  AddQueue(&ends_);
}

GrpcServer::~GrpcServer() {
  Shutdown(std::chrono::milliseconds(0));
  grpc_server_destroy(server_);
  ends_.Shutdown();
}

int GrpcServer::Listen(const std::string& address) {
  grpc_server_credentials* credentials =
      grpc_insecure_server_credentials_create();
  const int port =
      grpc_server_add_http2_port(server_, address.c_str(), credentials);
  grpc_server_credentials_release(credentials);
  return port;
}

void* GrpcServer::AddMethod(const std::string& name, bool with_message) {
  return grpc_server_register_method(
      server_, name.c_str(), nullptr,
      with_message ? GRPC_SRM_PAYLOAD_READ_INITIAL_BYTE_BUFFER
                   : GRPC_SRM_PAYLOAD_NONE,
      0);
}

void GrpcServer::AddQueue(grpc::CompletionQueue* queue) {
  grpc_server_register_completion_queue(server_, queue->cq(), nullptr);
}

void GrpcServer::Start() { grpc_server_start(server_); }

void GrpcServer::Shutdown(std::chrono::milliseconds limit) {
  if (shut_down_) return;
  shut_down_ = true;
  const auto told = [this](gpr_timespec until) {
    return grpc_completion_queue_next(ends_.cq(), until, nullptr).type ==
           GRPC_OP_COMPLETE;
  };
  grpc_server_shutdown_and_notify(server_, ends_.cq(), this);
  if (told(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                        gpr_time_from_millis(limit.count(), GPR_TIMESPAN)))) {
    return;
  }
  grpc_server_cancel_all_calls(server_);
  told(gpr_inf_future(GPR_CLOCK_MONOTONIC));
}

}  // namespace tarazy
