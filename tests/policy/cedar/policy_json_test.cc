#include "policy/cedar/policy_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "policy/cedar/links.h"
#include "policy/cedar/parser.h"
#include "tests/policy/cedar/test_util.h"

namespace tarazy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

PolicySet Parse(const std::string& text) {
  PolicySet set;
  Diagnostics diagnostics;
  const Source source("test", text);
  EXPECT_TRUE(ParsePolicies(source, {}, &set, &diagnostics))
      << FormatDiagnostics(diagnostics, {&source});
  return set;
}

// The JSON of the first condition of a policy with this body.
std::string BodyJson(const std::string& body) {
  const PolicySet set =
      Parse("permit(principal, action, resource) when { " + body + " };");
  if (set.policies.size() != 1) return "";
  const std::string json = PolicyToJson(set.policies[0], JsonStyle::kCompact);
  const std::string before = R"("conditions":[{"kind":"when","body":)";
  const size_t begin = json.find(before) + before.size();
  return json.substr(begin, json.size() - begin - 3);
}

constexpr char kScopes[] =
    R"("principal":{"op":"All"},"action":{"op":"All"},"resource":{"op":"All"})";

std::string PolicyWithBody(const std::string& body) {
  return absl::StrCat(R"({"effect":"permit",)", kScopes,
                      R"(,"conditions":[{"kind":"when","body":)", body, "}]}");
}

std::vector<std::string> Codes(const Diagnostics& diagnostics) {
  std::vector<std::string> codes;
  for (const Diagnostic& d : diagnostics) codes.push_back(d.code);
  return codes;
}

std::vector<std::string> PolicyErrors(const std::string& json) {
  Diagnostics diagnostics;
  const auto policy =
      PolicyFromJson(Source("json", json), "p", {}, &diagnostics);
  EXPECT_EQ(policy.has_value(), diagnostics.empty());
  return Codes(diagnostics);
}

std::vector<std::string> SetErrors(const std::string& json) {
  PolicySet set;
  Diagnostics diagnostics;
  const bool ok =
      PolicySetFromJson(Source("json", json), {}, &set, &diagnostics);
  EXPECT_EQ(ok, diagnostics.empty());
  return Codes(diagnostics);
}

// The expression that `body` reads as, in Lisp notation.
std::string BodyTree(const std::string& body) {
  Diagnostics diagnostics;
  const Source source("json", PolicyWithBody(body));
  const auto policy = PolicyFromJson(source, "p", {}, &diagnostics);
  if (!policy) return FormatDiagnostics(diagnostics, {&source});
  return TreeText(policy->exprs, policy->conditions[0].body);
}

TEST(PolicyToJsonTest, WritesExpressionsAsTheOfficialEngine) {
  const struct {
    const char* text;
    const char* json;
  } kCases[] = {
      {"context has a.b.c",
       R"({"&&":{"left":{"&&":{"left":{"has":{"left":{"Var":"context"},"attr":"a"}},"right":{"has":{"left":{".":{"left":{"Var":"context"},"attr":"a"}},"attr":"b"}}}},"right":{"has":{"left":{".":{"left":{".":{"left":{"Var":"context"},"attr":"a"}},"attr":"b"}},"attr":"c"}}}})"},
      {"1 - 2 + 3",
       R"({"+":{"left":{"-":{"left":{"Value":1},"right":{"Value":2}}},"right":{"Value":3}}})"},
      {"- 1", R"({"Value":-1})"},
      {"--1", R"({"neg":{"arg":{"Value":-1}}})"},
      {"-(1)", R"({"neg":{"arg":{"Value":1}}})"},
      {"-9223372036854775808", R"({"Value":-9223372036854775808})"},
      {"!!true", R"({"!":{"arg":{"!":{"arg":{"Value":true}}}}})"},
      {"principal is A::B in C::\"d\"",
       R"({"is":{"left":{"Var":"principal"},"entity_type":"A::B","in":{"Value":{"__entity":{"type":"C","id":"d"}}}}})"},
      {R"("a*" like "*a\*é")",
       R"({"like":{"left":{"Value":"a*"},"pattern":["Wildcard",{"Literal":"a"},{"Literal":"*"},{"Literal":"é"}]}})"},
      {"{b: 1, a: {}}", R"({"Record":{"a":{"Record":{}},"b":{"Value":1}}})"},
      {"ip(\"::1\").isInRange(ip(\"::1\"))",
       R"({"isInRange":[{"ip":[{"Value":"::1"}]},{"ip":[{"Value":"::1"}]}]})"},
      {"if true then 1 else [].isEmpty()",
       R"({"if-then-else":{"if":{"Value":true},"then":{"Value":1},"else":{"isEmpty":{"arg":{"Set":[]}}}}})"},
      {"1 >= 2", R"({">=":{"left":{"Value":1},"right":{"Value":2}}})"},
      {"decimal()", R"({"decimal":[]})"},
      {R"("\u{0}\"\\")", R"({"Value":"\u0000\"\\"})"},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(BodyJson(c.text), c.json);
    Diagnostics diagnostics;
    const auto again = PolicyFromJson(Source("json", PolicyWithBody(c.json)),
                                      "p", {}, &diagnostics);
    ASSERT_TRUE(again.has_value()) << c.json;
    EXPECT_EQ(PolicyToJson(*again, JsonStyle::kCompact),
              PolicyWithBody(c.json));
  }
}

