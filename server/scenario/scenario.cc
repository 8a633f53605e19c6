#include "server/scenario/scenario.h"

#include <algorithm>
#include <deque>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "policy/pack/catalogue.h"
#include "server/registers/identity.h"

namespace tarazy {
namespace {

namespace fs = std::filesystem;

using Names = std::set<std::string>;

std::string Join(const Names& names) {
  return names.empty() ? "none" : absl::StrJoin(names, ", ");
}

std::string FormatMs(int64_t ms) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", absl::FromUnixMillis(ms),
                          absl::UTCTimeZone());
}

int64_t Ms(const google::protobuf::Timestamp& t) {
  return t.seconds() * 1000 + t.nanos() / 1000000;
}

void Compare(absl::string_view what, const absl::optional<Names>& expected,
             const Names& got, std::vector<std::string>* differences) {
  if (!expected || *expected == got) return;
  differences->push_back(
      absl::StrCat(what, ": expected ", Join(*expected), "; got ", Join(got)));
}

void CompareInstant(absl::string_view what,
                    const absl::optional<int64_t>& expected,
                    const absl::optional<int64_t>& got,
                    std::vector<std::string>* differences) {
  if (expected == got) return;
  const auto name = [](const absl::optional<int64_t>& ms) {
    return ms ? FormatMs(*ms) : std::string("none");
  };
  differences->push_back(
      absl::StrCat(what, ": expected ", name(expected), "; got ", name(got)));
}

void CompareObligations(const Expected& expected,
                        const v1::DecideResponse& response,
                        std::vector<std::string>* differences) {
  Names ids, breached;
  std::map<std::string, absl::optional<int64_t>> due;
  for (const v1::Obligation& duty : response.obligations()) {
    ids.insert(duty.id());
    if (duty.breached()) breached.insert(duty.id());
    if (duty.has_due()) due[duty.id()] = Ms(duty.due());
  }
  Compare("obligations", expected.obligations, ids, differences);
  Compare("breached", expected.breached, breached, differences);
  for (const auto& one : expected.due_ms) {
    CompareInstant(absl::StrCat("due of ", one.first), one.second,
                   due[one.first], differences);
  }
}

absl::Status ReadSource(const fs::path& path, std::deque<Source>* sources) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) {
    return absl::NotFoundError(
        absl::StrCat("`", path.string(), "` can't be read"));
  }
  sources->emplace_back(path.string(), text.str());
  return absl::OkStatus();
}

// The scenarios of a pack, its base's first.
absl::Status ReadInto(const std::string& pack_directory, int depth,
                      std::deque<Source>* sources,
                      std::vector<Scenario>* scenarios,
                      Diagnostics* diagnostics) {
  fs::path pack = fs::path(pack_directory).lexically_normal();
  if (!pack.has_filename()) pack = pack.parent_path();
  absl::Status status = ReadSource(pack / "pack.yaml", sources);
  if (!status.ok()) return status;
  const std::string base = ReadManifest(sources->back(), diagnostics).base;
  if (!base.empty() && depth < 8) {
    status = ReadInto((pack.parent_path() / base).string(), depth + 1, sources,
                      scenarios, diagnostics);
    if (!status.ok()) return status;
  }
  std::vector<fs::path> paths;
  std::error_code error;
  for (fs::directory_iterator it(pack / "scenarios", error), end;
       !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".yaml") paths.push_back(it->path());
  }
  if (error) {
    return absl::NotFoundError(absl::StrCat("`", (pack / "scenarios").string(),
                                            "`: ", error.message()));
  }
  // What is inherited is changed before anything is added.
  std::sort(paths.begin(), paths.end());
  std::stable_partition(paths.begin(), paths.end(), [](const fs::path& path) {
    return path.filename() == "inherited.yaml";
  });
  for (const fs::path& path : paths) {
    status = ReadSource(path, sources);
    if (!status.ok()) return status;
    if (path.filename() == "inherited.yaml") {
      ReadInherited(sources->back(), scenarios, diagnostics);
    } else {
      const size_t before = scenarios->size();
      ReadScenarios(sources->back(), scenarios, diagnostics);
      for (size_t i = before; i < scenarios->size(); ++i) {
        for (std::string& other : (*scenarios)[i].law.compare_with) {
          other = (pack.parent_path() / other).string();
        }
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::string KindOf(const Scenario& scenario) {
  const auto* field = v1::Operation::descriptor()->FindFieldByNumber(
      scenario.request.operation().kind_case());
  return field == nullptr ? "" : field->name();
}

std::vector<std::string> Differences(const Expected& expected,
                                     const v1::DecideResponse& response) {
  std::vector<std::string> differences;
  if (expected.effect != response.effect()) {
    differences.push_back(
        absl::StrCat("effect: expected ", v1::Effect_Name(expected.effect),
                     "; got ", v1::Effect_Name(response.effect())));
  }
  if (expected.outcome && *expected.outcome != response.outcome()) {
    differences.push_back(
        absl::StrCat("outcome: expected ", v1::Outcome_Name(*expected.outcome),
                     "; got ", v1::Outcome_Name(response.outcome())));
  }
  Names codes, norms, missing;
  for (const v1::Reason& reason : response.reasons()) {
    codes.insert(reason.code());
    if (!reason.norm().empty()) norms.insert(reason.norm());
  }
  for (const v1::MissingFact& fact : response.missing_facts()) {
    missing.insert(fact.path());
  }
  Compare("reasons", expected.reasons, codes, &differences);
  Compare("norms", expected.norms, norms, &differences);
  Compare("missing", expected.missing, missing, &differences);
  Compare("notices", expected.notices,
          Names(response.notices().begin(), response.notices().end()),
          &differences);
  if (expected.compare_retry_after) {
    absl::optional<int64_t> got;
    if (response.has_retry_after()) got = Ms(response.retry_after());
    CompareInstant("retry_after", expected.retry_after_ms, got, &differences);
  }
  CompareObligations(expected, response, &differences);
  return differences;
}

absl::StatusOr<std::vector<Scenario>> ReadPackScenarios(
    const std::string& pack_directory) {
  std::vector<Scenario> scenarios;
  std::deque<Source> sources;
  Diagnostics diagnostics;
  const absl::Status status =
      ReadInto(pack_directory, 0, &sources, &scenarios, &diagnostics);
  if (!status.ok()) return status;
  if (HasErrors(diagnostics)) {
    std::vector<const Source*> pointers;
    for (const Source& source : sources) pointers.push_back(&source);
    SortDiagnostics(&diagnostics);
    return absl::InvalidArgumentError(FormatDiagnostics(diagnostics, pointers));
  }
  return scenarios;
}

std::string TestIin(int number) {
  // Not every serial number has a check digit; days of January take turns.
  for (int day = 1; day <= 31; ++day) {
    const std::string eleven =
        absl::StrFormat("8501%02d3%04d", day, number % 10000);
    for (char check = '0'; check <= '9'; ++check) {
      const std::string iin = eleven + check;
      if (CheckIin(iin).ok()) return iin;
    }
  }
  return "";
}

}  // namespace tarazy
