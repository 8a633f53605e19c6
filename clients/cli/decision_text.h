// A decision as text for people, in Kazakh, Russian or English.
//
// Thread-safety: functions without state.

#ifndef TARAZY_CLIENTS_CLI_DECISION_TEXT_H_
#define TARAZY_CLIENTS_CLI_DECISION_TEXT_H_

#include <string>

#include "absl/status/status.h"
#include "tarazy/v1/decision.pb.h"

namespace tarazy {

// Labels in `language`, Kazakh where it is not stated; the texts inside are in
// the language that the server answered in. Control characters are left out.
std::string DecisionText(const v1::DecideResponse& response,
                         v1::Language language);

// Says that nothing is permitted, and why there is no decision.
std::string NoAnswerText(const absl::Status& status, v1::Language language);

}  // namespace tarazy

#endif  // TARAZY_CLIENTS_CLI_DECISION_TEXT_H_
