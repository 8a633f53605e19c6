// What the register answers, and what it still knows afterwards, when its disk
// is full, fails, loses power or its process is killed, and when its file is
// damaged.

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "tests/server/registers/fault_vfs.h"
#include "tests/server/registers/register_fixture.h"

namespace tarazy {
namespace {

using ::google::protobuf::util::MessageDifferencer;
using ::testing::HasSubstr;
using ::testing::StartsWith;

namespace fs = std::filesystem;

// SQLite as everybody else has it, without the layer of faults.
int OpenPlainly(const std::string& path, sqlite3** file) {
  return sqlite3_open_v2(path.c_str(), file,
                         SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, "unix");
}

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

void WriteFile(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

class FaultTest : public RegisterTest {
 protected:
  FaultTest() { FaultVfs::Install(); }
  ~FaultTest() override {
    registers_.reset();
    FaultVfs::plan() = FaultPlan();
  }

  // Registers and withdraws; remembers what was acknowledged.
  void Work(int rounds) {
    for (int i = 0; i < rounds; ++i) {
      auto registered = HandleRegisterConsent(ConsentRequest(), context_);
      Take(registered.status());
      if (!registered.ok()) continue;
      acknowledged_[registered->consent().id()] = registered->consent();
      auto withdrawn = Withdraw(registered->consent().id());
      Take(withdrawn.status());
      if (!withdrawn.ok()) continue;
      acknowledged_[registered->consent().id()] = withdrawn->consent();
    }
  }

  void Take(const absl::Status& status) {
    if (status.ok()) {
      ++writes_;
      if (!failures_.empty()) ++writes_after_failure_;
    } else {
      failures_.push_back(status);
    }
  }

  // What was acknowledged is there. Of the writes that failed, one may be.
  void ExpectAcknowledged(uint64_t may_be_more) {
    const uint64_t revision = registers_->state().revision;
    EXPECT_GE(revision, writes_);
    EXPECT_LE(revision, writes_ + may_be_more);
    for (const auto& entry : acknowledged_) {
      absl::StatusOr<v1::Consent> found = registers_->GetConsent(entry.first);
      ASSERT_TRUE(found.ok()) << found.status();
      // A withdrawal that was not acknowledged may have got there.
      if (may_be_more > 0 && !entry.second.has_withdrawn_at()) {
        found->clear_withdrawn_at();
      }
      EXPECT_TRUE(MessageDifferencer::Equals(*found, entry.second));
    }
  }

  std::map<std::string, v1::Consent> acknowledged_;
  std::vector<absl::Status> failures_;
  uint64_t writes_ = 0;
  uint64_t writes_after_failure_ = 0;
};

struct FaultCase {
  Fault fault;
  // Whether the file's state stays known, so that writes go on.
  bool goes_on;
};

class EachFaultTest : public FaultTest,
                      public testing::WithParamInterface<FaultCase> {};

// Breaks the first call, then the second, and so on until none is left.
TEST_P(EachFaultTest, LosesNothingThatWasAcknowledged) {
  FaultPlan& plan = FaultVfs::plan();
  int64_t nth = 1;
  for (;; ++nth) {
    registers_.reset();
    options_.path = folder_.path() + "/" + std::to_string(nth) + ".db";
    acknowledged_.clear();
    failures_.clear();
    writes_ = 0;
    writes_after_failure_ = 0;
    plan = FaultPlan();
    Reopen();
    Work(1);
    ASSERT_TRUE(failures_.empty()) << failures_[0];

    plan.fault = GetParam().fault;
    plan.nth = nth;
    Work(2);
    const bool fired = plan.fired;
    for (const absl::Status& failure : failures_) {
      EXPECT_EQ(failure.code(), absl::StatusCode::kUnavailable) << failure;
    }
    if (!failures_.empty()) {
      const int64_t age = registers_->state().age_ms;
      steady_ms_ += 5000;
      if (GetParam().goes_on) {
        EXPECT_EQ(failures_.size(), 1u);
        EXPECT_EQ(registers_->state().age_ms, 0);
      } else {
        // No write is taken any more, and what is read grows old.
        EXPECT_EQ(writes_after_failure_, 0u);
        EXPECT_EQ(registers_->state().age_ms, age + 5000);
      }
    }
    // The fault may also come while the file is closed.
    registers_.reset();
    const bool fired_at_close = plan.fired;
    plan.fault = Fault::kNone;
    Reopen();
    ExpectAcknowledged(failures_.empty() ? 0 : 1);
    Work(1);
    if (!fired_at_close) break;
    ASSERT_TRUE(fired || fired_at_close);
  }
  if (GetParam().fault != Fault::kReadError &&
      GetParam().fault != Fault::kTruncateError) {
    EXPECT_GT(nth, 3) << "the fault was hardly ever met";
  }
}

// The same while the file is made, and while a file with entries is opened.
TEST_P(EachFaultTest, OpeningHarmsNothing) {
  FaultPlan& plan = FaultVfs::plan();
  for (const bool with_entries : {false, true}) {
    bool fired = true;
    for (int64_t nth = 1; fired; ++nth) {
      registers_.reset();
      options_.path = folder_.path() + "/" + std::to_string(nth) +
                      (with_entries ? "-full.db" : "-new.db");
      acknowledged_.clear();
      writes_ = 0;
      plan = FaultPlan();
      if (with_entries) {
        Reopen();
        Work(2);
        registers_.reset();
      }
      plan.fault = GetParam().fault;
      plan.nth = nth;
      const auto opened = Registers::Open(options_);
      fired = plan.fired;
      // SQLite's own check takes a page that can't be read for damage.
      if (!opened.ok() && !absl::IsDataLoss(opened.status())) {
        EXPECT_TRUE(absl::IsUnavailable(opened.status())) << opened.status();
      }
      plan.fault = Fault::kNone;
      if (opened.ok()) continue;
      Reopen();
      ExpectAcknowledged(0);
    }
  }
}

std::string FaultName(const testing::TestParamInfo<FaultCase>& info) {
  static const char* const kNames[] = {
      "None",      "DiskFull",  "ShortWriteFull", "WriteError",
      "SyncError", "ReadError", "TruncateError"};
  return kNames[static_cast<int>(info.param.fault)];
}

INSTANTIATE_TEST_SUITE_P(
    Disk, EachFaultTest,
    testing::Values(FaultCase{Fault::kDiskFull, true},
                    FaultCase{Fault::kShortWriteFull, true},
                    FaultCase{Fault::kWriteError, false},
                    FaultCase{Fault::kSyncError, false},
                    FaultCase{Fault::kReadError, false},
                    FaultCase{Fault::kTruncateError, false}),
    FaultName);

TEST_F(FaultTest, ADiskThatStaysFullKeepsTheState) {
  Work(2);
  const auto before = registers_->Find(pseudonymizer_->Of(kIin));
  FaultPlan& plan = FaultVfs::plan();
  plan.fault = Fault::kDiskFull;
  plan.nth = 1;
  plan.for_good = true;
  for (int i = 0; i < 3; ++i) {
    const auto refused = HandleRegisterConsent(ConsentRequest(), context_);
    EXPECT_EQ(refused.status().code(), absl::StatusCode::kUnavailable);
    EXPECT_THAT(std::string(refused.status().message()),
                HasSubstr("the disk is full"));
  }
  EXPECT_EQ(registers_->Find(pseudonymizer_->Of(kIin)), before);
  EXPECT_EQ(registers_->state().revision, writes_);
  plan = FaultPlan();
  Work(1);
  EXPECT_TRUE(failures_.empty());
}

TEST_F(FaultTest, AFailedDiskTakesNoWriteUntilTheServerIsStartedAgain) {
  Work(1);
  FaultPlan& plan = FaultVfs::plan();
  plan.fault = Fault::kSyncError;
  plan.nth = 1;
  EXPECT_FALSE(HandleRegisterConsent(ConsentRequest(), context_).ok());
  plan = FaultPlan();
  EXPECT_EQ(HandleRegisterConsent(ConsentRequest(), context_).status(),
            absl::UnavailableError("the register's disk has failed; restart "
                                   "the server once it is well"));
  steady_ms_ += 2001;
  EXPECT_EQ(registers_->state().age_ms, 2001);
  // Setting the wall clock back does not make it young.
  now_ms_ -= 365 * kDayMs;
  EXPECT_EQ(registers_->state().age_ms, 2001);
  Reopen();
  ExpectAcknowledged(1);
  EXPECT_EQ(registers_->state().age_ms, 0);
}

// What was synchronised is all that is left.
TEST_F(FaultTest, PowerLossTakesNothingThatWasAcknowledged) {
  registers_.reset();
  const std::string synced = folder_.path() + "/synced";
  fs::create_directory(synced);
  FaultVfs::plan().synced_folder = synced;
  options_.path = folder_.path() + "/power.db";
  Reopen();
  for (int i = 0; i < 20; ++i) {
    Work(1);
    const std::string image = folder_.path() + "/image" + std::to_string(i);
    fs::copy(synced, image);
    RegistersOptions options = options_;
    options.path = image + "/power.db";
    FaultVfs::plan().synced_folder.clear();
    {
      auto after = Registers::Open(options);
      ASSERT_TRUE(after.ok()) << after.status();
      EXPECT_EQ((*after)->state().revision, writes_);
      for (const auto& entry : acknowledged_) {
        absl::StatusOr<v1::Consent> found = (*after)->GetConsent(entry.first);
        ASSERT_TRUE(found.ok()) << found.status();
        EXPECT_TRUE(MessageDifferencer::Equals(*found, entry.second));
      }
    }
    FaultVfs::plan().synced_folder = synced;
  }
}

TEST_F(FaultTest, AFlippedBitIsFoundOrChangesNothing) {
  Work(3);
  File(ObjectionRequest());
  const auto before = registers_->Find(pseudonymizer_->Of(kIin));
  const RegisterState state = registers_->state();
  registers_.reset();
  const std::string whole = ReadFile(options_.path);
  ASSERT_GT(whole.size(), 4096u);

  RegistersOptions options = options_;
  options.path = folder_.path() + "/flipped.db";
  int found = 0;
  int harmless = 0;
  // Each page's beginning and end hold what SQLite uses.
  for (size_t i = 0; i < whole.size(); i += (i % 4096 < 64 ? 1 : 11)) {
    std::string flipped = whole;
    flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 8)));
    WriteFile(options.path, flipped);
    auto opened = Registers::Open(options);
    if (!opened.ok()) {
      ++found;
      // The file is left as it was.
      EXPECT_THAT(std::string(opened.status().message()),
                  StartsWith("`" + options.path + "`: "));
      continue;
    }
    ++harmless;
    EXPECT_EQ((*opened)->state().revision, state.revision) << i;
    const auto after = (*opened)->Find(pseudonymizer_->Of(kIin));
    ASSERT_NE(after, nullptr) << i;
    ASSERT_EQ(after->consents.size(), before->consents.size()) << i;
    for (size_t k = 0; k < before->consents.size(); ++k) {
      EXPECT_TRUE(MessageDifferencer::Equals(after->consents[k].consent,
                                             before->consents[k].consent))
          << i;
    }
    ASSERT_EQ(after->objections.size(), 1u) << i;
    opened->reset();
    fs::remove(options.path + "-wal");
  }
  EXPECT_GT(found, 100);
  EXPECT_GT(harmless, 100);
}

