#include "server/scenario/mutate.h"

#include <functional>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "policy/pack/readings.h"
#include "server/scenario/local_target.h"
#include "server/service/facts.h"

namespace tarazy {
namespace {

class Mutator {
 public:
  Mutator(bool duty, std::vector<Mutation>* out) : duty_(duty), out_(out) {}

  void All(const Policy& policy, size_t index) {
    index_ = index;
    if (duty_) {
      Add(policy, "is taken away", policy.span)->removed = true;
    } else {
      const bool permit = policy.effect == Effect::kPermit;
      Add(policy, permit ? "forbids" : "permits", policy.span)->changed.effect =
          permit ? Effect::kForbid : Effect::kPermit;
    }
    for (size_t i = 0; i < policy.conditions.size(); ++i) {
      const Condition& condition = policy.conditions[i];
      Policy& changed =
          Add(policy,
              absl::StrCat("drops `", condition.unless ? "unless" : "when",
                           "`"),
              condition.span)
              ->changed;
      changed.conditions.erase(changed.conditions.begin() +
                               static_cast<ptrdiff_t>(i));
      Walk(policy, condition.body);
    }
  }

 private:
  Mutation* Add(const Policy& policy, std::string change, const Span& span) {
    Mutation mutation;
    mutation.policy = policy.id;
    mutation.change = std::move(change);
    mutation.source = policy.source;
    mutation.span = span;
    mutation.duty = duty_;
    mutation.index = index_;
    mutation.changed = policy;
    out_->push_back(std::move(mutation));
    return &out_->back();
  }

  void Walk(const Policy& policy, ExprId id) {
    const Expr& e = policy.exprs[id];
    switch (e.kind) {
      case ExprKind::kAnd:
      case ExprKind::kOr:
        for (const ExprId arg : e.args) {
          // The terms of a chain are dropped one by one, not by halves.
          if (policy.exprs[arg].kind != e.kind) {
            Replace(policy, arg, e.kind == ExprKind::kAnd);
          }
        }
        break;
      case ExprKind::kEqual:
        Turn(policy, id, ExprKind::kNotEqual, "!=");
        break;
      case ExprKind::kNotEqual:
        Turn(policy, id, ExprKind::kEqual, "==");
        break;
      case ExprKind::kLess:
        Turn(policy, id, ExprKind::kLessEqual, "<=");
        Turn(policy, id, ExprKind::kGreater, ">");
        break;
      case ExprKind::kLessEqual:
        Turn(policy, id, ExprKind::kLess, "<");
        Turn(policy, id, ExprKind::kGreaterEqual, ">=");
        break;
      case ExprKind::kGreater:
        Turn(policy, id, ExprKind::kGreaterEqual, ">=");
        Turn(policy, id, ExprKind::kLess, "<");
        break;
      case ExprKind::kGreaterEqual:
        Turn(policy, id, ExprKind::kGreater, ">");
        Turn(policy, id, ExprKind::kLessEqual, "<=");
        break;
      default:
        break;
    }
    for (const ExprId arg : e.args) Walk(policy, arg);
  }

  void Replace(const Policy& policy, ExprId id, bool value) {
    Expr& e =
        Add(policy, "drops a term", policy.exprs[id].span)->changed.exprs[id];
    const Span span = e.span;
    e = Expr();
    e.kind = ExprKind::kBool;
    e.number = value ? 1 : 0;
    e.span = span;
  }

  void Turn(const Policy& policy, ExprId id, ExprKind kind, const char* sign) {
    Add(policy, absl::StrCat("compares with `", sign, "`"),
        policy.exprs[id].span)
        ->changed.exprs[id]
        .kind = kind;
  }

  const bool duty_;
  std::vector<Mutation>* const out_;
  size_t index_ = 0;
};

// Which scenarios a policy can have to do with: those whose action its scope
// names, or all.
class ByAction {
 public:
  ByAction(const Schema& schema, const std::vector<Scenario>& scenarios)
      : schema_(schema) {
    for (const Scenario& scenario : scenarios) {
      const char* action = ActionId(scenario.request.operation().kind_case());
      by_action_[action].push_back(&scenario);
    }
  }

