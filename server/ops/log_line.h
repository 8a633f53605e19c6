// Structured log lines: one JSON object a line, for machines first.
//
//   {"time":"2026-03-10T05:00:00.000Z","level":"info","event":"serving",...}
//
// A line never carries a person's identification number: twelve digits that
// stand alone in a text value are masked, since a message that is passed on
// may quote what came in.
//
// Thread-safety: a LogLine belongs to one thread; WriteLogLine may be called
// from any thread, and lines are never mixed.

#ifndef TARAZY_SERVER_OPS_LOG_LINE_H_
#define TARAZY_SERVER_OPS_LOG_LINE_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace tarazy {

enum class LogLevel { kInfo, kWarning, kError };

class LogLine {
 public:
  // `event` is a stable name, for example "pack_replaced".
  LogLine(LogLevel level, absl::string_view event)
      : LogLine(level, event, absl::Now()) {}
  LogLine(LogLevel level, absl::string_view event, absl::Time now);

  // Fields in the order given; the caller keeps names distinct. What is not
  // UTF-8 in a text is replaced by U+FFFD.
  LogLine& Text(absl::string_view name, absl::string_view value);
  LogLine& Number(absl::string_view name, int64_t value);
  LogLine& Bool(absl::string_view name, bool value);

  // The line, without the newline.
  std::string str() const { return json_ + "}"; }

 private:
  void Name(absl::string_view name);
  std::string json_;
};

// Writes `line` and a newline to stderr at once. A failure to write is
// ignored: there is nowhere left to tell it.
void WriteLogLine(absl::string_view line);

}  // namespace tarazy

#endif  // TARAZY_SERVER_OPS_LOG_LINE_H_
