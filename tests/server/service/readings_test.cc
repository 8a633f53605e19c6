// Readings that an operator chooses, and answers compared with the enacted
// text, in a running server.

#include <gmock/gmock.h>

#include "tests/server/service/server_fixture.h"

namespace tarazy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string LawFolder(const std::string& pack) {
  return std::string(TARAZY_SOURCE_DIR) + "/policy/law/" + pack;
}

class ReadingsTest : public ServerTest {
 protected:
  v1::DecideResponse Ask(const v1::DecideRequest& request) {
    v1::DecideResponse response;
    const grpc::Status status = Decide(request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  std::string Refusal() {
    const auto server = Server::Start(config, hooks);
    EXPECT_EQ(server.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(server.status().message());
  }
};

TEST_F(ReadingsTest, AChoiceDecidesAndIsOnRecord) {
  v1::Consent paper = MatchingConsent();
  paper.set_channel(v1::WRITTEN);
  Start();
  Register(paper);
  const v1::DecideResponse taken = Ask(PermittedRequest());
  EXPECT_EQ(taken.effect(), v1::DENY);
  EXPECT_THAT(taken.readings(), IsEmpty());
  Stop();

  config.pack.readings = {{"state-objects", "entered-paper"},
                          {"public-place", "use-only"},
                          {"consent-term", "default"}};
  Start();
  const v1::DecideResponse chosen = Ask(PermittedRequest());
  EXPECT_EQ(chosen.effect(), v1::PERMIT);
  EXPECT_THAT(chosen.readings(), ElementsAre("public-place=use-only",
                                             "state-objects=entered-paper"));
  EXPECT_NE(chosen.bundle_digest(), taken.bundle_digest());
  EXPECT_THAT(LogLines(), HasSubstr("state-objects=entered-paper"));
  // The choice stays when packs are read again.
  ASSERT_TRUE(server().ReplacePacks({SeedBillFolder()}).ok());
  EXPECT_EQ(Ask(PermittedRequest()).bundle_digest(), chosen.bundle_digest());
  Stop();

  const std::vector<v1::DecisionRecord> records = Records();
  ASSERT_THAT(records, SizeIs(3));
  EXPECT_THAT(records[0].response().readings(), IsEmpty());
  EXPECT_THAT(
      records[1].response().readings(),
      ElementsAre("public-place=use-only", "state-objects=entered-paper"));
  EXPECT_EQ(records[1].response().bundle_digest(), chosen.bundle_digest());
}

TEST_F(ReadingsTest, WhatNoPackHasIsRefusedByName) {
  config.pack.readings = {{"state-object", "entered-paper"}};
  EXPECT_THAT(Refusal(), HasSubstr("has no reading `state-object`"));
  config.pack.readings = {{"state-objects", "paper"}};
  EXPECT_THAT(Refusal(), HasSubstr("reading `state-objects` of pack `seed-bill`"
                                   " has no alternative `paper`"));
  // Written down, and no fact tells it apart.
  config.pack.readings = {{"withdrawal-at-once", "later"}};
  EXPECT_THAT(Refusal(), HasSubstr("known: default"));
}

// A reading of one edition does not keep the others out.
TEST_F(ReadingsTest, AReadingAppliesToTheEditionsThatHaveIt) {
  config.pack.directory.clear();
  config.pack.editions = {LawFolder("kz-2026-01-18"),
                          LawFolder("kz-2026-07-12")};
  config.pack.readings = {
      {"platform-access-without-article-35", "free-without-personal-data"}};
  Start();
  EXPECT_THAT(Ask(ForbiddenRequest()).readings(), IsEmpty());
  now_ms = 1783796400000;  // 2026-07-12T00:00:00+05:00
  EXPECT_THAT(Ask(ForbiddenRequest()).readings(), SizeIs(1));
}

TEST_F(ReadingsTest, ADivergenceIsNotedAndChangesNothing) {
  config.pack.compare_with = {LawFolder("kz-2026-07-12"),
                              LawFolder("kz-2026-01-18")};
  Start();
  Register(MatchingConsent());
  EXPECT_THAT(Ask(PermittedRequest()).notices(), IsEmpty());
  v1::DecideRequest request = PermittedRequest();
  request.mutable_purpose()->set_code("another");
  v1::StatutoryBasis* basis = request.mutable_statutory_basis();
  basis->set_act_type(v1::StatutoryBasis::LAW);
  basis->set_act("benefits");
  basis->set_article("6");
  basis->set_authorises_automated_decision(true);
  basis->set_mandates_act(false);
  basis->set_proven(true);
  const v1::DecideResponse response = Ask(request);
  EXPECT_EQ(response.effect(), v1::DENY);
  EXPECT_EQ(response.edition(), "seed-bill");
  EXPECT_THAT(response.notices(), ElementsAre("DIVERGES_FROM_ENACTED"));
  Stop();
  EXPECT_THAT(LogLines(), HasSubstr("pack_compared_with"));
  const std::vector<v1::DecisionRecord> records = Records();
  ASSERT_THAT(records, SizeIs(2));
  EXPECT_THAT(records[1].response().notices(),
              ElementsAre("DIVERGES_FROM_ENACTED"));

  // The same, and everything else of the answer, without the comparison.
  config.pack.compare_with.clear();
  Start();
  v1::DecideResponse alone = Ask(request);
  EXPECT_THAT(alone.notices(), IsEmpty());
  EXPECT_EQ(alone.effect(), response.effect());
  ASSERT_EQ(alone.reasons_size(), response.reasons_size());
  for (int i = 0; i < alone.reasons_size(); ++i) {
    EXPECT_EQ(alone.reasons(i).code(), response.reasons(i).code());
  }
  EXPECT_EQ(alone.obligations_size(), response.obligations_size());
}

}  // namespace
}  // namespace tarazy
