#include "clients/cli/plain_text.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"

namespace tarazy {

std::string PlainText(absl::string_view text) {
  std::string out;
  for (char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte >= 0x20 && byte != 0x7f) out.push_back(c);
  }
  return out;
}

std::string InstantText(const google::protobuf::Timestamp& instant) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%S%Ez",
                          absl::FromUnixSeconds(instant.seconds()),
                          absl::FixedTimeZone(5 * 3600));
}

std::string StatusText(const absl::Status& status) {
  std::string text =
      absl::StrCat(absl::StatusCodeToString(status.code()), ": ");
  const std::string message(status.message());
  for (absl::string_view line : absl::StrSplit(message, '\n')) {
    absl::StrAppend(&text, PlainText(line), "\n");
  }
  return text;
}

}  // namespace tarazy
