// What a trace says of each policy agrees with what the pack answers.

#include <set>

#include "gtest/gtest.h"
#include "server/command/pack/trace.h"
#include "server/scenario/local_target.h"
#include "server/scenario/run.h"

namespace tarazy {
namespace {

using Outcome = PolicyExplanation::Outcome;

// One scenario in so many, which is some of each file.
constexpr size_t kStep = 23;

TEST(PackTrace, AgreesWithTheAnswer) {
  const std::string folder = TARAZY_SOURCE_DIR "/policy/law/seed-bill";
  const auto pack = LoadPack(folder);
  ASSERT_TRUE(pack.ok()) << pack.status();
  const auto scenarios = ReadPackScenarios(folder);
  ASSERT_TRUE(scenarios.ok()) << scenarios.status();
  std::vector<PolicyTrace> traces;
  LocalTargetOptions options;
  options.observe = [&](const PackInService& in, const Binding& binding) {
    auto made = TracePolicies(in, binding, v1::LANGUAGE_EN);
    ASSERT_TRUE(made.ok()) << made.status();
    traces = *std::move(made);
  };
  const auto target = LocalTarget::Make(*pack, options);
  ASSERT_TRUE(target.ok()) << target.status();
  std::set<v1::Outcome> outcomes;
  for (size_t i = 0; i < scenarios->size(); i += kStep) {
    const Scenario& scenario = (*scenarios)[i];
    SCOPED_TRACE(scenario.id);
    ASSERT_TRUE(Prepare(scenario, target->get()).empty());
    traces.clear();
    const auto answer = (*target)->Decide(scenario.request);
    ASSERT_TRUE(answer.ok()) << answer.status();
    if (traces.empty()) continue;
    outcomes.insert(answer->outcome());
    std::set<std::string> permits, forbids, errors, reasons;
    for (const PolicyTrace& trace : traces) {
      // What did not hold or is not known is named.
      EXPECT_EQ(trace.term.empty(), trace.outcome == Outcome::kSatisfied ||
                                        trace.outcome == Outcome::kOutOfScope)
          << trace.id;
      EXPECT_EQ(trace.error.empty(), trace.outcome != Outcome::kError);
      if (trace.duty != nullptr) continue;
      if (trace.outcome == Outcome::kError) errors.insert(trace.id);
      if (trace.outcome != Outcome::kSatisfied) continue;
      (trace.effect == Effect::kPermit ? permits : forbids).insert(trace.id);
    }
    for (const v1::Reason& reason : answer->reasons()) {
      if (!reason.policy().empty()) reasons.insert(reason.policy());
    }
    switch (answer->outcome()) {
      case v1::PERMITTED:
        EXPECT_EQ(permits, reasons);
        EXPECT_TRUE(forbids.empty() && errors.empty());
        break;
      case v1::FORBIDDEN:
        EXPECT_EQ(forbids, reasons);
        break;
      case v1::INDETERMINATE:
        EXPECT_TRUE(forbids.empty());
        EXPECT_FALSE(errors.empty());
        break;
      default:
        EXPECT_TRUE(permits.empty() && forbids.empty() && errors.empty());
    }
  }
  EXPECT_EQ(outcomes.size(), 4u);
}

}  // namespace
}  // namespace tarazy
