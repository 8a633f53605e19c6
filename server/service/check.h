// Is a request well formed? What passes here can be read without a further
// look; what does not is INVALID_ARGUMENT with the field and the reason.
//
// Well formed is not complete: a fact that is left out is not an error but a
// missing fact, which a decision denies and names. A field that this server
// does not know is an error: it might say what would change the answer.
//
// Thread-safety: functions without state.

#ifndef TARAZY_SERVER_SERVICE_CHECK_H_
#define TARAZY_SERVER_SERVICE_CHECK_H_

#include <vector>

#include "absl/status/status.h"
#include "server/service/facts.h"
#include "tarazy/v1/decision.pb.h"

namespace tarazy {

// Everything but the subject, which ReplaceSubject (server/registers/
// field_check.h) checks. `extensions` are those that the pack declares, sorted
// by name.
absl::Status CheckRequest(const v1::DecideRequest& request,
                          const std::vector<ExtensionType>& extensions);

}  // namespace tarazy

#endif  // TARAZY_SERVER_SERVICE_CHECK_H_
