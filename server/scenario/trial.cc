#include "server/scenario/trial.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/scenario/local_target.h"

namespace tarazy {
namespace {

std::string ErrorText(const Program& program, const PolicyError& error) {
  std::string text(Describe(error.code));
  if (error.slot != PolicyError::kNoSlot) {
    absl::StrAppend(&text, " `", program.facts()[error.slot].ToString(), "`");
  }
  return text;
}

// The pack with nothing but the scopes of its policies: what is satisfied in
// it was reached.
std::shared_ptr<const Pack> ScopesOf(const Pack& pack,
                                     Diagnostics* diagnostics) {
  const auto bare = [](const PolicySet& set) {
    PolicySet result;
    for (Policy policy : set.policies) {
      policy.effect = Effect::kPermit;
      policy.conditions.clear();
      result.policies.push_back(std::move(policy));
    }
    return result;
  };
  return pack.WithPolicies(bare(pack.decision_policies()),
                           bare(pack.obligation_policies()), diagnostics);
}

// The instants at which what a scenario is about changes, and those beside.
std::vector<int64_t> Boundaries(const Scenario& scenario) {
  std::set<int64_t> instants;
  const auto add = [&](int64_t ms) {
    for (const int64_t beside : {-1, 0, 1}) instants.insert(ms + beside);
  };
  const auto add_time = [&](const google::protobuf::Timestamp& time) {
    if (time.seconds() != 0) add(TimestampMs(time));
  };
  for (const ConsentStep& step : scenario.consents) {
    add_time(step.consent.validity().from());
    add_time(step.consent.validity().until());
    if (step.withdrawn_ms) add(*step.withdrawn_ms);
  }
  for (const ObjectionStep& step : scenario.objections) {
    add(step.at_ms);
    if (step.due_ms) add(*step.due_ms);
  }
  add_time(scenario.request.purpose().declared_at());
  return {instants.begin(), instants.end()};
}

class Trials {
 public:
  explicit Trials(const Pack& pack) {
    AddAll(pack.decision_policies(), false);
    AddAll(pack.obligation_policies(), true);
  }

  absl::Status Prepare(const std::shared_ptr<const Pack>& pack) {
    auto target = LocalTarget::Make(pack);
    if (!target.ok()) return target.status();
    target_ = *std::move(target);
    Diagnostics diagnostics;
    const auto bare = ScopesOf(*pack, &diagnostics);
    if (bare == nullptr) {
      return absl::InternalError(FormatDiagnostics(diagnostics, {}));
    }
    auto scopes = LocalTarget::Make(bare);
    if (!scopes.ok()) return scopes.status();
    scopes_ = *std::move(scopes);
    return absl::OkStatus();
  }

  // Under the law of the scenario, and none beside it.
  void Register(const Scenario& scenario) {
    tarazy::Prepare(scenario, target_.get());
  }

  void See(const Scenario& scenario) {
    for (LocalTarget* target : {target_.get(), scopes_.get()}) {
      if (!target->UseLaw(scenario.law).ok()) return;
      target->SetClock(scenario.clock_ms);
      const auto answer = target->Decide(scenario.request);
      if (!answer.ok() ||
          !InForce(*target->deciding(), TimestampMs(answer->decided_as_of()))) {
        return;
      }
    }
    const Pack& pack = *target_->deciding();
    const Pack& scopes = *scopes_->deciding();
    Count(scenario, pack.decision(), target_->decision(), scopes.decision(),
          scopes_->decision());
    Count(scenario, pack.obligations(), target_->duties(), scopes.obligations(),
          scopes_->duties());
  }

  // Whether some policy has given no answer yet.
  bool Open() const {
    return std::any_of(all_.begin(), all_.end(), [](const PolicyTrial& trial) {
      return trial.reached == trial.erred;
    });
  }

  std::vector<PolicyTrial> Take() { return std::move(all_); }

 private:
  void AddAll(const PolicySet& set, bool duty) {
    for (size_t i = 0; i < set.policies.size(); ++i) {
      by_id_[set.policies[i].id] = all_.size();
      PolicyTrial trial;
      trial.policy = set.policies[i].id;
      trial.duty = duty;
      trial.index = i;
      all_.push_back(std::move(trial));
    }
  }

  // A policy that its readings leave out is in no program and not reached.
  void Count(const Scenario& scenario, const Program& program,
             const Evaluation& found, const Program& scopes,
             const Evaluation& in_scope) {
    std::set<std::string> reached;
    for (const uint32_t i : in_scope.permits()) {
      reached.insert(scopes.policies()[i].id);
    }
    std::map<uint32_t, const PolicyError*> errors;
    for (const PolicyError& error : found.errors()) {
      errors.emplace(error.policy, &error);
    }
    for (uint32_t i = 0; i < program.policies().size(); ++i) {
      const std::string& id = program.policies()[i].id;
      if (reached.count(id) == 0) continue;
      PolicyTrial& trial = all_[by_id_[id]];
      ++trial.reached;
      const auto error = errors.find(i);
      if (error == errors.end()) continue;
      ++trial.erred;
      if (!trial.error.empty()) continue;
      trial.error = ErrorText(program, *error->second);
      trial.scenario = scenario.id;
    }
  }

  std::vector<PolicyTrial> all_;
  std::map<std::string, size_t> by_id_;
  std::unique_ptr<LocalTarget> target_;
  std::unique_ptr<LocalTarget> scopes_;
};

}  // namespace

absl::StatusOr<std::vector<PolicyTrial>> TryPolicies(
    const std::shared_ptr<const Pack>& pack,
    const std::vector<Scenario>& scenarios) {
  Trials trials(*pack);
  const absl::Status prepared = trials.Prepare(pack);
  if (!prepared.ok()) return prepared;
  std::vector<Scenario> plain = scenarios;
  for (Scenario& scenario : plain) {
    scenario.law.compare_with.clear();
    trials.Register(scenario);
    trials.See(scenario);
  }
  for (Scenario& scenario : plain) {
    if (!trials.Open()) break;
    Scenario variant = scenario;
    for (const int64_t ms : Boundaries(scenario)) {
      variant.clock_ms = ms;
      trials.See(variant);
    }
    variant = scenario;
    if (!scenario.law.readings.empty()) continue;
    for (const Reading& reading : pack->readings()) {
      for (const ReadingAlternative& alternative : reading.alternatives) {
        if (alternative.id.empty()) continue;
        variant.law.readings = {{reading.id, alternative.id}};
        trials.See(variant);
      }
    }
  }
  return trials.Take();
}

}  // namespace tarazy