  std::vector<const Scenario*> Of(const Policy& policy) const {
    std::vector<const Scenario*> result;
    for (const auto& entry : by_action_) {
      if (!Matches(policy.action, entry.first)) continue;
      result.insert(result.end(), entry.second.begin(), entry.second.end());
    }
    return result;
  }

 private:
  bool Matches(const ActionConstraint& constraint,
               const std::string& id) const {
    if (constraint.kind == ActionConstraint::Kind::kAny) return true;
    const EntityUid uid = {"Action", id};
    const SchemaAction* action = schema_.FindAction(uid);
    for (const EntityUid& named : constraint.entities) {
      if (named == uid) return true;
      if (constraint.kind == ActionConstraint::Kind::kIn && action != nullptr &&
          action->HasAncestor(named)) {
        return true;
      }
    }
    return false;
  }

  const Schema& schema_;
  std::map<std::string, std::vector<const Scenario*>> by_action_;
};

}  // namespace

std::vector<Mutation> ListMutations(const Pack& pack) {
  std::vector<Mutation> mutations;
  const auto collect = [&](const PolicySet& set, bool duty) {
    Mutator mutator(duty, &mutations);
    for (size_t i = 0; i < set.policies.size(); ++i) {
      mutator.All(set.policies[i], i);
    }
  };
  collect(UnderReadings(pack.decision_policies(), pack.choice()), false);
  collect(UnderReadings(pack.obligation_policies(), pack.choice()), true);
  return mutations;
}

std::shared_ptr<const Pack> Mutate(const Pack& pack, const Mutation& mutation,
                                   Diagnostics* diagnostics) {
  PolicySet decision = UnderReadings(pack.decision_policies(), pack.choice());
  PolicySet duties = UnderReadings(pack.obligation_policies(), pack.choice());
  std::vector<Policy>& set =
      mutation.duty ? duties.policies : decision.policies;
  if (mutation.removed) {
    set.erase(set.begin() + static_cast<ptrdiff_t>(mutation.index));
  } else {
    set[mutation.index] = mutation.changed;
  }
  return pack.WithPolicies(std::move(decision), std::move(duties), diagnostics);
}

absl::StatusOr<std::vector<Mutant>> RunMutants(
    const std::shared_ptr<const Pack>& pack, const std::vector<Scenario>& all,
    std::vector<Mutation> mutations) {
  std::vector<Scenario> scenarios;
  for (const Scenario& scenario : all) {
    if (scenario.law.readings.empty() && scenario.law.compare_with.empty()) {
      scenarios.push_back(scenario);
    }
  }
  auto target = LocalTarget::Make(pack);
  if (!target.ok()) return target.status();
  for (const Scenario& scenario : scenarios) {
    std::vector<std::string> problems = Prepare(scenario, target->get());
    if (problems.empty()) problems = Ask(scenario, target->get());
    if (problems.empty()) continue;
    return absl::FailedPreconditionError(absl::StrCat(
        "scenario `", scenario.id,
        "` fails without a mutation: ", absl::StrJoin(problems, "; ")));
  }
  const ByAction by_action(pack->schema(), scenarios);
  std::vector<Mutant> mutants;
  for (Mutation& mutation : mutations) {
    Mutant mutant;
    mutant.mutation = std::move(mutation);
    Diagnostics diagnostics;
    const auto mutated = Mutate(*pack, mutant.mutation, &diagnostics);
    if (mutated == nullptr || !(*target)->ReplacePack(mutated).ok()) {
      mutant.caught = true;  // it would not go in service
      mutant.caught_by = "the compiler";
    } else {
      for (const Scenario* scenario : by_action.Of(mutant.mutation.changed)) {
        if (Ask(*scenario, target->get()).empty()) continue;
        mutant.caught = true;
        mutant.caught_by = scenario->id;
        break;
      }
    }
    mutants.push_back(std::move(mutant));
  }
  return mutants;
}

}  // namespace tarazy
