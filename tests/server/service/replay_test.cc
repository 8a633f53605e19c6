// What a server has written is decided again from the log alone.

#include "server/service/replay.h"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/server/service/server_fixture.h"

namespace tarazy {
namespace {

constexpr int kRecords = 3000;

std::shared_ptr<const Pack> LoadPack(const std::string& folder) {
  Diagnostics diagnostics;
  std::string text;
  auto pack = Pack::Load(folder, &diagnostics, &text);
  EXPECT_NE(pack, nullptr) << text;
  return pack;
}

class ReplayTest : public ServerTest {
 protected:
  // People with consents of all sorts, objections, and requests that turn on
  // them; a part of the requests says nothing that matters.
  void Write(int count) {
    Start();
    std::mt19937 random(7);
    const char* const people[] = {kIin, kOtherIin};
    for (int i = 0; i < 12; ++i) {
      v1::Consent consent = MatchingConsent();
      consent.mutable_subject()->set_iin(people[i % 2]);
      if (i % 3 == 1) consent.set_purposes(0, "other.purpose");
      if (i % 4 == 2) consent.set_covers_automated_processing(false);
      if (i % 5 == 3) {
        consent.mutable_validity()->mutable_until()->set_seconds(1770000000);
      }
      const v1::RegisterConsentResponse registered = Register(consent);
      if (i % 6 != 5) continue;
      v1::WithdrawConsentRequest withdraw;
      withdraw.set_consent_id(registered.consent().id());
      v1::WithdrawConsentResponse withdrawn;
      grpc::ClientContext context;
      ASSERT_TRUE(consents().Withdraw(&context, withdraw, &withdrawn).ok());
    }
    v1::DecideBatchRequest batch;
    for (int i = 0; i < count; ++i) {
      *batch.add_requests() = RequestOf(&random);
      if (batch.requests_size() < 500 && i + 1 < count) continue;
      v1::DecideBatchResponse answers;
      grpc::ClientContext context;
      const grpc::Status s = decisions().DecideBatch(&context, batch, &answers);
      ASSERT_TRUE(s.ok()) << s.error_message();
      batch.Clear();
      now_ms += 1000;
      if (i < count / 2 && i + 500 >= count / 2) FileObjections();
    }
    Stop();
  }

  // More than a record holds.
  void FileObjections() {
    for (int i = 0; i < 10; ++i) {
      v1::FileObjectionRequest request;
      request.set_idempotency_key(absl::StrCat("objection-", i));
      v1::Objection* objection = request.mutable_objection();
      objection->mutable_subject()->set_iin(kIin);
      objection->set_operator_bin(kStateBin);
      objection->set_processing_id(PermittedRequest()
                                       .operation()
                                       .automated_processing()
                                       .processing_id());
      objection->set_channel("portal");
      WriteTime(now_ms - i, objection->mutable_received_at());
      v1::ObjectionResponse response;
      grpc::ClientContext context;
      const grpc::Status s = objections().File(&context, request, &response);
      ASSERT_TRUE(s.ok()) << s.error_message();
    }
  }

  static void WriteTime(int64_t ms, google::protobuf::Timestamp* time) {
    time->set_seconds(ms / 1000);
    time->set_nanos(static_cast<int32_t>(ms % 1000) * 1000000);
  }

  static v1::DecideRequest RequestOf(std::mt19937* random) {
    const auto one_in = [random](unsigned n) { return (*random)() % n == 0; };
    v1::DecideRequest request;
    switch ((*random)() % 4) {
      case 0:
        request = PermittedRequest();
        break;
      case 1:
        request = ForbiddenRequest();
        break;
      case 2:
        request = IncompleteRequest();
        break;
      default:
        request.mutable_operator_()->set_bin(kPrivateBin);
        request.mutable_operator_()->set_kind(v1::Operator::PRIVATE_ENTITY);
        request.mutable_operator_()->set_role(v1::Operator::OPERATOR);
        v1::MediaDistribution* media =
            request.mutable_operation()->mutable_media_distribution();
        media->set_ai_created(true);
        media->set_synthetic(false);
        media->set_user_notice(false);
    }
    request.set_request_id(absl::StrCat("r-", (*random)() % 100000));
    if (request.has_subject() && one_in(2)) {
      request.mutable_subject()->set_iin(kOtherIin);
    }
    if (one_in(4) && request.has_purpose()) {
      request.mutable_purpose()->set_code("other.purpose");
    }
    if (one_in(5)) request.clear_purpose();
    if (one_in(6)) request.clear_data();
    if (one_in(4) && request.has_purpose()) {
      v1::AssertedConsent* asserted = request.mutable_asserted_consent();
      asserted->set_given_by(v1::SUBJECT_IN_PERSON);
      asserted->set_channel(v1::STATE_SERVICE);
      asserted->add_purposes(request.purpose().code());
      asserted->mutable_validity()->mutable_from()->set_seconds(1767225600);
      asserted->set_covers_automated_processing(true);
    }
    if (request.operation().has_media_distribution() && one_in(2)) {
      request.mutable_operation()
          ->mutable_media_distribution()
          ->set_user_notice(true);
    }
    return request;
  }

