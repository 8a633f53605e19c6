// The client library against the real server: batches, streams, callbacks and
// the registers.

#include "tarazy/client.h"

#include <signal.h>

#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "clients/cli/json_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/process.h"

namespace tarazy {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// The act of decide-1-permit.json, which turns on consent.
v1::DecideRequest BenefitRequest(const std::string& request_id) {
  v1::DecideRequest request;
  const std::string path =
      TARAZY_SOURCE_DIR "/deploy/examples/decide-1-permit.json";
  const absl::Status status = ParseJson(path, ReadFile(path), &request);
  EXPECT_TRUE(status.ok()) << status;
  request.set_request_id(request_id);
  return request;
}

v1::RegisterConsentRequest BenefitConsent() {
  v1::RegisterConsentRequest request;
  request.set_idempotency_key("benefit");
  v1::Consent* consent = request.mutable_consent();
  consent->mutable_subject()->set_iin("850315400015");
  consent->set_given_by(v1::SUBJECT_IN_PERSON);
  consent->set_operator_bin("050140000011");
  consent->add_purposes("benefit.review");
  consent->set_channel(v1::STATE_SERVICE);
  consent->set_covers_automated_processing(true);
  consent->mutable_validity()->mutable_from()->set_seconds(1767553200);
  return request;
}

class RealServerTest : public ::testing::Test {
 protected:
  RealServerTest() : folder_(MakeTempFolder("client")), served_(folder_) {}
  ~RealServerTest() override { std::filesystem::remove_all(folder_); }

  void SetUp() override {
    ASSERT_TRUE(served_.ok()) << served_.process().err();
    ClientOptions options;
    options.address = served_.address();
    options.deadline = absl::Seconds(60);
    options.register_deadline = absl::Seconds(60);
    client_ = std::make_unique<Client>(options);
  }

  void Consent() {
    const auto consent = client_->RegisterConsent(BenefitConsent());
    ASSERT_TRUE(consent.ok()) << consent.status();
    consent_id_ = consent->consent().id();
  }

