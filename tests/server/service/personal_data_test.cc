// No raw identifier and no personal input stands in anything that a server
// writes, and what is sealed is gone with its salt.

#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "server/audit/salts.h"
#include "server/audit/verify.h"
#include "server/service/replay.h"
#include "tests/server/service/server_fixture.h"

namespace tarazy {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kEvidence[] = "cabinet 17, the blue folder of the applicant";

std::string Contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

class PersonalDataTest : public ServerTest {
 protected:
  PersonalDataTest() {
    config.rights.assert_consent = true;
    config.index.path = folder() + "/index.db";
    config.checkpoints.key_file = folder() + "/checkpoint.key";
    config.checkpoints.create = true;
  }

  static v1::DecideRequest WithEvidence(const char* iin) {
    v1::DecideRequest request = PermittedRequest();
    request.mutable_subject()->set_iin(iin);
    v1::AssertedConsent* asserted = request.mutable_asserted_consent();
    asserted->set_given_by(v1::SUBJECT_IN_PERSON);
    asserted->set_channel(v1::STATE_SERVICE);
    asserted->add_purposes(request.purpose().code());
    asserted->mutable_validity()->mutable_from()->set_seconds(1767225600);
    asserted->set_covers_automated_processing(true);
    asserted->set_evidence(kEvidence);
    return request;
  }

  std::vector<std::string> Files() const {
    std::vector<std::string> files;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(folder())) {
      if (entry.is_regular_file()) files.push_back(entry.path().string());
    }
    return files;
  }

  std::unique_ptr<SaltStore> Salts() {
    auto salts = SaltStore::Open(config.salts.path, false);
    EXPECT_TRUE(salts.ok()) << salts.status();
    return salts.ok() ? *std::move(salts) : nullptr;
  }
};

TEST_F(PersonalDataTest, NoFileLineOrErrorHoldsARawIdentifier) {
  Start();
  std::string told;
  Register(MatchingConsent());
  v1::FileObjectionRequest filed;
  filed.set_idempotency_key("o-1");
  v1::Objection* objection = filed.mutable_objection();
  objection->mutable_subject()->set_iin(kOtherIin);
  objection->set_operator_bin(kStateBin);
  objection->set_processing_id("p-1");
  objection->set_channel("portal");
  v1::ObjectionResponse answer;
  grpc::ClientContext context;
  told += objections().File(&context, filed, &answer).error_message();
  told += answer.DebugString();
  for (const char* iin : {kIin, kOtherIin}) {
    v1::DecideResponse response;
    const grpc::Status s = Decide(WithEvidence(iin), &response);
    ASSERT_TRUE(s.ok()) << s.error_message();
    told += response.DebugString();
    // Where it does not belong.
    using Change = std::function<void(v1::DecideRequest*)>;
    for (const Change& misplace : std::vector<Change>{
             [&](auto* r) { r->set_request_id(iin); },
             [&](auto* r) { r->set_service(absl::StrCat("s ", iin)); },
             [&](auto* r) { r->mutable_operator_()->set_bin(iin); },
             [&](auto* r) { r->mutable_purpose()->set_code(iin); },
             [&](auto* r) { r->mutable_subject()->set_pseudonym(iin); },
             [&](auto* r) {
               r->mutable_subject()->set_iin(absl::StrCat(iin, "0"));
             },
             [&](auto* r) { r->mutable_asserted_consent()->set_evidence(iin); },
             [&](auto* r) { r->mutable_mandate()->set_number(iin); },
             [&](auto* r) {
               (*r->mutable_extensions())["x"].set_string_value(iin);
             }}) {
      v1::DecideRequest request = WithEvidence(iin);
      misplace(&request);
      const grpc::Status refused = Decide(request, &response);
      EXPECT_FALSE(refused.ok()) << request.DebugString();
      told += refused.error_message();
    }
  }
  for (const Metrics::Sample& sample : server().metrics().Samples()) {
    told += sample.name;
    for (const auto& [key, value] : sample.labels) told += key + value;
  }
  Stop();
  told += LogLines();

  const std::vector<std::string> files = Files();
  EXPECT_GE(files.size(),
            6u);  // segments, registers, salts, index, tiles, keys
  for (const std::string& identifier :
       {std::string(kIin), std::string(kOtherIin)}) {
    EXPECT_THAT(told, Not(HasSubstr(identifier)));
    for (const std::string& file : files) {
      EXPECT_EQ(Contents(file).find(identifier), std::string::npos) << file;
    }
  }
  for (const std::string& file : files) {
    EXPECT_EQ(Contents(file).find(kEvidence), std::string::npos) << file;
  }
  EXPECT_THAT(told, Not(HasSubstr(kEvidence)));
}