TEST_F(FaultTest, AReadOnlyFileIsRefused) {
  registers_.reset();
  FaultVfs::plan().read_only = true;
  const auto opened = Registers::Open(options_);
  EXPECT_EQ(opened.status(), absl::PermissionDeniedError(
                                 "`" + options_.path + "`: can't be written"));
}

class KillTest : public RegisterTest {
 protected:
  void SetUp() override {}

  // In a process of its own: writes, and tells each acknowledged id.
  [[noreturn]] void WriteUntilKilled(int pipe) {
    Reopen();
    for (;;) {
      auto response = HandleRegisterConsent(ConsentRequest(), context_);
      if (!response.ok()) _exit(1);
      const std::string& id = response->consent().id();
      if (write(pipe, id.data(), id.size()) !=
          static_cast<ssize_t>(id.size())) {
        _exit(2);
      }
    }
  }
};

TEST_F(KillTest, AKilledWriterLosesNothingThatItAcknowledged) {
  options_.max_entries_per_subject = 1000000;
  std::mt19937 random(20260306);
  std::vector<std::string> acknowledged;
  for (int round = 0; round < 25; ++round) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      close(ends[0]);
      WriteUntilKilled(ends[1]);
    }
    close(ends[1]);
    const size_t wanted = 1 + random() % 12;
    std::string told;
    char buffer[4096];
    while (told.size() < wanted * 32) {
      const ssize_t n = read(ends[0], buffer, sizeof(buffer));
      ASSERT_GT(n, 0) << "the writer ended by itself";
      told.append(buffer, static_cast<size_t>(n));
    }
    usleep(random() % 3000);
    kill(child, SIGKILL);
    for (ssize_t n; (n = read(ends[0], buffer, sizeof(buffer))) > 0;) {
      told.append(buffer, static_cast<size_t>(n));
    }
    close(ends[0]);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    for (size_t i = 0; i + 32 <= told.size(); i += 32) {
      acknowledged.push_back(told.substr(i, 32));
    }

    // Opening checks that there is no gap.
    Reopen();
    for (const std::string& id : acknowledged) {
      ASSERT_TRUE(registers_->GetConsent(id).ok()) << id;
    }
    const uint64_t revision = registers_->state().revision;
    EXPECT_GE(revision, acknowledged.size());
    EXPECT_LE(revision, acknowledged.size() + static_cast<size_t>(round) + 1);
    registers_.reset();
  }
}

