// Readings in policies: what a choice leaves of them, and what is refused.

#include "policy/pack/readings.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "policy/cedar/parser.h"
#include "policy/cedar/policy_text.h"

namespace tarazy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

PolicySet Parse(const std::string& text) {
  PolicySet set;
  Diagnostics diagnostics;
  const Source source("p.cedar", text);
  EXPECT_TRUE(ParsePolicies(source, {}, &set, &diagnostics))
      << FormatDiagnostics(diagnostics, {&source});
  return set;
}

// The conditions that are left of a policy with these; "none": no policy.
std::string Left(const std::string& conditions, const ReadingChoice& choice) {
  const PolicySet set = UnderReadings(
      Parse("permit (principal, action, resource) " + conditions + ";"),
      choice);
  if (set.policies.empty()) return "none";
  std::string left = *PolicyToText(set.policies[0]);
  const std::string scope = "permit (principal, action, resource)";
  EXPECT_EQ(left.find(scope), 0u) << left;
  left.erase(0, scope.size());
  left.erase(left.rfind(';'));
  if (!left.empty() && left[0] == ' ') left.erase(0, 1);
  return left;
}

TEST(ReadingsTest, AComparisonBecomesItsTruth) {
  const ReadingChoice other = {{"r", "other"}};
  const std::string is_other = "context.reading[\"r\"] == \"other\"";
  EXPECT_EQ(Left("when { " + is_other + " }", {}), "none");
  EXPECT_EQ(Left("when { " + is_other + " }", other), "");
  EXPECT_EQ(Left("unless { " + is_other + " }", {}), "");
  EXPECT_EQ(Left("unless { " + is_other + " }", other), "none");
  EXPECT_EQ(Left("when { \"other\" == context.reading.r }", other), "");
  EXPECT_EQ(Left("when { context.reading.r == \"default\" }", {}), "");
  EXPECT_EQ(Left("when { context.reading.r == \"default\" }", other), "none");
  EXPECT_EQ(Left("when { context.reading.r != \"other\" }", other), "none");
}

// Only what the choice decides is folded, and nothing that Cedar would have
// looked at is left out.
TEST(ReadingsTest, WhatFollowsIsFolded) {
  const ReadingChoice other = {{"r", "other"}};
  const std::string r = "context.reading.r == \"other\"";
  const auto left = [&](const std::string& body, const ReadingChoice& choice) {
    return Left("when { " + body + " }", choice);
  };
  EXPECT_EQ(left(r + " && context.a", other), "when { context.a }");
  EXPECT_EQ(left(r + " && context.a", {}), "none");
  EXPECT_EQ(left("context.a && " + r, other), "when { context.a }");
  EXPECT_EQ(left("context.a && " + r, {}), "when { context.a && false }");
  EXPECT_EQ(left(r + " || context.a", other), "");
  EXPECT_EQ(left(r + " || context.a", {}), "when { context.a }");
  EXPECT_EQ(left("context.a || " + r, other), "when { context.a || true }");
  EXPECT_EQ(left("context.a || " + r, {}), "when { context.a }");
  EXPECT_EQ(left("!(" + r + ")", {}), "");
  EXPECT_EQ(left("if " + r + " then context.a else context.b", {}),
            "when { context.b }");
  EXPECT_EQ(left("if " + r + " then context.a else context.b", other),
            "when { context.a }");
  EXPECT_EQ(left("(" + r + " || context.a) && (" + r + " || context.b)", {}),
            "when { context.a && context.b }");
  EXPECT_EQ(left("true && context.a", other), "when { true && context.a }");
}

std::string Told(const std::string& body, std::vector<std::string>* used) {
  const Source source(
      "p.cedar", "permit (principal, action, resource) when { " + body + " };");
  PolicySet set;
  Diagnostics diagnostics;
  EXPECT_TRUE(ParsePolicies(source, {}, &set, &diagnostics));
  Reading reading;
  reading.id = "public-place";
  reading.alternatives = {{"use-only", "", {}}, {"", "written down", {}}};
  CheckReadingUses(set, {reading}, used, &diagnostics);
  return FormatDiagnostics(diagnostics, {&source});
}

TEST(ReadingsTest, AnythingButAKnownComparisonIsRefused) {
  std::vector<std::string> used;
  EXPECT_EQ(Told("context.reading[\"public-place\"] != \"use-only\" && "
                 "context.reading[\"public-place\"] == \"default\"",
                 &used),
            "");
  EXPECT_THAT(used,
              ElementsAre("public-place=use-only", "public-place=default"));
  EXPECT_THAT(Told("context.reading[\"public-plase\"] == \"use-only\"", &used),
              HasSubstr("the pack has no reading `public-plase`"));
  EXPECT_THAT(Told("context.reading[\"public-place\"] == \"use-onli\"", &used),
              HasSubstr("has no alternative `use-onli`"));
  for (const char* body :
       {"context.reading[\"public-place\"] like \"use*\"",
        "[\"use-only\"].contains(context.reading[\"public-place\"])",
        "context.reading[\"public-place\"] == context.code",
        "context has reading", "context has reading.x", "context.reading has x",
        "context.reading == context.reading"}) {
    EXPECT_THAT(Told(body, &used), HasSubstr("pack/bad-reading-use")) << body;
  }
}

}  // namespace
}  // namespace tarazy
