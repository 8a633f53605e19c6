// A new pseudonym key: records change their pseudonyms, people keep theirs.

#include <stdlib.h>

#include <fstream>
#include <sstream>

#include "server/registers/pseudonym.h"
#include "server/service/replay.h"
#include "tests/server/service/server_fixture.h"

namespace tarazy {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class KeyRotationTest : public ServerTest {
 protected:
  v1::DecideResponse Decided(const v1::DecideRequest& request) {
    v1::DecideResponse response;
    const grpc::Status s = Decide(request, &response);
    EXPECT_TRUE(s.ok()) << s.error_message();
    return response;
  }
  void Rotate(const std::string& id) {
    Stop();
    const absl::Status s =
        Pseudonymizer::AddKey(config.pseudonyms.key_file, id);
    ASSERT_TRUE(s.ok()) << s;
    Start();
  }
};

TEST_F(KeyRotationTest, ConsentsAndObjectionsOutliveANewKey) {
  Start();
  v1::Consent consent = MatchingConsent();
  consent.set_evidence("cabinet 17, the blue folder of the applicant");
  Register(consent);
  const v1::DecideResponse before = Decided(PermittedRequest());
  EXPECT_EQ(before.effect(), v1::PERMIT);
  Rotate("2027-01");
  const v1::DecideResponse after = Decided(PermittedRequest());
  EXPECT_EQ(after.effect(), v1::PERMIT);
  // Callers go on with the pseudonym that they have.
  EXPECT_EQ(after.subject_pseudonym(), before.subject_pseudonym());
  v1::DecideRequest named = PermittedRequest();
  named.mutable_subject()->set_pseudonym(before.subject_pseudonym());
  const v1::DecideResponse by_pseudonym = Decided(named);
  EXPECT_EQ(by_pseudonym.effect(), v1::PERMIT);
  EXPECT_EQ(by_pseudonym.subject_pseudonym(), before.subject_pseudonym());
  Rotate("2027-02");
  EXPECT_EQ(Decided(PermittedRequest()).effect(), v1::PERMIT);
  Stop();

  const std::vector<v1::DecisionRecord> records = Records();
  ASSERT_EQ(records.size(), 4u);
  const char* const keys[] = {"key-1", "2027-01", "2027-01", "2027-02"};
  for (size_t i = 0; i < records.size(); ++i) {
    const v1::DecisionRecord& record = records[i];
    EXPECT_EQ(record.pseudonym_key(), keys[i]);
    const std::string& held = record.request().subject().pseudonym();
    EXPECT_EQ(record.response().subject_pseudonym(), held);
    EXPECT_EQ(record.consent().subject().pseudonym(), held);
    EXPECT_TRUE(record.consent().evidence().empty());
    if (i == 0) {
      EXPECT_EQ(held, before.subject_pseudonym());
    } else {
      EXPECT_THAT(record.SerializeAsString(),
                  Not(HasSubstr(before.subject_pseudonym())));
    }
  }
  EXPECT_EQ(records[1].request().subject().pseudonym(),
            records[2].request().subject().pseudonym());
  EXPECT_NE(records[2].request().subject().pseudonym(),
            records[3].request().subject().pseudonym());

  Diagnostics diagnostics;
  ReplayOptions options;
  options.law = {Pack::Load(SeedBillFolder(), &diagnostics)};
  auto replayer = Replayer::Make(options);
  ASSERT_TRUE(replayer.ok()) << replayer.status();
  for (const v1::DecisionRecord& record : records) {
    const auto replayed = (*replayer)->Replay(record);
    ASSERT_TRUE(replayed.ok()) << replayed.status();
    EXPECT_TRUE(replayed->same) << record.DebugString();
  }
}

TEST_F(KeyRotationTest, AnObjectionFiledBeforeForbidsAfter) {
  Start();
  v1::FileObjectionRequest filed;
  filed.set_idempotency_key("o-1");
  v1::Objection* objection = filed.mutable_objection();
  const v1::DecideRequest request = PermittedRequest();
  *objection->mutable_subject() = request.subject();
  objection->set_operator_bin(request.operator_().bin());
  objection->set_processing_id(
      request.operation().automated_processing().processing_id());
  objection->set_channel("portal");
  v1::ObjectionResponse answer;
  grpc::ClientContext context;
  const grpc::Status s = objections().File(&context, filed, &answer);
  ASSERT_TRUE(s.ok()) << s.error_message();
  Register(MatchingConsent());
  const v1::DecideResponse before = Decided(request);
  Rotate("2027-01");
  const v1::DecideResponse after = Decided(request);
  EXPECT_EQ(after.effect(), before.effect());
  EXPECT_EQ(after.outcome(), before.outcome());
  Stop();
  EXPECT_EQ(Records()[1].objections_size(), Records()[0].objections_size());
}

TEST_F(KeyRotationTest, AServerWithoutTheFirstKeyIsRefused) {
  Start();
  Register(MatchingConsent());
  Rotate("2027-01");
  Stop();
  std::ifstream in(config.pseudonyms.key_file);
  std::string first, second;
  std::getline(in, first);
  std::getline(in, second);
  std::ofstream(config.pseudonyms.key_file) << second << "\n";
  const auto refused = Server::Start(config, hooks);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("key"));
}

TEST_F(KeyRotationTest, KeysFromTheEnvironment) {
  Start();
  const std::string known = Decided(PermittedRequest()).subject_pseudonym();
  Stop();
  std::ostringstream text;
  text << std::ifstream(config.pseudonyms.key_file).rdbuf();
  config.pseudonyms.key_variable = "TARAZY_TEST_KEYS";
  config.pseudonyms.create = false;
  const auto unset = Server::Start(config, hooks);
  ASSERT_FALSE(unset.ok());
  EXPECT_THAT(std::string(unset.status().message()),
              HasSubstr("the environment variable `TARAZY_TEST_KEYS`"));
  setenv("TARAZY_TEST_KEYS", "key-1 00", 1);
  EXPECT_FALSE(Server::Start(config, hooks).ok());
  setenv("TARAZY_TEST_KEYS", text.str().c_str(), 1);
  Start();
  EXPECT_EQ(Decided(PermittedRequest()).subject_pseudonym(), known);
  unsetenv("TARAZY_TEST_KEYS");
}

}  // namespace
}  // namespace tarazy
