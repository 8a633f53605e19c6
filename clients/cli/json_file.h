// Protobuf messages from and to JSON files, by protobuf's JSON mapping. Field
// names may be written as in the .proto files or in lowerCamelCase; they are
// printed as in the .proto files.
//
// Thread-safety: functions without state.

#ifndef TARAZY_CLIENTS_CLI_JSON_FILE_H_
#define TARAZY_CLIENTS_CLI_JSON_FILE_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"

namespace tarazy {

// All of `path`, or of standard input for "-". At most 4 MiB.
absl::StatusOr<std::string> ReadInput(const std::string& path);

// Fills `message`. INVALID_ARGUMENT names `path` and the place: line and
// column where the text is no JSON, each field that does not fit the message,
// a line each. Values are not repeated, since they may identify people.
absl::Status ParseJson(const std::string& path, const std::string& text,
                       google::protobuf::Message* message);

// The same for a text that is one object, or an array of any number of them:
// each fills the message that `next` gives.
absl::Status ParseJsonEach(
    const std::string& path, const std::string& text,
    const std::function<google::protobuf::Message*()>& next);

// Indented, with a newline at the end.
std::string ToJson(const google::protobuf::Message& message);

}  // namespace tarazy

#endif  // TARAZY_CLIENTS_CLI_JSON_FILE_H_