TEST(PolicyToJsonTest, WritesScopesAndAnnotations) {
  const PolicySet set = Parse(
      "@b @a(\"\") @if(\"x\") forbid(principal in A::\"x\","
      "action in [Action::\"a\"], resource is B in C::\"c\") unless { true };"
      "permit(principal is B, action in [Action::\"b\", Action::\"a\"],"
      "resource == ?resource);");
  EXPECT_EQ(
      PolicyToJson(set.policies[0], JsonStyle::kCompact),
      R"({"effect":"forbid","principal":{"op":"in","entity":{"type":"A","id":"x"}},"action":{"op":"in","entity":{"type":"Action","id":"a"}},"resource":{"op":"is","entity_type":"B","in":{"entity":{"type":"C","id":"c"}}},"conditions":[{"kind":"unless","body":{"Value":true}}],"annotations":{"a":"","b":null,"if":"x"}})");
  EXPECT_EQ(
      PolicyToJson(set.templates[0], JsonStyle::kCompact),
      R"({"effect":"permit","principal":{"op":"is","entity_type":"B"},"action":{"op":"in","entities":[{"type":"Action","id":"b"},{"type":"Action","id":"a"}]},"resource":{"op":"==","slot":"?resource"},"conditions":[]})");
}

TEST(PolicyToJsonTest, IndentsWhenAsked) {
  const PolicySet set = Parse("permit(principal, action, resource);");
  EXPECT_EQ(PolicySetToJson(set, JsonStyle::kIndented), R"({
  "templates": {},
  "staticPolicies": {
    "policy0": {
      "effect": "permit",
      "principal": {
        "op": "All"
      },
      "action": {
        "op": "All"
      },
      "resource": {
        "op": "All"
      },
      "conditions": []
    }
  },
  "templateLinks": []
})");
}

TEST(PolicyFromJsonTest, ReadsWhatOnlyJsonCanSay) {
  EXPECT_EQ(BodyTree(R"({"has":{"left":{"Var":"context"},"attr":["a","b"]}})"),
            "(has context a b)");
  EXPECT_EQ(BodyTree(R"({"Value":[1,{"a":true}]})"), "(set 1 (record a true))");
  EXPECT_EQ(BodyTree(R"({"Value":{"__entity":{"type":"A","id":"b"}}})"),
            "A::\"b\"");
  EXPECT_EQ(BodyTree(R"({"Value":{"__extn":{"fn":"ip","arg":"::1"}}})"),
            "(call ip \"::1\")");
  EXPECT_EQ(BodyTree(R"({"Value":{"__extn":{"fn":"offset","args":[1,2]}}})"),
            "(call offset 1 2)");
  EXPECT_EQ(BodyTree(R"({"Value":{"__entity":1}})"), "(record __entity 1)");
  EXPECT_EQ(BodyTree(R"({"isLoopback":[]})"), "(call isLoopback)");
  EXPECT_EQ(
      BodyTree(
          R"({"like":{"left":{"Value":"a"},"pattern":[{"Literal":"ab"},"Wildcard"]}})"),
      "(like \"a\" \"ab*\")");
  EXPECT_EQ(BodyTree(R"({".":{"left":{"Var":"context"},"attr":"if"}})"),
            "(. context if)");
}

