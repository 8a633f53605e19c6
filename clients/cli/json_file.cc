#include "clients/cli/json_file.h"

#include <fstream>
#include <iostream>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/cli/json_check.h"
#include "google/protobuf/util/json_util.h"
#include "nlohmann/json.hpp"

namespace tarazy {
namespace {

using nlohmann::json;

constexpr size_t kMaxInputBytes = 4u << 20;
// Objects in objects; no message of ours has half as many.
constexpr size_t kMaxDepth = 32;

absl::Status Invalid(const std::string& path, absl::string_view problem) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", problem));
}

// The value that `text` holds, with a key twice in one object refused, of
// which parsers silently keep one. The problem, or empty.
std::string ParseText(const std::string& text, json* value) {
  std::vector<std::set<std::string>> keys;
  std::string problem;
  const json::parser_callback_t check = [&](int, json::parse_event_t event,
                                            json& parsed) {
    if (event == json::parse_event_t::object_start) {
      keys.emplace_back();
      if (keys.size() > kMaxDepth) problem = "is nested too deep";
    } else if (event == json::parse_event_t::object_end) {
      keys.pop_back();
    } else if (event == json::parse_event_t::key &&
               !keys.back().insert(parsed.get<std::string>()).second) {
      problem = absl::StrCat("the key `", parsed.get<std::string>(),
                             "` is given twice in one object");
    }
    return problem.empty();
  };
  try {
    *value = json::parse(text, check);
  } catch (const json::parse_error& e) {
    if (!problem.empty()) return problem;
    // "[json.exception.parse_error.101] parse error at line 1, column 2: ..."
    const std::string what = e.what();
    const size_t at = what.find("parse error at");
    const std::string tail = at == std::string::npos ? what : what.substr(at);
    // What was read last may be an identification number.
    return tail.substr(0, tail.find("; last read"));
  }
  return problem;
}

absl::Status Fill(const std::string& path, const json& value,
                  google::protobuf::Message* message) {
  std::vector<std::string> problems =
      CheckJson(value, *message->GetDescriptor());
  if (problems.empty() &&
      !google::protobuf::util::JsonStringToMessage(value.dump(), message)
           .ok()) {
    problems.push_back("does not fit the request");
  }
  if (problems.empty()) return absl::OkStatus();
  for (std::string& line : problems) line = absl::StrCat(path, ": ", line);
  return absl::InvalidArgumentError(absl::StrJoin(problems, "\n"));
}

}  // namespace

absl::StatusOr<std::string> ReadInput(const std::string& path) {
  std::ifstream file;
  if (path != "-") {
    file.open(path, std::ios::binary);
    if (!file) {
      return absl::NotFoundError(absl::StrCat("cannot open `", path, "`"));
    }
  }
  std::istream& in = path == "-" ? std::cin : file;
  std::string text(kMaxInputBytes + 1, '\0');
  in.read(&text[0], static_cast<std::streamsize>(text.size()));
  if (in.bad() || (in.gcount() == 0 && !in.eof())) {
    return absl::NotFoundError(absl::StrCat("cannot read `", path, "`"));
  }
  text.resize(static_cast<size_t>(in.gcount()));
  if (text.size() > kMaxInputBytes) {
    return Invalid(path,
                   absl::StrCat("is longer than ", kMaxInputBytes, " bytes"));
  }
  return text;
}

absl::Status ParseJson(const std::string& path, const std::string& text,
                       google::protobuf::Message* message) {
  json value;
  const std::string problem = ParseText(text, &value);
  if (!problem.empty()) return Invalid(path, problem);
  return Fill(path, value, message);
}

absl::Status ParseJsonEach(
    const std::string& path, const std::string& text,
    const std::function<google::protobuf::Message*()>& next) {
  json value;
  const std::string problem = ParseText(text, &value);
  if (!problem.empty()) return Invalid(path, problem);
  if (!value.is_array()) return Fill(path, value, next());
  for (size_t i = 0; i < value.size(); ++i) {
    const absl::Status status =
        Fill(absl::StrCat(path, "[", i, "]"), value[i], next());
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.preserve_proto_field_names = true;
  std::string text;
  // Fails only on an Any or a Timestamp out of range, which the wire could
  // bring: then what could be printed is not shown as if it were whole.
  if (!google::protobuf::util::MessageToJsonString(message, &text, options)
           .ok()) {
    return "null\n";
  }
  return text;
}

}  // namespace tarazy
