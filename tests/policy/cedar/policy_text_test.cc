#include "policy/cedar/policy_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "policy/cedar/parser.h"
#include "policy/cedar/policy_json.h"
#include "tests/policy/cedar/test_util.h"

namespace tarazy {
namespace {

std::string Printed(const std::string& expr) {
  Diagnostics diagnostics;
  const auto pool = ParseExpression(Source("e", expr), {}, &diagnostics);
  if (!pool) return "does not parse";
  return ExprToText(*pool, static_cast<ExprId>(pool->size() - 1)).value();
}

absl::StatusOr<Policy> FromBody(const std::string& body) {
  Diagnostics diagnostics;
  const Source source(
      "json",
      absl::StrCat(R"({"effect":"permit","principal":{"op":"All"},)",
                   R"("action":{"op":"All"},"resource":{"op":"All"},)",
                   R"("conditions":[{"kind":"when","body":)", body, "}]}"));
  auto policy = PolicyFromJson(source, "p", {}, &diagnostics);
  if (!policy) {
    return absl::InternalError(FormatDiagnostics(diagnostics, {&source}));
  }
  return *std::move(policy);
}

TEST(ExprToTextTest, PutsParenthesesWhereTheGrammarNeedsThem) {
  for (const char* same : {"1 + 2 * 3 - 4",
                           "(1 + 2) * 3",
                           "1 - (2 - 3)",
                           "1 * (2 * 3)",
                           "true && (false || true)",
                           "true || false && true",
                           "true && (true && true)",
                           "(1 == 2) == false",
                           "(1 in 2) has a",
                           "(principal has a) in 1",
                           "if true then 1 else if false then 2 else 3",
                           "(if true then 1 else 2) + 3",
                           "!true",
                           "!(!true)",
                           "-(1)",
                           "-(-1)",
                           "-principal.a",
                           "-(-principal.a)",
                           "!(1 == 2)",
                           "1 - -2",
                           "(-1).a",
                           "(-principal).a",
                           "-9223372036854775808",
                           "\"a\".b[\"c d\"][\"if\"]",
                           "principal has a.b.c",
                           "principal has \"a b\"",
                           "principal like \"*\\*\\\"\"",
                           "principal is A::B in [1, 2]",
                           "{a: 1, \"b c\": {}, \"if\": []}",
                           "ip(\"::1\").isLoopback()",
                           "(1 + 2).contains(3, 4).isEmpty()",
                           "[].containsAny([])",
                           "A::B::\"\\0\" == ?principal"}) {
    const std::string expected =
        std::string(same) == "(1 + 2).contains(3, 4).isEmpty()"
            ? "does not parse"
            : same;
    EXPECT_EQ(Printed(same), expected);
  }
  EXPECT_EQ(Printed("((1) + ((2)))"), "1 + 2");
  EXPECT_EQ(Printed("--1"), "-(-1)");
}

TEST(PolicyToTextTest, PrintsTheWholePolicy) {
  const std::string text =
      "@a @b(\"c\\n\") permit (principal is A in ?principal, action in "
      "[Action::\"x\"], resource == ?resource) when { true } unless { false };";
  PolicySet set;
  Diagnostics diagnostics;
  ASSERT_TRUE(ParsePolicies(Source("s", text), {}, &set, &diagnostics));
  EXPECT_EQ(PolicyToText(set.templates[0]).value(), text);
  EXPECT_EQ(PolicySetToText(set).value(), text + "\n");
  set.links.emplace_back();
  EXPECT_FALSE(PolicySetToText(set).ok());
}

TEST(PolicyToTextTest, SpellsOutWhatOnlyJsonCanSay) {
  const auto policy =
      FromBody(R"({"has":{"left":{"Var":"context"},"attr":["a b","c"]}})");
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ(PolicyToText(*policy).value(),
            "permit (principal, action, resource) when { context has \"a b\" "
            "&& context[\"a b\"] has c };");
  const auto call = FromBody(R"({"isLoopback":[]})");
  ASSERT_TRUE(call.ok());
  EXPECT_FALSE(PolicyToText(*call).ok());
}

// A path within a path repeats its operand; twenty of them would take a
// million repetitions, a hundred more than memory.
TEST(PolicyToTextTest, BoundsRepetition) {
  std::string body = R"({"Var":"context"})";
  for (int i = 0; i < 100; ++i) {
    body = absl::StrCat(R"({"has":{"left":)", body, R"(,"attr":["a b","c"]}})");
  }
  const auto policy = FromBody(body);
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_FALSE(PolicyToText(*policy).ok());
  const std::string json = PolicyToJson(*policy, JsonStyle::kCompact);
  EXPECT_LT(json.size(), 10000000u);
  Diagnostics diagnostics;
  EXPECT_TRUE(PolicyFromJson(Source("again", json), "p", {}, &diagnostics));
}

}  // namespace
}  // namespace tarazy
