// `tarazy pack explain`: one request through a pack, policy by policy.

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "clients/cli/decision_text.h"
#include "clients/cli/json_file.h"
#include "clients/cli/plain_text.h"
#include "nlohmann/json.hpp"
#include "policy/cedar/suggest.h"
#include "server/command/pack/commands.h"
#include "server/command/pack/language.h"
#include "server/command/pack/trace.h"
#include "server/scenario/local_target.h"
#include "server/scenario/run.h"
#include "server/service/facts.h"

namespace tarazy {
namespace {

using Json = nlohmann::ordered_json;
using Outcome = PolicyExplanation::Outcome;

struct Flags {
  std::string pack;
  std::string scenario;
  std::string request;
  std::string language;
  bool json = false;
};

// What there is to tell.
struct Explained {
  std::string scenario;  // empty: the request came from a file
  std::string title;
  v1::DecideResponse answer;
  std::vector<std::string> differences;  // from what the scenario expects
  std::vector<PolicyTrace> policies;     // empty: none was asked
};

// In the order that they are shown in.
struct OutcomeWord {
  Outcome outcome;
  const char* word;
  Said said;
};
constexpr OutcomeWord kOutcomes[] = {
    {Outcome::kSatisfied,
     "satisfied",
     {"қолданылады", "применяется", "applies"}},
    {Outcome::kError,
     "error",
     {"есептелмеді", "не вычислена", "could not be evaluated"}},
    {Outcome::kNotSatisfied,
     "not_satisfied",
     {"қолданылмайды", "не применяется", "does not apply"}},
    {Outcome::kOutOfScope,
     "out_of_scope",
     {"басқа әрекеттер туралы", "о других действиях", "about other acts"}},
};
constexpr Said kPolicies = {"саясаттар", "политики", "policies"};
constexpr Said kFacts = {"оқылған деректер", "прочитанные факты",
                         "facts that were read"};
constexpr Said kNotHolding = {"мынау орындалмады", "не выполнено",
                              "this did not hold"};
constexpr Said kNotKnown = {"мынау белгісіз", "неизвестно",
                            "this is not known"};
constexpr Said kNoPolicies = {"бірде-бір саясат сұралған жоқ",
                              "ни одна политика не опрашивалась",
                              "no policy was asked"};
constexpr Said kPermits = {"рұқсат", "разрешение", "permit"};
constexpr Said kForbids = {"тыйым", "запрет", "forbid"};
constexpr Said kDuty = {"міндет", "обязанность", "duty"};
constexpr Said kDiffers = {"сценарий басқаны күтеді", "сценарий ожидает иного",
                           "the scenario expects otherwise"};

const Said& KindOf(const PolicyTrace& policy) {
  if (policy.duty != nullptr) return kDuty;
  return policy.effect == Effect::kPermit ? kPermits : kForbids;
}

size_t Letters(absl::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (c & 0xc0) != 0x80; });
}

// Padded to so many letters.
std::string Column(std::string text, size_t width) {
  const size_t letters = Letters(text);
  text.append(letters < width ? width - letters : 0, ' ');
  return text;
}

