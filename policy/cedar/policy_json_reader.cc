// Reading policies.

#include <iterator>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/cedar/expr_json.h"
#include "policy/cedar/json.h"
#include "policy/cedar/json_fields.h"
#include "policy/cedar/links.h"
#include "policy/cedar/policy_json.h"
#include "policy/cedar/suggest.h"
#include "policy/cedar/text.h"

namespace tarazy {
namespace {

class PolicyReader {
 public:
  PolicyReader(const Source& source, const PolicyJsonOptions& options,
               JsonErrors* errors)
      : source_(source), options_(options), errors_(*errors) {}

  bool ReadPolicy(const JsonValue& json, Policy* policy) {
    const uint32_t before = errors_.count();
    policy->span = json.span;
    policy->source = std::string(source_.name());
    if (!errors_.CheckKeys(
            json, {"effect", "principal", "action", "resource", "conditions"},
            {"annotations"})) {
      return false;
    }
    ReadEffect(*json.Find("effect"), policy);
    ReadConstraint(*json.Find("principal"), "?principal", &policy->principal);
    ReadActionConstraint(*json.Find("action"), &policy->action);
    ReadConstraint(*json.Find("resource"), "?resource", &policy->resource);
    ReadConditions(*json.Find("conditions"), policy);
    if (const JsonValue* annotations = json.Find("annotations")) {
      ReadAnnotations(*annotations, policy);
    }
    return errors_.count() == before;
  }

  void ReadSet(const JsonValue& json, PolicySet* set) {
    if (!errors_.CheckKeys(json,
                           {"templates", "staticPolicies", "templateLinks"})) {
      return;
    }
    ReadPolicies(*json.Find("staticPolicies"), /*templates=*/false,
                 &set->policies);
    ReadPolicies(*json.Find("templates"), /*templates=*/true, &set->templates);
    const JsonValue& links = *json.Find("templateLinks");
    if (links.kind != JsonKind::kArray) {
      errors_.WrongKind(links, "an array");
      return;
    }
    for (const JsonValue& item : links.items) {
      TemplateLink link;
      if (ReadLink(item, &link)) set->links.push_back(std::move(link));
    }
  }

 private:
  void ReadEffect(const JsonValue& json, Policy* policy) {
    if (json.kind == JsonKind::kString && json.text == "permit") return;
    policy->effect = Effect::kForbid;
    if (json.kind == JsonKind::kString && json.text == "forbid") return;
    errors_.Add("policy-json/effect", json.span,
                "the effect is neither `permit` nor `forbid`");
  }

  // The entity or the slot of a scope.
  bool ReadTarget(const JsonValue& json, absl::string_view slot,
                  ScopeConstraint* out) {
    if (const JsonValue* entity = json.Find("entity")) {
      return errors_.ReadEntity(*entity, &out->entity);
    }
    const JsonValue* found = json.Find("slot");
    if (found == nullptr) {
      return errors_.Add("policy-json/missing-key",
                         {json.span.begin, json.span.begin + 1},
                         "the object lacks the key `entity` or `slot`");
    }
    out->slot = true;
    if (found->kind == JsonKind::kString && found->text == slot) return true;
    return errors_.Add(
        "policy-json/slot", found->span,
        absl::StrCat("only the slot `", slot, "` can stand here"));
  }

  bool ReadConstraint(const JsonValue& json, absl::string_view slot,
                      ScopeConstraint* out) {
    using Kind = ScopeConstraint::Kind;
    std::string op;
    out->span = json.span;
    if (json.kind != JsonKind::kObject) {
      return errors_.WrongKind(json, "an object");
    }
    if (!errors_.ReadString(json, "op", &op)) return false;
    if (op == "All" || op == "all") return true;
    if (op == "==" || op == "in") {
      out->kind = op == "in" ? Kind::kIn : Kind::kEqual;
      return ReadTarget(json, slot, out);
    }
    if (op != "is") return UnknownOperator(json, "`All`, `==`, `in` and `is`");
    out->kind = Kind::kIs;
    if (!errors_.CheckKeys(json, {"op", "entity_type"}, {"in"}) ||
        !errors_.ReadString(json, "entity_type", &out->type) ||
        !errors_.CheckType(out->type, json.Find("entity_type")->span)) {
      return false;
    }
    const JsonValue* group = json.Find("in");
    if (group == nullptr || group->kind == JsonKind::kNull) return true;
    out->kind = Kind::kIsIn;
    return ReadTarget(*group, slot, out);
  }

