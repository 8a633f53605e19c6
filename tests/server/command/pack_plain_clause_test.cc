// Conditions of policies in words: each sentence says what the condition says,
// and no more.

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "policy/cedar/parser.h"
#include "server/command/pack/html.h"
#include "server/command/pack/plain_clause.h"

namespace tarazy {
namespace {

Policy Parse(const std::string& text) {
  Diagnostics diagnostics;
  const Source source("p", text);
  PolicySet set;
  ParsePolicies(source, ParseOptions(), &set, &diagnostics);
  EXPECT_TRUE(diagnostics.empty()) << FormatDiagnostics(diagnostics, {&source});
  return std::move(set.policies.at(0));
}

std::string In(v1::Language language, const std::string& conditions) {
  const Policy policy = Parse(
      absl::StrCat("permit (principal, action, resource) ", conditions, ";"));
  std::vector<std::string> lines;
  for (const PlainClause& clause : PlainConditions(policy, language)) {
    lines.push_back(OneLine(clause));
  }
  return absl::StrJoin(lines, " | ");
}

std::string English(const std::string& conditions) {
  return In(v1::LANGUAGE_EN, conditions);
}

TEST(PlainClause, EachComparisonAndItsOpposite) {
  const struct {
    const char* expression;
    const char* holds;
    const char* not_holds;
  } cases[] = {
      {"context.a", "`context.a` is true", "`context.a` is false"},
      {"context.a == T::\"X\"", "`context.a` is `X`", "`context.a` is not `X`"},
      {"context.a != 1", "`context.a` is not `1`", "`context.a` is `1`"},
      {"context has a.b", "`context.a.b` is stated",
       "`context.a.b` is not stated"},
      {"context.a < 1", "`context.a` is less than `1`",
       "`context.a` is at least `1`"},
      {"context.a >= 1", "`context.a` is at least `1`",
       "`context.a` is less than `1`"},
      {"context.a > 1", "`context.a` is more than `1`",
       "`context.a` is at most `1`"},
      {"context.a <= 1", "`context.a` is at most `1`",
       "`context.a` is more than `1`"},
      {"context.a < context.now", "`context.a` is before `context.now`",
       "`context.a` is not before `context.now`"},
      {"context.a >= context.now", "`context.a` is not before `context.now`",
       "`context.a` is before `context.now`"},
      {"context.now > context.a", "`context.now` is after `context.a`",
       "`context.now` is not after `context.a`"},
      {"context.now <= context.a", "`context.now` is not after `context.a`",
       "`context.now` is after `context.a`"},
      {"context.a.contains(1)", "`context.a` contains `1`",
       "`context.a` does not contain `1`"},
      {"[T::\"X\", T::\"Y\"].contains(context.a)",
       "`context.a` is one of `X, Y`", "`context.a` is none of `X, Y`"},
      {"context.a.containsAll([1])", "`context.a` contains all of `1`",
       "`context.a` does not contain all of `1`"},
      {"context.a.containsAny([1])", "`context.a` contains at least one of `1`",
       "`context.a` contains none of `1`"},
      {"context.a.isEmpty()", "`context.a` is empty",
       "`context.a` is not empty"},
      {"principal in T::\"X\"", "`principal` belongs to `X`",
       "`principal` does not belong to `X`"},
      {"principal is T", "`principal` is of type `T`",
       "`principal` is not of type `T`"},
      {"true", "always", "never"},
      {"context.a like \"x*\"", "this holds: `context.a like \"x*\"`",
       "this does not hold: `context.a like \"x*\"`"},
      {"resource == T::\"\"", "`resource` is `T::\"\"`",
       "`resource` is not `T::\"\"`"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(English(absl::StrCat("when { ", c.expression, " }")), c.holds);
    EXPECT_EQ(English(absl::StrCat("unless { ", c.expression, " }")),
              c.not_holds);
    EXPECT_EQ(English(absl::StrCat("when { !(", c.expression, ") }")),
              c.not_holds);
    EXPECT_EQ(English(absl::StrCat("unless { !(", c.expression, ") }")),
              c.holds);
  }
}

TEST(PlainClause, WhatJoinsThem) {
  EXPECT_EQ(English(""), "");
  EXPECT_EQ(English("when { context.a && context.b && !context.c }"),
            "`context.a` is true | `context.b` is true | `context.c` is false");
  EXPECT_EQ(English("when { context.a } unless { context.b }"),
            "`context.a` is true | `context.b` is false");
  EXPECT_EQ(English("when { context.a || context.b || context.c }"),
            "at least one of these holds: (`context.a` is true; `context.b` is "
            "true; `context.c` is true)");
  EXPECT_EQ(English("unless { context.a && !context.b }"),
            "at least one of these does not hold: (`context.a` is true; "
            "`context.b` is false)");
  EXPECT_EQ(English("unless { context.a || context.b }"),
            "none of these holds: (`context.a` is true; `context.b` is true)");
  EXPECT_EQ(English("when { context.a && (context.b || context.c) }"),
            "`context.a` is true | at least one of these holds: (`context.b` "
            "is true; `context.c` is true)");
  EXPECT_EQ(English("unless { if context.a then context.b else !context.c }"),
            "it depends, and this does not hold: (if: (`context.a` is true); "
            "then: (`context.b` is true); otherwise: (`context.c` is false))");
}

TEST(PlainClause, ThreeLanguages) {
  const std::string condition = "unless { context.now < context.a }";
  EXPECT_EQ(In(v1::LANGUAGE_KK, condition),
            "`context.now` уақыты `context.a` уақытынан бұрын емес");
  EXPECT_EQ(In(v1::LANGUAGE_RU, condition),
            "`context.now` не раньше `context.a`");
  EXPECT_EQ(In(v1::LANGUAGE_EN, condition),
            "`context.now` is not before `context.a`");
}

TEST(PlainClause, Scope) {
  EXPECT_EQ(OneLine(PlainScope(Parse("permit (principal, action, resource);"),
                               v1::LANGUAGE_EN)),
            "Any act");
  EXPECT_EQ(
      OneLine(PlainScope(Parse("forbid (principal is O, action in "
                               "[Action::\"a\", Action::\"b\"], resource == "
                               "P::\"x\");"),
                         v1::LANGUAGE_EN)),
      "Acts: `a, b` (`principal` is of type `O`; `resource` is `P::\"x\"`)");
}

TEST(HtmlText, NothingOfItIsMarkup) {
  EXPECT_EQ(HtmlText("a<b>&\"c\""), "a&lt;b&gt;&amp;&quot;c&quot;");
  EXPECT_EQ(HtmlText("Құқық – мәтін\n\t"), "Құқық – мәтін\n\t");
  EXPECT_EQ(HtmlText(absl::string_view("\0\x1b\x7f", 3)),
            "[U+0000][U+001b][U+007f]");
  EXPECT_EQ(HtmlText("a\u200b\u202e\u2066\ufeff"),
            "a[U+200b][U+202e][U+2066][U+feff]");
  EXPECT_EQ(HtmlText("\xe2\x80"), "\xe2\x80");
  EXPECT_EQ(HtmlCode("<"), "<code>&lt;</code>");
  EXPECT_EQ(HtmlCode(""), "");
}

}  // namespace
}  // namespace tarazy
