#include "tests/differential/case_generator.h"

#include <nlohmann/json.hpp>

#include "policy/cedar/parser.h"
#include "policy/cedar/policy_json.h"
#include "tests/differential/case_model.h"
#include "tests/differential/case_text.h"
#include "tests/differential/expression_generator.h"

namespace tarazy {
namespace {

class CaseMaker {
 public:
  CaseMaker(uint64_t seed, CaseStyle style)
      : odd_(style == CaseStyle::kOdd), dice_(seed / kSeedsPerWorld) {
    case_.seed = seed;
    world_ = MakeWorld(&dice_);
    case_.schema =
        odd_ && dice_.Chance(30) ? SchemaJson(world_) : SchemaText(world_);
    if (odd_ && dice_.Chance(6)) case_.schema = Mutated(case_.schema, &dice_);
    case_.entities = Entities();
    if (odd_ && dice_.Chance(3)) {
      case_.entities = dice_.Chance(50) ? Mutated(case_.entities, &dice_)
                                        : MutatedJson(case_.entities, &dice_);
    }
    dice_ = Dice(seed);
  }

  Case Make() {
    const size_t count = 1 + dice_.Below(4);
    for (size_t i = 0; i < count; ++i) AddPolicy();
    if (odd_ && dice_.Chance(4)) {
      case_.policies = Mutated(case_.policies, &dice_);
    }
    if (odd_ && dice_.Chance(12)) TranslatePolicies();
    case_.extra = odd_ && dice_.Chance(12);
    for (int i = 0; i < 4; ++i) case_.requests.push_back(MakeRequest());
    return case_;
  }

 private:
  // A mistake is due, one time in so many.
  bool Slip(size_t one_in) { return odd_ && dice_.Below(one_in) == 0; }
  std::string Entities();
  std::string EntityObject(const CaseEntityType& type, const std::string& id,
                           const std::vector<std::string>& parents,
                           ValueWriter* values);
  void AddPolicy();
  // To JSON, if they parse.
  void TranslatePolicies();
  std::string Annotations();
  // A line break or a comment, now and then.
  std::string Gap();
  void AddLinks(const std::string& id, bool principal, bool resource);
  std::string Scope(const std::string& variable, bool* slot);
  std::string ActionScope();
  std::string MakeRequest();
  std::vector<std::string> SomeEntity();

