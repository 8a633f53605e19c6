// `tarazy pack simulate` over a log that a server wrote: what would change, and
// what cannot be decided again.

#include <algorithm>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "server/audit/salts.h"
#include "tests/server/service/server_fixture.h"
#include "tests/support/process.h"

namespace tarazy {
namespace {

using testing::HasSubstr;
using testing::Not;

class SimulateTest : public ServerTest {
 protected:
  // Two permits on a consent, three prohibitions, two requests whose personal
  // inputs are sealed, a second apart; the salt of the last is erased.
  void Write() {
    Start();
    Register(MatchingConsent());
    for (int i = 0; i < 2; ++i) Send(PermittedRequest());
    for (int i = 0; i < 3; ++i) Send(ForbiddenRequest());
    for (int i = 0; i < 2; ++i) {
      v1::DecideRequest request = PermittedRequest();
      request.mutable_asserted_consent()->set_evidence("the blue folder");
      Send(request);
    }
    Stop();
    records_ = Records();
    ASSERT_EQ(records_.size(), 7u);
    auto salts = SaltStore::Open(config.salts.path, false);
    ASSERT_TRUE(salts.ok()) << salts.status();
    ASSERT_TRUE(records_[6].has_sealed_inputs());
    ASSERT_TRUE((*salts)->Erase({records_[6].sealed_inputs().salt()}).ok());
  }

  void Send(const v1::DecideRequest& request) {
    v1::DecideResponse response;
    const grpc::Status status = Decide(request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    now_ms += 1000;
  }

  // The bill, its people's consent to automated processing not enough.
  std::string StricterPack() const {
    const std::string root = folder() + "/packs";
    std::filesystem::create_directories(root + "/strict/decision");
    std::filesystem::copy(SeedBillFolder(), root + "/seed-bill",
                          std::filesystem::copy_options::recursive);
    WriteFile(root + "/strict/pack.yaml", R"(id: strict
edition: strict
version: 1
title: {kk: Қатаң, ru: Строгая, en: Strict}
base: seed-bill
valid_from: 2026-01-18
objection_term: {days: 3, counted_in: calendar_days}
)");
    WriteFile(root + "/strict/decision/no.cedar", R"(@id("strict.no")
@norm("pd-2013/19-1/1")
@reason("NEVER")
forbid (principal, action == Action::"automatedProcessing", resource)
when { context.act.humanParticipation == HumanParticipation::"NONE" };
)");
    return root + "/strict";
  }

  Ran Simulate(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {kTarazy, "pack", "simulate"});
    arguments.insert(arguments.end(), {"--log", config.log.directory});
    return RunProgram(arguments);
  }
  std::string Id(size_t i) const {
    return records_[i].response().decision_id();
  }

  std::vector<v1::DecisionRecord> records_;
};

TEST_F(SimulateTest, TheSamePackChangesNothing) {
  Write();
  const Ran ran =
      Simulate({SeedBillFolder(), "--salts", config.salts.path, "--json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto json = nlohmann::json::parse(ran.out);
  EXPECT_EQ(json["replayed"], 6);
  EXPECT_EQ(json["changed"], 0);
  EXPECT_TRUE(json["by_effect"].empty());
  EXPECT_TRUE(json["by_norm"].empty());
}

TEST_F(SimulateTest, WhatWouldChangeByEffectAndNormWithIds) {
  Write();
  const std::string pack = StricterPack();
  const Ran ran = Simulate(
      {pack, "--salts", config.salts.path, "--json", "--examples", "2"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto json = nlohmann::json::parse(ran.out);
  EXPECT_EQ(json["replayed"], 6);
  EXPECT_EQ(json["permit_to_deny"], 3);
  EXPECT_EQ(json["deny_to_permit"], 0);
  const auto& turn = json["by_effect"][json["by_effect"].size() - 1];
  EXPECT_EQ(turn["from"]["effect"], "PERMIT");
  EXPECT_EQ(turn["to"]["outcome"], "FORBIDDEN");
  EXPECT_EQ(turn["count"], 3);
  EXPECT_EQ(turn["decisions"], nlohmann::json({Id(0), Id(1)}));
  const auto& norms = json["by_norm"];
  const auto norm =
      std::find_if(norms.begin(), norms.end(), [](const nlohmann::json& one) {
        return one["reason"]["norm"] == "pd-2013/19-1/1";
      });
  ASSERT_NE(norm, norms.end());
  EXPECT_EQ((*norm)["permit_to_deny"], 3);
  EXPECT_EQ((*norm)["decisions"].size(), 2u);

  const Ran table = Simulate({pack, "--salts", config.salts.path});
  EXPECT_THAT(table.out, HasSubstr("6 records decided again"));
  EXPECT_THAT(table.out, HasSubstr("PERMIT -> DENY (FORBIDDEN)"));
  EXPECT_THAT(table.out, HasSubstr(Id(5)));
  // One logic behind two doors.
  const Ran replay = RunProgram({kTarazy, "audit", "replay", "--pack", pack,
                                 "--log", config.log.directory, "--salts",
                                 config.salts.path, "--examples", "5"});
  EXPECT_EQ(replay.out, table.out);
}

TEST_F(SimulateTest, WhatIsSealedOrErasedIsCountedAndNotGuessed) {
  Write();
  const Ran sealed = Simulate({StricterPack()});
  ASSERT_EQ(sealed.code, 0) << sealed.err;
  EXPECT_THAT(sealed.out, HasSubstr("5 records decided again"));
  EXPECT_THAT(sealed.out,
              HasSubstr("2 records cannot be decided again:\n  2: personal "
                        "inputs are sealed, and no salts were given"));
  const Ran erased =
      Simulate({folder() + "/packs/strict", "--salts", config.salts.path});
  EXPECT_THAT(erased.out, HasSubstr("1 record cannot be decided again:\n  1: "
                                    "the personal inputs were erased"));
  EXPECT_THAT(erased.out, Not(HasSubstr(Id(6))));
}

TEST_F(SimulateTest, OnlyTheTimeThatIsAskedFor) {
  Write();
  const std::vector<std::string> some = {SeedBillFolder(), "--since",
                                         "2026-03-10T10:00:01+05:00", "--until",
                                         "2026-03-10T10:00:04+05:00"};
  EXPECT_THAT(Simulate(some).out, HasSubstr("3 records decided again"));
  const Ran bad = Simulate({SeedBillFolder(), "--since", "yesterday"});
  EXPECT_EQ(bad.code, 1);
  EXPECT_THAT(bad.err, HasSubstr("--since"));
  EXPECT_EQ(Simulate({folder() + "/absent"}).code, 1);
  config.log.directory = folder() + "/no-log";
  EXPECT_EQ(Simulate({SeedBillFolder()}).code, 1);
}

TEST_F(SimulateTest, ABundleIsAsGoodAsItsFolder) {
  Write();
  const std::string bundle = folder() + "/strict.bundle";
  const std::string pack = StricterPack();
  ASSERT_EQ(RunProgram({kTarazy, "pack", "build", pack, "-o", bundle}).code, 0);
  EXPECT_EQ(Simulate({bundle}).out, Simulate({pack}).out);
}

}  // namespace
}  // namespace tarazy
