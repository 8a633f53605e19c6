// What a server sent, as text for a terminal.
//
// Thread-safety: functions without state.

#ifndef TARAZY_CLIENTS_CLI_PLAIN_TEXT_H_
#define TARAZY_CLIENTS_CLI_PLAIN_TEXT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/timestamp.pb.h"

namespace tarazy {

// Without control characters, which would steer the terminal.
std::string PlainText(absl::string_view text);

// In Almaty's time, UTC+5, as the law counts it.
std::string InstantText(const google::protobuf::Timestamp& instant);

// "NOT_FOUND: message" with a newline at the end. Lines of the message stay: it
// may hold several problems.
std::string StatusText(const absl::Status& status);

}  // namespace tarazy

#endif  // TARAZY_CLIENTS_CLI_PLAIN_TEXT_H_
