#include "server/command/audit.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "nlohmann/json.hpp"
#include "server/audit/decision_log.h"
#include "server/audit/file_system.h"
#include "server/audit/note.h"
#include "server/audit/salts.h"
#include "server/audit/tree_publisher.h"
#include "server/registers/pseudonym.h"
#include "tarazy/v1/record.pb.h"
#include "tests/server/audit/temp_folder.h"

namespace tarazy {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Ignore : public AppendListener {
 public:
  void OnAppended(const absl::Status& status) override {
    EXPECT_TRUE(status.ok()) << status;
  }
};

struct Ran {
  int code;
  std::string out;
  std::string err;
};

Ran RunWith(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "audit");
  std::vector<char*> argv;
  for (std::string& a : arguments) argv.push_back(&a[0]);
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Ran ran;
  ran.code = RunAudit(static_cast<int>(argv.size()), argv.data());
  ran.out = testing::internal::GetCapturedStdout();
  ran.err = testing::internal::GetCapturedStderr();
  return ran;
}

v1::DecisionRecord Record(int number) {
  v1::DecisionRecord record;
  record.mutable_recorded_at()->set_seconds(1768676400 + number);
  auto* request = record.mutable_request();
  request->set_service("egov.benefits");
  request->set_request_id("r\x1b[31m");
  request->mutable_operator_()->set_bin("971240001315");
  request->mutable_operation()->mutable_biometric_use();
  auto* response = record.mutable_response();
  response->set_decision_id(std::string(31, 'a') +
                            static_cast<char>('0' + number));
  response->set_effect(number == 0 ? v1::PERMIT : v1::DENY);
  response->set_outcome(number == 0 ? v1::PERMITTED : v1::FORBIDDEN);
  response->set_edition("seed-bill");
  auto* reason = response->add_reasons();
  reason->set_code("EFFECT_CEASE");
  reason->set_norm("pd-2013/19-1/1");
  reason->set_policy("forbid-cease");
  return record;
}

class AuditShow : public testing::Test {
 protected:
  void SetUp() override {
    DecisionLogOptions options;
    options.directory = log_;
    auto log = DecisionLog::Open(options, FileSystem::Posix());
    ASSERT_TRUE(log.ok());
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE((*log)->Append(Record(i).SerializeAsString(), &ignore_).ok());
    }
  }
  TempFolder folder_;
  const std::string log_ = folder_.path() + "/log";
  Ignore ignore_;
};

TEST_F(AuditShow, LinesForAll) {
  const Ran ran = RunWith({"show", "--log", log_});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out,
            "0  2026-01-17T19:00:00.000Z  PERMIT  egov.benefits  biometric_use"
            "  EFFECT_CEASE  seed-bill  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa0\n"
            "1  2026-01-17T19:00:01.000Z  DENY  egov.benefits  biometric_use"
            "  EFFECT_CEASE  seed-bill  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1\n"
            "2  2026-01-17T19:00:02.000Z  DENY  egov.benefits  biometric_use"
            "  EFFECT_CEASE  seed-bill  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2\n");
}

