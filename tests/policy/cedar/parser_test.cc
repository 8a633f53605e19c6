#include "policy/cedar/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/policy/cedar/test_util.h"

namespace tarazy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

PolicySet ParseOk(const std::string& text) {
  PolicySet set;
  Diagnostics diagnostics;
  const Source source("test", text);
  EXPECT_TRUE(ParsePolicies(source, {}, &set, &diagnostics))
      << FormatDiagnostics(diagnostics, {&source});
  return set;
}

std::vector<std::string> ErrorCodes(const std::string& text,
                                    const ParseOptions& options = {}) {
  PolicySet set;
  Diagnostics diagnostics;
  const Source source("test", text);
  const bool ok = ParsePolicies(source, options, &set, &diagnostics);
  EXPECT_EQ(ok, diagnostics.empty());
  std::vector<std::string> codes;
  for (const Diagnostic& d : diagnostics) codes.push_back(d.code);
  return codes;
}

// The expression in Lisp notation, "" when it does not parse.
std::string Tree(const std::string& text) {
  Diagnostics diagnostics;
  const Source source("expr", text);
  const auto pool = ParseExpression(source, {}, &diagnostics);
  if (!pool) {
    EXPECT_TRUE(HasErrors(diagnostics)) << text;
    return "";
  }
  EXPECT_THAT(diagnostics, IsEmpty());
  return TreeText(*pool, static_cast<ExprId>(pool->size() - 1));
}

TEST(ParsePoliciesTest, ReadsScopeAndConditions) {
  const PolicySet set = ParseOk(R"(
    // a comment
    @id("a") @note
    permit (
      principal is App::User in Group::"g",
      action in [Action::"read", App::Action::"write",],
      resource == Photo::"\u{41}",
    ) when { true } unless { false };
    forbid(principal, action == Action::"x", resource in A::"b");)");
  ASSERT_THAT(set.policies, SizeIs(2));
  const Policy& p = set.policies[0];
  EXPECT_EQ(p.id, "policy0");
  EXPECT_EQ(p.effect, Effect::kPermit);
  ASSERT_THAT(p.annotations, SizeIs(2));
  EXPECT_EQ(*p.annotation("id"), "a");
  EXPECT_EQ(*p.annotation("note"), "");
  EXPECT_EQ(p.annotation("other"), nullptr);
  EXPECT_EQ(p.principal.kind, ScopeConstraint::Kind::kIsIn);
  EXPECT_EQ(p.principal.type, "App::User");
  EXPECT_EQ(ToString(p.principal.entity), "Group::\"g\"");
  EXPECT_EQ(p.action.kind, ActionConstraint::Kind::kIn);
  EXPECT_TRUE(p.action.list);
  ASSERT_THAT(p.action.entities, SizeIs(2));
  EXPECT_EQ(p.action.entities[1], (EntityUid{"App::Action", "write"}));
  EXPECT_EQ(p.resource.kind, ScopeConstraint::Kind::kEqual);
  EXPECT_EQ(p.resource.entity.id, "A");
  ASSERT_THAT(p.conditions, SizeIs(2));
  EXPECT_FALSE(p.conditions[0].unless);
  EXPECT_TRUE(p.conditions[1].unless);
  EXPECT_EQ(set.policies[1].id, "policy1");
  EXPECT_EQ(set.policies[1].effect, Effect::kForbid);
  EXPECT_FALSE(set.policies[1].action.list);
}

TEST(ParsePoliciesTest, NumbersPoliciesAsAsked) {
  ParseOptions options;
  options.id_prefix = "p";
  options.first_id = 7;
  PolicySet set;
  Diagnostics diagnostics;
  EXPECT_TRUE(
      ParsePolicies(Source("s",
                           "permit(principal,action,resource);"
                           "permit(principal == ?principal,action,resource);"
                           "forbid(principal,action,resource);"),
                    options, &set, &diagnostics));
  ASSERT_THAT(set.policies, SizeIs(2));
  ASSERT_THAT(set.templates, SizeIs(1));
  EXPECT_EQ(set.policies[0].id, "p7");
  EXPECT_EQ(set.templates[0].id, "p8");
  EXPECT_EQ(set.policies[1].id, "p9");
  EXPECT_EQ(set.policies[1].source, "s");
}

