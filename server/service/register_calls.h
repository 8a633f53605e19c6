// ConsentService and ObjectionService on the queues: the handlers of
// server/registers/handlers.h, run by workers, since a write waits for the
// disk.
//
// Thread-safety: as in call.h.

#ifndef TARAZY_SERVER_SERVICE_REGISTER_CALLS_H_
#define TARAZY_SERVER_SERVICE_REGISTER_CALLS_H_

#include <cstdint>
#include <vector>

#include "server/registers/handlers.h"
#include "server/service/call.h"
#include "server/service/workers.h"

namespace tarazy {

// Both pointers outlive the calls.
std::vector<Method> RegisterMethods(const RegisterContext* context,
                                    Workers* workers, uint32_t message_bytes);

}  // namespace tarazy

#endif  // TARAZY_SERVER_SERVICE_REGISTER_CALLS_H_
