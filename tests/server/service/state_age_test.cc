// Decisions when nobody knows any more what the register holds: its disk
// failed during a write.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "server/registers/handlers.h"
#include "server/service/decider.h"
#include "tests/server/registers/fault_vfs.h"
#include "tests/server/registers/temporary_folder.h"
#include "tests/server/service/server_fixture.h"

namespace tarazy {
namespace {

class StateAgeTest : public testing::Test {
 protected:
  void SetUp() override {
    FaultVfs::Install();
    auto law = LawInService::Make({*LoadPack(SeedBillFolder())});
    ASSERT_TRUE(law.ok()) << law.status();
    law_ = *std::move(law);
    auto key = Pseudonymizer::Make("test-1", std::string(32, 'k'));
    ASSERT_TRUE(key.ok()) << key.status();
    pseudonymizer_ = *std::move(key);
    RegistersOptions options;
    options.path = folder_.path() + "/registers.db";
    options.clock = [] { return kTestNowMs; };
    options.steady_clock = [this] { return steady_ms_; };
    auto registers = Registers::Open(options);
    ASSERT_TRUE(registers.ok()) << registers.status();
    registers_ = *std::move(registers);
    context_ = {registers_.get(), pseudonymizer_.get()};
    DeciderOptions decider;
    decider.registers = registers_.get();
    decider.pseudonymizer = pseudonymizer_.get();
    decider.clock = [] { return kTestNowMs; };
    decider_ = std::make_unique<Decider>(decider);
  }

  void TearDown() override {
    registers_.reset();
    FaultVfs::plan() = FaultPlan();
  }

  v1::DecideResponse Decide(v1::DecideRequest request) {
    EncodedDecision decision;
    const absl::Status status = decider_->Decide(*law_, &request, &decision);
    EXPECT_TRUE(status.ok()) << status;
    v1::DecideResponse response;
    EXPECT_TRUE(response.ParseFromString(decision.response));
    return response;
  }

  TemporaryFolder folder_;
  int64_t steady_ms_ = 0;
  std::shared_ptr<const LawInService> law_;
  std::unique_ptr<const Pseudonymizer> pseudonymizer_;
  std::unique_ptr<Registers> registers_;
  RegisterContext context_;
  std::unique_ptr<Decider> decider_;
};

TEST_F(StateAgeTest, AnOldStatePermitsNothingAboutASubject) {
  v1::RegisterConsentRequest consent;
  *consent.mutable_consent() = MatchingConsent();
  const auto registered = HandleRegisterConsent(consent, context_);
  ASSERT_TRUE(registered.ok()) << registered.status();
  ASSERT_EQ(Decide(PermittedRequest()).effect(), v1::PERMIT);

  FaultVfs::plan().fault = Fault::kSyncError;
  FaultVfs::plan().nth = 1;
  v1::WithdrawConsentRequest withdraw;
  withdraw.set_consent_id(registered->consent().id());
  ASSERT_EQ(HandleWithdrawConsent(withdraw, context_).status().code(),
            absl::StatusCode::kUnavailable);

  // Whether it is withdrawn is not known: two seconds, and no more.
  steady_ms_ += 2000;
  EXPECT_EQ(Decide(PermittedRequest()).effect(), v1::PERMIT);
  steady_ms_ += 1;
  const v1::DecideResponse stale = Decide(PermittedRequest());
  EXPECT_EQ(stale.effect(), v1::DENY);
  EXPECT_EQ(stale.outcome(), v1::INDETERMINATE);
  ASSERT_EQ(stale.reasons_size(), 1);
  EXPECT_EQ(stale.reasons(0).code(), "STALE_STATE");
  EXPECT_EQ(stale.state_age().seconds(), 2);
  EXPECT_EQ(stale.state_age().nanos(), 1000000);

  // What concerns no subject goes on.
  v1::DecideRequest media;
  media.mutable_operator_()->set_bin("050140000021");
  media.mutable_operator_()->set_kind(v1::Operator::PRIVATE_ENTITY);
  media.mutable_operator_()->set_role(v1::Operator::OWNER);
  media.mutable_operation()->mutable_media_distribution()->set_ai_created(
      false);
  EXPECT_EQ(Decide(media).effect(), v1::PERMIT);
}

}  // namespace
}  // namespace tarazy
