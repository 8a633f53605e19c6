#include "server/ops/log_line.h"

#include <unistd.h>

#include <cerrno>
#include <mutex>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "policy/cedar/json.h"
#include "policy/cedar/text.h"

namespace tarazy {
namespace {

constexpr size_t kIdentifierDigits = 12;

std::string MaskIdentifiers(absl::string_view text) {
  std::string out;
  size_t i = 0;
  while (i < text.size()) {
    size_t end = i;
    while (end < text.size() && absl::ascii_isdigit(text[end])) ++end;
    if (end - i == kIdentifierDigits) {
      out.append("[12 digits]");
    } else {
      out.append(text.data() + i, end - i);
    }
    if (end < text.size()) out.push_back(text[end++]);
    i = end;
  }
  return out;
}

std::string ValidUtf8(absl::string_view text) {
  std::string out;
  for (;;) {
    const size_t bad = FindInvalidUtf8(text);
    absl::StrAppend(&out, text.substr(0, bad));
    if (bad == absl::string_view::npos) return out;
    out.append("\ufffd");
    text.remove_prefix(bad + 1);
  }
}

absl::string_view LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

}  // namespace

LogLine::LogLine(LogLevel level, absl::string_view event, absl::Time now)
    : json_(absl::StrCat(
          "{\"time\":\"",
          absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", now, absl::UTCTimeZone()),
          "\",\"level\":\"", LevelName(level), "\"")) {
  Text("event", event);
}

LogLine& LogLine::Text(absl::string_view name, absl::string_view value) {
  Name(name);
  json_.append(JsonQuote(ValidUtf8(MaskIdentifiers(value))));
  return *this;
}

LogLine& LogLine::Number(absl::string_view name, int64_t value) {
  Name(name);
  absl::StrAppend(&json_, value);
  return *this;
}

LogLine& LogLine::Bool(absl::string_view name, bool value) {
  Name(name);
  json_.append(value ? "true" : "false");
  return *this;
}

void LogLine::Name(absl::string_view name) {
  json_.push_back(',');
  json_.append(JsonQuote(name));
  json_.push_back(':');
}

void WriteLogLine(absl::string_view line) {
  static std::mutex* const mutex = new std::mutex;
  const std::string whole = absl::StrCat(line, "\n");
  std::lock_guard<std::mutex> lock(*mutex);
  size_t done = 0;
  while (done < whole.size()) {
    const ssize_t n =
        write(STDERR_FILENO, whole.data() + done, whole.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    done += static_cast<size_t>(n);
  }
}

}  // namespace tarazy