TEST_F(PersonalDataTest, ErasingTheSaltsErasesTheInputsAndLeavesTheLogWhole) {
  Start();
  for (const char* iin : {kIin, kOtherIin, kIin}) {
    v1::DecideResponse response;
    ASSERT_TRUE(Decide(WithEvidence(iin), &response).ok());
  }
  Stop();
  const std::vector<v1::DecisionRecord> records = Records();
  ASSERT_EQ(records.size(), 3u);
  Diagnostics diagnostics;
  ReplayOptions options;
  options.law = {Pack::Load(SeedBillFolder(), &diagnostics)};
  std::vector<uint64_t> ids;
  std::vector<std::string> secrets;
  {
    const auto salts = Salts();
    options.salts = salts.get();
    auto replayer = Replayer::Make(options);
    ASSERT_TRUE(replayer.ok()) << replayer.status();
    for (const v1::DecisionRecord& record : records) {
      EXPECT_TRUE(record.request().asserted_consent().evidence().empty());
      const auto replayed = (*replayer)->Replay(record);
      ASSERT_TRUE(replayed.ok()) << replayed.status();
      EXPECT_TRUE(replayed->same);
      const auto salt = salts->Find(record.sealed_inputs().salt());
      ASSERT_TRUE(salt.ok()) << salt.status();
      v1::DecideRequest opened;
      ASSERT_TRUE(UnsealInputs(*salt, record.sealed_inputs(), &opened).ok());
      EXPECT_EQ(opened.asserted_consent().evidence(), kEvidence);
      if (record.request().subject().pseudonym() !=
          records[0].request().subject().pseudonym()) {
        continue;
      }
      ids.push_back(salt->id);
      secrets.emplace_back(reinterpret_cast<const char*>(salt->bytes.data()),
                           salt->bytes.size());
    }
    // Each record has a salt of its own: equal inputs can't be told by their
    // commitments.
    EXPECT_NE(records[0].sealed_inputs().commitment(),
              records[2].sealed_inputs().commitment());
  }
  ASSERT_EQ(ids.size(), 2u);
  for (const std::string& secret : secrets) {
    EXPECT_NE(Contents(config.salts.path).find(secret), std::string::npos);
  }
  const auto salts = Salts();
  ASSERT_TRUE(salts->Erase(ids).ok());
  for (const std::string& file : Files()) {
    for (const std::string& secret : secrets) {
      EXPECT_EQ(Contents(file).find(secret), std::string::npos) << file;
    }
  }
  options.salts = salts.get();
  auto replayer = Replayer::Make(options);
  ASSERT_TRUE(replayer.ok());
  for (size_t i : {0u, 2u}) {
    const auto replayed = (*replayer)->Replay(records[i]);
    EXPECT_EQ(replayed.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(replayed.status().message()), HasSubstr("erased"));
  }
  const auto other = (*replayer)->Replay(records[1]);
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_TRUE(other->same);

  VerifyOptions verify;
  verify.directory = config.log.directory;
  const auto whole = VerifyLog(FileSystem::Posix(), verify);
  ASSERT_TRUE(whole.ok()) << whole.status();
  EXPECT_EQ(whole->records, 3u);
  ASSERT_TRUE(whole->checkpoint.has_value());
  EXPECT_EQ(whole->checkpoint->size, 3u);
}

TEST_F(PersonalDataTest, AChangedSealIsFound) {
  Start();
  v1::DecideResponse response;
  ASSERT_TRUE(Decide(WithEvidence(kIin), &response).ok());
  Stop();
  const v1::SealedInputs sealed = Records()[0].sealed_inputs();
  const auto salts = Salts();
  const auto salt = salts->Find(sealed.salt());
  ASSERT_TRUE(salt.ok());
  v1::DecideRequest request;
  v1::SealedInputs changed = sealed;
  (*changed.mutable_sealed())[3] ^= 1;
  EXPECT_TRUE(absl::IsDataLoss(UnsealInputs(*salt, changed, &request)));
  changed = sealed;
  (*changed.mutable_commitment())[3] ^= 1;
  EXPECT_TRUE(absl::IsDataLoss(UnsealInputs(*salt, changed, &request)));
  changed = sealed;
  changed.clear_sealed();
  EXPECT_TRUE(absl::IsDataLoss(UnsealInputs(*salt, changed, &request)));
  EXPECT_TRUE(UnsealInputs(*salt, sealed, &request).ok());
}

// Numbers of salts are never given twice, whatever was erased.
TEST_F(PersonalDataTest, AnErasedNumberNeverComesBack) {
  uint64_t last = 0;
  for (int round = 0; round < 3; ++round) {
    auto salts = SaltStore::Open(config.salts.path, true);
    ASSERT_TRUE(salts.ok()) << salts.status();
    std::vector<uint64_t> taken;
    for (int i = 0; i < 5000; ++i) {
      const auto salt = (*salts)->Take();
      ASSERT_TRUE(salt.ok()) << salt.status();
      ASSERT_GT(salt->id, last);
      last = salt->id;
      taken.push_back(last);
    }
    // Durable before they were given out.
    const auto other = Salts();
    EXPECT_TRUE(other->Find(last).ok());
    ASSERT_TRUE((*salts)->Erase(taken).ok());
    EXPECT_TRUE(absl::IsNotFound(other->Find(last).status()));
  }
}

}  // namespace
}  // namespace tarazy
