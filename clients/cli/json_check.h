// Whether a JSON value fits a message, more strictly than protobuf's own
// parser, which takes "yes" for true and 1 for "1", and whose errors repeat
// values that may be identification numbers.
//
// Thread-safety: functions without state.

#ifndef TARAZY_CLIENTS_CLI_JSON_CHECK_H_
#define TARAZY_CLIENTS_CLI_JSON_CHECK_H_

#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "nlohmann/json_fwd.hpp"

namespace tarazy {

// What does not fit, each as "`place`: problem" with the place as a path of
// fields, for example `operation.biometric_use.aim`. Values are not repeated.
std::vector<std::string> CheckJson(const nlohmann::json& value,
                                   const google::protobuf::Descriptor& type);

}  // namespace tarazy

#endif  // TARAZY_CLIENTS_CLI_JSON_CHECK_H_
