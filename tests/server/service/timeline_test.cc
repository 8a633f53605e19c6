// Several editions of the law in one running server, asked over gRPC: the
// instant chooses the law, and nobody chooses the instant without the right.

#include <gmock/gmock.h>

#include "tests/server/service/server_fixture.h"

namespace tarazy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr int64_t kJanuary = 1768676400000;  // 2026-01-18T00:00:00+05:00
constexpr int64_t kJuly = 1783796400000;     // 2026-07-12T00:00:00+05:00

std::string LawFolder(const std::string& pack) {
  return std::string(TARAZY_SOURCE_DIR) + "/policy/law/" + pack;
}

// E-government creates a system that ranks people; the informatization law
// answers until July, the Digital Code from then on.
v1::DecideRequest RankingRequest() {
  v1::DecideRequest request;
  request.mutable_operator_()->set_bin(kStateBin);
  request.mutable_operator_()->set_kind(v1::Operator::STATE_BODY);
  request.mutable_operator_()->set_role(v1::Operator::OWNER);
  request.mutable_operation()
      ->mutable_e_gov_ai_system()
      ->mutable_functions()
      ->add_prohibited(v1::EGovAiSystem::SOCIAL_SCORING);
  request.set_language(v1::LANGUAGE_EN);
  return request;
}

std::vector<std::string> Norms(const v1::DecideResponse& response) {
  std::vector<std::string> norms;
  for (const auto& reason : response.reasons()) norms.push_back(reason.norm());
  return norms;
}

class TimelineServiceTest : public ServerTest {
 protected:
  TimelineServiceTest() {
    config.pack.directory.clear();
    config.pack.editions = {LawFolder("kz-2026-07-12"),
                            LawFolder("kz-2026-01-18")};
  }

