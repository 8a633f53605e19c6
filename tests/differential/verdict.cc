#include "tests/differential/verdict.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "policy/cedar/formatter.h"
#include "policy/cedar/links.h"
#include "policy/cedar/parser.h"
#include "policy/cedar/policy_json.h"
#include "policy/cedar/schema.h"
#include "policy/cedar/schema_json.h"
#include "policy/cedar/schema_text.h"
#include "policy/cedar/validator.h"
#include "policy/eval/authorizer.h"
#include "policy/eval/entities_json.h"

namespace tarazy {
namespace {

using Json = nlohmann::json;

std::string FirstMessage(const Diagnostics& diagnostics) {
  for (const Diagnostic& d : diagnostics) {
    if (d.severity == Severity::kError) return d.message;
  }
  return "";
}

std::unique_ptr<EntityUid> Filled(const std::vector<std::string>& named) {
  if (named.empty()) return nullptr;
  return std::make_unique<EntityUid>(EntityUid{named[0], named[1]});
}

void AddLinks(const Case& c, PolicySet* set) {
  for (const CaseLink& link : c.links) {
    TemplateLink made;
    made.id = link.id;
    made.template_id = link.template_id;
    made.principal = Filled(link.principal);
    made.resource = Filled(link.resource);
    set->links.push_back(std::move(made));
  }
}

bool IsJson(const std::string& text) { return absl::StartsWith(text, "{"); }

// The JSON form of a schema in the human syntax.
Json Translated(const std::string& schema) {
  if (IsJson(schema)) return nullptr;
  Diagnostics diagnostics;
  const auto fragment =
      ParseSchemaText(Source("schema", schema), {}, &diagnostics);
  return Json::parse(PrintSchemaJson(*fragment));
}

// The id of the policy or link that a diagnostic of the validator is about.
std::string PolicyOf(const Diagnostic& diagnostic, const PolicySet& set) {
  for (const TemplateLink& link : set.links) {
    const std::string name = absl::StrCat("link `", link.id, "` of template");
    if (absl::StartsWith(diagnostic.source, name)) return link.id;
  }
  for (const auto* policies : {&set.policies, &set.templates}) {
    for (const Policy& policy : *policies) {
      if (policy.span.begin <= diagnostic.span.begin &&
          diagnostic.span.end <= policy.span.end) {
        return policy.id;
      }
    }
  }
  return "";
}

Json Validate(const PolicySet& set, const Schema& schema, ValidationMode mode) {
  Diagnostics diagnostics;
  ValidatePolicies(set, schema, mode, &diagnostics);
  std::set<std::string> invalid;
  std::set<std::string> impossible;
  for (const Diagnostic& d : diagnostics) {
    if (d.severity == Severity::kError) invalid.insert(PolicyOf(d, set));
    if (d.code == "validate/impossible") impossible.insert(PolicyOf(d, set));
  }
  return {{"invalid", invalid}, {"impossible", impossible}};
}

Json Answer(const Request& request) {
  Evaluation scratch;
  const Authorization answer = Authorize(request, &scratch);
  std::set<std::string> errors;
  for (const auto& error : answer.errors) errors.insert(error.policy);
  const std::set<std::string> reasons(answer.reasons.begin(),
                                      answer.reasons.end());
  return {{"allow", answer.allow}, {"reasons", reasons}, {"errors", errors}};
}

void Decide(const Case& c, const Program& program, const Schema& schema,
            Json* out) {
  Diagnostics diagnostics;
  EntitiesJsonOptions options;
  options.schema = &schema;
  const auto store = ReadEntities(Source("entities", c.entities), program,
                                  options, &diagnostics);
  if (store == nullptr) {
    (*out)["entities"] = FirstMessage(diagnostics);
    return;
  }
  Json answers = Json::array();
  for (const std::string& text : c.requests) {
    diagnostics.clear();
    Request request(&program, store.get());
    const bool accepted =
        ReadRequest(Source("request", text), options, &request, &diagnostics);
    answers.push_back(accepted ? Answer(request)
                               : Json{{"request", FirstMessage(diagnostics)}});
  }
  (*out)["answers"] = std::move(answers);
}

}  // namespace

Json OurEngine::VerdictOf(const Case& c) {
  Diagnostics diagnostics;
  if (schema_text_ != c.schema) {
    schema_text_ = c.schema;
    const Source source("schema", c.schema);
    schema_ = IsJson(c.schema) ? Schema::ParseJson(source, &diagnostics)
                               : Schema::ParseText(source, &diagnostics);
    schema_refusal_ = FirstMessage(diagnostics);
  }
  if (schema_ == nullptr) return {{"schema", schema_refusal_}};
  const Schema& schema = *schema_;
  diagnostics.clear();
  PolicySet set;
  const Source policies("policies", c.policies);
  const bool parsed =
      IsJson(c.policies)
          ? PolicySetFromJson(policies, {}, &set, &diagnostics)
          : ParsePolicies(policies, ParseOptions(), &set, &diagnostics);
  if (!parsed) {
    return {{"parse", FirstMessage(diagnostics)}};
  }
  AddLinks(c, &set);
  if (!CheckPolicySet(set, &diagnostics)) {
    return {{"link", FirstMessage(diagnostics)}};
  }
  CompileOptions options;
  options.schema = &schema;
  const auto program = Program::Compile(set, options, &diagnostics);
  if (program == nullptr) return {{"compile", FirstMessage(diagnostics)}};
  Json out;
  out["strict"] = Validate(set, schema, ValidationMode::kStrict);
  out["permissive"] = Validate(set, schema, ValidationMode::kPermissive);
  Json& translated = out["json"] = Json::object();
  for (const auto* list : {&set.policies, &set.templates}) {
    for (const Policy& policy : *list) {
      // JSON may name as a template what has no slot; the official engine
      // does not list it.
      if (list == &set.templates && !policy.is_template()) continue;
      translated[policy.id] =
          Json::parse(PolicyToJson(policy, JsonStyle::kCompact));
    }
  }
  if (c.extra) {
    out["schema_json"] = Translated(c.schema);
    const auto formatted = FormatPolicies(policies, {}, &diagnostics);
    out["formatted"] = formatted ? Json(*formatted) : Json();
  }
  Decide(c, *program, schema, &out);
  return out;
}

Difference Compare(const Json& ours, const Json& official) {
  static const char* const kRefusals[] = {"schema", "parse", "link", "compile",
                                          "entities"};
  Json a = ours;
  Json b = official;
  std::string said;
  for (Json* side : {&a, &b}) {
    const char* who = side == &a ? "ours" : "official";
    for (const char* key : kRefusals) {
      if (!side->contains(key)) continue;
      absl::StrAppend(&said, "\n  ", who, " refuses (", key,
                      "): ", (*side)[key].get<std::string>());
      (*side)[key] = "";
    }
    if (!side->contains("answers")) continue;
    for (Json& answer : (*side)["answers"]) {
      if (!answer.contains("request")) continue;
      absl::StrAppend(&said, "\n  ", who, " refuses a request: ",
                      answer["request"].get<std::string>());
      answer["request"] = "";
    }
  }
  if (b.contains("json") && a.contains("json")) {
    for (const auto& [id, policy] : b["json"].items()) {
      if (policy.is_null()) a["json"][id] = nullptr;
    }
  }
  if (a == b) return {};
  const Json steps = Json::diff(b, a);
  const std::string path = steps[0]["path"].get<std::string>();
  Difference difference;
  difference.key = path.substr(1, path.find('/', 1) - 1);
  difference.text = absl::StrCat("from official to ours: ", steps.dump(), said);
  return difference;
}

}  // namespace tarazy
