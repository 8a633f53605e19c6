// One decision without gRPC, on registers that the test makes up.

#include "server/service/decider.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "server/service/law_in_service.h"
#include "tests/server/service/server_fixture.h"

namespace tarazy {
namespace {

using testing::SizeIs;

// Knows one subject, and is as old as the test says.
class FakeRegisters : public Registers {
 public:
  std::shared_ptr<const SubjectEntries> Find(
      const Pseudonym& subject) const override {
    ++asked;
    last = subject;
    return entries;
  }
  RegisterState state() const override { return current; }

  absl::Status SetObjectionTerms(std::vector<DatedTerm>) override {
    return None();
  }
  absl::StatusOr<v1::RegisterConsentResponse> RegisterConsent(
      const v1::RegisterConsentRequest&) override {
    return None();
  }
  absl::StatusOr<v1::WithdrawConsentResponse> WithdrawConsent(
      const v1::WithdrawConsentRequest&) override {
    return None();
  }
  absl::StatusOr<v1::Consent> GetConsent(absl::string_view) const override {
    return None();
  }
  absl::StatusOr<v1::ListConsentsResponse> ListConsents(
      const v1::ListConsentsRequest&) const override {
    return None();
  }
  absl::StatusOr<v1::ObjectionResponse> FileObjection(
      const v1::FileObjectionRequest&) override {
    return None();
  }
  absl::StatusOr<v1::ObjectionResponse> DecideObjection(
      const v1::DecideObjectionRequest&) override {
    return None();
  }
  absl::StatusOr<v1::ObjectionResponse> NotifyObjection(
      const v1::NotifyObjectionRequest&) override {
    return None();
  }
  absl::StatusOr<v1::Objection> GetObjection(absl::string_view) const override {
    return None();
  }
  absl::StatusOr<v1::ListObjectionsResponse> ListObjections(
      const v1::ListObjectionsRequest&) const override {
    return None();
  }

  std::shared_ptr<const SubjectEntries> entries;
  RegisterState current;
  mutable int asked = 0;
  mutable Pseudonym last;

 private:
  static absl::Status None() { return absl::UnimplementedError("fake"); }
};

class DeciderTest : public testing::Test {
 protected:
  DeciderTest() {
    auto law = LawInService::Make({*LoadPack(SeedBillFolder())});
    EXPECT_TRUE(law.ok()) << law.status().ToString();
    law_ = *law;
    pseudonymizer_ = *Pseudonymizer::Make("key", std::string(32, 'k'));
    registers_.current.store = "s";
    options_.registers = &registers_;
    options_.pseudonymizer = pseudonymizer_.get();
    options_.clock = [] { return kTestNowMs; };
  }

  // A consent that suffices for PermittedRequest.
  static ConsentEntry GoodEntry() {
    ConsentEntry entry;
    entry.consent = MatchingConsent();
    entry.consent.clear_subject();
    entry.valid_from_ms = 1767225600000;
    return entry;
  }
  void Know(std::vector<ConsentEntry> consents) {
    auto entries = std::make_shared<SubjectEntries>();
    entries->consents = std::move(consents);
    registers_.entries = entries;
  }

  v1::DecideResponse Decide(v1::DecideRequest request) {
    Decider decider(options_);
    const absl::Status status = decider.Decide(*law_, &request, &decision_);
    EXPECT_TRUE(status.ok()) << status.ToString();
    v1::DecideResponse response;
    EXPECT_TRUE(response.ParseFromString(decision_.response));
    EXPECT_EQ(response.effect(), decision_.effect);
    return response;
  }
  v1::DecisionRecord Record() const {
    v1::DecisionRecord record;
    EXPECT_TRUE(record.ParseFromString(decision_.record));
    return record;
  }

