#include "tests/bench/policy/worlds.h"

#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "policy/cedar/schema.h"

namespace tarazy {
namespace {

std::string Uid(const char* type, int id) {
  return absl::StrCat(R"({"type": ")", type, R"(", "id": ")", id, R"("})");
}

std::string RequestText(int user, int document, const std::string& context) {
  return absl::StrCat(R"({"principal": )", Uid("User", user),
                      R"(, "action": {"type": "Action", "id": "view"})",
                      R"(, "resource": )", Uid("Doc", document),
                      R"(, "context": )", context, "}");
}

std::string ReadText(const std::string& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// The pack's readings, none of them another than the one taken.
std::string ReadingsJson(const std::string& schema_text) {
  Diagnostics diagnostics;
  const auto schema =
      Schema::ParseText(Source("schema", schema_text), &diagnostics);
  const Type& context =
      *schema->FindAction({"Action", "automatedProcessing"})->context;
  std::vector<std::string> fields;
  for (const AttributeType& reading :
       context.FindAttribute("reading")->type->attributes) {
    fields.push_back(absl::StrCat("\"", reading.name, "\": \"taken\""));
  }
  return absl::StrCat("{", absl::StrJoin(fields, ", "), "}");
}

}  // namespace

BenchWorld ScopedWorld(int count) {
  BenchWorld world;
  world.name = absl::StrCat("scoped.", count);
  world.schema =
      "entity User; entity Doc;\n"
      "action view appliesTo { principal: User, resource: Doc,\n"
      "  context: {level: Long, zone: String} };\n";
  for (int i = 0; i < count; ++i) {
    absl::StrAppend(&world.policies, "permit(principal == User::\"", i,
                    "\", action == Action::\"view\", resource == Doc::\"", i,
                    "\") when { context.level >= ", i % 5,
                    " && context.zone != \"closed\" };\n");
  }
  world.entities = "[]";
  for (int i = 0; i < 64; ++i) {
    const int at = static_cast<int>(int64_t{i} * 2654435761 % count);
    world.requests.push_back(
        RequestText(at, at, R"({"level": 4, "zone": "open"})"));
  }
  return world;
}

BenchWorld EntityWorld() {
  constexpr int kUsers = 9000;
  constexpr int kGroups = 1000;  // a hundred chains of ten
  BenchWorld world;
  world.name = "entities";
  world.schema =
      "entity Group in [Group]; entity Doc;\n"
      "entity User in [Group] = {age: Long, home: Group};\n"
      "action view appliesTo { principal: User, resource: Doc };\n";
  std::vector<std::string> entities;
  for (int i = 0; i < kGroups; ++i) {
    const std::string parents = i % 10 == 9 ? "" : Uid("Group", i + 1);
    entities.push_back(absl::StrCat(R"({"uid": )", Uid("Group", i),
                                    R"(, "attrs": {}, "parents": [)", parents,
                                    "]}"));
  }
  for (int i = 0; i < kUsers; ++i) {
    entities.push_back(absl::StrCat(
        R"({"uid": )", Uid("User", i), R"(, "attrs": {"age": )", i % 90,
        R"(, "home": {"__entity": )", Uid("Group", i % kGroups),
        R"(}}, "parents": [)", Uid("Group", i % kGroups / 10 * 10), "]}"));
  }
  world.entities = absl::StrCat("[", absl::StrJoin(entities, ",\n"), "]");
  for (int i = 0; i < 100; ++i) {
    absl::StrAppend(&world.policies, "permit(principal in Group::\"",
                    i * 10 + 9,
                    "\", action, resource) when { principal.home "
                    "in Group::\"",
                    i * 10 + 9, "\" && principal.age > 17 };\n");
  }
  for (int i = 0; i < 64; ++i) {
    world.requests.push_back(RequestText(i * 131 % kUsers, i, "{}"));
  }
  return world;
}

BenchWorld StringWorld() {
  BenchWorld world;
  world.name = "strings";
  world.schema =
      "entity User; entity Doc;\n"
      "action view appliesTo { principal: User, resource: Doc,\n"
      "  context: {path: String, tag: String, title: String} };\n";
  const std::string filler(200, 'x');
  for (int i = 0; i < 20; ++i) {
    absl::StrAppend(&world.policies,
                    "permit(principal, action, resource) when { "
                    "context.path like \"/srv/*/area",
                    i,
                    "/*.pdf\" && "
                    "[\"alpha\", \"beta\", \"gamma\", \"",
                    filler, i,
                    "\"].contains(context.tag) || context.title == \"", filler,
                    i, "\" };\n");
  }
  world.entities = "[]";
  for (int i = 0; i < 20; ++i) {
    world.requests.push_back(
        RequestText(i, i,
                    absl::StrCat(R"({"path": "/srv/)", filler, "/area", i, "/",
                                 filler, R"(.pdf", "tag": ")", filler, i,
                                 R"(", "title": ")", filler, R"("})")));
  }
  return world;
}

BenchWorld LawWorld() {
  const std::string folder = TARAZY_SOURCE_DIR "/policy/law/seed-bill/";
  BenchWorld world;
  world.name = "law";
  world.schema = ReadText(folder + "schema.cedarschema");
  for (const char* file :
       {"ai-systems", "automated", "basis", "basis-biometric", "basis-refused",
        "biometric", "consent", "not-personal", "outside-the-law", "platform",
        "public-source", "purpose", "repealed"}) {
    absl::StrAppend(&world.policies, ReadText(absl::StrCat(folder, "decision/",
                                                           file, ".cedar")));
  }
  world.entities = "[]";
  world.requests = {absl::StrCat(R"({
    "principal": {"type": "Operator", "id": "123456789012"},
    "action": {"type": "Action", "id": "automatedProcessing"},
    "resource": {"type": "PersonalData", "id": "s"},
    "context": {
      "reading": )",
                                 ReadingsJson(world.schema), R"(,
      "now": "2026-03-01",
      "data": {"identifiable": true, "biometric": false,
               "inStateObject": false, "items": ["name"]},
      "purpose": {"code": "loan", "specific": true,
                  "declaredAt": "2026-01-01", "lawful": true,
                  "harmful": false, "restrictsRights": false},
      "consent": {"givenBy": {"type": "ConsentGiver",
                              "id": "SUBJECT_IN_PERSON"},
                  "channel": {"type": "ConsentChannel", "id": "WRITTEN"},
                  "purposes": ["loan"], "items": ["name"],
                  "validFrom": "2026-01-01", "withdrawalBarred": false,
                  "coversAutomatedProcessing": true, "asserted": false},
      "objection": {"undecided": false, "upheld": false,
                    "rejectedNotNotified": false},
      "act": {"humanParticipation": {"type": "HumanParticipation",
                                     "id": "NONE"},
              "effects": [{"type": "EffectKind", "id": "ARISE"}],
              "risks": [], "legislationListedCase": false}}})")};
  return world;
}

}  // namespace tarazy