TEST(ParsePoliciesTest, ReadsTemplates) {
  const PolicySet set = ParseOk(
      "permit(principal in ?principal, action, resource is A in ?resource);");
  ASSERT_THAT(set.templates, SizeIs(1));
  EXPECT_TRUE(set.templates[0].principal.slot);
  EXPECT_EQ(set.templates[0].principal.kind, ScopeConstraint::Kind::kIn);
  EXPECT_TRUE(set.templates[0].resource.slot);
  EXPECT_EQ(set.templates[0].resource.kind, ScopeConstraint::Kind::kIsIn);
}

TEST(ParsePoliciesTest, AcceptsWhatTheGrammarLeavesOpen) {
  for (const char* scope :
       {"principal == (User::\"a\"), action, resource",
        "principal == ((?principal)), action, resource",
        "principal is permit, action, resource",
        "principal is action in when::\"x\", action, resource",
        "principal, action in ([(Action::\"a\")]), resource",
        "principal, action in [], resource",
        "principal, action in (Action::\"a\"), resource"}) {
    EXPECT_THAT(ErrorCodes(absl::StrCat("permit(", scope, ");")), IsEmpty())
        << scope;
  }
  for (const char* annotations : {"@if(\"\")", "@in", "@permit @__cedar"}) {
    EXPECT_THAT(ErrorCodes(absl::StrCat(annotations,
                                        " permit(principal,action,resource);")),
                IsEmpty())
        << annotations;
  }
}

TEST(ParsePoliciesTest, RefusesWrongScopes) {
  const struct {
    const char* scope;
    const char* code;
  } kCases[] = {
      {"principal, action", "parse/scope-incomplete"},
      {"", "parse/scope-incomplete"},
      {"principal, action, resource, context", "parse/scope-extra"},
      {"action, action, resource", "parse/scope-variable"},
      {"principle, action, resource", "parse/scope-variable"},
      {"principal: User, action, resource", "parse/scope-operator"},
      {"principal != User::\"a\", action, resource", "parse/scope-operator"},
      {"principal = User::\"a\", action, resource", "parse/single-equals"},
      {"principal is U == U::\"a\", action, resource", "parse/scope-operator"},
      {"principal in U::\"a\" is U, action, resource", "parse/scope-operator"},
      {"principal is U::\"a\", action, resource", "parse/is-type"},
      {"principal is (U), action, resource", "parse/unexpected-token"},
      {"principal in [U::\"a\"], action, resource", "parse/scope-entity"},
      {"principal == User, action, resource", "parse/scope-entity"},
      {"principal == \"a\", action, resource", "parse/unexpected-token"},
      {"principal == ?resource, action, resource", "parse/slot"},
      {"principal == ?other, action, resource", "parse/slot"},
      {"principal, action == ?action, resource", "parse/slot"},
      {"principal, action is Action, resource", "parse/scope-operator"},
      {"principal, action == [Action::\"a\"], resource", "parse/scope-entity"},
      {"principal, action in [[Action::\"a\"]], resource",
       "parse/unexpected-token"},
      {"principal, action in [Act::\"a\"], resource", "parse/action-type"},
      {"principal, action, resource == A::\"a\" && true",
       "parse/scope-operator"},
      {"principal,, action, resource", "parse/unexpected-token"},
      {"principal == if::\"a\", action, resource", "parse/reserved-word"},
      {"principal == __cedar::\"a\", action, resource", "parse/reserved-word"},
  };
  for (const auto& c : kCases) {
    EXPECT_THAT(ErrorCodes(absl::StrCat("permit(", c.scope, ");")),
                ElementsAre(c.code))
        << c.scope;
  }
}

TEST(ParsePoliciesTest, RefusesSlotsInConditions) {
  EXPECT_THAT(ErrorCodes("permit(principal == ?principal, action, resource)"
                         "when { principal == ?principal };"),
              ElementsAre("parse/slot"));
}

