#include "server/audit/zero_ahead.h"

#include <atomic>
#include <future>
#include <random>
#include <thread>

#include "gtest/gtest.h"
#include "tests/server/audit/memory_file_system.h"
#include "tests/server/audit/temp_folder.h"

namespace tarazy {
namespace {

using Op = MemoryFileSystem::Op;

constexpr uint64_t kFileBytes = 4 << 20;

class ZeroAheadTest : public testing::Test {
 protected:
  std::unique_ptr<File> Open(FileSystem* files, FileSystem::Mode mode) {
    auto file = files->Open(path_, mode);
    EXPECT_TRUE(file.ok()) << file.status();
    return *std::move(file);
  }
  // A file of `byte`s.
  std::unique_ptr<File> Make(FileSystem* files, char byte) {
    auto file = Open(files, FileSystem::Mode::kCreate);
    EXPECT_TRUE(WriteAll(file.get(), 0, std::string(kFileBytes, byte)).ok());
    return file;
  }
  static std::string Read(const File& file, uint64_t begin, uint64_t end) {
    std::string bytes(end - begin, '\0');
    const auto read = file.Read(begin, &bytes[0], bytes.size());
    EXPECT_TRUE(read.ok());
    bytes.resize(*read);
    return bytes;
  }
  static void WaitForZero(const File& file, uint64_t at) {
    while (Read(file, at, at + 1) != std::string(1, '\0')) {
      std::this_thread::yield();
    }
  }

  TempFolder folder_;
  std::string path_ = folder_.path() + "/file";
  std::atomic<int> failures_{0};
  std::function<void(const absl::Status&)> count_ =
      [this](const absl::Status&) { ++failures_; };
};

TEST_F(ZeroAheadTest, StaysAheadAndNoFurther) {
  FileSystem* const files = FileSystem::Posix();
  const auto file = Make(files, '#');
  ZeroAhead zeros(files, count_);
  constexpr uint64_t kBegin = 1000;
  ASSERT_TRUE(zeros.Begin(path_, kBegin, kFileBytes).ok());
  for (uint64_t claimed : {kBegin, kBegin + ZeroAhead::kAheadBytes}) {
    zeros.Claim(claimed);
    zeros.Refill();
    const uint64_t end = claimed + ZeroAhead::kAheadBytes;
    WaitForZero(*file, end - 1);
    EXPECT_EQ(Read(*file, 0, kBegin), std::string(kBegin, '#'));
    EXPECT_EQ(Read(*file, kBegin, end), std::string(end - kBegin, '\0'));
    EXPECT_EQ(Read(*file, end, kFileBytes), std::string(kFileBytes - end, '#'));
  }
  zeros.Claim(kFileBytes - 10);
  zeros.Refill();
  WaitForZero(*file, kFileBytes - 1);
  zeros.End();
  EXPECT_EQ(*file->Size(), kFileBytes);
}

// Whatever the two threads do to each other.
TEST_F(ZeroAheadTest, NoZeroOverWhatWasClaimed) {
  std::mt19937 random(1);
  FileSystem* const files = FileSystem::Posix();
  ZeroAhead zeros(files, count_);
  for (int round = 0; round < 30; ++round) {
    const auto file = Make(files, '#');
    uint64_t end = random() % 5000;
    ASSERT_TRUE(zeros.Begin(path_, end, kFileBytes).ok());
    std::string expected(end, '#');
    const uint64_t most = 1 + random() % 200000;
    while (true) {
      const uint64_t bytes = 1 + random() % most;
      if (end + bytes > kFileBytes) break;
      zeros.Claim(end + bytes);
      const std::string data(bytes, static_cast<char>('a' + random() % 26));
      ASSERT_TRUE(WriteAll(file.get(), end, data).ok());
      zeros.Refill();
      expected += data;
      end += bytes;
    }
    zeros.End();
    ASSERT_TRUE(file->Truncate(end).ok());
    ASSERT_EQ(Read(*file, 0, kFileBytes), expected) << "round " << round;
  }
  EXPECT_EQ(failures_, 0);
}

// And so does an end.
TEST_F(ZeroAheadTest, AClaimWaitsForThePieceThatIsBeingWritten) {
  for (const bool by_end : {false, true}) {
    MemoryFileSystem files;
    const auto file = Make(&files, '#');
    std::promise<void> syncing, released;
    std::atomic<bool> let_go{false};
    std::atomic<int> syncs{0};
    auto may_sync = released.get_future();
    files.set_faults([&](Op op, int) -> MemoryFileSystem::Fault {
      if (op == Op::kSync && ++syncs == 1) {
        syncing.set_value();
        may_sync.wait();
      }
      return {};
    });
    ZeroAhead zeros(&files, count_);
    ASSERT_TRUE(zeros.Begin(path_, 0, kFileBytes).ok());
    syncing.get_future().wait();
    std::atomic<bool> begun{false};
    std::thread claiming([&] {
      begun = true;
      if (by_end) {
        zeros.End();
      } else {
        zeros.Claim(1);
      }
      EXPECT_TRUE(let_go);
    });
    // Time to return too early, if it does.
    while (!begun) std::this_thread::yield();
    for (int i = 0; i < 1000; ++i) std::this_thread::yield();
    let_go = true;
    released.set_value();
    claiming.join();
  }
}

TEST_F(ZeroAheadTest, AFullDiskEndsIt) {
  MemoryFileSystem files;
  const auto file = Make(&files, '#');
  std::promise<void> tried;
  std::atomic<int> writes{0};
  files.set_faults([&](Op op, int) -> MemoryFileSystem::Fault {
    if (op != Op::kWrite) return {};
    if (++writes == 1) tried.set_value();
    return {ENOSPC};
  });
  ZeroAhead zeros(&files, count_);
  ASSERT_TRUE(zeros.Begin(path_, 0, kFileBytes).ok());
  tried.get_future().wait();
  zeros.Claim(kFileBytes / 2);
  zeros.Refill();
  zeros.End();
  EXPECT_EQ(writes, 1);
  EXPECT_EQ(failures_, 0);
  EXPECT_EQ(Read(*file, 0, kFileBytes), std::string(kFileBytes, '#'));
}

TEST_F(ZeroAheadTest, FailuresAreTold) {
  for (const Op failing : {Op::kWrite, Op::kSync}) {
    MemoryFileSystem files;
    const auto file = Make(&files, '#');
    files.set_faults([&](Op op, int) -> MemoryFileSystem::Fault {
      return {op == failing ? EIO : 0};
    });
    std::promise<absl::Status> told;
    ZeroAhead zeros(&files, [&](const absl::Status& s) { told.set_value(s); });
    ASSERT_TRUE(zeros.Begin(path_, 0, kFileBytes).ok());
    EXPECT_FALSE(told.get_future().get().ok());
    zeros.End();
  }
}

TEST_F(ZeroAheadTest, NothingToDo) {
  MemoryFileSystem files;
  ZeroAhead zeros(&files, count_);
  EXPECT_TRUE(zeros.Begin(path_, 10, 10).ok());  // no file is needed
  zeros.Claim(100);
  zeros.End();
  EXPECT_FALSE(zeros.Begin(path_, 0, 10).ok());
  zeros.Claim(100);
  zeros.End();
  EXPECT_EQ(failures_, 0);
}

}  // namespace
}  // namespace tarazy
