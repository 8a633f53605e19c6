// The fast evaluator against the reference evaluator, on random cases.
//
// TARAZY_CASES sets how many, TARAZY_SEED the first seed.

#include "policy/eval/reference.h"

#include <cstdlib>

#include "gtest/gtest.h"
#include "policy/cedar/json.h"
#include "policy/cedar/parser.h"
#include "policy/cedar/schema.h"
#include "policy/eval/authorizer.h"
#include "policy/eval/entities_json.h"
#include "tests/differential/case_generator.h"

namespace tarazy {
namespace {

using Kind = ReferenceValue::Kind;

uint64_t Setting(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

JsonValue ReadJson(const std::string& text) {
  Diagnostics diagnostics;
  const auto json =
      ParseJson(Source("case", text), JsonOptions(), &diagnostics);
  EXPECT_TRUE(json) << text;
  return json ? *json : JsonValue();
}

EntityUid ReadUid(const JsonValue& json) {
  return {json.Find("type")->text, json.Find("id")->text};
}

ReferenceValue::Record ReadRecord(const JsonValue& json);

// Values of cases are always written with their escapes.
ReferenceValue ReadValue(const JsonValue& json) {
  switch (json.kind) {
    case JsonKind::kBool:
      return ReferenceValue::Number(Kind::kBool, json.boolean ? 1 : 0);
    case JsonKind::kLong:
      return ReferenceValue::Number(Kind::kLong, json.number);
    case JsonKind::kString:
      return ReferenceValue::Text(Kind::kString, json.text);
    case JsonKind::kArray: {
      ReferenceValue::Set set;
      for (const JsonValue& item : json.items) set.insert(ReadValue(item));
      return ReferenceValue::Of(std::move(set));
    }
    default:
      break;
  }
  if (const JsonValue* uid = json.Find("__entity")) {
    return ReferenceValue::Of(ReadUid(*uid));
  }
  if (const JsonValue* call = json.Find("__extn")) {
    return *ReferenceCall(call->Find("fn")->text,
                          {ReadValue(*call->Find("arg"))});
  }
  return ReferenceValue::Of(ReadRecord(json));
}

ReferenceValue::Record ReadRecord(const JsonValue& json) {
  ReferenceValue::Record record;
  for (const JsonMember& member : json.members) {
    record[member.key] = ReadValue(member.value);
  }
  return record;
}

std::map<EntityUid, ReferenceEntity> ReadReferenceEntities(
    const JsonValue& json, const Schema& schema) {
  std::map<EntityUid, ReferenceEntity> entities;
  for (const JsonValue& item : json.items) {
    ReferenceEntity& entity = entities[ReadUid(*item.Find("uid"))];
    entity.attributes = ReadRecord(*item.Find("attrs"));
    if (item.Find("tags")) entity.tags = ReadRecord(*item.Find("tags"));
    for (const JsonValue& parent : item.Find("parents")->items) {
      entity.parents.insert(ReadUid(parent));
    }
  }
  for (const SchemaAction& action : schema.actions()) {
    entities[action.uid].parents.insert(action.parents.begin(),
                                        action.parents.end());
  }
  return entities;
}

std::unique_ptr<EntityUid> Filled(const std::vector<std::string>& named) {
  if (named.empty()) return nullptr;
  return std::make_unique<EntityUid>(EntityUid{named[0], named[1]});
}

struct Tally {
  int unparsed = 0;
  int allow = 0;
  int deny = 0;
  int with_errors = 0;
};

void Compare(const Case& c, Tally* tally) {
  SCOPED_TRACE("TARAZY_SEED=" + std::to_string(c.seed) + " TARAZY_CASES=1\n" +
               c.ToJson());
  Diagnostics diagnostics;
  const Source schema_source("schema", c.schema);
  const auto schema = Schema::ParseText(schema_source, &diagnostics);
  ASSERT_NE(schema, nullptr)
      << FormatDiagnostics(diagnostics, {&schema_source});
  PolicySet set;
  const Source source("policies", c.policies);
  if (!ParsePolicies(source, ParseOptions(), &set, &diagnostics)) {
    ++tally->unparsed;  // parentheses are left out now and then
    return;
  }
  for (const CaseLink& link : c.links) {
    TemplateLink made;
    made.id = link.id;
    made.template_id = link.template_id;
    made.principal = Filled(link.principal);
    made.resource = Filled(link.resource);
    set.links.push_back(std::move(made));
  }
  CompileOptions compile_options;
  compile_options.schema = schema.get();
  const auto program = Program::Compile(set, compile_options, &diagnostics);
  ASSERT_NE(program, nullptr) << diagnostics[0].message;
  EntitiesJsonOptions options;
  options.schema = schema.get();
  options.check = false;
  const Source entity_source("entities", c.entities);
  const auto store =
      ReadEntities(entity_source, *program, options, &diagnostics);
  ASSERT_NE(store, nullptr) << diagnostics[0].message;
  ReferenceRequest reference;
  reference.entities = ReadReferenceEntities(ReadJson(c.entities), *schema);
  Evaluation scratch;
  for (const std::string& text : c.requests) {
    const Source request_source("request", text);
    Request request(program.get(), store.get());
    ASSERT_TRUE(ReadRequest(request_source, options, &request, &diagnostics))
        << diagnostics[0].message;
    const Authorization answer = Authorize(request, &scratch);
    const JsonValue json = ReadJson(text);
    reference.principal = ReadUid(*json.Find("principal"));
    reference.action = ReadUid(*json.Find("action"));
    reference.resource = ReadUid(*json.Find("resource"));
    reference.context = ReadRecord(*json.Find("context"));
    const ReferenceAnswer expected = ReferenceAuthorize(set, reference);
    std::set<std::string> errors;
    for (const auto& error : answer.errors) errors.insert(error.policy);
    EXPECT_EQ(answer.allow, expected.allow) << text;
    EXPECT_EQ(
        std::set<std::string>(answer.reasons.begin(), answer.reasons.end()),
        expected.reasons)
        << text;
    EXPECT_EQ(errors, expected.errors) << text << "\n" << program->Dump();
    ++(answer.allow ? tally->allow : tally->deny);
    tally->with_errors += errors.empty() ? 0 : 1;
  }
}

TEST(ReferenceTest, RandomCasesAgree) {
  const uint64_t first = Setting("TARAZY_SEED", 1);
  const uint64_t count = Setting("TARAZY_CASES", 2000);
  std::cout << "seeds " << first << " to " << first + count - 1 << "\n";
  Tally tally;
  for (uint64_t seed = first; seed < first + count; ++seed) {
    Compare(GenerateCase(seed, CaseStyle::kPlain), &tally);
    if (HasFailure()) return;
  }
  std::cout << tally.allow << " allow, " << tally.deny << " deny, "
            << tally.with_errors << " with errors; " << tally.unparsed
            << " cases did not parse\n";
  if (count < 1000) return;
  // The cases are worth something only while they reach all outcomes.
  EXPECT_GT(tally.allow, static_cast<int>(count) / 10);
  EXPECT_GT(tally.deny, static_cast<int>(count) / 10);
  EXPECT_GT(tally.with_errors, static_cast<int>(count) / 10);
  EXPECT_LT(tally.unparsed, static_cast<int>(count) / 2);
}

}  // namespace
}  // namespace tarazy