  v1::DecideResponse Ask(const v1::DecideRequest& request) {
    v1::DecideResponse response;
    const grpc::Status status = Decide(request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  v1::DecideResponse AskAt(int64_t ms) {
    now_ms = ms;
    return Ask(RankingRequest());
  }
};

// Nothing but the clock moves: no restart, no word to the server.
TEST_F(TimelineServiceTest, TheSameRequestIsAnsweredByTheLawOfItsInstant) {
  Start();
  const v1::DecideResponse before = AskAt(kJanuary - 1000);  // 23:59:59
  EXPECT_EQ(before.effect(), v1::DENY);
  ASSERT_THAT(before.reasons(), SizeIs(1));
  EXPECT_EQ(before.reasons(0).code(), "EDITION_NOT_IN_FORCE");
  EXPECT_FALSE(before.reasons(0).text().empty());
  EXPECT_THAT(before.obligations(), IsEmpty());

  const v1::DecideResponse january = AskAt(kJanuary);
  EXPECT_EQ(january.effect(), v1::DENY);
  EXPECT_EQ(january.edition(), "kz-2026-01-18");
  EXPECT_THAT(Norms(january), ElementsAre("ai-2025/17/3/3", "inf-2015/39/7"));

  const v1::DecideResponse last = AskAt(kJuly - 1);
  EXPECT_EQ(last.edition(), "kz-2026-01-18");
  EXPECT_EQ(last.bundle_digest(), january.bundle_digest());

  const v1::DecideResponse july = AskAt(kJuly);
  EXPECT_EQ(july.edition(), "kz-2026-07-12");
  EXPECT_NE(july.bundle_digest(), january.bundle_digest());
  EXPECT_THAT(Norms(july), ElementsAre("ai-2025/17/3/3", "dc-2026/73"));

  Stop();
  const std::vector<v1::DecisionRecord> records = Records();
  ASSERT_THAT(records, SizeIs(4));
  EXPECT_EQ(records[1].response().edition(), "kz-2026-01-18");
  EXPECT_EQ(records[1].response().bundle_digest(), january.bundle_digest());
  EXPECT_EQ(records[3].response().edition(), "kz-2026-07-12");
  EXPECT_EQ(records[3].response().bundle_digest(), july.bundle_digest());
}

// The bill: a permit from the first instant on, and no law before it.
TEST_F(TimelineServiceTest, APermitBeginsWithTheEdition) {
  config.pack.editions = {LawFolder("kz-2026-01-18")};
  Start();
  Register(MatchingConsent());
  v1::DecideRequest request = PermittedRequest();
  now_ms = kJanuary - 1000;
  EXPECT_EQ(Ask(request).effect(), v1::DENY);
  now_ms = kJanuary;
  EXPECT_EQ(Ask(request).effect(), v1::PERMIT);
  now_ms = kJuly - 1;
  EXPECT_EQ(Ask(request).effect(), v1::PERMIT);
  now_ms = kJuly;
  const v1::DecideResponse after = Ask(request);
  EXPECT_EQ(after.effect(), v1::DENY);
  EXPECT_EQ(after.reasons(0).code(), "EDITION_NOT_IN_FORCE");
}

TEST_F(TimelineServiceTest, EditionsThatDoNotFitKeepTheServerFromStarting) {
  config.pack.editions.push_back(SeedBillFolder());
  const auto refused = Server::Start(config, hooks);
  ASSERT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(refused.status().message()),
              HasSubstr("`seed-bill` overlap"));

  config.pack.editions.pop_back();
  Start();
  EXPECT_FALSE(
      server()
          .ReplacePacks({LawFolder("seed-bill"), LawFolder("kz-2026-07-12")})
          .ok());
  EXPECT_EQ(AskAt(kJuly).edition(), "kz-2026-07-12");
  EXPECT_THAT(LogLines(), HasSubstr("pack_refused"));
  ASSERT_TRUE(server().ReplacePacks({SeedBillFolder()}).ok());
  EXPECT_EQ(AskAt(kJuly).edition(), "seed-bill");
}

// The bill counts calendar days, the enacted text working days.
TEST_F(TimelineServiceTest, ObjectionsHaveTheTermOfTheLawThatReceivedThem) {
  Start();
  now_ms = 1772791200000;  // Friday 2026-03-06T15:00:00+05:00
  v1::FileObjectionRequest request;
  v1::Objection* objection = request.mutable_objection();
  objection->mutable_subject()->set_iin(kIin);
  objection->set_operator_bin(kStateBin);
  objection->set_processing_id("benefit.review.auto");
  objection->set_channel("in person");
  const auto due = [&] {
    v1::ObjectionResponse response;
    grpc::ClientContext context;
    const grpc::Status status = objections().File(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.objection().due().seconds();
  };
  EXPECT_EQ(due(), 1773342000);  // 12 March, 24:00
  ASSERT_TRUE(server().ReplacePacks({SeedBillFolder()}).ok());
  EXPECT_EQ(due(), 1773082800);  // 9 March, 24:00
}

// A consent that has run out must not be made to count by asking about the
// time when it held.
TEST_F(TimelineServiceTest, OnlyWithTheRightARequestChoosesItsInstant) {
  Start();
  v1::Consent consent = MatchingConsent();
  consent.mutable_validity()->mutable_until()->set_seconds(kTestNowMs / 1000);
  Register(consent);
  v1::DecideRequest request = PermittedRequest();
  request.mutable_decision_time()->set_seconds(kTestNowMs / 1000 - 6);
  v1::DecideResponse response;
  const grpc::Status refused = Decide(request, &response);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(refused.error_message(),
              HasSubstr("`decision_time`: lies more than 5000 ms"));
  EXPECT_THAT(refused.error_message(),
              HasSubstr("rights.choose_decision_time"));
  request.mutable_decision_time()->set_seconds(kTestNowMs / 1000 + 6);
  EXPECT_EQ(Decide(request, &response).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);

  // Near the clock it is taken for the same instant: the clock's, at which the
  // consent has run out.
  request.mutable_decision_time()->set_seconds(kTestNowMs / 1000 - 5);
  response = Ask(request);
  EXPECT_EQ(response.effect(), v1::DENY);
  EXPECT_EQ(response.decided_as_of().seconds(), kTestNowMs / 1000);
  EXPECT_THAT(response.notices(), IsEmpty());
  Stop();

  config.rights.choose_decision_time = true;
  Start();
  request.mutable_decision_time()->set_seconds(kTestNowMs / 1000 - 6);
  response = Ask(request);
  EXPECT_EQ(response.effect(), v1::PERMIT);
  EXPECT_EQ(response.decided_as_of().seconds(), kTestNowMs / 1000 - 6);
  EXPECT_THAT(response.notices(), ElementsAre("AS_OF_GIVEN_TIME"));
  // The instant chooses the law too.
  request = RankingRequest();
  request.mutable_decision_time()->set_seconds(kJuly / 1000);
  EXPECT_EQ(Ask(request).edition(), "kz-2026-07-12");
  request.mutable_decision_time()->set_seconds(kJuly / 1000 - 1);
  EXPECT_EQ(Ask(request).edition(), "kz-2026-01-18");
}

TEST_F(TimelineServiceTest, ABatchRefusesAChosenInstantByItself) {
  Start();
  v1::DecideBatchRequest batch;
  *batch.add_requests() = RankingRequest();
  *batch.add_requests() = RankingRequest();
  batch.mutable_requests(1)->mutable_decision_time()->set_seconds(1);
  v1::DecideBatchResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(decisions().DecideBatch(&context, batch, &response).ok());
  ASSERT_THAT(response.results(), SizeIs(2));
  EXPECT_TRUE(response.results(0).has_response());
  EXPECT_EQ(response.results(1).error().code(), 7);
}

}  // namespace
}  // namespace tarazy