TEST(PolicyFromJsonTest, RefusesBadExpressions) {
  const struct {
    const char* body;
    const char* code;
  } kCases[] = {
      {"1", "policy-json/type"},
      {"{}", "policy-json/expression"},
      {R"({"Value":1,"Var":"context"})", "policy-json/expression"},
      {R"({"Valu":1})", "policy-json/expression"},
      {R"({"Var":"user"})", "policy-json/variable"},
      {R"({"Value":1.5})", "policy-json/type"},
      {R"({"Value":1e3})", "policy-json/type"},
      {R"({"Value":9223372036854775808})", "policy-json/type"},
      {R"({"Value":null})", "policy-json/type"},
      {R"({"Value":{"__expr":"1"}})", "policy-json/escape"},
      {R"({"Value":{"__entity":{"type":"A B","id":"b"}}})",
       "policy-json/type-name"},
      {R"({"Value":{"__extn":{"fn":"foo","arg":1}}})", "policy-json/function"},
      {R"({"!":{}})", "policy-json/missing-key"},
      {R"({"&&":{"left":{"Value":true}}})", "policy-json/missing-key"},
      {R"({"!":{"arg":{"Value":true},"x":1}})", "policy-json/unknown-key"},
      {R"({"Slot":"?principal"})", "policy-json/slot"},
      {R"({"is":{"left":{"Var":"context"},"entity_type":"if"}})",
       "policy-json/type-name"},
      {R"({"has":{"left":{"Var":"context"},"attr":[]}})", "policy-json/type"},
      {R"({"like":{"left":{"Var":"context"},"pattern":["wildcard"]}})",
       "policy-json/pattern"},
      {R"({"Record":{"a":{"Value":1},"a":{"Value":1}}})", "json/duplicate-key"},
      {R"({"ip":{"Value":1}})", "policy-json/type"},
      {R"({"Set":{}})", "policy-json/type"},
  };
  for (const auto& c : kCases) {
    EXPECT_THAT(PolicyErrors(PolicyWithBody(c.body)), ElementsAre(c.code))
        << c.body;
  }
}

TEST(PolicyFromJsonTest, RefusesBadPolicies) {
  const auto with = [](const char* principal, const char* action) {
    return absl::StrCat(R"({"effect":"permit","principal":)", principal,
                        R"(,"action":)", action,
                        R"(,"resource":{"op":"All"},"conditions":[]})");
  };
  const char* all = R"({"op":"all"})";
  EXPECT_THAT(PolicyErrors(with(all, all)), IsEmpty());
  EXPECT_THAT(PolicyErrors(with(R"({"op":"==","slot":"?principal"})", all)),
              IsEmpty());
  const struct {
    const char* principal;
    const char* action;
    const char* code;
  } kCases[] = {
      {R"({"op":"=="})", all, "policy-json/missing-key"},
      {R"({"op":"<"})", all, "policy-json/operator"},
      {R"({})", all, "policy-json/missing-key"},
      {R"({"op":"==","slot":"?resource"})", all, "policy-json/slot"},
      {R"({"op":"is","entity_type":"A","x":1})", all,
       "policy-json/unknown-key"},
      {R"({"op":"==","entity":{"type":"A"}})", all, "policy-json/missing-key"},
      {all, R"({"op":"is","entity_type":"Action"})", "policy-json/operator"},
      {all, R"({"op":"==","slot":"?action"})", "policy-json/missing-key"},
      {all, R"({"op":"in","entities":[{"type":"A","id":"b"}]})",
       "policy-json/action-type"},
  };
  for (const auto& c : kCases) {
    EXPECT_THAT(PolicyErrors(with(c.principal, c.action)), ElementsAre(c.code))
        << c.principal << c.action;
  }
  EXPECT_THAT(PolicyErrors("[]"), ElementsAre("policy-json/type"));
  EXPECT_THAT(PolicyErrors("{"), ElementsAre("json/syntax"));
  EXPECT_THAT(
      PolicyErrors(absl::StrCat(R"({"effect":"allow",)", kScopes,
                                R"(,"condition":[]})")),
      ElementsAre("policy-json/missing-key", "policy-json/unknown-key"));
  EXPECT_THAT(
      PolicyErrors(absl::StrCat(
          R"({"effect":"allow",)", kScopes,
          R"(,"conditions":[{"kind":"if","body":{"Value":1}}],"annotations":{"a b":1}})")),
      ElementsAre("policy-json/effect", "policy-json/condition",
                  "policy-json/annotation", "policy-json/type"));
}

