// kill -9 under load: every decision that was answered is in the log, and
// every consent that was answered is in the register.
//
// Each round starts the real server on the same data, asks from several
// threads, kills the server at a random moment, and starts it again in the
// next round. What was answered before the kill must be found: at its number
// in the log, with the same decision; and what was signed never goes back.
// TARAZY_KILL_ROUNDS sets the number of rounds (default 50).

#include <signal.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/audit/file_system.h"
#include "server/audit/log_reader.h"
#include "tarazy/client.h"
#include "tarazy/v1/record.pb.h"
#include "tests/server/command/kill9_load.h"
#include "tests/support/process.h"

namespace tarazy {
namespace {

constexpr int kThreads = 4;

v1::RegisterConsentRequest Consent(const std::string& key) {
  v1::RegisterConsentRequest request;
  request.set_idempotency_key(key);
  v1::Consent* consent = request.mutable_consent();
  consent->mutable_subject()->set_iin("850315400015");
  consent->set_given_by(v1::SUBJECT_IN_PERSON);
  consent->set_operator_bin("050140000011");
  consent->add_purposes("purpose." + key);
  consent->set_channel(v1::STATE_SERVICE);
  return request;
}

void Register(const std::string& address, const std::string& name,
              const std::atomic<bool>* stop, Answers* answers) {
  ClientOptions options;
  options.address = address;
  options.register_deadline = absl::Seconds(60);
  Client client(options);
  for (int i = 0; !*stop; ++i) {
    const auto response =
        client.RegisterConsent(Consent(absl::StrCat(name, "-", i)));
    if (response.ok()) answers->AddConsent(response->consent().id());
  }
}

class Kill9Test : public ::testing::Test {
 protected:
  Kill9Test()
      : folder_(MakeTempFolder("kill9")), seed_(std::random_device{}()) {
    std::cout << "seed " << seed_ << std::endl;
    // So often that some are signed in every round.
    std::ofstream(folder_ + ".yaml") << "checkpoints: {interval_ms: 10}\n";
  }
  ~Kill9Test() override {
    if (HasFailure()) return;
    std::filesystem::remove_all(folder_);
    std::filesystem::remove(folder_ + ".yaml");
  }

  void KillUnderLoad(int round, std::mt19937* random) {
    ServedTarazy served(folder_, flags_, KilledBinary());
    ASSERT_TRUE(served.ok()) << served.process().err();
    std::atomic<bool> stop{false};
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back(KillLoad, served.address(),
                           absl::StrCat(round, "-", t), &stop, &answers_,
                           nullptr);
    }
    threads.emplace_back(Register, served.address(), absl::StrCat(round), &stop,
                         &answers_);
    std::this_thread::sleep_for(std::chrono::microseconds(
        std::uniform_int_distribution<int>(1000, 120000)(*random)));
    served.process().Signal(SIGKILL);
    EXPECT_EQ(served.process().Wait(), 128 + SIGKILL);
    const uint64_t signed_records = SignedRecords(folder_);
    EXPECT_GE(signed_records, signed_records_) << "round " << round;
    if (signed_records > signed_records_) ++checkpoints_;
    signed_records_ = signed_records;
    stop = true;
    for (std::thread& thread : threads) thread.join();
  }

  // Every answered decision is at its number in the log, and the log itself
  // reads whole.
  void CheckLog() {
    auto reader = LogReader::Open(FileSystem::Posix(), folder_ + "/log");
    ASSERT_TRUE(reader.ok()) << reader.status();
    size_t found = 0;
    for (;;) {
      const absl::StatusOr<bool> next = (*reader)->Next();
      ASSERT_TRUE(next.ok()) << next.status();
      if (!*next) break;
      const auto answered = answers_.decisions().find((*reader)->index());
      if (answered == answers_.decisions().end()) continue;
      v1::DecisionRecord record;
      ASSERT_TRUE(
          record.ParseFromArray((*reader)->record().data(),
                                static_cast<int>((*reader)->record().size())));
      EXPECT_EQ(record.response().decision_id(), answered->second);
      ++found;
    }
    EXPECT_EQ(found, answers_.decisions().size());
  }

  const std::string folder_;
  const std::vector<std::string> flags_{"--config", folder_ + ".yaml"};
  const unsigned seed_;
  Answers answers_;
  uint64_t signed_records_ = 0;
  int checkpoints_ = 0;  // that were seen after a kill
};

TEST_F(Kill9Test, EveryAnswerIsOnRecord) {
  std::mt19937 random(seed_);
  const int rounds = KillRounds("TARAZY_KILL_ROUNDS", 50);
  for (int round = 0; round < rounds && !HasFatalFailure(); ++round) {
    KillUnderLoad(round, &random);
  }
  // The last start recovers what the last kill tore.
  ServedTarazy served(folder_, {}, KilledBinary());
  ASSERT_TRUE(served.ok()) << served.process().err();
  ClientOptions options;
  options.address = served.address();
  options.register_deadline = absl::Seconds(60);
  Client client(options);
  for (const std::string& id : answers_.consents()) {
    v1::GetConsentRequest request;
    request.set_consent_id(id);
    EXPECT_TRUE(client.GetConsent(request).ok()) << id;
  }
  served.process().Signal(SIGTERM);
  EXPECT_EQ(served.process().Wait(), 0);
  CheckLog();
  std::cout << rounds << " rounds, " << answers_.decisions().size()
            << " decisions and " << answers_.consents().size()
            << " consents answered, all found; " << checkpoints_
            << " checkpoints seen, none went back" << std::endl;
  EXPECT_GT(answers_.decisions().size(), static_cast<size_t>(rounds));
  EXPECT_GT(checkpoints_, 0);
}

}  // namespace
}  // namespace tarazy