TEST(ParsePoliciesTest, ReportsEveryErrorOfTheFile) {
  EXPECT_THAT(ErrorCodes(R"(
      @a @a permit(principal, action, resource) when { foo } unless { };
      permit(principal, action, resource) when { 1 + } when { {a: }, bar };
      premit(principal, action resource) whn { principal.isLoopbak() };
      permit(principal, action, resource)
      forbid(principal, action, resource) when { true )"),
              ElementsAre("parse/duplicate-annotation",
                          "parse/unknown-variable", "parse/empty-condition",
                          "parse/unexpected-token", "parse/unexpected-token",
                          "parse/effect", "parse/unexpected-token",
                          "parse/condition", "parse/unknown-method",
                          "parse/missing-semicolon", "parse/unexpected-end"));
}

TEST(ParsePoliciesTest, KeepsWhatParsed) {
  PolicySet set;
  Diagnostics diagnostics;
  EXPECT_FALSE(
      ParsePolicies(Source("s",
                           "permit(principal,action,resource); permit(;"
                           "forbid(principal,action,resource);"),
                    {}, &set, &diagnostics));
  ASSERT_THAT(set.policies, SizeIs(2));
  EXPECT_EQ(set.policies[0].id, "policy0");
  EXPECT_EQ(set.policies[1].id, "policy2");
}

TEST(ParseExpressionTest, FollowsPrecedence) {
  EXPECT_EQ(Tree("true || false && 1 == 2 + 3 * -4"),
            "(|| true (&& false (== 1 (+ 2 (* 3 -4)))))");
  EXPECT_EQ(Tree("1 - 2 - 3"), "(- (- 1 2) 3)");
  EXPECT_EQ(Tree("(1 - 2) * 3"), "(* (- 1 2) 3)");
  EXPECT_EQ(Tree("if true then 1 else 2 + if false then 3 else 4"), "");
  EXPECT_EQ(Tree("if true then 1 else 2 + 3"), "(if true 1 (+ 2 3))");
  EXPECT_EQ(Tree("principal in [resource] || context != 1"),
            "(|| (in principal (set resource)) (!= context 1))");
  EXPECT_EQ(Tree("!principal.a[\"b c\"].contains(1)"),
            "(! (contains (. (. principal a) \"b c\") 1))");
  EXPECT_EQ(Tree("principal is A::B in resource.g"),
            "(is-in principal A::B (. resource g))");
  EXPECT_EQ(Tree("context has a.b.c && context has \"x y\""),
            "(&& (has context a b c) (has context \"x y\"))");
  EXPECT_EQ(Tree("\"a\" like \"*\\*\\x2a\""), "(like \"a\" \"*\\**\")");
  EXPECT_EQ(Tree("{a: 1, \"b\": ip(\"::1\").isLoopback(),}"),
            "(record a 1 b (call isLoopback (call ip \"::1\")))");
  EXPECT_EQ(Tree("1.a"), "(. 1 a)");
  EXPECT_EQ(Tree("principal.hasTag(\"t\") && resource.s.isEmpty()"),
            "(&& (hasTag principal \"t\") (isEmpty (. resource s)))");
}

TEST(ParseExpressionTest, BoundsNumbers) {
  EXPECT_EQ(Tree("9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(Tree("9223372036854775808"), "");
  EXPECT_EQ(Tree("- 9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(Tree("-9223372036854775809"), "");
  EXPECT_EQ(Tree("-(9223372036854775808)"), "");
  EXPECT_EQ(Tree("99999999999999999999999999"), "");
  EXPECT_EQ(Tree("0000000000000000000000007"), "7");
  EXPECT_EQ(Tree("--1"), "(neg -1)");
  EXPECT_EQ(Tree("-1.a"), "(neg (. 1 a))");
  EXPECT_EQ(Tree("----1"), "(neg (neg (neg -1)))");
  EXPECT_EQ(Tree("-----1"), "");
  EXPECT_EQ(Tree("!!!!true"), "(! (! (! (! true))))");
  EXPECT_EQ(Tree("!!!!!true"), "");
  EXPECT_EQ(Tree("!-1"), "");
}

TEST(ParseExpressionTest, ReadsEscapes) {
  EXPECT_EQ(Tree(R"("\n\r\t\\\0\'\"\x41\u{1F600}\u{4_1}")"), R"("\n\r\t\\\0'\")"
                                                             "A😀A\"");
  for (const char* bad :
       {R"("\x80")", R"("\u{}")", R"("\u{0000041}")", R"("\b")", R"("\u{_4}")",
        R"("\u{D800}")", R"("\u{110000}")", R"("\xG0")", R"("\*")", R"("\u41")",
        "\"\r\"", R"("a" like "\q")", "\"a\\\nb\"", R"("\")"}) {
    EXPECT_EQ(Tree(bad), "") << bad;
  }
  EXPECT_EQ(Tree("\"a\nb\""), R"("a\nb")");
}

TEST(ParseExpressionTest, RefusesWhatCedarDoesNotHave) {
  for (const char* bad : {"1 < 2 < 3",
                          "1 == 2 == 3",
                          "1 in 2 has a",
                          "principal has a has b",
                          "1 / 2",
                          "1 % 2",
                          "1 = 2",
                          "foo",
                          "foo.bar",
                          "foo(1)",
                          "a::b(1)",
                          "ip",
                          "principal(1)",
                          "principal.foo()",
                          "\"1.1.1.1\".ip()",
                          "isIpv4(ip(\"1.1.1.1\"))",
                          "contains([1], 1)",
                          "[1].contains()",
                          "[1].contains(1, 2)",
                          "[].isEmpty(1)",
                          "(1)(2)",
                          "principal.a(1)(2)",
                          "principal[\"a\"](1)",
                          "principal[a]",
                          "principal[1]",
                          "principal.if",
                          "principal.in",
                          "principal.__cedar",
                          "{if: 1}",
                          "{1: 1}",
                          "{a: 1, a: 2}",
                          "{a: 1, \"a\": 2}",
                          "{a::b: 1}",
                          "{(\"a\"): 1}",
                          "{true: 1}",
                          "{a}",
                          "principal has if",
                          "principal has a.in",
                          "principal has \"a\".b",
                          "principal has a[\"b\"]",
                          "principal has (a)",
                          "principal has a::b",
                          "principal has a + 1",
                          "principal has 1",
                          "principal like principal",
                          "\"a\" like (\"a\")",
                          "principal is User::\"a\"",
                          "principal is \"User\"",
                          "principal is (User)",
                          "principal is if",
                          "if true then 1",
                          "if == 1",
                          "true::\"a\"",
                          "User::",
                          "User::{a: 1}",
                          "if::a::\"b\"",
                          "1 +",
                          "[,]",
                          "[1 2]",
                          "true false",
                          "?principal2",
                          "!",
                          "TRUE",
                          "true /* c */",
                          "'a'",
                          "a & b",
                          "\"a",
                          "1 === 1",
                          "1 <> 2",
                          "",
                          "true;",
                          "@",
                          "principal.\"a\"",
                          "__cedar::A::\"a\""}) {
    EXPECT_EQ(Tree(bad), "") << bad;
  }
}

TEST(ParseExpressionTest, SkipsSpaceOfAllKinds) {
  EXPECT_EQ(Tree("1\xC2\xA0+\xE2\x80\xA8 2 // c\r+ 3\v\f//"), "(+ (+ 1 2) 3)");
}

TEST(ParseEntityUidTest, TakesOneEntityAndNothingElse) {
  const auto uid = ParseEntityUid("App::User::\"al\\\"ice\"");
  ASSERT_TRUE(uid.has_value());
  EXPECT_EQ(uid->type, "App::User");
  EXPECT_EQ(uid->id, "al\"ice");
  EXPECT_EQ(ToString(*uid), "App::User::\"al\\\"ice\"");
  for (const char* bad : {"", "User", "User::", "User::\"a\" b", "\"a\"",
                          "if::\"a\"", "User::\"\\q\"", "User::\"\xFF\""}) {
    EXPECT_FALSE(ParseEntityUid(bad).has_value()) << bad;
  }
}

TEST(ParserLimitsTest, RefusesTextOverTheLimit) {
  ParseOptions options;
  options.max_bytes = 10;
  EXPECT_THAT(ErrorCodes("permit(principal,action,resource);", options),
              ElementsAre("parse/too-large"));
}

TEST(ParserLimitsTest, RefusesBrokenUtf8) {
  for (const char* bad : {"\xFF", "\xC0\x80", "\xED\xA0\x80",
                          "\xF4\x90\x80\x80", "\xE2\x82", "\x80"}) {
    EXPECT_THAT(ErrorCodes(bad), ElementsAre("parse/invalid-utf8"));
  }
}

TEST(ParserLimitsTest, NulIsAnErrorOutsideOfStrings) {
  const std::string nul(1, '\0');
  EXPECT_THAT(
      ErrorCodes(absl::StrCat("permit(principal,action,resource)", nul, ";")),
      ElementsAre("parse/invalid-token"));
  EXPECT_EQ(Tree(absl::StrCat("\"", nul, "\"")), "\"\\0\"");
}

TEST(ParserLimitsTest, CutsDeepNesting) {
  const std::string head = "permit(principal,action,resource) when { ";
  const std::string tail =
      " }; forbid(principal,action,resource) when { foo };";
  const int n = 100000;
  for (const char* open : {"(", "[", "{a: ", "if true then 1 else ", "!(",
                           "ip(", "1 + (", "principal.a("}) {
    std::string text = head;
    for (int i = 0; i < n; ++i) text += open;
    text += "1";
    EXPECT_THAT(ErrorCodes(text + tail),
                ElementsAre("parse/too-deep", "parse/unknown-variable"))
        << open;
  }
  std::string chain = "principal";
  for (int i = 0; i < n; ++i) chain += ".a";
  EXPECT_THAT(ErrorCodes(head + chain + tail),
              ElementsAre("parse/too-deep", "parse/unknown-variable"));
}

TEST(ParserLimitsTest, CutsParenthesesInScopes) {
  const std::string open(100000, '('), close(100000, ')');
  EXPECT_THAT(ErrorCodes("permit(principal == " + open + "U::\"a\"" + close +
                         ", action, resource); permit(principal, action in [" +
                         open + "Action::\"a\"" + close + "], resource);"),
              ElementsAre("parse/too-deep", "parse/too-deep"));
}

TEST(ParserLimitsTest, AllowsDepthUpToTheLimit) {
  ParseOptions options;
  options.max_depth = 20;
  const std::string head = "permit(principal,action,resource) when { ";
  const auto nested = [&](int n) {
    return absl::StrCat(head, std::string(n, '('), "true", std::string(n, ')'),
                        " };");
  };
  EXPECT_THAT(ErrorCodes(nested(19), options), IsEmpty());
  EXPECT_THAT(ErrorCodes(nested(20), options), ElementsAre("parse/too-deep"));
  EXPECT_THAT(
      ErrorCodes(head + "1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1 };", options),
      IsEmpty());
  EXPECT_THAT(ErrorCodes(head + "1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1 };",
                         options),
              ElementsAre("parse/too-deep"));
}

TEST(ParserLimitsTest, LongChainsOfAndAndOrAreLow) {
  for (const char* op : {" && ", " || "}) {
    std::string text = "permit(principal,action,resource) when { true";
    for (int i = 0; i < 100000; ++i) absl::StrAppend(&text, op, "true");
    const PolicySet set = ParseOk(text + " };");
    ASSERT_THAT(set.policies, SizeIs(1));
    EXPECT_THAT(set.policies[0].exprs, SizeIs(200001));
  }
}

TEST(ParserLimitsTest, ListsNoMoreErrorsThanAsked) {
  std::string text;
  for (int i = 0; i < 1000; ++i) {
    text += "permit(principal,action,resource) when { foo };\n";
  }
  ParseOptions options;
  options.max_diagnostics = 3;
  EXPECT_THAT(ErrorCodes(text, options),
              ElementsAre("parse/unknown-variable", "parse/unknown-variable",
                          "parse/unknown-variable", "parse/too-many-errors"));
}

}  // namespace
}  // namespace tarazy
