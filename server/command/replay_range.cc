#include "server/command/replay_range.h"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/util/json_util.h"
#include "nlohmann/json.hpp"
#include "server/audit/record_text.h"
#include "server/command/audit_filter.h"
#include "server/command/audit_walk.h"

namespace tarazy {
namespace {

using Json = nlohmann::ordered_json;

// "PERMIT" or "DENY (FORBIDDEN)": a permit has one outcome.
std::string AnswerText(v1::Effect effect, v1::Outcome outcome) {
  if (effect == v1::PERMIT) return v1::Effect_Name(effect);
  return absl::StrCat(v1::Effect_Name(effect), " (", v1::Outcome_Name(outcome),
                      ")");
}

std::string Cell(std::string text, size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

std::string Right(uint64_t number, size_t width) {
  std::string text = absl::StrCat(number);
  text.insert(0, text.size() < width ? width - text.size() : 0, ' ');
  return text;
}

// The ids under a row of a table.
std::string Examples(const std::vector<std::string>& ids) {
  if (ids.empty()) return "";
  return absl::StrCat("  ", absl::StrJoin(ids, "\n  "), "\n");
}

std::string TurnTable(const ReplayDifferences& d) {
  std::vector<std::pair<std::string, const ReplayDifferences::Turned*>> rows;
  size_t width = 6;
  for (const auto& [turn, turned] : d.by_effect) {
    const std::string from = AnswerText(turn.from_effect, turn.from);
    const std::string to = AnswerText(turn.to_effect, turn.to);
    rows.emplace_back(from == to ? absl::StrCat(from, ", for other reasons")
                                 : absl::StrCat(from, " -> ", to),
                      &turned);
    width = std::max(width, rows.back().first.size());
  }
  if (rows.empty()) return "";
  std::string text = Cell("answer", width) + "  decisions\n";
  for (const auto& [name, turned] : rows) {
    absl::StrAppend(&text, Cell(name, width), "  ", Right(turned->count, 9),
                    "\n", Examples(turned->examples));
  }
  return text;
}

std::string NormTable(const ReplayDifferences& d) {
  if (d.by_norm.empty()) return "";
  size_t width = 4;
  for (const auto& [norm, counts] : d.by_norm) {
    width = std::max(width, norm.size());
  }
  std::string text = Cell("norm", width) +
                     "  now named  no longer  now denied  now permitted\n";
  for (const auto& [norm, counts] : d.by_norm) {
    absl::StrAppend(&text, Cell(PlainWord(norm), width), "  ",
                    Right(counts.appears, 9), "  ", Right(counts.disappears, 9),
                    "  ", Right(counts.permit_to_deny, 10), "  ",
                    Right(counts.deny_to_permit, 13), "\n",
                    Examples(counts.examples));
  }
  return text;
}

void PrintTables(const RangeOutcome& outcome) {
  const ReplayDifferences& d = outcome.differences;
  std::string text = absl::StrCat(
      d.replayed, " records decided again: ", outcome.same,
      " the same bit for bit, ", d.changed, " answers changed (",
      d.permit_to_deny, " permits became denials, ", d.deny_to_permit,
      " denials permits)\n", TurnTable(d), NormTable(d));
  if (outcome.Failed() != 0) {
    absl::StrAppend(&text, outcome.Failed(),
                    outcome.Failed() == 1 ? " record" : " records",
                    " cannot be decided again:\n");
  }
  for (const auto& [reason, count] : outcome.failed) {
    absl::StrAppend(&text, "  ", count, ": ", reason, "\n");
  }
  if (outcome.reports != 0) {
    absl::StrAppend(
        &text, outcome.reports,
        outcome.reports == 1 ? " report of a duty" : " reports of duties",
        " passed over\n");
  }
  std::fputs(text.c_str(), stdout);
}

Json AnswerJson(v1::Effect effect, v1::Outcome outcome) {
  return {{"effect", v1::Effect_Name(effect)},
          {"outcome", v1::Outcome_Name(outcome)}};
}

void PrintJson(const RangeOutcome& outcome) {
  const ReplayDifferences& d = outcome.differences;
  Json json = {{"replayed", d.replayed},
               {"same", outcome.same},
               {"changed", d.changed},
               {"permit_to_deny", d.permit_to_deny},
               {"deny_to_permit", d.deny_to_permit},
               {"failed", outcome.Failed()},
               {"duty_reports", outcome.reports}};
  json["by_effect"] = Json::array();
  for (const auto& [turn, turned] : d.by_effect) {
    json["by_effect"].push_back(
        {{"from", AnswerJson(turn.from_effect, turn.from)},
         {"to", AnswerJson(turn.to_effect, turn.to)},
         {"count", turned.count},
         {"decisions", turned.examples}});
  }
  json["by_norm"] = Json::array();
  for (const auto& [norm, counts] : d.by_norm) {
    json["by_norm"].push_back({{"reason", {{"norm", norm}}},
                               {"appears", counts.appears},
                               {"disappears", counts.disappears},
                               {"permit_to_deny", counts.permit_to_deny},
                               {"deny_to_permit", counts.deny_to_permit},
                               {"decisions", counts.examples}});
  }
  json["cannot_be_decided_again"] = Json::array();
  for (const auto& [reason, count] : outcome.failed) {
    json["cannot_be_decided_again"].push_back(
        {{"why", reason}, {"count", count}});
  }
  std::printf(
      "%s\n",
      json.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
}

}  // namespace

uint64_t RangeOutcome::Failed() const {
  uint64_t all = 0;
  for (const auto& [reason, count] : failed) all += count;
  return all;
}

absl::StatusOr<RangeOutcome> ReplayRange(const RangeFlags& flags,
                                         Replayer* replayer) {
  int64_t from_ms = 0;
  int64_t until_ms = std::numeric_limits<int64_t>::max();
  for (const auto& [flag, text, ms] :
       {std::make_tuple(flags.from_flag, &flags.from, &from_ms),
        std::make_tuple(flags.until_flag, &flags.until, &until_ms)}) {
    if (text->empty()) continue;
    const auto instant = ReadInstantFlag(flag, *text);
    if (!instant.ok()) return instant.status();
    *ms = *instant;
  }
  RangeOutcome outcome;
  outcome.differences = ReplayDifferences(flags.examples);
  const absl::Status walked =
      WalkLog(flags.log, [&](const v1::DecisionRecord& record) {
        const int64_t at = ToMilliseconds(record.recorded_at());
        if (at < from_ms || at >= until_ms) return absl::OkStatus();
        if (record.has_duty_report()) {
          ++outcome.reports;
          return absl::OkStatus();
        }
        const auto replayed = replayer->Replay(record);
        if (!replayed.ok()) {
          ++outcome.failed[std::string(replayed.status().message())];
          return absl::OkStatus();
        }
        if (replayed->same) ++outcome.same;
        outcome.differences.Add(record.response(), replayed->response);
        return absl::OkStatus();
      });
  if (!walked.ok()) return walked;
  return outcome;
}

void PrintOutcome(const RangeOutcome& outcome, bool json) {
  (json ? PrintJson : PrintTables)(outcome);
}

std::string MessageJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string text;
  const auto status =
      google::protobuf::util::MessageToJsonString(message, &text, options);
  return status.ok() ? text : "null";
}

}  // namespace tarazy