using OpenTest = RegisterTest;

TEST_F(OpenTest, AFileInUseIsRefused) {
  const auto second = Registers::Open(options_);
  EXPECT_EQ(second.status(),
            absl::FailedPreconditionError(
                "`" + options_.path +
                "`: is in use by another process; stop that one first"));
}

TEST_F(OpenTest, WhatIsNoRegisterIsRefusedAndLeftAlone) {
  RegistersOptions options = options_;
  options.path = folder_.path() + "/text.db";
  const std::string text(5000, 'x');
  WriteFile(options.path, text);
  EXPECT_EQ(Registers::Open(options).status().code(),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(ReadFile(options.path), text);

  options.path = folder_.path() + "/foreign.db";
  sqlite3* foreign = nullptr;
  ASSERT_EQ(OpenPlainly(options.path, &foreign), SQLITE_OK);
  ASSERT_EQ(
      sqlite3_exec(foreign, "CREATE TABLE t (x)", nullptr, nullptr, nullptr),
      SQLITE_OK);
  sqlite3_close(foreign);
  EXPECT_EQ(Registers::Open(options).status().message(),
            "`" + options.path +
                "`: is a database, but not a register; name another file");

  options.path = folder_.path();
  EXPECT_EQ(Registers::Open(options).status().code(),
            absl::StatusCode::kPermissionDenied);
  options.path = folder_.path() + "/no/such/folder.db";
  EXPECT_EQ(Registers::Open(options).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(OpenTest, TheFileOfANewerServerIsRefused) {
  registers_.reset();
  sqlite3* file = nullptr;
  ASSERT_EQ(OpenPlainly(options_.path, &file), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(file, "UPDATE schema_version SET version = 2", nullptr,
                         nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(file);
  EXPECT_EQ(Registers::Open(options_).status(),
            absl::FailedPreconditionError(
                "`" + options_.path +
                "`: was written by a newer server (schema 2, this one knows "
                "1); start that server"));
}

TEST_F(OpenTest, AFileBelongsToItsPseudonymKey) {
  options_.path = folder_.path() + "/keyed.db";
  options_.key_check = "it's \"the\" first";
  Reopen();
  File(ObjectionRequest());
  Reopen();
  registers_.reset();
  RegistersOptions other = options_;
  for (const char* key : {"", "another", "it's \"the\" first "}) {
    other.key_check = key;
    EXPECT_EQ(Registers::Open(other).status(),
              absl::FailedPreconditionError(
                  "`" + options_.path +
                  "`: was made with another pseudonym key, under which alone "
                  "its subjects are found; give that key's file"));
  }
  Reopen();
  EXPECT_NE(registers_->Find(pseudonymizer_->Of(kIin)), nullptr);
}

// Changes that a hand made with the database's own tools.
TEST_F(OpenTest, ChangesByHandAreFound) {
  const v1::Consent consent = Register(ConsentRequest());
  ASSERT_TRUE(Withdraw(consent.id()).ok());
  registers_.reset();
  const std::string whole = ReadFile(options_.path);
  for (const char* sql :
       {"DELETE FROM change WHERE revision = 2",
        "DELETE FROM change WHERE revision = 1",
        "UPDATE change SET at_ms = at_ms + 1 WHERE revision = 1",
        "UPDATE change SET body = (SELECT body FROM change WHERE revision = "
        "1) WHERE revision = 2",
        "DELETE FROM change WHERE revision = 2; "
        "UPDATE head SET revision = 1",
        "UPDATE head SET revision = 3", "UPDATE head SET store = 'other'",
        "UPDATE head SET key_check = 'other'", "DELETE FROM head",
        "DELETE FROM schema_version"}) {
    WriteFile(options_.path, whole);
    sqlite3* file = nullptr;
    ASSERT_EQ(OpenPlainly(options_.path, &file), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(file, sql, nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(file);
    EXPECT_EQ(Registers::Open(options_).status().code(),
              absl::StatusCode::kDataLoss)
        << sql;
  }
}

TEST_F(OpenTest, TheFileIsPrivateAndHoldsNoIin) {
  Register(ConsentRequest());
  File(ObjectionRequest());
  struct stat found;
  int files = 0;
  for (const auto& entry : fs::directory_iterator(folder_.path())) {
    ASSERT_EQ(stat(entry.path().c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777, 0600u) << entry.path();
    EXPECT_EQ(ReadFile(entry.path()).find(kIin), std::string::npos)
        << entry.path();
    ++files;
  }
  EXPECT_GE(files, 2);
}

}  // namespace
}  // namespace tarazy
