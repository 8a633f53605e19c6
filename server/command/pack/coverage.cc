#include "server/command/pack/coverage.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/command/pack/commands.h"
#include "server/scenario/local_target.h"
#include "server/scenario/run.h"

namespace tarazy {
namespace {

// By norm: the scenarios of a policy that mention it. A prohibition that did
// not hold is exercised by a permit of the same kind of act too: what it asks
// was answered.
struct Exercised {
  std::set<std::string> permits;
  std::set<std::string> denies;
};

bool Reads(const Program& program, const std::string& fact) {
  for (const FactPath& path : program.facts()) {
    if (path.ToString() == fact) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<std::vector<NormCoverage>> CoverNorms(
    const std::shared_ptr<const Pack>& pack,
    const std::vector<Scenario>& scenarios) {
  auto target = LocalTarget::Make(pack);
  if (!target.ok()) return target.status();
  std::map<std::string, Exercised> by_norm;
  std::map<std::string, std::set<std::string>> kinds_denied;
  std::map<std::string, std::set<std::string>> permitted_by_kind;
  for (const Scenario& scenario : scenarios) {
    Prepare(scenario, target->get());
    const auto response = (*target)->Decide(scenario.request);
    if (!response.ok()) continue;
    const bool permit = response->effect() == v1::PERMIT;
    const std::string kind = KindOf(scenario);
    if (permit) permitted_by_kind[kind].insert(scenario.id);
    std::set<std::string> norms;
    for (const v1::Reason& reason : response->reasons()) {
      norms.insert(reason.norm());
    }
    for (const v1::Obligation& duty : response->obligations()) {
      norms.insert(duty.norm());
    }
    for (const std::string& norm : norms) {
      Exercised& e = by_norm[norm];
      (permit ? e.permits : e.denies).insert(scenario.id);
      if (!permit) kinds_denied[norm].insert(kind);
    }
  }
  // The other side of a prohibition's boundary: acts of the same kind that it
  // did not stop.
  for (auto& entry : by_norm) {
    if (!entry.second.permits.empty()) continue;
    for (const std::string& kind : kinds_denied[entry.first]) {
      const auto& permitted = permitted_by_kind[kind];
      entry.second.permits.insert(permitted.begin(), permitted.end());
    }
  }

  std::map<std::string, std::vector<std::string>> carriers;
  const auto collect = [&](const Program& program,
                           const std::vector<PolicyLinks>& links) {
    for (size_t i = 0; i < links.size(); ++i) {
      if (links[i].norm == nullptr) continue;
      carriers[links[i].norm->id].push_back(
          absl::StrCat("policy ", program.policies()[i].id));
    }
  };
  collect(pack->decision(), pack->decision_links());
  collect(pack->obligations(), pack->obligation_links());

  std::vector<NormCoverage> rows;
  for (const Norm& norm : pack->norms()) {
    NormCoverage row;
    row.norm = norm.id;
    row.carried_by = carriers[norm.id];
    row.permits = by_norm[norm.id].permits;
    row.denies = by_norm[norm.id].denies;
    const bool policies = !row.carried_by.empty();
    for (const std::string& fact : norm.facts) {
      if (!Reads(pack->decision(), fact)) {
        row.gap = absl::StrCat("no policy reads `", fact, "`");
      }
      row.carried_by.push_back(absl::StrCat("fact ", fact));
    }
    for (const std::string& other : norm.decided_by) {
      if (carriers[other].empty()) {
        row.gap = absl::StrCat("norm `", other, "` decides and has no policy");
      }
      row.carried_by.push_back(absl::StrCat("norm ", other));
    }
    if (norm.form == NormForm::kCommencement) {
      row.carried_by.push_back("the manifest");
    }
    if (row.carried_by.empty()) {
      row.gap = "nothing carries it";
    } else if (policies && row.permits.empty() && row.denies.empty()) {
      row.gap = "no scenario's answer cites it";
    } else if (policies && (norm.form == NormForm::kProhibition ||
                            norm.form == NormForm::kPermission)) {
      if (row.permits.empty()) row.gap = "no permit on its other side";
      if (row.denies.empty()) row.gap = "no deny on its other side";
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

namespace {

int Coverage(const std::string& folder) {
  TestedPack tested;
  if (!ReadTestedPack(folder, &tested)) return kUnusable;
  const auto rows = CoverNorms(tested.pack, tested.scenarios);
  if (!rows.ok()) return Unusable(rows.status().message());
  size_t gaps = 0;
  for (const NormCoverage& row : *rows) {
    if (!row.gap.empty()) ++gaps;
    Print(absl::StrCat(
        row.gap.empty() ? "ok    " : "GAP   ", row.norm, "  ",
        absl::StrJoin(row.carried_by, ", "), "; ", row.permits.size(),
        " permits, ", row.denies.size(), " denies",
        row.gap.empty() ? "" : absl::StrCat(": ", row.gap), "\n"));
  }
  Print(absl::StrCat(rows->size() - gaps, " norms covered, ", gaps, " gaps\n"));
  return gaps == 0 ? kGood : kFailed;
}

}  // namespace

void AddPackCoverage(CLI::App* app, PackRun* run) {
  auto folder = std::make_shared<std::string>();
  CLI::App* coverage = app->add_subcommand(
      "coverage", "norm by norm: what carries it, which scenarios exercise it");
  coverage->add_option("PACK", *folder, "the pack's folder")->required();
  coverage->callback([=] { *run = [=] { return Coverage(*folder); }; });
}

}  // namespace tarazy
