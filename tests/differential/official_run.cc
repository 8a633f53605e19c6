#include "tests/differential/official_run.h"

#include <chrono>
#include <deque>
#include <fstream>

#include "tests/differential/shrinker.h"

namespace tarazy {
namespace {

using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;

// A long run says now and then how far it is.
constexpr auto kReportEvery = std::chrono::seconds(60);

}  // namespace

uint64_t OfficialRun::Count(const std::string& outcome) const {
  const auto found = counts_.find(outcome);
  return found == counts_.end() ? 0 : found->second;
}

void OfficialRun::Tally(const Json& verdict) {
  for (const char* key : {"schema", "parse", "link", "entities", "died"}) {
    if (verdict.contains(key)) ++counts_[std::string(key) + " refused"];
  }
  if (!verdict.contains("strict")) return;
  ++counts_["policy sets"];
  counts_["policies"] += verdict["json"].size();
  for (const char* mode : {"strict", "permissive"}) {
    for (const auto& [what, ids] : verdict[mode].items()) {
      counts_[std::string(mode) + " " + what] += ids.size();
    }
  }
  for (const Json& answer : verdict.value("answers", Json::array())) {
    if (answer.contains("request")) {
      ++counts_["request refused"];
      continue;
    }
    ++counts_[answer["allow"] ? "allow" : "deny"];
    if (!answer["reasons"].empty()) ++counts_["with reasons"];
    if (!answer["errors"].empty()) ++counts_["with errors"];
  }
}

void OfficialRun::Check(const Case& c, const Json& official) {
  Tally(official);
  const Difference difference = Compare(ours_.VerdictOf(c), official);
  if (difference.empty()) return;
  found_.push_back({c, difference.key});
  out_ << "seed " << c.seed << " differs in `" << difference.key << "`\n"
       << std::flush;
}

void OfficialRun::Seeds(uint64_t first, uint64_t count) {
  const auto started = Clock::now();
  const auto seconds = [&] {
    return std::chrono::duration<double>(Clock::now() - started).count();
  };
  auto report = started + kReportEvery;
  std::deque<Case> asked;
  uint64_t next = first;
  uint64_t done = 0;
  while (done < count && found_.size() < kMaxDifferences) {
    while (next < first + count && asked.size() < OfficialEngine::kMaxAhead) {
      asked.push_back(GenerateCase(next++, CaseStyle::kOdd));
      engine_.Ask(asked.back());
    }
    const Json official = engine_.Answer();
    Check(asked.front(), official);
    asked.pop_front();
    if (official.contains("died")) {
      for (const Case& lost : asked) engine_.Ask(lost);
    }
    ++done;
    if (Clock::now() > report) {
      report += kReportEvery;
      out_ << done << " cases, " << found_.size() << " differences\n"
           << std::flush;
    }
  }
  for (; !asked.empty(); asked.pop_front()) engine_.Answer();
  const double took = seconds();
  ShrinkFound();
  PrintTally();
  out_ << "seeds " << first << " to " << next - 1 << ": " << done << " cases, "
       << found_.size() << " differences, " << static_cast<int64_t>(took)
       << " seconds, " << static_cast<int64_t>(done / took)
       << " cases a second\n";
}

void OfficialRun::Replay(const std::string& path) {
  std::ifstream in(path);
  const Case c = Case::FromJson(Json::parse(in).at("case").dump());
  const Difference difference =
      Compare(ours_.VerdictOf(c), engine_.VerdictOf(c));
  if (!difference.empty()) found_.push_back({c, difference.key});
  out_ << (difference.empty() ? "no difference" : difference.text) << "\n";
}

void OfficialRun::ShrinkFound() {
  for (const Found& found : found_) {
    const Case small = Shrink(found.c, [&](const Case& c) {
      return Compare(ours_.VerdictOf(c), engine_.VerdictOf(c)).key == found.key;
    });
    const Json official = engine_.VerdictOf(small);
    Json kept;
    kept["case"] = Json::parse(small.ToJson());
    kept["official"] = official;
    out_ << "seed " << small.seed << " made small: " << kept["case"].dump(1)
         << "\n"
         << Compare(ours_.VerdictOf(small), official).text << "\n";
    if (keep_.empty()) continue;
    std::ofstream(keep_ + "/seed-" + std::to_string(small.seed) + ".json")
        << kept.dump(1) << "\n";
  }
}

void OfficialRun::PrintTally() {
  const char* separator = "the official engine: ";
  for (const auto& [what, count] : counts_) {
    out_ << separator << what << " " << count;
    separator = ", ";
  }
  out_ << "\n";
}

}  // namespace tarazy
