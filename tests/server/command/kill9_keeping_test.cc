// kill -9 while old segments are sealed and deleted.
//
// Each round begins a day later (later_clock.cc) with the server on the same
// data, so that it has segments to seal and to delete at once; it is killed at
// a random moment, in every other round under load. After each kill the log as
// it lies there must verify: every answered decision that is young enough
// stands at its number, what is missing was deleted for its age and by the
// log's key, what was signed never goes back, and a sealed segment is whole or
// not there.
//
// TARAZY_KEEPING_ROUNDS sets the number of rounds (default 16).

#include <signal.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/audit/file_system.h"
#include "server/audit/log_reader.h"
#include "server/audit/pruned.h"
#include "server/audit/sealed_files.h"
#include "server/audit/segment.h"
#include "tarazy/client.h"
#include "tarazy/v1/record.pb.h"
#include "tests/server/command/kill9_load.h"
#include "tests/support/process.h"

namespace tarazy {
namespace {

namespace fs = std::filesystem;

constexpr int kThreads = 4;
constexpr int kRetainDays = 6;
// Of an asserted consent: so many that segments are filled.
constexpr int kPurposes = 24;
constexpr size_t kPurposeBytes = 120;
constexpr std::chrono::seconds kPatience(60);

// Larger records, with personal inputs that are sealed under a salt.
void Lengthen(v1::DecideRequest* request) {
  v1::AssertedConsent* consent = request->mutable_asserted_consent();
  consent->set_given_by(v1::SUBJECT_IN_PERSON);
  consent->set_channel(v1::STATE_SERVICE);
  consent->set_evidence("archive, shelf 7");
  for (int i = 0; i < kPurposes; ++i) {
    consent->add_purposes(
        absl::StrCat("purpose.", i, ".", std::string(kPurposeBytes - 12, 'p')));
  }
}

class Kill9KeepingTest : public ::testing::Test {
 protected:
  Kill9KeepingTest()
      : folder_(MakeTempFolder("kill9-keeping")), log_(folder_ + "/log") {
    const unsigned seed = std::random_device{}();
    std::cout << "seed " << seed << std::endl;
    random_.seed(seed);
    WriteFile(folder_ + ".yaml",
              absl::StrCat(
                  "checkpoints: {key_file: checkpoint.key, interval_ms: 10}\n"
                  "log: {segment_bytes: 1048576, "
                  "seal_beyond_bytes: 1, retain_days: ",
                  kRetainDays, "}\n"));
  }
  ~Kill9KeepingTest() override {
    if (HasFailure()) return;
    fs::remove_all(folder_);
    for (const char* end : {".yaml", ".sh"}) fs::remove(folder_ + end);
  }

  int Random(int from, int to) {
    return std::uniform_int_distribution<int>(from, to)(random_);
  }

  // A program that is the server, a number of days later.
  std::string ServerAt(int day) const {
    const std::string path = folder_ + ".sh";
    WriteFile(path, absl::StrCat("#!/bin/sh\nexec env TARAZY_LATER_DAYS=", day,
                                 " ASAN_OPTIONS=verify_asan_link_order=0"
                                 " LD_PRELOAD=" TARAZY_LATER_CLOCK " ",
                                 KilledBinary(), " \"$@\"\n"));
    fs::permissions(path, fs::perms::owner_all);
    return path;
  }

  void KillUnderLoad(int round) {
    ServedTarazy served(folder_, {"--config", folder_ + ".yaml"},
                        ServerAt(round));
    ASSERT_TRUE(served.ok()) << served.process().err();
    std::atomic<bool> stop{false};
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back(KillLoad, served.address(),
                           absl::StrCat(round, "-", t), &stop, &answers_,
                           Lengthen);
    }
    // The kill comes at a random moment; nothing is waited for.
    std::this_thread::sleep_for(
        std::chrono::microseconds(Random(1000, 250000)));
    served.process().Signal(SIGKILL);
    EXPECT_EQ(served.process().Wait(), 128 + SIGKILL);
    stop = true;
    for (std::thread& thread : threads) thread.join();
  }

