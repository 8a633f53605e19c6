#include "server/ops/log_line.h"

#include <unistd.h>

#include <cerrno>
#include <mutex>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

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

// Length of the UTF-8 sequence that `text` begins with; 0 if it is none.
size_t SequenceLength(absl::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t length = lead < 0xC2   ? 0
                        : lead < 0xE0 ? 2
                        : lead < 0xF0 ? 3
                        : lead < 0xF5 ? 4
                                      : 0;
  if (length == 0 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  // Overlong forms, surrogates, beyond U+10FFFF.
  if (lead == 0xE0 && byte(1) < 0xA0) return 0;
  if (lead == 0xED && byte(1) > 0x9F) return 0;
  if (lead == 0xF0 && byte(1) < 0x90) return 0;
  if (lead == 0xF4 && byte(1) > 0x8F) return 0;
  return length;
}

void AppendQuoted(absl::string_view text, std::string* out) {
  out->push_back('"');
  while (!text.empty()) {
    const size_t length = SequenceLength(text);
    const char c = text[0];
    if (length == 0) {
      out->append("\\ufffd");
    } else if (c == '"' || c == '\\') {
      out->push_back('\\');
      out->push_back(c);
    } else if (c == '\n') {
      out->append("\\n");
    } else if (static_cast<uint8_t>(c) < 0x20 || c == 0x7f) {
      absl::StrAppend(out, "\\u",
                      absl::Hex(static_cast<uint8_t>(c), absl::kZeroPad4));
    } else {
      out->append(text.data(), length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out->push_back('"');
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
  AppendQuoted(MaskIdentifiers(value), &json_);
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
  AppendQuoted(name, &json_);
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