std::string PoliciesText(const std::vector<PolicyTrace>& policies,
                         v1::Language language) {
  std::string text = absl::StrCat("\n", kPolicies.In(language), "\n");
  size_t width = 0, outcome_width = 0;
  for (const PolicyTrace& policy : policies) {
    if (policy.outcome != Outcome::kOutOfScope) {
      width = std::max(width, policy.id.size());
    }
  }
  for (const OutcomeWord& shown : kOutcomes) {
    if (shown.outcome == Outcome::kOutOfScope) continue;
    outcome_width = std::max(outcome_width, Letters(shown.said.In(language)));
  }
  std::vector<std::string> elsewhere;
  for (const OutcomeWord& shown : kOutcomes) {
    for (const PolicyTrace& policy : policies) {
      if (policy.outcome != shown.outcome) continue;
      if (policy.outcome == Outcome::kOutOfScope) {
        elsewhere.push_back(policy.id);
        continue;
      }
      absl::StrAppend(
          &text, "  ", Column(KindOf(policy).In(language), 12),
          Column(policy.id, width + 2),
          Column(shown.said.In(language), outcome_width + 2),
          InLanguage(language, policy.norm->act), " ", policy.norm->citation,
          policy.duty == nullptr ? "" : absl::StrCat("  ", policy.duty->id),
          "\n");
      if (policy.term.empty()) continue;
      const bool error = policy.outcome == Outcome::kError;
      absl::StrAppend(&text, "      ",
                      (error ? kNotKnown : kNotHolding).In(language), ": ",
                      PlainText(OneLine(policy.plain)), "\n");
      if (error) {
        absl::StrAppend(&text, "      ", PlainText(policy.error), "\n");
      }
    }
  }
  if (!elsewhere.empty()) {
    absl::StrAppend(&text, "  ",
                    kOutcomes[std::size(kOutcomes) - 1].said.In(language), ": ",
                    absl::StrJoin(elsewhere, ", "), "\n");
  }
  std::map<std::string, std::string> values;
  for (const PolicyTrace& policy : policies) {
    values.insert(policy.values.begin(), policy.values.end());
  }
  absl::StrAppend(&text, "\n", kFacts.In(language), "\n");
  width = 0;
  for (const auto& value : values) width = std::max(width, value.first.size());
  for (const auto& value : values) {
    absl::StrAppend(&text, "  ", Column(value.first, width + 2),
                    PlainText(value.second), "\n");
  }
  return text;
}

std::string Text(const Explained& explained, v1::Language language) {
  std::string text;
  if (!explained.scenario.empty()) {
    absl::StrAppend(&text, explained.scenario, "  ", PlainText(explained.title),
                    "\n\n");
  }
  absl::StrAppend(&text, DecisionText(explained.answer, language));
  for (const std::string& difference : explained.differences) {
    absl::StrAppend(&text, kDiffers.In(language), ": ", PlainText(difference),
                    "\n");
  }
  if (explained.policies.empty()) {
    return absl::StrCat(text, "\n", kNoPolicies.In(language), "\n");
  }
  return text + PoliciesText(explained.policies, language);
}