TEST_F(AuditShow, OneByNumberAndById) {
  const Ran by_number = RunWith({"show", "--log", log_, "1"});
  EXPECT_EQ(by_number.code, 0) << by_number.err;
  EXPECT_THAT(by_number.out, StartsWith("record 1\n"));
  EXPECT_THAT(by_number.out,
              HasSubstr("EFFECT_CEASE, norm pd-2013/19-1/1, policy "
                        "forbid-cease"));
  EXPECT_THAT(by_number.out, Not(HasSubstr("\x1b")));
  const Ran by_id =
      RunWith({"show", "--log", log_, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1"});
  EXPECT_EQ(by_id.out, by_number.out);
}

TEST_F(AuditShow, JsonHoldsTheWholeRecord) {
  const Ran ran = RunWith({"show", "--log", log_, "--json", "2"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  const auto json = nlohmann::json::parse(ran.out);
  EXPECT_EQ(json["index"], 2);
  EXPECT_EQ(json["record"]["response"]["effect"], "DENY");
  EXPECT_EQ(json["record"]["request"]["request_id"], "r\x1b[31m");
  EXPECT_EQ(json["record"]["recorded_at"], "2026-01-17T19:00:02Z");
}

TEST_F(AuditShow, ByTime) {
  const Ran ran =
      RunWith({"show", "--log", log_, "--from", "2026-01-18T00:00:01+05:00",
               "--to", "2026-01-18T00:00:02+05:00"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, StartsWith("1  2026-01-17T19:00:01.000Z"));
  EXPECT_EQ(std::count(ran.out.begin(), ran.out.end(), '\n'), 1);
}

TEST_F(AuditShow, SaysWhatIsWrong) {
  EXPECT_EQ(RunWith({}).code, 1);
  EXPECT_EQ(RunWith({"show", "--log", folder_.path()}).code, 1);
  const Ran far = RunWith({"show", "--log", log_, "3"});
  EXPECT_EQ(far.code, 1);
  EXPECT_THAT(far.err, HasSubstr("no record of `3`"));
  EXPECT_EQ(RunWith({"show", "--log", log_, "17"}).code, 1);
  const Ran word = RunWith({"show", "--log", log_, "xyz"});
  EXPECT_THAT(word.err, HasSubstr("`xyz` is neither"));
  const Ran instant = RunWith({"show", "--log", log_, "--from", "2026"});
  EXPECT_THAT(instant.err, HasSubstr("--from `2026` is no instant"));
}

TEST_F(AuditShow, DamageHasItsOwnExitCode) {
  const std::string segment = log_ + "/00000000000000000000.log";
  std::fstream file(segment, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(100);
  file.put('\x7f');
  file.close();
  const Ran ran = RunWith({"show", "--log", log_});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, HasSubstr("record 0 at offset 64 is damaged"));
}

TEST_F(AuditShow, VerifyAndProve) {
  const std::string key = folder_.path() + "/key";
  ASSERT_TRUE(NoteSigner::CreateKeyFile(key, "command-test").ok());
  const auto signer = NoteSigner::Load(key);
  ASSERT_TRUE(signer.ok());
  std::ofstream(key + ".pub") << (*signer)->verifier().ToString() << "\n";
  EXPECT_THAT(RunWith({"verify", "--log", log_}).out,
              HasSubstr("no checkpoint: nothing was published"));
  EXPECT_EQ(RunWith({"prove", "--log", log_, "1"}).code, 1);

  TreePublisherOptions options;
  options.log_directory = log_;
  options.signed_directory = folder_.path();
  options.signed_name = "key.signed";
  auto publisher =
      TreePublisher::Open(options, FileSystem::Posix(), signer->get());
  ASSERT_TRUE(publisher.ok()) << publisher.status();
  ASSERT_TRUE((*publisher)->Publish(3).ok());

  const Ran whole = RunWith({"verify", "--log", log_, "--key", key + ".pub"});
  EXPECT_EQ(whole.code, 0) << whole.err;
  EXPECT_EQ(whole.out,
            "3 records, each as it was written\n"
            "checkpoint of 3 records by `command-test`: signature good; 1 "
            "tiles as they must be\n");
  EXPECT_THAT(RunWith({"verify", "--log", log_}).out,
              HasSubstr("signature not checked"));

  const std::string proof = folder_.path() + "/proof";
  const std::string record = folder_.path() + "/record";
  ASSERT_EQ(RunWith({"prove", "--log", log_, "1", "--out", proof,
                     "--record-out", record})
                .code,
            0);
  const std::vector<std::string> check = {
      "verify", "--proof", proof, "--record", record, "--key", key + ".pub"};
  EXPECT_EQ(RunWith(check).out, "record 1 is in the log `command-test`\n");
  std::ofstream(record, std::ios::app) << "x";
  const Ran changed = RunWith(check);
  EXPECT_EQ(changed.code, 2);
  EXPECT_THAT(changed.err, HasSubstr("the inclusion proof does not hold"));
  EXPECT_EQ(RunWith({"verify", "--proof", proof}).code, 1);
}

TEST_F(AuditShow, QueryByTheIndex) {
  const Ran without = RunWith({"query", "--log", log_});
  EXPECT_EQ(without.code, 1);
  EXPECT_THAT(without.err, HasSubstr("`tarazy audit reindex` makes one"));
  EXPECT_EQ(RunWith({"reindex", "--log", log_}).out, "3 records indexed\n");

  const Ran all = RunWith({"query", "--log", log_});
  EXPECT_EQ(all.code, 0) << all.err;
  EXPECT_EQ(all.out, RunWith({"show", "--log", log_}).out);
  EXPECT_THAT(RunWith({"query", "--log", log_, "--effect", "deny", "--newest",
                       "--limit", "1"})
                  .out,
              StartsWith("2  "));
  EXPECT_THAT(RunWith({"tail", "--log", log_, "-n", "2"}).out,
              StartsWith("1  "));

  const Ran page = RunWith({"query", "--log", log_, "--limit", "2", "--json"});
  const auto first = nlohmann::json::parse(page.out);
  EXPECT_EQ(first["records"].size(), 2u);
  const std::string token = first["next_page_token"];
  EXPECT_THAT(RunWith({"query", "--log", log_, "--page-token", token}).out,
              StartsWith("2  "));
  const Ran forged =
      RunWith({"query", "--log", log_, "--page-token", "A" + token});
  EXPECT_EQ(forged.code, 1);
  EXPECT_THAT(forged.err, HasSubstr("`page_token`"));
  const Ran filter = RunWith({"query", "--log", log_, "--subject", "x"});
  EXPECT_EQ(filter.code, 1);
  EXPECT_THAT(filter.err, HasSubstr("`filter.subject`"));
}

TEST_F(AuditShow, StatsAndExport) {
  ASSERT_EQ(RunWith({"reindex", "--log", log_}).code, 0);
  EXPECT_EQ(RunWith({"stats", "--log", log_, "--by", "effect,reason"}).out,
            "DENY    EFFECT_CEASE  2\n"
            "PERMIT  EFFECT_CEASE  1\n"
            "3 records\n");
  const auto stats =
      nlohmann::json::parse(RunWith({"stats", "--log", log_, "--json"}).out);
  EXPECT_EQ(stats["records"], "3");
  EXPECT_EQ(RunWith({"stats", "--log", log_, "--by", "colour"}).code, 1);

  const std::string out = folder_.path() + "/export";
  ASSERT_EQ(RunWith({"export", "--log", log_, "--out", out}).code, 0);
  std::ifstream lines(out);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    EXPECT_EQ(nlohmann::json::parse(line)["index"], count);
  }
  EXPECT_EQ(count, 3);
  // Nothing is overwritten.
  EXPECT_EQ(RunWith({"export", "--log", log_, "--out", out}).code, 1);
  EXPECT_THAT(RunWith({"export", "--log", log_, "--format", "csv"}).out,
              HasSubstr("\n2,\"2026-01-17T19:00:02.000Z\",\"DENY\","));
}

TEST_F(AuditShow, ADamagedIndexIsToldAndMadeAgain) {
  ASSERT_EQ(RunWith({"reindex", "--log", log_}).code, 0);
  EXPECT_THAT(RunWith({"verify", "--log", log_}).out,
              HasSubstr("index of 3 records, each row as it was written"));
  std::ofstream(log_ + "/index.db") << std::string(9000, 'x');
  for (const char* command : {"verify", "query", "stats", "tail"}) {
    const Ran damaged = RunWith({command, "--log", log_});
    EXPECT_EQ(damaged.code, 2) << command;
    EXPECT_THAT(damaged.err, HasSubstr("index.db")) << command;
  }
  ASSERT_EQ(RunWith({"reindex", "--log", log_, "--json"}).out,
            "{\"indexed\":3}\n");
  EXPECT_EQ(RunWith({"query", "--log", log_}).code, 0);
}

TEST_F(AuditShow, ReindexLeavesAServersIndexAlone) {
  const auto lock = FileSystem::Posix()->Lock(log_ + "/LOCK");
  ASSERT_TRUE(lock.ok());
  const Ran ran = RunWith({"reindex", "--log", log_});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("keeps its index itself"));
}

TEST_F(AuditShow, EraseTakesTheSaltsOfOneSubject) {
  const std::string path = folder_.path() + "/salts.db";
  const std::string log = folder_.path() + "/sealed";
  std::vector<uint64_t> ids;
  {
    auto salts = SaltStore::Open(path, true);
    ASSERT_TRUE(salts.ok()) << salts.status();
    DecisionLogOptions options;
    options.directory = log;
    auto opened = DecisionLog::Open(options, FileSystem::Posix());
    ASSERT_TRUE(opened.ok());
    for (int i = 0; i < 4; ++i) {
      v1::DecisionRecord record = Record(i);
      record.mutable_request()->mutable_subject()->set_pseudonym(
          std::string(64, i % 2 == 0 ? 'a' : 'b'));
      const auto salt = (*salts)->Take();
      ASSERT_TRUE(salt.ok());
      ids.push_back(salt->id);
      record.mutable_sealed_inputs()->set_salt(salt->id);
      ASSERT_TRUE((*opened)->Append(record.SerializeAsString(), &ignore_).ok());
    }
  }
  const Ran ran =
      RunWith({"erase", "--log", log, "--salts", path, std::string(64, 'a')});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "2 records about the subject, the inputs of 2 erased\n");
  auto salts = SaltStore::Open(path, false);
  ASSERT_TRUE(salts.ok());
  for (size_t i = 0; i < ids.size(); ++i) {
    EXPECT_EQ((*salts)->Find(ids[i]).ok(), i % 2 == 1) << i;
  }
  EXPECT_EQ(
      RunWith({"erase", "--log", log, "--salts", path, "850315400015"}).code,
      1);
}

// Records of one subject under two keys, and of another.
class AuditKeys : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Pseudonymizer::CreateKeyFile(keys_, "first").ok());
    EXPECT_EQ(RunWith({"rotate-key", "--keys", keys_, "--id", "second"}).code,
              0);
    const auto keys = Pseudonymizer::Load(keys_);
    ASSERT_TRUE(keys.ok()) << keys.status();
    const Pseudonym subject = (*keys)->Of("850315400015");
    subject_ = subject.ToHex();
    in_log_ = (*keys)->InLog(subject).ToHex();
    auto salts = SaltStore::Open(salts_, true);
    ASSERT_TRUE(salts.ok()) << salts.status();
    DecisionLogOptions options;
    options.directory = log_;
    auto log = DecisionLog::Open(options, FileSystem::Posix());
    ASSERT_TRUE(log.ok());
    const std::pair<std::string, const char*> held[] = {
        {subject_, "first"},
        {in_log_, "second"},
        {std::string(64, 'b'), "second"}};
    for (const auto& [pseudonym, key] : held) {
      v1::DecisionRecord record = Record(static_cast<int>(ids_.size()));
      record.mutable_request()->mutable_subject()->set_pseudonym(pseudonym);
      record.mutable_response()->set_subject_pseudonym(pseudonym);
      record.set_pseudonym_key(key);
      const auto salt = (*salts)->Take();
      ASSERT_TRUE(salt.ok());
      ids_.push_back(salt->id);
      record.mutable_sealed_inputs()->set_salt(salt->id);
      ASSERT_TRUE((*log)->Append(record.SerializeAsString(), &ignore_).ok());
    }
  }

  Ran Erase(std::vector<std::string> more) {
    std::vector<std::string> all = {"erase", "--log", log_, "--salts", salts_};
    all.insert(all.end(), more.begin(), more.end());
    return RunWith(all);
  }
  // Which records' salts are there still.
  std::string Kept() {
    auto salts = SaltStore::Open(salts_, false);
    std::string kept;
    for (size_t i = 0; i < ids_.size(); ++i) {
      if ((*salts)->Find(ids_[i]).ok()) kept += std::to_string(i);
    }
    return kept;
  }

  TempFolder folder_;
  const std::string log_ = folder_.path() + "/log";
  const std::string keys_ = folder_.path() + "/keys";
  const std::string salts_ = folder_.path() + "/salts.db";
  Ignore ignore_;
  std::string subject_, in_log_;
  std::vector<uint64_t> ids_;
};