  // A copy of the pack in which a policy is gone.
  std::string PackWithout(const std::string& file, const std::string& id) {
    const std::string copy = folder() + "/pack";
    std::filesystem::copy(SeedBillFolder(), copy,
                          std::filesystem::copy_options::recursive);
    std::filesystem::remove_all(copy + "/scenarios");
    std::ifstream in(copy + "/decision/" + file);
    std::ostringstream text;
    text << in.rdbuf();
    std::string policies = text.str();
    const size_t at = policies.find("@id(\"" + id + "\")");
    EXPECT_NE(at, std::string::npos);
    const size_t end = policies.find(";\n", at);
    policies.erase(at, end + 2 - at);
    std::ofstream(copy + "/decision/" + file) << policies;
    return copy;
  }
};

TEST_F(ReplayTest, EveryRecordComesOutTheSame) {
  config.rights.assert_consent = true;
  Write(kRecords);
  auto replayer = Replayer::Make({{LoadPack(SeedBillFolder())}, nullptr, {}});
  ASSERT_TRUE(replayer.ok()) << replayer.status();
  const std::vector<v1::DecisionRecord> records = Records();
  ASSERT_EQ(records.size(), static_cast<size_t>(kRecords));
  int permits = 0, others = 0, objected = 0, asserted = 0;
  for (size_t i = 0; i < records.size(); ++i) {
    const auto replayed = (*replayer)->Replay(records[i]);
    ASSERT_TRUE(replayed.ok()) << i << ": " << replayed.status();
    ASSERT_TRUE(replayed->same)
        << i << ": " << records[i].DebugString() << "\nagain\n"
        << replayed->response.DebugString();
    permits += records[i].response().effect() == v1::PERMIT;
    others += records[i].other_consents_size() > 0;
    objected += records[i].has_objection_facts();
    asserted += records[i].consent_asserted();
  }
  // The log has cases of each kind.
  std::cout << records.size() << " records decided again, all the same; "
            << permits << " permits, " << others << " with several consents, "
            << objected << " with many objections, " << asserted
            << " on asserted consent\n";
  EXPECT_GT(permits, 50);
  EXPECT_GT(others, 50);
  EXPECT_GT(objected, 50);
  EXPECT_GT(asserted, 10);
}

TEST_F(ReplayTest, AChangedRecordDoesNotComeOutTheSame) {
  Write(60);
  auto replayer = Replayer::Make({{LoadPack(SeedBillFolder())}, nullptr, {}});
  ASSERT_TRUE(replayer.ok());
  for (v1::DecisionRecord record : Records()) {
    const bool permitted = record.response().effect() == v1::PERMIT;
    record.mutable_response()->set_effect(permitted ? v1::DENY : v1::PERMIT);
    const auto replayed = (*replayer)->Replay(record);
    ASSERT_TRUE(replayed.ok()) << replayed.status();
    EXPECT_FALSE(replayed->same);
  }
}

TEST_F(ReplayTest, APackThatIsNotGivenIsNamed) {
  Write(1);
  const std::string other = PackWithout("ai-systems.cedar", "media.no-notice");
  auto replayer = Replayer::Make({{LoadPack(other)}, nullptr, {}});
  ASSERT_TRUE(replayer.ok());
  const auto replayed = (*replayer)->Replay(Records()[0]);
  EXPECT_EQ(replayed.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(replayed.status().message()),
              testing::HasSubstr(LoadPack(SeedBillFolder())->digest()));
}

// Without the policy, exactly the decisions that named it change.
TEST_F(ReplayTest, AChangedPolicyChangesWhatItDecided) {
  Write(600);
  ReplayOptions options;
  options.instead =
      LoadPack(PackWithout("ai-systems.cedar", "media.no-notice"));
  auto replayer = Replayer::Make(options);
  ASSERT_TRUE(replayer.ok()) << replayer.status();
  ReplayDifferences differences;
  uint64_t expected = 0;
  for (const v1::DecisionRecord& record : Records()) {
    bool named = false;
    for (const v1::Reason& reason : record.response().reasons()) {
      named = named || reason.policy() == "media.no-notice";
    }
    const auto replayed = (*replayer)->Replay(record);
    ASSERT_TRUE(replayed.ok()) << replayed.status();
    EXPECT_EQ(differences.Add(record.response(), replayed->response), named);
    expected += named;
  }
  EXPECT_GT(expected, 20u);
  EXPECT_EQ(differences.changed, expected);
  EXPECT_EQ(differences.replayed, 600u);
  EXPECT_EQ(differences.permit_to_deny, 0u);
  EXPECT_EQ(differences.by_norm["media-2024/14/7"].disappears, expected);
}

// At an instant before the edition nothing is in force.
TEST_F(ReplayTest, AsOfAnotherInstantTheLawOfThatInstantDecides) {
  Write(100);
  ReplayOptions options;
  options.law = {LoadPack(SeedBillFolder())};
  options.as_of_ms = 0;
  auto replayer = Replayer::Make(options);
  ASSERT_TRUE(replayer.ok());
  for (const v1::DecisionRecord& record : Records()) {
    const auto replayed = (*replayer)->Replay(record);
    ASSERT_TRUE(replayed.ok()) << replayed.status();
    EXPECT_EQ(replayed->response.effect(), v1::DENY);
    EXPECT_EQ(replayed->response.reasons(0).code(), "EDITION_NOT_IN_FORCE");
  }
}

}  // namespace
}  // namespace tarazy