  // Killed while it starts or, mostly, soon after it began to delete or seal.
  void KillAtWork(int round) {
    const std::set<std::string> before = Work();
    Process process({ServerAt(round), "serve", "--data", folder_, "--config",
                     folder_ + ".yaml", "--listen", "127.0.0.1:0",
                     "--ready-file", folder_ + "/ready"},
                    folder_);
    const auto end = std::chrono::steady_clock::now() +
                     std::chrono::milliseconds(Random(1, 600));
    while (std::chrono::steady_clock::now() < end && Work() == before) {
      // Between two looks at its folder: the server is another process.
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
    // The kill comes at a random moment behind the first work that is seen.
    std::this_thread::sleep_for(std::chrono::microseconds(Random(0, 15000)));
    process.Signal(SIGKILL);
    EXPECT_EQ(process.Wait(), 128 + SIGKILL) << process.err();
  }

  // Names that change when something is deleted or sealed.
  std::set<std::string> Work() const {
    std::set<std::string> names;
    std::error_code gone;
    for (fs::directory_iterator at(log_, gone), end; !gone && at != end;
         at.increment(gone)) {
      const std::string name = at->path().filename();
      if (absl::StrContains(name, ".zst")) names.insert(name);
    }
    names.insert(ReadFile(log_ + "/" + kPrunedName));
    return names;
  }

  // What lies there after a kill.
  void Check(int round) {
    const uint64_t signed_records = SignedRecords(folder_);
    EXPECT_GE(signed_records, signed_records_) << "round " << round;
    signed_records_ = signed_records;
    last_answered_.push_back(answers_.decisions().empty()
                                 ? 0
                                 : answers_.decisions().rbegin()->first);
    if (!fs::exists(folder_ + "/checkpoint.key.pub")) return;  // too early
    const Ran verified =
        RunProgram({KilledBinary(), "audit", "verify", "--log", log_, "--key",
                    folder_ + "/checkpoint.key.pub"});
    EXPECT_EQ(verified.code, 0)
        << "round " << round << ": " << verified.out << verified.err;
    CheckAnswers(round);
    CheckFiles();
  }

  void CheckAnswers(int round) {
    auto reader = LogReader::Open(LogFiles(), log_);
    ASSERT_TRUE(reader.ok()) << "round " << round << ": " << reader.status();
    const uint64_t first = (*reader)->first_index();
    EXPECT_GE(first, first_index_) << "round " << round;
    if (first > first_index_) ++deletions_;
    first_index_ = first;
    auto wanted = answers_.decisions().lower_bound(first);
    deleted_ = static_cast<size_t>(
        std::distance(answers_.decisions().begin(), wanted));
    if (deleted_ > 0) {
      // Old enough, each of them.
      ASSERT_GE(round, kRetainDays);
      EXPECT_LE(std::prev(wanted)->first,
                last_answered_[static_cast<size_t>(round - kRetainDays)]);
    }
    while (wanted != answers_.decisions().end()) {
      const auto next = (*reader)->Next();
      ASSERT_TRUE(next.ok() && *next)
          << "round " << round << ": record " << wanted->first;
      if ((*reader)->index() != wanted->first) continue;
      v1::DecisionRecord record;
      ASSERT_TRUE(
          record.ParseFromArray((*reader)->record().data(),
                                static_cast<int>((*reader)->record().size())));
      EXPECT_EQ(record.response().decision_id(), wanted->second);
      ++wanted;
    }
  }

  // Sealed segments are whole, also where the original is there still.
  void CheckFiles() {
    const auto pruned = ReadPruned(FileSystem::Posix(), log_);
    ASSERT_TRUE(pruned.ok()) << pruned.status();
    bool in_sealing = false, in_deletion = false;
    for (const auto& entry : fs::directory_iterator(log_)) {
      const std::string name = entry.path().filename();
      const std::string segment = name.substr(0, SegmentName(0).size());
      uint64_t index;
      if (absl::EndsWith(name, "PRUNED.tmp")) in_deletion = true;
      if (!ParseSegmentName(segment, &index)) continue;
      if (pruned->has_value() && index < (*pruned)->first_index) {
        in_deletion = true;
      }
      if (absl::EndsWith(name, ".zst.tmp")) in_sealing = true;
      if (!absl::EndsWith(name, ".zst")) continue;
      ++sealed_;
      const std::string original = log_ + "/" + segment;
      if (!fs::exists(original)) continue;
      in_sealing = true;
      const std::string alone = folder_ + "/alone";
      fs::create_directory(alone);
      fs::copy_file(entry.path(), alone + "/" + name);
      const auto opened = ReadAll(LogFiles(), alone + "/" + segment, 1u << 30);
      ASSERT_TRUE(opened.ok()) << opened.status();
      EXPECT_TRUE(*opened == ReadFile(original)) << name;
      fs::remove_all(alone);
    }
    kills_in_sealing_ += in_sealing ? 1 : 0;
    kills_in_deletion_ += in_deletion ? 1 : 0;
  }

  // True when nothing is left of segments that were deleted, or half sealed.
  bool Settled() const {
    const auto pruned = ReadPruned(FileSystem::Posix(), log_);
    if (!pruned.ok()) return false;
    for (const auto& entry : fs::directory_iterator(log_)) {
      const std::string name = entry.path().filename();
      uint64_t index;
      if (!ParseSegmentName(name.substr(0, SegmentName(0).size()), &index)) {
        continue;
      }
      if (pruned->has_value() && index < (*pruned)->first_index) return false;
      if (absl::EndsWith(name, ".zst.tmp")) return false;
      if (absl::EndsWith(name, ".log") &&
          fs::exists(log_ + "/" + name + ".zst")) {
        return false;
      }
    }
    return true;
  }

  // A start that nobody kills clears up what the kills left.
  void LetItSettle(int day) {
    ServedTarazy served(folder_, {"--config", folder_ + ".yaml"},
                        ServerAt(day));
    ASSERT_TRUE(served.ok()) << served.process().err();
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    bool settled = false;
    while (!settled && std::chrono::steady_clock::now() < deadline) {
      // The server is another process: there is nothing to wait on.
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      settled = Settled();
    }
    EXPECT_TRUE(settled);
    served.process().Signal(SIGTERM);
    EXPECT_EQ(served.process().Wait(), 0);
  }

  const std::string folder_;
  const std::string log_;
  std::mt19937 random_;
  Answers answers_;
  std::vector<uint64_t> last_answered_;  // by round
  uint64_t signed_records_ = 0;
  uint64_t first_index_ = 0;
  size_t deleted_ = 0;  // of the answered decisions
  size_t sealed_ = 0;   // segments seen, once a round
  int deletions_ = 0;
  int kills_in_sealing_ = 0;
  int kills_in_deletion_ = 0;
};

TEST_F(Kill9KeepingTest, NothingYoungIsLostAndNothingIsHalfThere) {
  const int rounds = KillRounds("TARAZY_KEEPING_ROUNDS", 16);
  for (int round = 0; round < rounds && !HasFailure(); ++round) {
    if (round % 2 == 0) {
      KillUnderLoad(round);
    } else {
      KillAtWork(round);
    }
    if (!HasFatalFailure()) Check(round);
  }
  if (!HasFailure()) LetItSettle(rounds);
  if (!HasFailure()) Check(rounds);
  std::cout << rounds << " rounds, " << answers_.decisions().size()
            << " decisions answered: " << deleted_ << " deleted for their age, "
            << answers_.decisions().size() - deleted_ << " all found; "
            << deletions_ << " deletions and " << sealed_
            << " sealed segments seen; killed " << kills_in_sealing_
            << " times while sealing, " << kills_in_deletion_
            << " times while deleting" << std::endl;
  EXPECT_GT(answers_.decisions().size(), static_cast<size_t>(rounds));
  EXPECT_GT(signed_records_, 0u);
  if (rounds > 2 * kRetainDays) {
    EXPECT_GT(deletions_, 0);
    EXPECT_GT(sealed_, 0u);
  }
}

}  // namespace
}  // namespace tarazy
