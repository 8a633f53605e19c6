#include "policy/cedar/validator.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "policy/cedar/validator_checker.h"
#include "policy/cedar/validator_core.h"
#include "policy/cedar/validator_findings.h"
#include "policy/cedar/validator_scope.h"
#include "policy/cedar/validator_text.h"

namespace tarazy {

namespace {

// The types that a slot can take where the variable has type `variable`; one
// null type when there is no slot.
std::vector<TypePtr> SlotTypes(const ScopeConstraint& scope,
                               const std::string& variable,
                               const Schema& schema) {
  if (!scope.slot) return {nullptr};
  std::vector<TypePtr> types = {Type::Entity(variable)};
  const SchemaEntityType* declared = schema.FindEntityType(variable);
  if (scope.kind == ScopeConstraint::Kind::kEqual || declared == nullptr) {
    return types;
  }
  for (const std::string& ancestor : declared->ancestors) {
    if (ancestor != variable) types.push_back(Type::Entity(ancestor));
  }
  return types;
}

// Whether the scope alone rules the action out. A scope that is wrong in
// itself, with an action that the schema does not have or with actions of two
// types, is left to the checker.
bool RulesOut(const ActionConstraint& scope, const SchemaAction& action,
              const Schema& schema) {
  for (const EntityUid& uid : scope.entities) {
    const bool in = scope.kind == ActionConstraint::Kind::kIn;
    if (uid == action.uid || (in && action.HasAncestor(uid)) ||
        schema.FindAction(uid) == nullptr ||
        uid.type != scope.entities[0].type) {
      return false;
    }
  }
  return !scope.entities.empty();
}

class PolicyValidator {
 public:
  PolicyValidator(const Policy& policy, const Schema& schema,
                  ValidationMode mode)
      : policy_(policy),
        schema_(schema),
        mode_(mode),
        core_(MakeCore(policy)),
        findings_(policy) {}

  bool Validate(Diagnostics* diagnostics) {
    CheckNames(policy_, schema_, &findings_);
    CheckApplicable(policy_, schema_, &findings_);
    CheckText(policy_, &findings_);
    for (const SchemaAction& action : schema_.actions()) {
      if (RulesOut(policy_.action, action, schema_)) continue;
      findings_.SetAction(&action.uid);
      CheckAction(action);
    }
    findings_.SetAction(nullptr);
    if (!satisfiable_) {
      findings_.Warning("impossible", policy_.span,
                        "no request can satisfy this policy");
    }
    const bool ok = findings_.errors() == 0;
    findings_.MoveTo(diagnostics);
    return ok;
  }

 private:
  void CheckAction(const SchemaAction& action) {
    RequestEnvironment env;
    env.action = &action;
    env.action_type = Type::Entity(action.uid.type);
    for (const std::string& principal : action.principals) {
      env.principal = Type::Entity(principal);
      const auto principal_slots =
          SlotTypes(policy_.principal, principal, schema_);
      for (const std::string& resource : action.resources) {
        env.resource = Type::Entity(resource);
        const auto resource_slots =
            SlotTypes(policy_.resource, resource, schema_);
        for (const TypePtr& p : principal_slots) {
          for (const TypePtr& r : resource_slots) {
            env.principal_slot = p;
            env.resource_slot = r;
            CheckEnvironment(env);
          }
        }
      }
    }
  }

  void CheckEnvironment(const RequestEnvironment& env) {
    const size_t errors_before = findings_.errors();
    TypeChecker checker(core_, schema_, mode_, env, &findings_);
    const bool satisfiable = checker.Check();
    if (satisfiable) satisfiable_ = true;
    if (satisfiable || findings_.errors() != errors_before) {
      findings_.MarkApplicable();
    }
  }

  const Policy& policy_;
  const Schema& schema_;
  const ValidationMode mode_;
  const CorePolicy core_;
  Findings findings_;
  bool satisfiable_ = false;
};

bool ValidateLink(const TemplateLink& link, const Policy* policy,
                  const Schema& schema, Diagnostics* diagnostics) {
  if (policy == nullptr) {
    Diagnostic d;
    d.code = "validate/link";
    d.source = absl::StrCat("link `", link.id, "`");
    d.message = absl::StrCat("there is no template `", link.template_id, "`");
    diagnostics->push_back(std::move(d));
    return false;
  }
  Findings findings(*policy, link);
  CheckLink(*policy, link, schema, &findings);
  const bool ok = findings.errors() == 0;
  findings.MoveTo(diagnostics);
  return ok;
}

}  // namespace

bool ValidatePolicy(const Policy& policy, const Schema& schema,
                    ValidationMode mode, Diagnostics* diagnostics) {
  return PolicyValidator(policy, schema, mode).Validate(diagnostics);
}

bool ValidatePolicies(const PolicySet& policies, const Schema& schema,
                      ValidationMode mode, Diagnostics* diagnostics) {
  bool ok = true;
  for (const Policy& policy : policies.policies) {
    ok = ValidatePolicy(policy, schema, mode, diagnostics) && ok;
  }
  absl::flat_hash_map<std::string, const Policy*> templates;
  for (const Policy& policy : policies.templates) {
    ok = ValidatePolicy(policy, schema, mode, diagnostics) && ok;
    templates[policy.id] = &policy;
  }
  for (const TemplateLink& link : policies.links) {
    const auto it = templates.find(link.template_id);
    const Policy* policy = it == templates.end() ? nullptr : it->second;
    ok = ValidateLink(link, policy, schema, diagnostics) && ok;
  }
  return ok;
}

}  // namespace tarazy