  std::shared_ptr<const LawInService> law_;
  std::unique_ptr<const Pseudonymizer> pseudonymizer_;
  FakeRegisters registers_;
  DeciderOptions options_;
  EncodedDecision decision_;
};

TEST_F(DeciderTest, PermitsOnAConsentOfTheRegister) {
  Know({GoodEntry()});
  EXPECT_EQ(Decide(PermittedRequest()).effect(), v1::PERMIT);
  EXPECT_EQ(registers_.last, pseudonymizer_->Of(kIin));
}

TEST_F(DeciderTest, StaleRegistersSayNothingOfASubject) {
  Know({GoodEntry()});
  registers_.current.age_ms = 2000;
  EXPECT_EQ(Decide(PermittedRequest()).effect(), v1::PERMIT);
  registers_.current.age_ms = 2001;
  const v1::DecideResponse response = Decide(PermittedRequest());
  EXPECT_EQ(response.effect(), v1::DENY);
  EXPECT_EQ(response.outcome(), v1::INDETERMINATE);
  ASSERT_THAT(response.reasons(), SizeIs(1));
  EXPECT_EQ(response.reasons(0).code(), "STALE_STATE");
  EXPECT_FALSE(response.reasons(0).text().empty());
  EXPECT_EQ(response.state_age().seconds(), 2);
  EXPECT_EQ(response.state_age().nanos(), 1000000);
  // An act that concerns no subject does not turn on them.
  v1::DecideRequest product;
  product.mutable_operator_()->set_bin(kStateBin);
  product.mutable_operation()
      ->mutable_consumer_product()
      ->set_has_ai_components(false);
  EXPECT_EQ(Decide(product).effect(), v1::PERMIT);
}

TEST_F(DeciderTest, RegistersAreAskedOnlyForASubject) {
  v1::DecideRequest request = PermittedRequest();
  request.clear_subject();
  const v1::DecideResponse response = Decide(request);
  EXPECT_EQ(registers_.asked, 0);
  EXPECT_EQ(response.effect(), v1::DENY);
  EXPECT_EQ(response.subject_pseudonym(), "");
}

TEST_F(DeciderTest, ConsentToAnotherOperatorDoesNotCount) {
  ConsentEntry other = GoodEntry();
  other.consent.set_operator_bin(kPrivateBin);
  Know({other});
  EXPECT_EQ(Decide(PermittedRequest()).effect(), v1::DENY);
  EXPECT_FALSE(Record().has_consent());
}

TEST_F(DeciderTest, ConsentIsHalfOpenInTime) {
  ConsentEntry entry = GoodEntry();
  entry.valid_until_ms = kTestNowMs;
  Know({entry});
  EXPECT_EQ(Decide(PermittedRequest()).effect(), v1::DENY);
  entry.valid_until_ms = kTestNowMs + 1;
  Know({entry});
  EXPECT_EQ(Decide(PermittedRequest()).effect(), v1::PERMIT);
  entry.valid_from_ms = kTestNowMs;
  Know({entry});
  EXPECT_EQ(Decide(PermittedRequest()).effect(), v1::PERMIT);
  entry.valid_from_ms = kTestNowMs + 1;
  entry.valid_until_ms = kTestNowMs + 2;
  Know({entry});
  EXPECT_EQ(Decide(PermittedRequest()).effect(), v1::DENY);
}

TEST_F(DeciderTest, TriesNoMoreConsentsThanItsLimit) {
  // Those before the good one look better and fail on their channel.
  ConsentEntry paper = GoodEntry();
  paper.consent.set_channel(v1::WRITTEN);
  ConsentEntry good = GoodEntry();
  good.consent.set_given_by(v1::REPRESENTATIVE);
  Know({good, paper, paper, paper});
  options_.consents_tried = 3;
  EXPECT_EQ(Decide(PermittedRequest()).effect(), v1::DENY);
  options_.consents_tried = 4;
  EXPECT_EQ(Decide(PermittedRequest()).effect(), v1::PERMIT);
  EXPECT_EQ(Record().consent().given_by(), v1::REPRESENTATIVE);
}

TEST_F(DeciderTest, ARecordOverTheLimitIsRefused) {
  options_.max_record_bytes = 100;
  Decider decider(options_);
  v1::DecideRequest request = PermittedRequest();
  const absl::Status status = decider.Decide(*law_, &request, &decision_);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("100"));
}

TEST_F(DeciderTest, NothingIsLeftOfTheDecisionBefore) {
  Know({GoodEntry()});
  Decider decider(options_);
  v1::DecideRequest first = PermittedRequest();
  ASSERT_TRUE(decider.Decide(*law_, &first, &decision_).ok());
  v1::DecideRequest second;
  second.mutable_operator_()->set_bin(kPrivateBin);
  second.mutable_operation()->mutable_media_distribution();
  ASSERT_TRUE(decider.Decide(*law_, &second, &decision_).ok());
  v1::DecideResponse after_another, alone;
  ASSERT_TRUE(after_another.ParseFromString(decision_.response));
  second = v1::DecideRequest();
  second.mutable_operator_()->set_bin(kPrivateBin);
  second.mutable_operation()->mutable_media_distribution();
  alone = Decide(second);
  after_another.clear_decision_id();
  alone.clear_decision_id();
  EXPECT_EQ(after_another.SerializeAsString(), alone.SerializeAsString());
  EXPECT_EQ(after_another.effect(), v1::DENY);
}

TEST_F(DeciderTest, DecisionIdsDoNotRepeat) {
  Decider decider(options_);
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) {
    v1::DecideRequest request;
    request.mutable_operator_()->set_bin(kPrivateBin);
    request.mutable_operation()->mutable_media_distribution();
    ASSERT_TRUE(decider.Decide(*law_, &request, &decision_).ok());
    v1::DecideResponse response;
    ASSERT_TRUE(response.ParseFromString(decision_.response));
    ids.insert(response.decision_id());
  }
  EXPECT_THAT(ids, SizeIs(1000));
}

}  // namespace
}  // namespace tarazy
