// Scenario files are read strictly, and a scenario that does not hold is told.

#include "server/scenario/scenario.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/registers/identity.h"

namespace tarazy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kGood[] = R"(defaults:
  clock: 2026-03-10T10:00:00+05:00
  request:
    operator: {bin: "050140000011", kind: STATE_BODY}
    subject: {iin: auto}
    operation: {consumer_product: {has_ai_components: true, risk_notice: true}}
scenarios:
  - id: one
    title: One
    request: {operation: {consumer_product: {risk_notice: ~}}}
    expect: {effect: PERMIT, reasons: [DUTY_ONLY], retry_after: ~}
)";

std::string Read(const std::string& text, std::vector<Scenario>* scenarios) {
  const Source source("s.yaml", text);
  Diagnostics diagnostics;
  ReadScenarios(source, scenarios, &diagnostics);
  SortDiagnostics(&diagnostics);
  return FormatDiagnostics(diagnostics, {&source});
}

TEST(ScenarioTest, IsMergedOntoTheDefaults) {
  std::vector<Scenario> scenarios;
  EXPECT_EQ(Read(kGood, &scenarios), "");
  ASSERT_EQ(scenarios.size(), 1u);
  const Scenario& one = scenarios[0];
  EXPECT_EQ(KindOf(one), "consumer_product");
  const auto& product = one.request.operation().consumer_product();
  EXPECT_TRUE(product.has_ai_components());
  EXPECT_FALSE(product.has_risk_notice());
  EXPECT_TRUE(CheckIin(one.request.subject().iin()).ok());
  EXPECT_EQ(one.clock_ms, int64_t{1773118800000});
}

TEST(ScenarioTest, WhatIsWrongIsTold) {
  const struct {
    const char* from;
    const char* to;
    const char* told;
  } cases[] = {
      {"title: One", "titel: One", "unknown key `titel` in scenario `one`"},
      {"risk_notice: ~", "risk_notise: true", "the request of scenario `one`"},
      {"effect: PERMIT", "effect: ALLOW", "`ALLOW` is not a `effect`"},
      {"reasons: [", "reason: [", "unknown key `reason`"},
      {"clock: 2026-03-10T10", "clock: 2026-03-10 10", "is not an instant"},
      {"    expect:", "    expects:", "scenario `one` has no key `expect`"},
  };
  for (const auto& c : cases) {
    std::string text = kGood;
    text.replace(text.find(c.from), std::string(c.from).size(), c.to);
    std::vector<Scenario> scenarios;
    EXPECT_THAT(Read(text, &scenarios), HasSubstr(c.told)) << c.to;
    EXPECT_TRUE(scenarios.empty()) << c.to;
  }
}

TEST(ScenarioTest, AnIdStandsOnce) {
  std::vector<Scenario> scenarios;
  Read(kGood, &scenarios);
  EXPECT_THAT(Read(kGood, &scenarios),
              HasSubstr("scenario `one` stands twice"));
  EXPECT_EQ(scenarios.size(), 1u);
}

TEST(ScenarioTest, InheritedOnesMoveInTimeAndChange) {
  std::vector<Scenario> scenarios;
  Read(kGood, &scenarios);
  const Source source("inherited.yaml", R"(shift_days: 7
changes:
  - id: one
    expect: {effect: DENY}
)");
  Diagnostics diagnostics;
  ReadInherited(source, &scenarios, &diagnostics);
  EXPECT_TRUE(diagnostics.empty());
  ASSERT_EQ(scenarios.size(), 1u);
  EXPECT_EQ(scenarios[0].clock_ms, 1773118800000 + 7 * 86400000);
  EXPECT_EQ(scenarios[0].expected.effect, v1::DENY);
  EXPECT_FALSE(scenarios[0].expected.reasons.has_value());

  const Source without("inherited.yaml", "without: [o*, two]\n");
  ReadInherited(without, &scenarios, &diagnostics);
  EXPECT_TRUE(scenarios.empty());
  ASSERT_EQ(diagnostics.size(), 1u);
  EXPECT_EQ(diagnostics[0].message, "the base has no scenario `two`");
}

TEST(ScenarioTest, EveryDifferenceIsTold) {
  Expected expected;
  expected.effect = v1::PERMIT;
  expected.outcome = v1::PERMITTED;
  expected.reasons = std::set<std::string>{"CONSENT"};
  expected.norms = std::set<std::string>{"pd-2013/7/1"};
  expected.obligations = std::set<std::string>{"REVIEW_BY"};
  expected.breached = std::set<std::string>{};
  expected.missing = std::set<std::string>{};
  expected.compare_retry_after = true;
  expected.due_ms["REVIEW_BY"] = 1000;

  v1::DecideResponse good;
  good.set_effect(v1::PERMIT);
  good.set_outcome(v1::PERMITTED);
  v1::Reason* reason = good.add_reasons();
  reason->set_code("CONSENT");
  reason->set_norm("pd-2013/7/1");
  v1::Obligation* duty = good.add_obligations();
  duty->set_id("REVIEW_BY");
  duty->mutable_due()->set_seconds(1);
  EXPECT_THAT(Differences(expected, good), ElementsAre());

  v1::DecideResponse bad;
  bad.set_effect(v1::DENY);
  bad.set_outcome(v1::INDETERMINATE);
  bad.mutable_retry_after()->set_seconds(2);
  bad.add_missing_facts()->set_path("context.act.aim");
  EXPECT_THAT(
      Differences(expected, bad),
      ElementsAre("effect: expected PERMIT; got DENY",
                  "outcome: expected PERMITTED; got INDETERMINATE",
                  "reasons: expected CONSENT; got none",
                  "norms: expected pd-2013/7/1; got none",
                  "missing: expected none; got context.act.aim",
                  "retry_after: expected none; got 1970-01-01T00:00:02Z",
                  "obligations: expected REVIEW_BY; got none",
                  "due of REVIEW_BY: expected 1970-01-01T00:00:01Z; got none"));
}

TEST(ScenarioTest, SubjectsAreValidAndDistinct) {
  std::set<std::string> seen;
  for (int i = 0; i < 10000; ++i) {
    const std::string iin = TestIin(i);
    ASSERT_TRUE(CheckIin(iin).ok()) << i;
    ASSERT_TRUE(seen.insert(iin).second) << i;
  }
}

}  // namespace
}  // namespace tarazy
