#include "policy/cedar/validator_scope.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "policy/cedar/names.h"
#include "policy/cedar/suggest.h"
#include "policy/cedar/text.h"

namespace tarazy {

namespace {

// More ids than this are not listed in a help line.
constexpr size_t kMaxListed = 8;

class NameChecker {
 public:
  NameChecker(const Schema& schema, Findings* findings)
      : schema_(schema), findings_(*findings) {}

  void CheckType(const std::string& type, Span span) {
    if (IsActionType(type) || schema_.FindEntityType(type) != nullptr) {
      return;
    }
    std::vector<absl::string_view> known;
    for (const SchemaEntityType& t : schema_.entity_types()) {
      known.push_back(t.name);
    }
    findings_.Error("unknown-entity-type", span,
                    absl::StrCat("the schema has no entity type `", type, "`"),
                    Suggestion(type, known));
  }

  void CheckEntity(const EntityUid& uid, Span span) {
    CheckType(uid.type, span);
    if (IsActionType(uid.type)) {
      CheckAction(uid, span);
      return;
    }
    const SchemaEntityType* type = schema_.FindEntityType(uid.type);
    if (type == nullptr || !type->is_enum() || type->HasEnumId(uid.id)) return;
    std::vector<absl::string_view> ids(type->enum_ids.begin(),
                                       type->enum_ids.end());
    std::string help = DidYouMean(uid.id, ids);
    if (help.empty() && ids.size() <= kMaxListed) {
      help = absl::StrCat("its ids are ", absl::StrJoin(ids, ", "));
    }
    findings_.Error(
        "unknown-id", span,
        absl::StrCat("`", uid.type, "` has no id `", EscapeString(uid.id), "`"),
        std::move(help));
  }

 private:
  // A name may also miss or have too much of its namespace.
  static std::string Suggestion(absl::string_view name,
                                const std::vector<absl::string_view>& known) {
    std::string help = DidYouMean(name, known);
    for (size_t i = 0; help.empty() && i < known.size(); ++i) {
      if (BaseName(known[i]) == BaseName(name)) {
        help = absl::StrCat("did you mean `", known[i], "`?");
      }
    }
    return help;
  }

  void CheckAction(const EntityUid& uid, Span span) {
    if (schema_.FindAction(uid) != nullptr) return;
    const std::string text = ToString(uid);
    std::vector<absl::string_view> ids;
    std::string help;
    for (const SchemaAction& action : schema_.actions()) {
      if (action.uid.id == uid.id) {
        help = absl::StrCat("did you mean `", ToString(action.uid), "`?");
      }
      if (action.uid.type == uid.type) ids.push_back(action.uid.id);
    }
    if (help.empty()) {
      const absl::string_view near = Nearest(uid.id, ids);
      if (!near.empty()) {
        help = absl::StrCat("did you mean `",
                            ToString({uid.type, std::string(near)}), "`?");
      }
    }
    findings_.Error("unknown-action", span,
                    absl::StrCat("the schema has no action `", text, "`"),
                    std::move(help));
  }

