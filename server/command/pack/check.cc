// `tarazy pack check`: whether packs can go in service, alone and together.

#include "absl/strings/str_cat.h"
#include "policy/pack/timeline.h"
#include "server/command/pack/commands.h"
#include "server/scenario/local_target.h"
#include "server/scenario/trial.h"

namespace tarazy {
namespace {

std::string Text(const Pack& pack, const PolicyTrial& trial) {
  const PolicySet& set =
      trial.duty ? pack.obligation_policies() : pack.decision_policies();
  const Policy& policy = set.policies[trial.index];
  Diagnostic diagnostic;
  diagnostic.severity = Severity::kError;
  diagnostic.code = "pack/always-errs";
  diagnostic.source = policy.source;
  diagnostic.span = {policy.span.begin, policy.span.begin + 1};
  diagnostic.message = absl::StrCat(
      "policy `", trial.policy, "` gave no answer in any of ", trial.reached,
      trial.reached == 1 ? " evaluation" : " evaluations", "; in scenario `",
      trial.scenario, "`: ", trial.error);
  diagnostic.help =
      "a policy that errs denies: ask `has`, narrow its scope, or add the "
      "scenario that states what it reads";
  return Located(diagnostic);
}

// Whether the pack can be decided by under each reading, and each policy gives
// answers.
int CheckOne(const TestedPack& tested) {
  const Pack& pack = *tested.pack;
  const auto trials = TryPolicies(tested.pack, tested.scenarios);
  if (!trials.ok()) return Unusable(trials.status().message());
  size_t alternatives = 0;
  for (const Reading& reading : pack.readings()) {
    for (const ReadingAlternative& alternative : reading.alternatives) {
      if (alternative.id.empty()) continue;
      ++alternatives;
      const auto other = pack.WithReadings({{reading.id, alternative.id}});
      if (!other.ok()) return Unusable(other.status().message());
    }
  }
  int code = kGood;
  size_t untried = 0;
  for (const PolicyTrial& trial : *trials) {
    if (trial.AlwaysErred()) {
      code = kFailed;
      Print(Text(pack, trial));
    } else if (trial.reached == 0) {
      ++untried;
      Print(absl::StrCat("note: no scenario reaches policy `", trial.policy,
                         "`, so that it was not tried\n"));
    }
  }
  Print(absl::StrCat("pack ", pack.id(), ", edition ", pack.edition(), "\n",
                     "digest ", pack.digest(), "\n",
                     pack.decision().policies().size(), " decision policies, ",
                     pack.obligations().policies().size(),
                     " obligation policies, ", pack.norms().size(), " norms, ",
                     pack.readings().size(), " readings with ", alternatives,
                     " alternatives to choose, ", tested.scenarios.size(),
                     " scenarios\n", trials->size() - untried, " of ",
                     trials->size(), " policies tried on the scenarios\n"));
  return code;
}

int Check(const std::vector<std::string>& folders) {
  int code = kGood;
  std::vector<std::shared_ptr<const Pack>> packs;
  for (const std::string& folder : folders) {
    TestedPack tested;
    if (!ReadTestedPack(folder, &tested)) {
      code = kUnusable;
      continue;
    }
    packs.push_back(tested.pack);
    const int one = CheckOne(tested);
    if (code != kUnusable && one != kGood) code = one;
  }
  if (packs.size() != folders.size() || packs.size() < 2) return code;
  const auto timeline = Timeline::Make(packs);
  if (timeline.ok()) return code;
  Print(absl::StrCat("error[pack/timeline]: ",
                     std::string(timeline.status().message()), "\n"));
  return code == kUnusable ? code : kFailed;
}

}  // namespace

void AddPackCheck(CLI::App* app, PackRun* run) {
  auto folders = std::make_shared<std::vector<std::string>>();
  CLI::App* check = app->add_subcommand(
      "check",
      "Loads a pack and checks it: schema, references, translations, policies "
      "that no request can satisfy, readings, and policies that err whenever "
      "a scenario reaches them. Several packs are checked together too: that "
      "their times neither overlap nor leave a gap.");
  check->add_option("PACK", *folders, "the folders of packs")->required();
  check->callback([=] { *run = [=] { return Check(*folders); }; });
}

}  // namespace tarazy
