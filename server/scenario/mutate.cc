#include "server/scenario/mutate.h"

#include <functional>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/scenario/local_target.h"
#include "server/service/facts.h"

namespace tarazy {
namespace {

// A policy with one change; no policy: it is taken away.
struct Changed {
  Mutant mutant;
  bool duty = false;
  size_t index = 0;  // in its set
  bool removed = false;
  Policy policy;
};

class Mutator {
 public:
  Mutator(bool duty, std::vector<Changed>* out) : duty_(duty), out_(out) {}

  void All(const Policy& policy, size_t index) {
    index_ = index;
    if (duty_) {
      Add(policy, "is taken away", policy.span)->removed = true;
    } else {
      const bool permit = policy.effect == Effect::kPermit;
      Add(policy, permit ? "forbids" : "permits", policy.span)->policy.effect =
          permit ? Effect::kForbid : Effect::kPermit;
    }
    for (size_t i = 0; i < policy.conditions.size(); ++i) {
      const Condition& condition = policy.conditions[i];
      Policy& changed =
          Add(policy,
              absl::StrCat("drops `", condition.unless ? "unless" : "when",
                           "`"),
              condition.span)
              ->policy;
      changed.conditions.erase(changed.conditions.begin() +
                               static_cast<ptrdiff_t>(i));
      Walk(policy, condition.body);
    }
  }

 private:
  Changed* Add(const Policy& policy, std::string change, const Span& span) {
    Changed changed;
    changed.mutant = {policy.id, std::move(change), policy.source, span};
    changed.duty = duty_;
    changed.index = index_;
    changed.policy = policy;
    out_->push_back(std::move(changed));
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
        Add(policy, "drops a term", policy.exprs[id].span)->policy.exprs[id];
    const Span span = e.span;
    e = Expr();
    e.kind = ExprKind::kBool;
    e.number = value ? 1 : 0;
    e.span = span;
  }

  void Turn(const Policy& policy, ExprId id, ExprKind kind, const char* sign) {
    Add(policy, absl::StrCat("compares with `", sign, "`"),
        policy.exprs[id].span)
        ->policy.exprs[id]
        .kind = kind;
  }

  const bool duty_;
  std::vector<Changed>* const out_;
  size_t index_ = 0;
};

PolicySet Copy(const PolicySet& set) {
  PolicySet copy;
  copy.policies = set.policies;  // packs have no templates and no links
  return copy;
}

std::shared_ptr<const Pack> Apply(const Pack& pack, const Changed& changed,
                                  Diagnostics* diagnostics) {
  PolicySet decision = Copy(pack.decision_policies());
  PolicySet duties = Copy(pack.obligation_policies());
  std::vector<Policy>& set = changed.duty ? duties.policies : decision.policies;
  if (changed.removed) {
    set.erase(set.begin() + static_cast<ptrdiff_t>(changed.index));
  } else {
    set[changed.index] = changed.policy;
  }
  return pack.WithPolicies(std::move(decision), std::move(duties), diagnostics);
}

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

absl::StatusOr<std::vector<Mutant>> RunMutants(
    const std::shared_ptr<const Pack>& pack,
    const std::vector<Scenario>& scenarios) {
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
  std::vector<Changed> changes;
  const auto collect = [&](const PolicySet& set, bool duty) {
    Mutator mutator(duty, &changes);
    for (size_t i = 0; i < set.policies.size(); ++i) {
      mutator.All(set.policies[i], i);
    }
  };
  collect(pack->decision_policies(), false);
  collect(pack->obligation_policies(), true);

  const ByAction by_action(pack->schema(), scenarios);
  std::vector<Mutant> mutants;
  for (Changed& changed : changes) {
    Mutant mutant = std::move(changed.mutant);
    Diagnostics diagnostics;
    const auto mutated = Apply(*pack, changed, &diagnostics);
    if (mutated == nullptr || !(*target)->ReplacePack(mutated).ok()) {
      mutant.caught = true;  // it would not go in service
      mutant.caught_by = "the compiler";
    } else {
      for (const Scenario* scenario : by_action.Of(changed.policy)) {
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
