#include "tests/differential/case_generator.h"

#include "tests/differential/case_model.h"
#include "tests/differential/expression_generator.h"

namespace tarazy {
namespace {

class CaseMaker {
 public:
  explicit CaseMaker(uint64_t seed) : dice_(seed) {
    case_.seed = seed;
    world_ = MakeWorld(&dice_);
  }

  Case Make() {
    case_.schema = SchemaText(world_);
    case_.entities = Entities();
    const size_t count = 1 + dice_.Below(5);
    for (size_t i = 0; i < count; ++i) AddPolicy();
    for (int i = 0; i < 4; ++i) case_.requests.push_back(MakeRequest());
    return case_;
  }

 private:
  std::string Entities();
  void AddPolicy();
  void AddLinks(const std::string& id, bool principal, bool resource);
  std::string Scope(const std::string& variable, bool* slot);
  std::string ActionScope();
  std::string MakeRequest();
  std::vector<std::string> SomeEntity();

  Dice dice_;
  CaseWorld world_;
  Case case_;
  size_t static_policies_ = 0;
  size_t templates_ = 0;
};

std::vector<std::string> CaseMaker::SomeEntity() {
  const CaseEntityType& type = dice_.Pick(world_.types);
  return {type.name, dice_.Pick(IdsOf(type))};
}

// Entities of later types may be in those of earlier ones, and of one type
// those of later ids in those of earlier ones: no entity is in itself.
std::string CaseMaker::Entities() {
  std::vector<std::string> texts;
  std::vector<std::vector<std::string>> before;
  for (const CaseEntityType& type : world_.types) {
    if (!type.enum_ids.empty()) continue;
    for (const std::string& id : IdsOf(type)) {
      std::vector<std::string> parents;
      for (const auto& other : before) {
        bool allowed = false;
        for (const std::string& parent : type.parents) {
          allowed = allowed || parent == other[0];
        }
        if (allowed && dice_.Chance(25)) {
          parents.push_back(EntityJson(other[0], other[1]));
        }
      }
      before.push_back({type.name, id});
      if (id == "ghost" || dice_.Chance(20)) continue;
      std::string text =
          "{\"uid\": " + EntityJson(type.name, id) +
          ", \"attrs\": " + RecordJson(world_, type.attributes, &dice_) +
          ", \"parents\": [" + Join(parents) + "]";
      if (type.tagged) {
        std::vector<std::string> tags;
        for (const char* tag : {"t", "", "role"}) {
          if (dice_.Chance(50)) {
            tags.push_back(JsonQuoted(tag) + ": " +
                           ValueJson(world_, type.tags, &dice_));
          }
        }
        text += ", \"tags\": {" + Join(tags) + "}";
      }
      texts.push_back(text + "}");
    }
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
    return EntityText("Action", dice_.Pick(world_.actions).id);
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
    link.id = "link" + std::to_string(case_.links.size());
    link.template_id = id;
    if (principal) link.principal = SomeEntity();
    if (resource) link.resource = SomeEntity();
    case_.links.push_back(link);
  }
}

void CaseMaker::AddPolicy() {
  const CaseAction& action = dice_.Pick(world_.actions);
  ExpressionGenerator expressions(world_, dice_.Pick(action.principals), action,
                                  dice_.Pick(action.resources), &dice_);
  std::string text = dice_.Chance(20) ? "@note(\"n\")\n" : "";
  text += dice_.Chance(65) ? "permit(" : "forbid(";
  bool principal = false;
  bool resource = false;
  text += Scope("principal", &principal) + ", ";
  text += ActionScope() + ", ";
  text += Scope("resource", &resource) + ")";
  for (size_t i = dice_.Below(3); i > 0; --i) {
    text += dice_.Chance(75) ? "\nwhen { " : "\nunless { ";
    text += expressions.Condition() + " }";
  }
  case_.policies += text + ";\n";
  // Ids count static policies and templates together, in order of appearance.
  const std::string id =
      "policy" + std::to_string(static_policies_ + templates_);
  if (principal || resource) {
    ++templates_;
    AddLinks(id, principal, resource);
  } else {
    ++static_policies_;
  }
}

std::string CaseMaker::MakeRequest() {
  const CaseAction& action = dice_.Pick(world_.actions);
  const CaseEntityType& principal = world_.Find(dice_.Pick(action.principals));
  const CaseEntityType& resource = world_.Find(dice_.Pick(action.resources));
  return "{\"principal\": " +
         EntityJson(principal.name, dice_.Pick(IdsOf(principal))) +
         ", \"action\": " + EntityJson("Action", action.id) +
         ", \"resource\": " +
         EntityJson(resource.name, dice_.Pick(IdsOf(resource))) +
         ", \"context\": " +
         RecordJson(world_, action.context.attributes, &dice_) + "}";
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
  return "{\"seed\": " + std::to_string(seed) +
         ", \"schema\": " + JsonQuoted(schema) +
         ", \"policies\": " + JsonQuoted(policies) + ", \"links\": [" +
         Join(link_texts) + "], \"entities\": " + entities +
         ", \"requests\": [" + Join(requests) + "]}";
}

Case GenerateCase(uint64_t seed) { return CaseMaker(seed).Make(); }

}  // namespace tarazy
