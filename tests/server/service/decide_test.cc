// Decide, DecideBatch and DecideStream end to end: a real server, asked over
// gRPC.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/server/service/server_fixture.h"

namespace tarazy {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr char kDecide[] = "/tarazy.v1.DecisionService/Decide";

std::vector<std::string> Codes(const v1::DecideResponse& response) {
  std::vector<std::string> codes;
  for (const v1::Reason& reason : response.reasons()) {
    codes.push_back(reason.code());
  }
  return codes;
}

std::vector<std::string> Duties(const v1::DecideResponse& response) {
  std::vector<std::string> ids;
  for (const v1::Obligation& duty : response.obligations()) {
    ids.push_back(duty.id());
  }
  return ids;
}

class DecideTest : public ServerTest {};

TEST_F(DecideTest, PermitsOnARegisteredConsentWithDuties) {
  Start();
  Register(MatchingConsent());
  v1::DecideResponse response;
  const grpc::Status status = Decide(PermittedRequest(), &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.effect(), v1::PERMIT) << response.DebugString();
  EXPECT_EQ(response.outcome(), v1::PERMITTED);
  EXPECT_EQ(response.request_id(), "example-1");
  EXPECT_THAT(response.decision_id(), SizeIs(32));
  EXPECT_THAT(Duties(response), Contains("EXPLAIN_PROCEDURE"));
  EXPECT_EQ(response.edition(), "seed-bill");
  EXPECT_THAT(response.bundle_digest(), SizeIs(64));
  EXPECT_EQ(response.state().revision(), 1);
  EXPECT_EQ(response.decided_as_of().seconds(), kTestNowMs / 1000);
  EXPECT_TRUE(response.receipt().recorded());
  EXPECT_EQ(response.receipt().log(), "tarazy");
  EXPECT_EQ(response.receipt().index(), 0);
  EXPECT_THAT(response.subject_pseudonym(), SizeIs(64));
  EXPECT_THAT(response.notices(), IsEmpty());
  for (const v1::Reason& reason : response.reasons()) {
    EXPECT_FALSE(reason.norm().empty()) << reason.DebugString();
    EXPECT_FALSE(reason.act().empty()) << reason.DebugString();
    EXPECT_FALSE(reason.citation().empty()) << reason.DebugString();
    EXPECT_FALSE(reason.text().empty()) << reason.DebugString();
  }
}

TEST_F(DecideTest, DeniesWithoutConsent) {
  Start();
  v1::DecideResponse response;
  ASSERT_TRUE(Decide(PermittedRequest(), &response).ok());
  EXPECT_EQ(response.effect(), v1::DENY);
  EXPECT_EQ(response.outcome(), v1::FORBIDDEN);
  EXPECT_THAT(Codes(response), Contains("EFFECT_CEASE"));
}

TEST_F(DecideTest, DeniesByAProhibition) {
  Start();
  v1::DecideResponse response;
  ASSERT_TRUE(Decide(ForbiddenRequest(), &response).ok());
  EXPECT_EQ(response.effect(), v1::DENY);
  EXPECT_EQ(response.outcome(), v1::FORBIDDEN);
}

TEST_F(DecideTest, NamesAMissingFactAndItsField) {
  Start();
  v1::DecideResponse response;
  ASSERT_TRUE(Decide(IncompleteRequest(), &response).ok());
  EXPECT_EQ(response.effect(), v1::DENY);
  ASSERT_THAT(response.missing_facts(), SizeIs(1)) << response.DebugString();
  EXPECT_EQ(response.missing_facts(0).path(), "context.act.placeOfUse");
  EXPECT_EQ(response.missing_facts(0).field(),
            "operation.biometric_use.place_of_use");
  EXPECT_FALSE(response.missing_facts(0).policy().empty());
  EXPECT_EQ(response.outcome(), v1::INDETERMINATE);
  EXPECT_THAT(Codes(response), Contains("MISSING_FACT"));
}

TEST_F(DecideTest, AnswersInTheLanguageAskedFor) {
  config.default_language = v1::LANGUAGE_RU;
  Start();
  v1::DecideRequest request = ForbiddenRequest();
  std::set<std::string> texts;
  for (auto language : {v1::LANGUAGE_KK, v1::LANGUAGE_RU, v1::LANGUAGE_EN,
                        v1::LANGUAGE_UNSPECIFIED}) {
    request.set_language(language);
    v1::DecideResponse response;
    ASSERT_TRUE(Decide(request, &response).ok());
    ASSERT_GT(response.reasons_size(), 0);
    texts.insert(response.reasons(0).text());
  }
  // Not stated is the server's default, Russian here.
  EXPECT_THAT(texts, SizeIs(3));
}

TEST_F(DecideTest, OneRequestAlwaysReadsTheSame) {
  Start();
  v1::DecideResponse first, second;
  ASSERT_TRUE(Decide(ForbiddenRequest(), &first).ok());
  ASSERT_TRUE(Decide(ForbiddenRequest(), &second).ok());
  EXPECT_NE(first.decision_id(), second.decision_id());
  for (v1::DecideResponse* response : {&first, &second}) {
    response->clear_decision_id();
    response->clear_receipt();
  }
  EXPECT_EQ(first.SerializeAsString(), second.SerializeAsString());
}

TEST_F(DecideTest, WithdrawalStopsNewActsAtOnce) {
  Start();
  const v1::RegisterConsentResponse registered = Register(MatchingConsent());
  v1::DecideResponse response;
  ASSERT_TRUE(Decide(PermittedRequest(), &response).ok());
  EXPECT_EQ(response.effect(), v1::PERMIT);
  v1::WithdrawConsentRequest withdraw;
  withdraw.set_consent_id(registered.consent().id());
  v1::WithdrawConsentResponse withdrawn;
  grpc::ClientContext context;
  ASSERT_TRUE(consents().Withdraw(&context, withdraw, &withdrawn).ok());
  ASSERT_TRUE(Decide(PermittedRequest(), &response).ok());
  EXPECT_EQ(response.effect(), v1::DENY);
  EXPECT_EQ(response.state().revision(), 2);
}

TEST_F(DecideTest, EachConsentIsTriedUntilOnePermits) {
  Start();
  v1::Consent paper = MatchingConsent();
  paper.set_channel(v1::WRITTEN);  // not good for a state body's data
  Register(paper);
  v1::DecideResponse response;
  ASSERT_TRUE(Decide(PermittedRequest(), &response).ok());
  EXPECT_EQ(response.effect(), v1::DENY);
  Register(MatchingConsent());
  Register(paper);
  ASSERT_TRUE(Decide(PermittedRequest(), &response).ok());
  EXPECT_EQ(response.effect(), v1::PERMIT) << response.DebugString();
}

TEST_F(DecideTest, APendingObjectionDeniesForTheTimeBeing) {
  Start();
  Register(MatchingConsent());
  v1::FileObjectionRequest file;
  v1::Objection* objection = file.mutable_objection();
  objection->mutable_subject()->set_iin(kIin);
  objection->set_operator_bin(kStateBin);
  objection->set_processing_id("benefit.review.auto");
  objection->set_channel("portal");
  v1::ObjectionResponse filed;
  {
    grpc::ClientContext context;
    const grpc::Status status = objections().File(&context, file, &filed);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }
  v1::DecideResponse response;
  ASSERT_TRUE(Decide(PermittedRequest(), &response).ok());
  EXPECT_EQ(response.effect(), v1::DENY);
  EXPECT_EQ(response.retry_after().seconds(), filed.objection().due().seconds())
      << response.DebugString();
  Stop();
  const std::vector<v1::DecisionRecord> records = Records();
  ASSERT_THAT(records, SizeIs(1));
  ASSERT_THAT(records[0].objections(), SizeIs(1));
  EXPECT_EQ(records[0].objections(0).id(), filed.objection().id());
}

TEST_F(DecideTest, AssertedConsentCountsOnlyWithTheRight) {
  v1::DecideRequest request = PermittedRequest();
  v1::AssertedConsent* asserted = request.mutable_asserted_consent();
  asserted->set_given_by(v1::SUBJECT_IN_PERSON);
  asserted->set_channel(v1::STATE_SERVICE);
  asserted->add_purposes("benefit.review");
  asserted->mutable_validity()->mutable_from()->set_seconds(1767225600);
  asserted->set_covers_automated_processing(true);
  Start();
  v1::DecideResponse response;
  ASSERT_TRUE(Decide(request, &response).ok());
  EXPECT_EQ(response.effect(), v1::DENY);
  EXPECT_THAT(response.notices(), ElementsAre("ASSERTED_CONSENT_IGNORED"));
  Stop();

  config.rights.assert_consent = true;
  Start();
  ASSERT_TRUE(Decide(request, &response).ok());
  EXPECT_EQ(response.effect(), v1::PERMIT) << response.DebugString();
  EXPECT_THAT(response.notices(), ElementsAre("ASSERTED_CONSENT_USED"));

  // For what time it holds is not said: in doubt there is no permit.
  v1::DecideRequest untimed = request;
  untimed.mutable_asserted_consent()->clear_validity();
  ASSERT_TRUE(Decide(untimed, &response).ok());
  EXPECT_EQ(response.effect(), v1::DENY);
  ASSERT_GT(response.missing_facts_size(), 0);
  EXPECT_EQ(response.missing_facts(0).field(), "asserted_consent.validity");

  // The register knows better.
  const v1::RegisterConsentResponse registered = Register(MatchingConsent());
  v1::WithdrawConsentRequest withdraw;
  withdraw.set_consent_id(registered.consent().id());
  v1::WithdrawConsentResponse withdrawn;
  grpc::ClientContext context;
  ASSERT_TRUE(consents().Withdraw(&context, withdraw, &withdrawn).ok());
  ASSERT_TRUE(Decide(request, &response).ok());
  EXPECT_EQ(response.effect(), v1::DENY);
  EXPECT_THAT(response.notices(), ElementsAre("ASSERTED_CONSENT_IGNORED"));
  Stop();
  const std::vector<v1::DecisionRecord> records = Records();
  ASSERT_THAT(records, SizeIs(4));
  EXPECT_FALSE(records[0].consent_asserted());
  EXPECT_TRUE(records[1].consent_asserted());
}

TEST_F(DecideTest, AnEditionDecidesOnlyWhileItIsInForce) {
  Start();
  Register(MatchingConsent());
  v1::DecideRequest request = PermittedRequest();
  constexpr int64_t kInForce = 1768676400;  // 2026-01-18T00:00:00+05:00
  now_ms = kInForce * 1000 - 1;
  v1::DecideResponse response;
  ASSERT_TRUE(Decide(request, &response).ok());
  EXPECT_EQ(response.effect(), v1::DENY);
  EXPECT_THAT(Codes(response), ElementsAre("EDITION_NOT_IN_FORCE"));
  now_ms = kInForce * 1000;
  ASSERT_TRUE(Decide(request, &response).ok());
  EXPECT_EQ(response.effect(), v1::PERMIT) << response.DebugString();
}

TEST_F(DecideTest, ARegisterBehindTheTokenDenies) {
  Start();
  const v1::StateToken token = Register(MatchingConsent()).state();
  v1::DecideRequest request = PermittedRequest();
  *request.mutable_at_least_as_fresh() = token;
  v1::DecideResponse response;
  ASSERT_TRUE(Decide(request, &response).ok());
  EXPECT_EQ(response.effect(), v1::PERMIT);
  const auto stale = [&](v1::StateToken wanted) {
    *request.mutable_at_least_as_fresh() = wanted;
    EXPECT_TRUE(Decide(request, &response).ok());
    EXPECT_EQ(response.effect(), v1::DENY);
    EXPECT_THAT(Codes(response), ElementsAre("STALE_STATE"));
  };
  v1::StateToken other = token;
  other.set_revision(token.revision() + 1);
  stale(other);
  other = token;
  other.set_store("elsewhere");
  stale(other);
  other = token;
  other.set_epoch(token.epoch() + 1);
  stale(other);
}

TEST_F(DecideTest, EachKindOfActIsAnswered) {
  Start();
  for (int kind = 1; kind <= 9; ++kind) {
    v1::DecideRequest request;
    request.mutable_operator_()->set_bin(kStateBin);
    v1::Operation* operation = request.mutable_operation();
    const auto* field = operation->GetDescriptor()->FindFieldByNumber(kind);
    operation->GetReflection()->MutableMessage(operation, field);
    v1::DecideResponse response;
    const grpc::Status status = Decide(request, &response);
    ASSERT_TRUE(status.ok()) << field->name() << status.error_message();
    // An act of which nothing is said: nothing permits but the consumer norm,
    // which prohibits nothing.
    if (field->name() != "consumer_product") {
      EXPECT_EQ(response.effect(), v1::DENY) << response.DebugString();
      EXPECT_GT(response.reasons_size(), 0) << field->name();
    }
  }
}

TEST_F(DecideTest, TheRecordHoldsThePseudonymAndNoTexts) {
  Start();
  Register(MatchingConsent());
  v1::DecideResponse response;
  ASSERT_TRUE(Decide(PermittedRequest(), &response).ok());
  Stop();
  const std::vector<v1::DecisionRecord> records = Records();
  ASSERT_THAT(records, SizeIs(1));
  const v1::DecisionRecord& record = records[0];
  EXPECT_EQ(record.request().subject().pseudonym(),
            response.subject_pseudonym());
  EXPECT_EQ(record.response().decision_id(), response.decision_id());
  EXPECT_EQ(record.response().effect(), v1::PERMIT);
  EXPECT_EQ(record.recorded_at().seconds(), kTestNowMs / 1000);
  EXPECT_EQ(record.consent().operator_bin(), kStateBin);
  EXPECT_FALSE(record.response().has_receipt());
  EXPECT_FALSE(record.pseudonym_key().empty());
  EXPECT_THAT(record.SerializeAsString(), Not(HasSubstr(kIin)));
  ASSERT_EQ(record.response().reasons_size(), response.reasons_size());
  for (const v1::Reason& reason : record.response().reasons()) {
    EXPECT_EQ(reason.text(), "");
    EXPECT_FALSE(reason.code().empty());
  }
  EXPECT_EQ(record.response().obligations_size(), response.obligations_size());
}

TEST_F(DecideTest, WithTheLogOffEveryAnswerSaysSo) {
  config.log.enabled = false;
  Start();
  v1::DecideResponse response;
  ASSERT_TRUE(Decide(ForbiddenRequest(), &response).ok());
  EXPECT_TRUE(response.has_receipt());
  EXPECT_FALSE(response.receipt().recorded());
}

TEST_F(DecideTest, DecisionsAndCallsAreCounted) {
  Start();
  v1::DecideResponse response;
  ASSERT_TRUE(Decide(ForbiddenRequest(), &response).ok());
  EXPECT_FALSE(Decide(v1::DecideRequest(), &response).ok());
  EXPECT_EQ(Calls(kDecide, "OK"), 1);
  EXPECT_EQ(Calls(kDecide, "INVALID_ARGUMENT"), 1);
  const Metrics& metrics = server().metrics();
  EXPECT_EQ(metrics.Value("tarazy_decisions_total", {{"effect", "DENY"}}), 1);
  EXPECT_EQ(metrics.Value("tarazy_requests_refused_total", {}), 1);
  Stop();
  EXPECT_THAT(LogLines(), HasSubstr("tarazy_calls_total INVALID_ARGUMENT "
                                    "/tarazy.v1.DecisionService/Decide\":1"));
}

TEST_F(DecideTest, ABatchAnswersInOrderAndRefusesOneByOne) {
  Start();
  Register(MatchingConsent());
  v1::DecideBatchRequest batch;
  *batch.add_requests() = PermittedRequest();
  *batch.add_requests() = ForbiddenRequest();
  batch.add_requests()->set_request_id("bad");
  *batch.add_requests() = IncompleteRequest();
  v1::DecideBatchResponse answer;
  grpc::ClientContext context;
  const grpc::Status status = decisions().DecideBatch(&context, batch, &answer);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_THAT(answer.results(), SizeIs(4));
  EXPECT_EQ(answer.results(0).response().effect(), v1::PERMIT);
  EXPECT_EQ(answer.results(1).response().effect(), v1::DENY);
  EXPECT_EQ(answer.results(2).request_id(), "bad");
  EXPECT_EQ(answer.results(2).error().code(), 3);
  EXPECT_THAT(answer.results(2).error().message(), HasSubstr("operator"));
  EXPECT_EQ(answer.results(3).response().effect(), v1::DENY);
  EXPECT_EQ(answer.results(0).response().receipt().index(), 0);
  EXPECT_EQ(answer.results(1).response().receipt().index(), 1);
  EXPECT_EQ(answer.results(3).response().receipt().index(), 2);
  Stop();
  EXPECT_THAT(Records(), SizeIs(3));
}

TEST_F(DecideTest, AStreamAnswersInOrderAndGoesOnAfterARefusal) {
  Start();
  grpc::ClientContext context;
  auto stream = decisions().DecideStream(&context);
  constexpr int kRequests = 500;  // more than wait for the log at once
  for (int i = 0; i < kRequests; ++i) {
    v1::DecideRequest request =
        i % 10 == 3 ? v1::DecideRequest() : ForbiddenRequest();
    request.set_request_id(std::to_string(i));
    ASSERT_TRUE(stream->Write(request));
  }
  stream->WritesDone();
  v1::DecideResult result;
  int answered = 0;
  for (; stream->Read(&result); ++answered) {
    EXPECT_EQ(result.request_id(), std::to_string(answered));
    EXPECT_EQ(result.has_error(), answered % 10 == 3);
  }
  EXPECT_EQ(answered, kRequests);
  EXPECT_TRUE(stream->Finish().ok());
  Stop();
  EXPECT_THAT(Records(), SizeIs(kRequests - kRequests / 10));
}

TEST_F(DecideTest, ServesOnAUnixSocketToo) {
  config.listen.unix_socket = folder() + "/tarazy.sock";
  Start();
  ASSERT_THAT(server().addresses(), SizeIs(2));
  auto stub = v1::DecisionService::NewStub(grpc::CreateChannel(
      server().addresses()[1], grpc::InsecureChannelCredentials()));
  v1::DecideResponse response;
  grpc::ClientContext context;
  EXPECT_TRUE(stub->Decide(&context, ForbiddenRequest(), &response).ok());
}

TEST_F(DecideTest, SeveralCompletionQueuesServe) {
  config.threads.completion_queues = 3;
  Start();
  std::set<std::string> ids;
  for (int i = 0; i < 50; ++i) {
    v1::DecideResponse response;
    ASSERT_TRUE(Decide(ForbiddenRequest(), &response).ok());
    ids.insert(response.decision_id());
  }
  EXPECT_THAT(ids, SizeIs(50));
}

}  // namespace
}  // namespace tarazy
