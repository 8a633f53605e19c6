// The gRPC server: ports, methods and queues.
//
// Built on the C interface of gRPC (grpc/grpc.h), which all its languages
// share. The C++ interface makes a context with two maps for each call and
// reads the call's end as an event of its own, which costs about a tenth of a
// small call.
//
// Thread-safety: methods, queues and ports before Start, by one thread.

#ifndef TARAZY_SERVER_SERVICE_GRPC_SERVER_H_
#define TARAZY_SERVER_SERVICE_GRPC_SERVER_H_

#include <grpc/grpc.h>
#include <grpcpp/completion_queue.h>

#include <chrono>
#include <cstdint>
#include <string>

namespace tarazy {

class GrpcServer {
 public:
  // A message over `message_bytes` is for the call to refuse, and to count. One
  // that is over it by more than a MiB is not received: gRPC refuses it.
  explicit GrpcServer(int64_t message_bytes);
  // Shuts down if nobody has. The queues outlive it.
  ~GrpcServer();
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  // The number of the port, 1 for a Unix socket; 0: can't be listened on.
  int Listen(const std::string& address);
  // What grpc_server_request_registered_call takes. `with_message`: a call
  // comes when its first message has.
  void* AddMethod(const std::string& name, bool with_message);
  void AddQueue(grpc::CompletionQueue* queue);

  void Start();
  // Takes no further calls and returns when those under way have ended; after
  // `limit` they are cancelled.
  void Shutdown(std::chrono::milliseconds limit);

  grpc_server* get() const { return server_; }
  int64_t message_bytes() const { return message_bytes_; }

 private:
  grpc::CompletionQueue ends_;  // tells that the shutdown is done
  const int64_t message_bytes_;
  grpc_server* const server_;
  bool shut_down_ = false;
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_SERVICE_GRPC_SERVER_H_
