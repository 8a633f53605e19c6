// grpc.reflection.v1alpha.ServerReflection, so that command-line clients need
// no .proto files.
//
// gRPC's own reflection service is synchronous and brings its own threads; see
// server/service/health.h for what such threads cost.
//
// Thread-safety: as in call.h.

#ifndef TARAZY_SERVER_SERVICE_REFLECTION_H_
#define TARAZY_SERVER_SERVICE_REFLECTION_H_

#include <string>
#include <vector>

#include "server/service/call.h"

namespace tarazy {

// `services` are the full names that are listed; what they consist of is found
// in the generated code linked in.
std::vector<Method> ReflectionMethods(const std::vector<std::string>& services);

}  // namespace tarazy

#endif  // TARAZY_SERVER_SERVICE_REFLECTION_H_