TEST_F(AuditKeys, EraseFindsASubjectUnderAllKeys) {
  Ran ran = Erase({subject_});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("under several keys, `first`, `second`; name "
                                 "the file of the keys with --keys"));
  ran = Erase({"--keys", keys_, in_log_});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("in records under the key `second`, and those "
                                 "under other keys can't be found by it"));
  EXPECT_EQ(Kept(), "012");
  ran = Erase({"--keys", keys_, subject_});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "2 records about the subject, the inputs of 2 erased\n");
  EXPECT_EQ(Kept(), "2");
}

TEST_F(AuditKeys, EraseNamesAKeyThatIsNotHeld) {
  const std::string other = folder_.path() + "/other";
  ASSERT_TRUE(Pseudonymizer::CreateKeyFile(other, "first").ok());
  Ran ran = Erase({"--keys", other, subject_});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("does not hold `second`, under which the log "
                                 "has records"));
  EXPECT_EQ(Kept(), "012");
  ran = Erase({"--keys", other, "--known-keys-only", subject_});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(Kept(), "12");
}

TEST_F(AuditKeys, QueriesFindASubjectUnderAllKeys) {
  ASSERT_EQ(RunWith({"reindex", "--log", log_}).code, 0);
  const auto count = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"query", "--log", log_, "--subject"});
    const Ran ran = RunWith(more);
    EXPECT_EQ(ran.code, 0) << ran.err;
    return std::count(ran.out.begin(), ran.out.end(), '\n');
  };
  EXPECT_EQ(count({subject_}), 1);
  EXPECT_EQ(count({in_log_}), 1);
  EXPECT_EQ(count({subject_, "--keys", keys_}), 2);
  EXPECT_EQ(count({subject_, "--keys", keys_, "--newest", "--limit", "1"}), 1);
  EXPECT_EQ(count({std::string(64, 'b'), "--keys", keys_}), 1);
}

TEST_F(AuditKeys, BadKeyFilesAreRefused) {
  chmod(keys_.c_str(), 0644);
  const Ran ran = Erase({"--keys", keys_, subject_});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("other users may use the key file"));
  EXPECT_EQ(RunWith({"rotate-key", "--keys", keys_, "--id", "x"}).code, 1);
  chmod(keys_.c_str(), 0600);
  const Ran twice = RunWith({"rotate-key", "--keys", keys_, "--id", "second"});
  EXPECT_EQ(twice.code, 1);
  EXPECT_THAT(twice.err, HasSubstr("the id `second` stands there twice"));
}

TEST_F(AuditShow, SealLeavesTheLastSegments) {
  EXPECT_EQ(RunWith({"seal", "--log", log_}).out,
            "0 segments sealed, 0 bytes became 0\n");
  EXPECT_EQ(RunWith({"seal", "--log", log_, "--keep", "1"}).code, 1);
  EXPECT_EQ(RunWith({"seal", "--log", folder_.path() + "/none"}).code, 1);
}

}  // namespace
}  // namespace tarazy
