// From gRPC's status to absl's: the codes are the same.
//
// Thread-safety: a function without state.

#ifndef TARAZY_CLIENTS_CPP_GRPC_STATUS_H_
#define TARAZY_CLIENTS_CPP_GRPC_STATUS_H_

#include "absl/status/status.h"
#include "grpcpp/support/status.h"

namespace tarazy {

inline absl::Status ToAbslStatus(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                      status.error_message());
}

}  // namespace tarazy

#endif  // TARAZY_CLIENTS_CPP_GRPC_STATUS_H_
