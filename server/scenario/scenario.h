// Scenarios of a pack: requests with what the registers hold beforehand and
// with the answer that the law gives. policy/pack/README.md documents the
// files.
//
// Instants are milliseconds since 1970 UTC.
// Thread-safety: plain values; functions without state.

#ifndef TARAZY_SERVER_SCENARIO_SCENARIO_H_
#define TARAZY_SERVER_SCENARIO_SCENARIO_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "policy/cedar/diagnostic.h"
#include "policy/cedar/source.h"
#include "tarazy/v1/decision.pb.h"
#include "tarazy/v1/registers.pb.h"

namespace tarazy {

// The law that a scenario is decided by, where it is not the pack alone under
// its default readings.
struct ScenarioLaw {
  std::map<std::string, std::string> readings;
  // Folders of enacted editions that the answer is compared with.
  std::vector<std::string> compare_with;

  bool operator<(const ScenarioLaw& o) const {
    return std::tie(readings, compare_with) <
           std::tie(o.readings, o.compare_with);
  }
};

struct ConsentStep {
  v1::Consent consent;
  int64_t at_ms = 0;  // registered
  absl::optional<int64_t> withdrawn_ms;
  std::string barred_reason;
};

struct ObjectionStep {
  v1::Objection objection;
  int64_t at_ms = 0;  // received and filed
  absl::optional<int64_t> decided_ms;
  v1::Objection::Result result = v1::Objection::RESULT_UNSPECIFIED;
  std::string result_reason;
  absl::optional<int64_t> notified_ms;
  bool appeal_info_given = false;
  // What the register is to answer when it is filed.
  absl::optional<int64_t> due_ms;
  absl::optional<int64_t> alarm_ms;
};

// What is not set is not compared.
struct Expected {
  v1::Effect effect = v1::DENY;
  absl::optional<v1::Outcome> outcome;
  absl::optional<std::set<std::string>> reasons;      // codes
  absl::optional<std::set<std::string>> norms;        // ids, of the reasons
  absl::optional<std::set<std::string>> obligations;  // ids
  absl::optional<std::set<std::string>> breached;     // ids
  absl::optional<std::set<std::string>> missing;      // fact paths
  absl::optional<std::set<std::string>> notices;      // codes
  bool compare_retry_after = false;
  absl::optional<int64_t> retry_after_ms;
  std::map<std::string, int64_t> due_ms;  // by obligation
};

struct Scenario {
  std::string id;
  std::string title;
  std::string file;
  ScenarioLaw law;
  int64_t clock_ms = 0;
  // A subject's IIN "auto" has been replaced by one that no other scenario of
  // the same reading has.
  v1::DecideRequest request;
  std::vector<ConsentStep> consents;
  std::vector<ObjectionStep> objections;
  Expected expected;
};

// The name of the scenario's kind of act, "biometric_use".
std::string KindOf(const Scenario& scenario);

// Appends the scenarios of one file. Every error of the file is a diagnostic;
// a scenario with an error is left out.
void ReadScenarios(const Source& source, std::vector<Scenario>* scenarios,
                   Diagnostics* diagnostics);

// Those of all *.yaml files of a pack's scenarios folder, by file name, after
// those of its base, as inherited.yaml changes them. INVALID_ARGUMENT holds the
// diagnostics; NOT_FOUND: there is no such folder.
absl::StatusOr<std::vector<Scenario>> ReadPackScenarios(
    const std::string& pack_directory);

// What inherited.yaml says: the scenarios of the base, later by a number of
// days, some left out, some with another answer.
void ReadInherited(const Source& source, std::vector<Scenario>* scenarios,
                   Diagnostics* diagnostics);

// What differs, a line each: "reasons: expected A, B; got A". Empty: nothing.
std::vector<std::string> Differences(const Expected& expected,
                                     const v1::DecideResponse& response);

// A valid IIN, another for each number from 0 to 9,999.
std::string TestIin(int number);

}  // namespace tarazy

#endif  // TARAZY_SERVER_SCENARIO_SCENARIO_H_