  bool UnknownOperator(const JsonValue& json, absl::string_view known) {
    return errors_.Add("policy-json/operator", json.Find("op")->span,
                       "there is no such operator in a scope",
                       absl::StrCat("the operators are ", known));
  }

  bool ReadActionConstraint(const JsonValue& json, ActionConstraint* out) {
    using Kind = ActionConstraint::Kind;
    std::string op;
    out->span = json.span;
    if (json.kind != JsonKind::kObject) {
      return errors_.WrongKind(json, "an object");
    }
    if (!errors_.ReadString(json, "op", &op)) return false;
    if (op == "All" || op == "all") return true;
    if (op != "==" && op != "in") {
      return UnknownOperator(json, "`All`, `==` and `in`");
    }
    out->kind = op == "in" ? Kind::kIn : Kind::kEqual;
    if (const JsonValue* entity = json.Find("entity")) {
      return ReadAction(*entity, out);
    }
    const JsonValue* entities = json.Find("entities");
    if (op == "==" || entities == nullptr) {
      return errors_.Add("policy-json/missing-key",
                         {json.span.begin, json.span.begin + 1},
                         absl::StrCat("the object lacks the key `entity`",
                                      op == "in" ? " or `entities`" : ""));
    }
    if (entities->kind != JsonKind::kArray) {
      return errors_.WrongKind(*entities, "an array");
    }
    out->list = true;
    bool ok = true;
    for (const JsonValue& entity : entities->items) {
      ok = ReadAction(entity, out) && ok;
    }
    return ok;
  }

  bool ReadAction(const JsonValue& json, ActionConstraint* out) {
    EntityUid uid;
    if (!errors_.ReadEntity(json, &uid)) return false;
    if (!IsActionType(uid.type)) {
      return errors_.Add(
          "policy-json/action-type", json.span,
          absl::StrCat("`", ToString(uid), "` is not an action"),
          "actions have the type `Action`, in a namespace or not");
    }
    out->entities.push_back(std::move(uid));
    return true;
  }

  bool ReadConditions(const JsonValue& json, Policy* policy) {
    if (json.kind != JsonKind::kArray) {
      return errors_.WrongKind(json, "an array");
    }
    ExprJsonReader exprs(&errors_, options_.max_depth, &policy->exprs);
    bool ok = true;
    for (const JsonValue& item : json.items) {
      std::string kind;
      Condition condition;
      condition.span = item.span;
      if (!errors_.CheckKeys(item, {"kind", "body"}) ||
          !errors_.ReadString(item, "kind", &kind)) {
        ok = false;
        continue;
      }
      condition.unless = kind == "unless";
      if (!condition.unless && kind != "when") {
        ok = errors_.Add("policy-json/condition", item.Find("kind")->span,
                         "a condition is neither `when` nor `unless`");
      }
      ok = exprs.Read(*item.Find("body"), &condition.body) && ok;
      policy->conditions.push_back(condition);
    }
    return ok;
  }

  bool ReadAnnotations(const JsonValue& json, Policy* policy) {
    if (json.kind != JsonKind::kObject) {
      return errors_.WrongKind(json, "an object");
    }
    bool ok = true;
    for (const JsonMember& member : json.members) {
      Annotation annotation;
      annotation.name = member.key;
      annotation.span = member.value.span;
      annotation.has_value = member.value.kind == JsonKind::kString;
      annotation.value = member.value.text;
      if (!annotation.has_value && member.value.kind != JsonKind::kNull) {
        ok = errors_.WrongKind(member.value, "a string or null");
      }
      if (!IsIdentifier(member.key)) {
        ok = errors_.Add("policy-json/annotation", member.key_span,
                         absl::StrCat("`", EscapeString(member.key),
                                      "` is not a name for an annotation"));
      }
      policy->annotations.push_back(std::move(annotation));
    }
    return ok;
  }

