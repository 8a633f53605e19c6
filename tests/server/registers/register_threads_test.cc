// Readers and writers at once. Run under the thread sanitizer too.

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/server/registers/register_fixture.h"

namespace tarazy {
namespace {

using ThreadsTest = RegisterTest;

TEST_F(ThreadsTest, ReadersSeeWholeStatesThatOnlyGoForward) {
  constexpr int kWriters = 2;
  constexpr int kReaders = 3;
  constexpr int kRounds = 60;
  const Pseudonym subject = pseudonymizer_->Of(kIin);
  std::atomic<int> writing{kWriters};
  std::atomic<int> faults{0};

  std::vector<std::thread> threads;
  for (int w = 0; w < kWriters; ++w) {
    threads.emplace_back([&] {
      for (int i = 0; i < kRounds; ++i) {
        auto made = HandleRegisterConsent(ConsentRequest(), context_);
        if (!made.ok()) {
          ++faults;
          break;
        }
        // The writer's own write is visible to it.
        if (registers_->state().revision < made->state().revision()) ++faults;
        v1::WithdrawConsentRequest withdraw;
        withdraw.set_consent_id(made->consent().id());
        if (!HandleWithdrawConsent(withdraw, context_).ok()) ++faults;
        const auto entries = registers_->Find(subject);
        bool withdrawn = false;
        for (const ConsentEntry& entry : entries->consents) {
          if (entry.consent.id() == made->consent().id()) {
            withdrawn = entry.withdrawn_ms != ConsentEntry::kNever;
          }
        }
        if (!withdrawn) ++faults;
      }
      --writing;
    });
  }
  for (int r = 0; r < kReaders; ++r) {
    threads.emplace_back([&] {
      uint64_t seen_revision = 0;
      size_t seen_size = 0;
      while (writing > 0) {
        const uint64_t revision = registers_->state().revision;
        const auto entries = registers_->Find(subject);
        if (revision < seen_revision) ++faults;
        seen_revision = revision;
        if (entries == nullptr) {
          if (revision > 0) ++faults;
          continue;
        }
        // Each consent took one write, and one more once withdrawn: what is
        // found holds all writes up to the revision that was asked before.
        uint64_t writes = 0;
        for (const ConsentEntry& entry : entries->consents) {
          writes += entry.withdrawn_ms == ConsentEntry::kNever ? 1 : 2;
          if (entry.consent.operator_bin() != kBin) ++faults;
        }
        if (writes < revision) ++faults;
        if (entries->consents.size() < seen_size) ++faults;
        seen_size = entries->consents.size();
        if (!registers_->GetConsent(entries->consents.back().consent.id())
                 .ok()) {
          ++faults;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(faults, 0);
  EXPECT_EQ(registers_->state().revision,
            static_cast<uint64_t>(2 * kWriters * kRounds));
}

}  // namespace
}  // namespace tarazy
