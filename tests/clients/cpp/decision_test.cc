#include "tarazy/decision.h"

#include <functional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/clients/cpp/fake_server.h"

namespace tarazy {
namespace {

TEST(DecisionTest, NothingIsNotPermitted) {
  EXPECT_FALSE(Decision().permitted());
  EXPECT_FALSE(Decision().status().ok());
  EXPECT_FALSE(Decision::NoAnswer(absl::OkStatus()).permitted());
  EXPECT_FALSE(Decision::NoAnswer(absl::OkStatus()).status().ok());
}

TEST(DecisionTest, OnlyAWholePermitOfThisRequestPermits) {
  const Decision decision = Decision::Of("a", Permit("a"));
  EXPECT_TRUE(decision.permitted());
  EXPECT_TRUE(decision.status().ok());
  EXPECT_EQ(decision.response().decision_id().size(), 32u);
}

TEST(DecisionTest, ADenyIsADecision) {
  const Decision decision = Decision::Of("a", Deny("a"));
  EXPECT_FALSE(decision.permitted());
  EXPECT_TRUE(decision.status().ok());
  EXPECT_EQ(decision.response().outcome(), v1::FORBIDDEN);
}

// Every effect with every outcome, numbers that no enum defines among them.
TEST(DecisionTest, EveryCombinationOfEffectAndOutcome) {
  for (int effect = -1; effect <= 5; ++effect) {
    for (int outcome = -1; outcome <= 6; ++outcome) {
      v1::DecideResponse response = Permit("a");
      response.set_effect(static_cast<v1::Effect>(effect));
      response.set_outcome(static_cast<v1::Outcome>(outcome));
      const Decision decision = Decision::Of("a", response);
      const bool permit = effect == v1::PERMIT && outcome == v1::PERMITTED;
      const bool deny = effect == v1::DENY && outcome != v1::PERMITTED;
      EXPECT_EQ(decision.permitted(), permit) << effect << " " << outcome;
      EXPECT_EQ(decision.status().ok(), permit || deny)
          << effect << " " << outcome;
      EXPECT_EQ(decision.response().request_id(), permit || deny ? "a" : "");
    }
  }
}

TEST(DecisionTest, AnotherRequestsAnswerIsNone) {
  for (const char* id : {"b", "", "A", "a "}) {
    const Decision decision = Decision::Of("a", Permit(id));
    EXPECT_FALSE(decision.permitted()) << id;
    EXPECT_EQ(decision.status().code(), absl::StatusCode::kDataLoss);
  }
  EXPECT_FALSE(Decision::Of("", Permit("a")).permitted());
}

TEST(DecisionTest, ResultsOfBatches) {
  v1::DecideResult result;
  result.set_request_id("a");
  EXPECT_FALSE(Decision::Of("a", result).permitted());  // empty

  *result.mutable_response() = Permit("a");
  EXPECT_TRUE(Decision::Of("a", result).permitted());
  EXPECT_FALSE(Decision::Of("b", result).permitted());

  *result.mutable_response() = Permit("b");  // inner and outer disagree
  EXPECT_FALSE(Decision::Of("a", result).permitted());
  EXPECT_FALSE(Decision::Of("b", result).permitted());

  result.mutable_error()->set_code(3);
  result.mutable_error()->set_message("`operator.bin`: check digit");
  const Decision refused = Decision::Of("a", result);
  EXPECT_FALSE(refused.permitted());
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(refused.status().message(), "`operator.bin`: check digit");

  result.mutable_error()->set_code(0);  // an error that says OK
  EXPECT_FALSE(Decision::Of("a", result).permitted());
  EXPECT_FALSE(Decision::Of("a", result).status().ok());
  result.mutable_error()->set_code(-7);
  EXPECT_FALSE(Decision::Of("a", result).status().ok());
}

}  // namespace
}  // namespace tarazy