  const std::string folder_;
  ServedTarazy served_;
  std::unique_ptr<Client> client_;
  std::string consent_id_;
};

TEST_F(RealServerTest, ConsentPermitsUntilItIsWithdrawn) {
  EXPECT_FALSE(client_->Decide(BenefitRequest("a")).permitted());
  Consent();
  const Decision permit = client_->Decide(BenefitRequest("b"));
  EXPECT_TRUE(permit.permitted()) << permit.status();
  EXPECT_GT(permit.response().obligations_size(), 0);

  v1::GetConsentRequest get;
  get.set_consent_id(consent_id_);
  const auto consent = client_->GetConsent(get);
  ASSERT_TRUE(consent.ok()) << consent.status();
  EXPECT_EQ(consent->subject().iin(), "");
  v1::ListConsentsRequest list;
  list.mutable_subject()->set_iin("850315400015");
  const auto consents = client_->ListConsents(list);
  ASSERT_TRUE(consents.ok()) << consents.status();
  EXPECT_EQ(consents->consents_size(), 1);

  v1::WithdrawConsentRequest withdraw;
  withdraw.set_consent_id(consent_id_);
  ASSERT_TRUE(client_->WithdrawConsent(withdraw).ok());
  const Decision deny = client_->Decide(BenefitRequest("c"));
  EXPECT_TRUE(deny.status().ok()) << deny.status();
  EXPECT_FALSE(deny.permitted());
}

TEST_F(RealServerTest, AnObjectionSuspendsUntilItIsDecidedAndNotified) {
  Consent();
  v1::FileObjectionRequest file;
  v1::Objection* objection = file.mutable_objection();
  objection->mutable_subject()->set_iin("850315400015");
  objection->set_operator_bin("050140000011");
  objection->set_processing_id("benefit.review.auto");
  objection->set_channel("in person");
  const auto filed = client_->FileObjection(file);
  ASSERT_TRUE(filed.ok()) << filed.status();
  const auto permitted_now = [this] {
    v1::DecideRequest request = BenefitRequest("now");
    request.clear_decision_time();
    const Decision decision = client_->Decide(request);
    EXPECT_TRUE(decision.status().ok()) << decision.status();
    return decision.permitted();
  };
  EXPECT_FALSE(permitted_now());

  v1::DecideObjectionRequest decide;
  decide.set_objection_id(filed->objection().id());
  decide.set_result(v1::Objection::REJECTED);
  decide.set_reason("the ground holds");
  ASSERT_TRUE(client_->DecideObjection(decide).ok());
  EXPECT_FALSE(permitted_now());

  v1::NotifyObjectionRequest notify;
  notify.set_objection_id(filed->objection().id());
  notify.set_appeal_info_given(true);
  ASSERT_TRUE(client_->NotifyObjection(notify).ok());
  EXPECT_TRUE(permitted_now());

  v1::GetObjectionRequest get;
  get.set_objection_id(filed->objection().id());
  EXPECT_TRUE(client_->GetObjection(get).ok());
  v1::ListObjectionsRequest list;
  list.mutable_subject()->set_iin("850315400015");
  const auto objections = client_->ListObjections(list);
  ASSERT_TRUE(objections.ok()) << objections.status();
  EXPECT_EQ(objections->objections_size(), 1);
}

// The check digit is wrong, and the error says where without saying what.
v1::DecideRequest BadRequest() {
  v1::DecideRequest request = BenefitRequest("bad");
  request.mutable_subject()->set_iin("850315400016");
  return request;
}

void ExpectRefused(const Decision& decision) {
  EXPECT_FALSE(decision.permitted());
  EXPECT_EQ(decision.status().code(), absl::StatusCode::kInvalidArgument);
  const std::string message(decision.status().message());
  EXPECT_THAT(message, HasSubstr("subject.iin"));
  EXPECT_THAT(message, Not(HasSubstr("850315400016")));
}

TEST_F(RealServerTest, OneBadRequestInABatchAndInAStream) {
  Consent();
  v1::DecideBatchRequest batch;
  *batch.add_requests() = BenefitRequest("a");
  *batch.add_requests() = BadRequest();
  *batch.add_requests() = BenefitRequest("c");
  const std::vector<Decision> decisions = client_->DecideBatch(batch);
  ASSERT_EQ(decisions.size(), 3u);
  EXPECT_TRUE(decisions[0].permitted()) << decisions[0].status();
  ExpectRefused(decisions[1]);
  EXPECT_TRUE(decisions[2].permitted()) << decisions[2].status();
  ExpectRefused(client_->Decide(BadRequest()));

  const std::unique_ptr<DecisionStream> stream = client_->OpenStream();
  for (const v1::DecideRequest& request : batch.requests()) {
    ASSERT_TRUE(stream->Send(request));
  }
  stream->CloseSending();
  Decision decision;
  ASSERT_TRUE(stream->Receive(&decision));
  EXPECT_TRUE(decision.permitted()) << decision.status();
  ASSERT_TRUE(stream->Receive(&decision));
  ExpectRefused(decision);
  ASSERT_TRUE(stream->Receive(&decision));
  EXPECT_TRUE(decision.permitted()) << decision.status();
  EXPECT_FALSE(stream->Receive(&decision));
  EXPECT_TRUE(stream->status().ok()) << stream->status();
}

TEST_F(RealServerTest, CallbacksComeForEachRequest) {
  Consent();
  std::vector<std::promise<bool>> answers(20);
  for (size_t i = 0; i < answers.size(); ++i) {
    client_->DecideAsync(BenefitRequest(std::to_string(i)),
                         [&answers, i](Decision decision) {
                           answers[i].set_value(decision.permitted());
                         });
  }
  for (std::promise<bool>& answer : answers) {
    EXPECT_TRUE(answer.get_future().get());
  }
}

// A kill in the middle of everything: whatever was not answered is not
// permitted, at once.
TEST_F(RealServerTest, ADeadServerPermitsNothing) {
  Consent();
  const std::unique_ptr<DecisionStream> stream = client_->OpenStream();
  ASSERT_TRUE(stream->Send(BenefitRequest("a")));
  Decision decision;
  ASSERT_TRUE(stream->Receive(&decision));
  EXPECT_TRUE(decision.permitted());
  served_.process().Signal(SIGKILL);
  served_.process().Wait();
  EXPECT_FALSE(client_->Decide(BenefitRequest("b")).permitted());
  while (stream->Send(BenefitRequest("c"))) {
    ASSERT_TRUE(stream->Receive(&decision));
    EXPECT_FALSE(decision.permitted());
  }
  while (stream->Receive(&decision)) EXPECT_FALSE(decision.permitted());
}

}  // namespace
}  // namespace tarazy