  const Schema& schema_;
  Findings& findings_;
};

void CheckScopeNames(const ScopeConstraint& scope, NameChecker* checker) {
  using Kind = ScopeConstraint::Kind;
  if (scope.kind == Kind::kIs || scope.kind == Kind::kIsIn) {
    checker->CheckType(scope.type, scope.span);
  }
  const bool entity = scope.kind == Kind::kEqual || scope.kind == Kind::kIn ||
                      scope.kind == Kind::kIsIn;
  if (entity && !scope.slot) checker->CheckEntity(scope.entity, scope.span);
}

bool MayBeIn(const Schema& schema, const std::string& type,
             const std::string& group) {
  if (type == group) return true;
  const SchemaEntityType* declared = schema.FindEntityType(type);
  return declared != nullptr && declared->HasAncestor(group);
}

// Whether an entity of type `type` can satisfy the constraint.
bool Admits(const ScopeConstraint& scope, const std::string& type,
            const Schema& schema) {
  switch (scope.kind) {
    case ScopeConstraint::Kind::kAny:
      return true;
    case ScopeConstraint::Kind::kEqual:
      return scope.slot || scope.entity.type == type;
    case ScopeConstraint::Kind::kIn:
      return scope.slot || MayBeIn(schema, type, scope.entity.type);
    case ScopeConstraint::Kind::kIs:
      return scope.type == type;
    case ScopeConstraint::Kind::kIsIn:
      return scope.type == type &&
             (scope.slot || MayBeIn(schema, type, scope.entity.type));
  }
  return false;
}

bool AdmitsAny(const ScopeConstraint& scope,
               const std::vector<std::string>& types, const Schema& schema) {
  return std::any_of(types.begin(), types.end(), [&](const std::string& type) {
    return Admits(scope, type, schema);
  });
}

// The actions that satisfy the constraint; none where it names an action that
// the schema does not have.
std::vector<const SchemaAction*> ActionsOf(const ActionConstraint& scope,
                                           const Schema& schema) {
  std::vector<const SchemaAction*> actions;
  if (scope.kind == ActionConstraint::Kind::kAny) {
    for (const SchemaAction& action : schema.actions()) {
      actions.push_back(&action);
    }
    return actions;
  }
  for (const EntityUid& uid : scope.entities) {
    const SchemaAction* action = schema.FindAction(uid);
    if (action == nullptr) return {};
    actions.push_back(action);
    if (scope.kind == ActionConstraint::Kind::kEqual) continue;
    for (const EntityUid& descendant : action->descendants) {
      actions.push_back(schema.FindAction(descendant));
    }
  }
  return actions;
}

// Whether `in` instead of `==` would admit one of the actions' types.
bool InWouldHelp(const ScopeConstraint& scope,
                 const std::vector<const SchemaAction*>& actions,
                 std::vector<std::string> SchemaAction::*types,
                 const Schema& schema) {
  if (scope.kind != ScopeConstraint::Kind::kEqual || scope.slot) return false;
  ScopeConstraint in = scope;
  in.kind = ScopeConstraint::Kind::kIn;
  bool helps = false;
  for (const SchemaAction* action : actions) {
    if (AdmitsAny(scope, action->*types, schema)) return false;
    helps = helps || AdmitsAny(in, action->*types, schema);
  }
  return helps;
}

void CheckApplicable(Span span, const ScopeConstraint& principal,
                     const ActionConstraint& action,
                     const ScopeConstraint& resource, const Schema& schema,
                     Findings* findings) {
  const std::vector<const SchemaAction*> actions = ActionsOf(action, schema);
  for (const SchemaAction* one : actions) {
    if (AdmitsAny(principal, one->principals, schema) &&
        AdmitsAny(resource, one->resources, schema)) {
      return;
    }
  }
  std::vector<std::string> parts;
  if (InWouldHelp(principal, actions, &SchemaAction::principals, schema)) {
    parts.push_back("principal");
  }
  if (InWouldHelp(resource, actions, &SchemaAction::resources, schema)) {
    parts.push_back("resource");
  }
  findings->Error("no-applicable-action", span,
                  "no action of the schema applies to this principal, action "
                  "and resource",
                  parts.empty()
                      ? ""
                      : absl::StrCat("write `in` in place of `==` for the ",
                                     absl::StrJoin(parts, " and the ")));
}

}  // namespace

void CheckNames(const Policy& policy, const Schema& schema,
                Findings* findings) {
  NameChecker checker(schema, findings);
  CheckScopeNames(policy.principal, &checker);
  for (const EntityUid& uid : policy.action.entities) {
    checker.CheckEntity(uid, policy.action.span);
  }
  CheckScopeNames(policy.resource, &checker);
  for (const Expr& e : policy.exprs) {
    if (e.kind == ExprKind::kEntity) {
      checker.CheckEntity({e.text, e.text2}, e.span);
    } else if (e.kind == ExprKind::kIs || e.kind == ExprKind::kIsIn) {
      checker.CheckType(e.text, e.span);
    }
  }
}

void CheckApplicable(const Policy& policy, const Schema& schema,
                     Findings* findings) {
  CheckApplicable(policy.span, policy.principal, policy.action, policy.resource,
                  schema, findings);
}

void CheckLink(const Policy& policy, const TemplateLink& link,
               const Schema& schema, Findings* findings) {
  NameChecker checker(schema, findings);
  ScopeConstraint principal = policy.principal, resource = policy.resource;
  auto fill = [&](const std::unique_ptr<EntityUid>& uid,
                  ScopeConstraint* scope) {
    if (uid == nullptr || !scope->slot) return;
    checker.CheckType(uid->type, scope->span);
    scope->entity = *uid;
    scope->slot = false;
  };
  fill(link.principal, &principal);
  fill(link.resource, &resource);
  CheckApplicable(policy.span, principal, policy.action, resource, schema,
                  findings);
}

}  // namespace tarazy