TEST(PolicyFromJsonTest, CutsDepth) {
  std::string body, end;
  for (int i = 0; i < 1001; ++i) {
    body += R"({"!":{"arg":)";
    end += "}}";
  }
  EXPECT_THAT(PolicyErrors(PolicyWithBody(body + R"({"Value":true})" + end)),
              ElementsAre("policy-json/too-deep"));
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += R"({"!":{"arg":)";
  EXPECT_THAT(PolicyErrors(PolicyWithBody(deep)), ElementsAre("json/too-deep"));
}

constexpr char kSet[] = R"({
  "templates": {"t": {"effect": "permit",
    "principal": {"op": "in", "slot": "?principal"},
    "action": {"op": "All"}, "resource": {"op": "All"}, "conditions": []}},
  "staticPolicies": {"s": {"effect": "permit", "principal": {"op": "All"},
    "action": {"op": "All"}, "resource": {"op": "All"}, "conditions": []}},
  "templateLinks": [{"templateId": "t", "newId": "l",
    "values": {"?principal": {"__entity": {"type": "User", "id": "a"}}}}]})";

TEST(PolicySetFromJsonTest, ReadsPoliciesTemplatesAndLinks) {
  PolicySet set;
  Diagnostics diagnostics;
  ASSERT_TRUE(PolicySetFromJson(Source("json", kSet), {}, &set, &diagnostics));
  ASSERT_THAT(set.policies, SizeIs(1));
  EXPECT_EQ(set.policies[0].id, "s");
  ASSERT_THAT(set.templates, SizeIs(1));
  ASSERT_THAT(set.links, SizeIs(1));
  EXPECT_EQ(*set.links[0].principal, (EntityUid{"User", "a"}));
  EXPECT_EQ(set.links[0].resource, nullptr);

  const std::string json = PolicySetToJson(set, JsonStyle::kCompact);
  PolicySet again;
  ASSERT_TRUE(
      PolicySetFromJson(Source("again", json), {}, &again, &diagnostics));
  EXPECT_EQ(PolicySetToJson(again, JsonStyle::kCompact), json);

  const auto linked = LinkTemplate(set.templates[0], set.links[0]);
  ASSERT_TRUE(linked.ok());
  EXPECT_EQ(linked->id, "l");
  EXPECT_FALSE(linked->is_template());
  EXPECT_EQ(linked->principal.entity, (EntityUid{"User", "a"}));
}

TEST(PolicySetFromJsonTest, RefusesBadSets) {
  const auto changed = [](const std::string& from, const std::string& to) {
    std::string json = kSet;
    return json.replace(json.find(from), from.size(), to);
  };
  EXPECT_THAT(SetErrors("{}"),
              ElementsAre("policy-json/missing-key", "policy-json/missing-key",
                          "policy-json/missing-key"));
  EXPECT_THAT(SetErrors(changed("\"newId\": \"l\"", "\"newId\": \"s\"")),
              ElementsAre("policy-set/duplicate-id"));
  EXPECT_THAT(SetErrors(changed("\"s\": {", "\"t\": {")),
              ElementsAre("policy-set/duplicate-id"));
  EXPECT_THAT(SetErrors(changed("Id\": \"t\"", "Id\": \"u\"")),
              ElementsAre("policy-set/unknown-template"));
  EXPECT_THAT(SetErrors(changed("{\"?principal\": ", "{\"?resource\": ")),
              ElementsAre("policy-set/slots"));
  EXPECT_THAT(SetErrors(changed("{\"?principal\": ", "{\"?action\": ")),
              ElementsAre("policy-json/unknown-key"));
  EXPECT_THAT(
      SetErrors(changed("\"staticPolicies\"", "\"staticPolicy\"")),
      ElementsAre("policy-json/missing-key", "policy-json/unknown-key"));
  EXPECT_THAT(
      SetErrors(changed("{\"op\": \"All\"}, \"conditions\": []}},\n  \"t",
                        "{\"op\": \"==\", \"slot\": \"?resource\"}, "
                        "\"conditions\": []}},\n  \"t")),
      ElementsAre("policy-json/slot"));
}

}  // namespace
}  // namespace tarazy
