// Writing policies.

#include "policy/cedar/policy_json.h"

#include <map>

#include "policy/cedar/expr_json.h"

namespace tarazy {
namespace {

class PolicyWriter {
 public:
  explicit PolicyWriter(JsonWriter* out) : out_(*out) {}

  void WritePolicy(const Policy& policy) {
    out_.BeginObject();
    WriteText("effect", policy.effect == Effect::kPermit ? "permit" : "forbid");
    WriteConstraint("principal", policy.principal);
    WriteActionConstraint(policy.action);
    WriteConstraint("resource", policy.resource);
    out_.Key("conditions");
    out_.BeginArray();
    ExprJsonWriter exprs(policy.exprs, &out_);
    for (const Condition& condition : policy.conditions) {
      out_.BeginObject();
      WriteText("kind", condition.unless ? "unless" : "when");
      out_.Key("body");
      exprs.Write(condition.body);
      out_.EndObject();
    }
    out_.EndArray();
    WriteAnnotations(policy);
    out_.EndObject();
  }

  void WriteSet(const PolicySet& set) {
    out_.BeginObject();
    out_.Key("templates");
    WriteNamed(set.templates);
    out_.Key("staticPolicies");
    WriteNamed(set.policies);
    out_.Key("templateLinks");
    out_.BeginArray();
    for (const TemplateLink& link : set.links) WriteLink(link);
    out_.EndArray();
    out_.EndObject();
  }

 private:
  void WriteText(absl::string_view key, absl::string_view text) {
    out_.Key(key);
    out_.String(text);
  }

  void WriteEntity(const EntityUid& uid) {
    out_.BeginObject();
    WriteText("type", uid.type);
    WriteText("id", uid.id);
    out_.EndObject();
  }

  void WriteTarget(absl::string_view variable, const ScopeConstraint& c) {
    if (c.slot) {
      WriteText("slot", variable == "principal" ? "?principal" : "?resource");
    } else {
      out_.Key("entity");
      WriteEntity(c.entity);
    }
  }

  void WriteConstraint(absl::string_view variable, const ScopeConstraint& c) {
    using Kind = ScopeConstraint::Kind;
    out_.Key(variable);
    out_.BeginObject();
    switch (c.kind) {
      case Kind::kAny:
        WriteText("op", "All");
        break;
      case Kind::kEqual:
        WriteText("op", "==");
        WriteTarget(variable, c);
        break;
      case Kind::kIn:
        WriteText("op", "in");
        WriteTarget(variable, c);
        break;
      case Kind::kIs:
      case Kind::kIsIn:
        WriteText("op", "is");
        WriteText("entity_type", c.type);
        if (c.kind == Kind::kIs) break;
        out_.Key("in");
        out_.BeginObject();
        WriteTarget(variable, c);
        out_.EndObject();
    }
    out_.EndObject();
  }

  void WriteActionConstraint(const ActionConstraint& c) {
    using Kind = ActionConstraint::Kind;
    out_.Key("action");
    out_.BeginObject();
    WriteText("op", c.kind == Kind::kAny     ? "All"
                    : c.kind == Kind::kEqual ? "=="
                                             : "in");
    if (c.kind != Kind::kAny) {
      if (c.entities.size() == 1) {
        out_.Key("entity");
        WriteEntity(c.entities[0]);
      } else {
        out_.Key("entities");
        out_.BeginArray();
        for (const EntityUid& uid : c.entities) WriteEntity(uid);
        out_.EndArray();
      }
    }
    out_.EndObject();
  }

  void WriteAnnotations(const Policy& policy) {
    if (policy.annotations.empty()) return;
    std::map<absl::string_view, const Annotation*> sorted;
    for (const Annotation& a : policy.annotations) sorted[a.name] = &a;
    out_.Key("annotations");
    out_.BeginObject();
    for (const auto& [name, annotation] : sorted) {
      out_.Key(name);
      if (annotation->has_value) {
        out_.String(annotation->value);
      } else {
        out_.Null();
      }
    }
    out_.EndObject();
  }

  void WriteNamed(const std::vector<Policy>& policies) {
    out_.BeginObject();
    for (const Policy& policy : policies) {
      out_.Key(policy.id);
      WritePolicy(policy);
    }
    out_.EndObject();
  }

  void WriteLink(const TemplateLink& link) {
    out_.BeginObject();
    WriteText("templateId", link.template_id);
    WriteText("newId", link.id);
    out_.Key("values");
    out_.BeginObject();
    if (link.principal != nullptr) {
      out_.Key("?principal");
      WriteEscapedEntity(*link.principal);
    }
    if (link.resource != nullptr) {
      out_.Key("?resource");
      WriteEscapedEntity(*link.resource);
    }
    out_.EndObject();
    out_.EndObject();
  }

  void WriteEscapedEntity(const EntityUid& uid) {
    out_.BeginObject();
    out_.Key("__entity");
    WriteEntity(uid);
    out_.EndObject();
  }

  JsonWriter& out_;
};

}  // namespace

std::string PolicyToJson(const Policy& policy, JsonStyle style) {
  JsonWriter out(style);
  PolicyWriter(&out).WritePolicy(policy);
  return out.Take();
}

std::string PolicySetToJson(const PolicySet& set, JsonStyle style) {
  JsonWriter out(style);
  PolicyWriter(&out).WriteSet(set);
  return out.Take();
}

}  // namespace tarazy