std::string JsonText(const Explained& explained) {
  Json json;
  if (!explained.scenario.empty()) {
    json["scenario"] = explained.scenario;
    json["title"] = explained.title;
    json["differences"] = explained.differences;
  }
  json["answer"] = Json::parse(ToJson(explained.answer));
  json["policies"] = Json::array();
  for (const PolicyTrace& policy : explained.policies) {
    Json one;
    one["id"] = policy.id;
    one["set"] = policy.duty == nullptr ? "decision" : "obligation";
    one["effect"] = policy.effect == Effect::kPermit ? "permit" : "forbid";
    one["norm"] = policy.norm->id;
    if (policy.duty != nullptr) one["obligation"] = policy.duty->id;
    for (const OutcomeWord& shown : kOutcomes) {
      if (shown.outcome == policy.outcome) one["outcome"] = shown.word;
    }
    if (!policy.term.empty()) {
      one["term"] = policy.term;
      one["plain"] = OneLine(policy.plain);
    }
    if (!policy.error.empty()) one["error"] = policy.error;
    if (!policy.values.empty()) one["values"] = Json::object();
    for (const auto& value : policy.values) {
      one["values"][value.first] = value.second;
    }
    json["policies"].push_back(std::move(one));
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

// A scenario without steps that asks what a file says.
bool ReadRequest(const std::string& path, Scenario* scenario) {
  const auto text = ReadInput(path);
  if (!text.ok()) {
    Unusable(text.status().message());
    return false;
  }
  const absl::Status parsed = ParseJson(path == "-" ? "standard input" : path,
                                        *text, &scenario->request);
  if (!parsed.ok()) {
    Unusable(parsed.message());
    return false;
  }
  const auto& at = scenario->request.decision_time();
  scenario->clock_ms = scenario->request.has_decision_time()
                           ? TimestampMs(at)
                           : absl::ToUnixMillis(absl::Now());
  return true;
}

bool FindScenario(const TestedPack& tested, const std::string& id,
                  Scenario* scenario) {
  std::vector<absl::string_view> ids;
  for (const Scenario& one : tested.scenarios) {
    if (one.id == id) {
      *scenario = one;
      return true;
    }
    ids.push_back(one.id);
  }
  std::string help = DidYouMean(id, ids);
  if (help.empty()) help = "`tarazy pack test` lists them";
  Unusable(absl::StrCat("pack `", tested.pack->id(), "` has no scenario `",
                        Shown(id), "`; ", help));
  return false;
}

int Explain(const Flags& flags) {
  if (flags.scenario.empty() == flags.request.empty()) {
    return Unusable(
        "explain what? name a scenario of the pack, or a file with "
        "--request");
  }
  const v1::Language language = LanguageOf(flags.language);
  TestedPack tested;
  Scenario scenario;
  if (flags.request.empty()) {
    if (!ReadTestedPack(flags.pack, &tested) ||
        !FindScenario(tested, flags.scenario, &scenario)) {
      return kUnusable;
    }
  } else {
    tested.pack = ReadPack(flags.pack);
    if (tested.pack == nullptr || !ReadRequest(flags.request, &scenario)) {
      return kUnusable;
    }
  }
  scenario.request.set_language(language);
  scenario.request.set_explain(true);

  Explained explained;
  explained.scenario = scenario.id;
  explained.title = scenario.title;
  absl::Status traced;
  LocalTargetOptions options;
  options.assert_consent = !flags.request.empty();
  options.observe = [&](const PackInService& pack, const Binding& binding) {
    auto policies = TracePolicies(pack, binding, language);
    traced = policies.status();
    if (policies.ok()) explained.policies = *std::move(policies);
  };
  const auto target = LocalTarget::Make(tested.pack, options);
  if (!target.ok()) return Unusable(target.status().message());
  const std::vector<std::string> problems = Prepare(scenario, target->get());
  if (!problems.empty()) return Unusable(absl::StrJoin(problems, "\n"));
  auto answer = (*target)->Decide(scenario.request);
  if (!answer.ok()) return Unusable(answer.status().message());
  if (!traced.ok()) return Unusable(traced.message());
  explained.answer = *std::move(answer);
  if (!scenario.id.empty()) {
    explained.differences = Differences(scenario.expected, explained.answer);
  }
  // Nothing was decided for anybody: there is neither record nor state.
  explained.answer.clear_decision_id();
  explained.answer.clear_state();
  explained.answer.clear_state_age();
  Print(flags.json ? JsonText(explained) : Text(explained, language));
  return explained.answer.effect() == v1::PERMIT ? kGood : kFailed;
}

}  // namespace

void AddPackExplain(CLI::App* app, PackRun* run) {
  auto flags = std::make_shared<Flags>();
  CLI::App* explain = app->add_subcommand(
      "explain",
      "why a request is answered as it is, policy by policy, and what would "
      "have to be true for a permit; exit code 0: permitted, 2: denied");
  explain->add_option("PACK", flags->pack, "the pack's folder or bundle")
      ->required();
  explain->add_option("SCENARIO", flags->scenario,
                      "id of a scenario of the pack");
  explain->add_option("--request", flags->request,
                      "instead: a DecideRequest as JSON, - for standard input; "
                      "registers are empty, consent that it asserts counts, "
                      "and without `decision_time` it is decided now");
  AddLanguage(explain, &flags->language);
  explain->add_flag("--json", flags->json, "as JSON");
  explain->callback([=] { *run = [=] { return Explain(*flags); }; });
}

}  // namespace tarazy