  void ReadPolicies(const JsonValue& json, bool templates,
                    std::vector<Policy>* out) {
    if (json.kind != JsonKind::kObject) {
      errors_.WrongKind(json, "an object");
      return;
    }
    for (const JsonMember& member : json.members) {
      Policy policy;
      policy.id = member.key;
      if (!ReadPolicy(member.value, &policy)) continue;
      if (!templates && policy.is_template()) {
        errors_.Add("policy-json/slot", member.key_span,
                    absl::StrCat("the policy `", EscapeString(member.key),
                                 "` has a slot"),
                    "templates stand under `templates`");
        continue;
      }
      out->push_back(std::move(policy));
    }
  }

  bool ReadLink(const JsonValue& json, TemplateLink* link) {
    if (!errors_.CheckKeys(json, {"templateId", "newId", "values"}) ||
        !errors_.ReadString(json, "templateId", &link->template_id) ||
        !errors_.ReadString(json, "newId", &link->id)) {
      return false;
    }
    const JsonValue& values = *json.Find("values");
    if (!errors_.CheckKeys(values, {}, {"?principal", "?resource"})) {
      return false;
    }
    bool ok = true;
    for (const JsonMember& member : values.members) {
      auto uid = std::make_unique<EntityUid>();
      ok = errors_.ReadEntity(member.value, uid.get()) && ok;
      (member.key == "?principal" ? link->principal : link->resource) =
          std::move(uid);
    }
    return ok;
  }

  const Source& source_;
  const PolicyJsonOptions& options_;
  JsonErrors& errors_;
};

absl::optional<JsonValue> ReadJson(const Source& source,
                                   const PolicyJsonOptions& options,
                                   Diagnostics* diagnostics) {
  JsonOptions json_options;
  json_options.max_bytes = options.max_bytes;
  // An expression is at most two objects deep, or an object and a list.
  json_options.max_depth = 2 * options.max_depth + 16;
  return ParseJson(source, json_options, diagnostics);
}

void Append(Diagnostics* found, Diagnostics* diagnostics) {
  SortDiagnostics(found);
  diagnostics->insert(diagnostics->end(),
                      std::make_move_iterator(found->begin()),
                      std::make_move_iterator(found->end()));
}

}  // namespace

absl::optional<Policy> PolicyFromJson(const Source& source,
                                      const std::string& id,
                                      const PolicyJsonOptions& options,
                                      Diagnostics* diagnostics) {
  const auto json = ReadJson(source, options, diagnostics);
  if (!json) return absl::nullopt;
  Diagnostics found;
  JsonErrors errors(source, options.max_diagnostics, &found);
  Policy policy;
  policy.id = id;
  const bool ok =
      PolicyReader(source, options, &errors).ReadPolicy(*json, &policy);
  Append(&found, diagnostics);
  if (!ok) return absl::nullopt;
  return policy;
}

bool PolicySetFromJson(const Source& source, const PolicyJsonOptions& options,
                       PolicySet* set, Diagnostics* diagnostics) {
  const auto json = ReadJson(source, options, diagnostics);
  if (!json) return false;
  Diagnostics found;
  JsonErrors errors(source, options.max_diagnostics, &found);
  PolicyReader(source, options, &errors).ReadSet(*json, set);
  // Links are checked against what parsed; with other errors about, they would
  // only echo those.
  if (errors.count() == 0) CheckPolicySet(*set, &found);
  const bool ok = found.empty();
  Append(&found, diagnostics);
  return ok;
}

}  // namespace tarazy
