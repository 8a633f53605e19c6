// Printing a tree as text and reading it back gives the same policy.

#include "policy/cedar/policy_text.h"

#include "gtest/gtest.h"
#include "policy/cedar/parser.h"
#include "policy/cedar/policy_json.h"
#include "tests/differential/case_generator.h"

namespace tarazy {
namespace {

bool Parse(const std::string& text, PolicySet* set) {
  Diagnostics diagnostics;
  const Source source("policies", text);
  return ParsePolicies(source, ParseOptions(), set, &diagnostics);
}

void ExpectRoundTrip(const Policy& policy) {
  const auto printed = PolicyToText(policy);
  ASSERT_TRUE(printed.ok()) << printed.status();
  const std::string& text = *printed;
  PolicySet again;
  ASSERT_TRUE(Parse(text, &again)) << text;
  const std::vector<Policy>& read =
      policy.is_template() ? again.templates : again.policies;
  ASSERT_EQ(read.size(), 1u) << text;
  EXPECT_EQ(PolicyToJson(read[0], JsonStyle::kCompact),
            PolicyToJson(policy, JsonStyle::kCompact))
      << text;
}

TEST(PolicyTextTest, RandomPoliciesReadBack) {
  for (uint64_t seed = 1; seed <= 500; ++seed) {
    PolicySet set;
    if (!Parse(GenerateCase(seed, CaseStyle::kPlain).policies, &set)) continue;
    for (const Policy& policy : set.policies) ExpectRoundTrip(policy);
    for (const Policy& policy : set.templates) ExpectRoundTrip(policy);
    if (HasFailure()) return;
  }
}

TEST(PolicyTextTest, SignsKeepTheirMeaning) {
  for (const char* expression :
       {"-1 == 1", "-(1) == 1", "-(-1) == 1", "!(!true)", "!!true",
        "!(-1 == 1)", "----1 == 1", "-(principal.a) == 1", "(-1).a",
        "(if true then 1 else 2) + 1 == 2", "(1 == 2) == false",
        "1 - (2 - 3) == 2"}) {
    PolicySet set;
    const std::string text =
        std::string("permit(principal, action, resource) when { ") +
        expression + " };";
    ASSERT_TRUE(Parse(text, &set)) << text;
    ExpectRoundTrip(set.policies[0]);
  }
}

}  // namespace
}  // namespace tarazy