  const bool odd_;
  Dice dice_;
  CaseWorld world_;
  Case case_;
  size_t policies_ = 0;
};

std::vector<std::string> CaseMaker::SomeEntity() {
  const CaseEntityType& type = dice_.Pick(world_.types);
  return {type.name, dice_.Pick(IdsOf(type))};
}

std::string CaseMaker::EntityObject(const CaseEntityType& type,
                                    const std::string& id,
                                    const std::vector<std::string>& parents,
                                    ValueWriter* values) {
  std::string text = "{\"uid\": " + EntityJson(type.name, id) +
                     ", \"attrs\": " + values->Record(type.attributes) +
                     ", \"parents\": [" + Join(parents) + "]";
  if (type.tagged || Slip(200)) {
    std::vector<std::string> tags;
    for (const char* tag : {"t", "", "role"}) {
      if (!dice_.Chance(50)) continue;
      tags.push_back(JsonQuoted(tag) + ": " + values->Value(type.tags));
    }
    text += ", \"tags\": {" + Join(tags) + "}";
  }
  return text + "}";
}

// Entities of later types may be in those of earlier ones, and of one type
// those of later ids in those of earlier ones: no entity is in itself.
std::string CaseMaker::Entities() {
  std::vector<std::string> texts;
  std::vector<std::vector<std::string>> before;
  ValueWriter values(world_, odd_ && dice_.Chance(10), &dice_);
  for (const CaseEntityType& type : world_.types) {
    if (!type.enum_ids.empty()) continue;
    for (const std::string& id : IdsOf(type)) {
      std::vector<std::string> parents;
      for (const auto& other : before) {
        bool allowed = Slip(1000);
        for (const std::string& parent : type.parents) {
          allowed = allowed || parent == other[0];
        }
        if (allowed && dice_.Chance(25)) {
          parents.push_back(EntityJson(other[0], other[1]));
        }
      }
      if (Slip(1000)) parents.push_back(EntityJson(type.name, id));
      before.push_back({type.name, id});
      if (id == "ghost" || dice_.Chance(40)) continue;
      texts.push_back(EntityObject(type, id, parents, &values));
      if (Slip(1000)) texts.push_back(texts[dice_.Below(texts.size())]);
    }
  }
  if (Slip(100)) {
    const CaseAction& action = dice_.Pick(world_.actions);
    texts.push_back("{\"uid\": " + EntityJson(world_.action_type, action.id) +
                    ", \"attrs\": {}, \"parents\": []}");
  }
  if (Slip(200)) {
    texts.push_back("{\"uid\": " + EntityJson("Nobody", "x") +
                    ", \"attrs\": {}, \"parents\": []}");
  }
  return "[" + Join(texts) + "]";
}

std::string CaseMaker::Scope(const std::string& variable, bool* slot) {
  const std::vector<std::string> entity = SomeEntity();
  std::string named = EntityText(entity[0], entity[1]);
  if (dice_.Chance(12)) {
    *slot = true;
    named = "?" + variable;
  }
  switch (dice_.Below(8)) {
    case 0:
      return variable + " == " + named;
    case 1:
      return variable + " in " + named;
    case 2:
      *slot = false;
      return variable + " is " + entity[0];
    case 3:
      return variable + " is " + entity[0] + " in " + named;
    default:
      *slot = false;
      return variable;
  }
}

std::string CaseMaker::ActionScope() {
  const auto some = [&] {
    return EntityText(world_.action_type,
                      Slip(100) ? "nothing" : dice_.Pick(world_.actions).id);
  };
  switch (dice_.Below(6)) {
    case 0:
      return "action == " + some();
    case 1:
      return "action in " + some();
    case 2: {
      std::vector<std::string> actions;
      for (size_t i = dice_.Below(3); i > 0; --i) actions.push_back(some());
      return "action in [" + Join(actions) + "]";
    }
    default:
      return "action";
  }
}

void CaseMaker::AddLinks(const std::string& id, bool principal, bool resource) {
  for (size_t i = dice_.Below(3); i > 0; --i) {
    CaseLink link;
    link.id =
        Slip(100) ? "policy0" : "link" + std::to_string(case_.links.size());
    link.template_id =
        Slip(200) ? "policy" + std::to_string(dice_.Below(3)) : id;
    if (principal != Slip(200)) link.principal = SomeEntity();
    if (resource != Slip(200)) link.resource = SomeEntity();
    case_.links.push_back(link);
  }
}

std::string CaseMaker::Annotations() {
  static const auto* annotations =
      new std::vector<std::string>{"@note(\"n\")",
                                   "@id(\"x\")",
                                   "@bare",
                                   "@if(\"\\u{e9}\")",
                                   "@long(\"a\\nb \xc3\xa9\")",
                                   "@permit(\"\")"};
  std::string text;
  while (dice_.Chance(20)) text += dice_.Pick(*annotations) + "\n";
  return text;
}

std::string CaseMaker::Gap() {
  static const auto* gaps = new std::vector<std::string>{
      "\n", "  ", "// a comment\n", "\t\r\n", "\n\n//x\n//y \xc3\xa9\n"};
  return odd_ && dice_.Chance(8) ? dice_.Pick(*gaps) : "";
}

void CaseMaker::AddPolicy() {
  const CaseAction& action = dice_.Pick(world_.actions);
  ExpressionGenerator expressions(world_, dice_.Pick(action.principals), action,
                                  dice_.Pick(action.resources),
                                  odd_ && dice_.Chance(50), &dice_);
  std::string text = Gap() + Annotations() + Gap();
  text += dice_.Chance(65) ? "permit" : "forbid";
  bool principal = false;
  bool resource = false;
  text += Gap() + "(" + Gap();
  text += Scope("principal", &principal) + Gap() + ", " + Gap();
  text += ActionScope() + ", ";
  text += Scope("resource", &resource) + Gap() + ")" + Gap();
  for (size_t i = dice_.Below(3); i > 0; --i) {
    text += dice_.Chance(75) ? "\nwhen { " : "\nunless { ";
    text += Gap() + expressions.Condition() + Gap() + " }";
  }
  case_.policies += text + Gap() + ";" + Gap() + "\n";
  // Ids count static policies and templates together, in order of appearance.
  const std::string id = "policy" + std::to_string(policies_++);
  if (principal || resource) AddLinks(id, principal, resource);
}

void CaseMaker::TranslatePolicies() {
  PolicySet set;
  Diagnostics diagnostics;
  if (!ParsePolicies(Source("", case_.policies), {}, &set, &diagnostics)) {
    return;
  }
  case_.policies = PolicySetToJson(set, JsonStyle::kCompact);
  if (dice_.Chance(40)) case_.policies = MutatedJson(case_.policies, &dice_);
}

std::string CaseMaker::MakeRequest() {
  const CaseAction& action = dice_.Pick(world_.actions);
  const auto pick = [&](const std::vector<std::string>& types) {
    const CaseEntityType& type =
        Slip(50) ? dice_.Pick(world_.types) : world_.Find(dice_.Pick(types));
    return EntityJson(Slip(200) ? "Nobody" : type.name,
                      Slip(200) ? "n" : dice_.Pick(IdsOf(type)));
  };
  ValueWriter values(world_, odd_ && dice_.Chance(15), &dice_);
  return "{\"principal\": " + pick(action.principals) + ", \"action\": " +
         EntityJson(world_.action_type, Slip(200) ? "no" : action.id) +
         ", \"resource\": " + pick(action.resources) +
         ", \"context\": " + values.Record(action.context.attributes) + "}";
}

}  // namespace

std::string Case::ToJson() const {
  std::vector<std::string> link_texts;
  for (const CaseLink& link : links) {
    std::string text = "{\"id\": " + JsonQuoted(link.id) +
                       ", \"template\": " + JsonQuoted(link.template_id);
    if (!link.principal.empty()) {
      text += ", \"principal\": " +
              EntityJson(link.principal[0], link.principal[1]);
    }
    if (!link.resource.empty()) {
      text +=
          ", \"resource\": " + EntityJson(link.resource[0], link.resource[1]);
    }
    link_texts.push_back(text + "}");
  }
  std::vector<std::string> request_texts;
  for (const std::string& text : requests) {
    request_texts.push_back(JsonQuoted(text));
  }
  return "{\"seed\": " + std::to_string(seed) +
         ", \"schema\": " + JsonQuoted(schema) +
         ", \"policies\": " + JsonQuoted(policies) +
         ", \"extra\": " + (extra ? "true" : "false") + ", \"links\": [" +
         Join(link_texts) + "], \"entities\": " + JsonQuoted(entities) +
         ", \"requests\": [" + Join(request_texts) + "]}";
}

Case Case::FromJson(const std::string& text) {
  const auto json = nlohmann::json::parse(text);
  Case c;
  c.seed = json.at("seed");
  c.schema = json.at("schema");
  c.policies = json.at("policies");
  c.extra = json.at("extra");
  c.entities = json.at("entities");
  c.requests = json.at("requests").get<std::vector<std::string>>();
  const auto uid = [](const nlohmann::json& link, const char* key) {
    std::vector<std::string> named;
    if (link.contains(key)) {
      named = {link[key].at("type"), link[key].at("id")};
    }
    return named;
  };
  for (const auto& link : json.at("links")) {
    c.links.push_back({link.at("id"), link.at("template"),
                       uid(link, "principal"), uid(link, "resource")});
  }
  return c;
}

Case GenerateCase(uint64_t seed, CaseStyle style) {
  return CaseMaker(seed, style).Make();
}

}  // namespace tarazy
