#include "server/audit/segment_ahead.h"

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "tests/server/audit/memory_file_system.h"
#include "tests/server/audit/temp_folder.h"

namespace tarazy {
namespace {

using Op = MemoryFileSystem::Op;

constexpr uint64_t kPiece = SegmentAhead::kPieceBytes;
constexpr char kPath[] = "next";

MemoryFileSystem::Faults FailAt(Op failing, int error, int from = 0) {
  auto seen = std::make_shared<std::atomic<int>>(0);
  return [=](Op op, int) -> MemoryFileSystem::Fault {
    if (op != failing || (*seen)++ < from) return {};
    return {error};
  };
}

std::string ReadWhole(const File& file) {
  std::string bytes(*file.Size() + 1, '#');
  const auto read = file.Read(0, &bytes[0], bytes.size());
  EXPECT_TRUE(read.ok());
  bytes.resize(*read);
  return bytes;
}

class SegmentAheadTest : public testing::Test {
 protected:
  bool Exists() { return files_.Open(kPath, FileSystem::Mode::kRead).ok(); }
  void WaitForWrites(int count) {
    while (writes_ < count) std::this_thread::yield();
  }
  void CountWrites() {
    files_.set_faults([this](Op op, int) -> MemoryFileSystem::Fault {
      if (op == Op::kWrite) ++writes_;
      return {};
    });
  }

  MemoryFileSystem files_;
  std::atomic<int> writes_{0};
};

TEST_F(SegmentAheadTest, AllZerosOfAnySizeOnARealDisk) {
  const TempFolder folder;
  const std::string path = folder.path() + "/next";
  SegmentAhead ahead(FileSystem::Posix(), path);
  for (const uint64_t bytes :
       {uint64_t{1}, uint64_t{4096}, uint64_t{70000}, kPiece, kPiece + 1,
        3 * kPiece + 4096, 2 * kPiece + 12345}) {
    // What was there before does not shine through.
    ASSERT_TRUE(
        WriteAll(
            FileSystem::Posix()->Open(path, FileSystem::Mode::kCreate)->get(),
            0, std::string(bytes + 10, '#'))
            .ok());
    ahead.Begin(bytes);
    ahead.Follow(bytes / 2, bytes);
    const auto file = ahead.Take();
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_EQ(ReadWhole(**file), std::string(bytes, '\0'));
  }
}

TEST_F(SegmentAheadTest, MakesTheShareThatIsFilled) {
  CountWrites();
  {
    SegmentAhead ahead(&files_, kPath);
    ahead.Begin(4 * kPiece);
    ahead.Follow(21, 100);  // less than a quarter of seven eighths
    EXPECT_FALSE(Exists());
    ahead.Follow(22, 100);
    WaitForWrites(1);
    ahead.Follow(66, 100);
    WaitForWrites(3);
    ahead.Follow(88, 100);
    WaitForWrites(4);
    ahead.Follow(100, 100);
    const auto file = ahead.Take();
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_EQ(writes_, 4);  // nothing was left to make
    EXPECT_EQ(ReadWhole(**file), std::string(4 * kPiece, '\0'));
    ahead.Begin(kPiece);
    ahead.Follow(100, 100);  // a file of one piece is made when it is taken
    EXPECT_TRUE(ahead.Take().ok());
    EXPECT_EQ(writes_, 5);
  }
  EXPECT_TRUE(Exists());  // what was taken is not removed
}

TEST_F(SegmentAheadTest, TakeWaitsForThePieceThatIsBeingMadeAndMakesTheRest) {
  std::promise<void> writing, released;
  auto may_write = released.get_future();
  std::atomic<bool> let_go{false};
  files_.set_faults([&](Op op, int) -> MemoryFileSystem::Fault {
    if (op == Op::kWrite && ++writes_ == 1) {
      writing.set_value();
      may_write.wait();
    }
    return {};
  });
  SegmentAhead ahead(&files_, kPath);
  ahead.Begin(3 * kPiece);
  ahead.Follow(30, 100);
  writing.get_future().wait();
  std::atomic<bool> begun{false};
  std::thread taking([&] {
    begun = true;
    const auto file = ahead.Take();
    EXPECT_TRUE(let_go);
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_EQ(ReadWhole(**file), std::string(3 * kPiece, '\0'));
  });
  // Time to return too early, if it does.
  while (!begun) std::this_thread::yield();
  for (int i = 0; i < 1000; ++i) std::this_thread::yield();
  let_go = true;
  released.set_value();
  taking.join();
  EXPECT_EQ(writes_, 3);
}

TEST_F(SegmentAheadTest, AFullDiskGetsItsRoomBackAndIsTriedAgain) {
  for (const Op full : {Op::kCreate, Op::kPreallocate, Op::kWrite}) {
    SegmentAhead ahead(&files_, kPath);
    ahead.Begin(3 * kPiece);
    files_.set_faults(FailAt(full, ENOSPC));
    EXPECT_TRUE(absl::IsResourceExhausted(ahead.Take().status()));
    EXPECT_FALSE(Exists());
    files_.set_faults(nullptr);
    EXPECT_TRUE(ahead.Take().ok());
    ASSERT_TRUE(files_.Remove(kPath).ok());
  }
}

// Found by the thread, there may be room by the time it is taken.
TEST_F(SegmentAheadTest, AFullDiskMeanwhileIsNoFailure) {
  std::atomic<int> removed{0}, room{0};
  files_.set_faults([&](Op op, int) -> MemoryFileSystem::Fault {
    if (op == Op::kRemove) ++removed;
    return {op == Op::kWrite && room == 0 ? ENOSPC : 0};
  });
  SegmentAhead ahead(&files_, kPath);
  ahead.Begin(3 * kPiece);
  ahead.Follow(50, 100);
  while (removed == 0) std::this_thread::yield();
  room = 1;
  EXPECT_TRUE(ahead.Take().ok());
  EXPECT_EQ(removed, 1);
}

TEST_F(SegmentAheadTest, AnotherFailureOfTheThreadIsToldByTake) {
  for (const Op failing : {Op::kWrite, Op::kSync}) {
    std::atomic<int> removed{0};
    const auto fail = FailAt(failing, EIO, failing == Op::kWrite ? 1 : 0);
    files_.set_faults([&](Op op, int number) -> MemoryFileSystem::Fault {
      if (op == Op::kRemove) ++removed;
      return fail(op, number);
    });
    {
      SegmentAhead ahead(&files_, kPath);
      ahead.Begin(3 * kPiece);
      ahead.Follow(100, 100);
      while (removed == 0) std::this_thread::yield();
      const auto file = ahead.Take();
      ASSERT_FALSE(file.ok());
      EXPECT_FALSE(absl::IsResourceExhausted(file.status()));
      EXPECT_FALSE(Exists());
    }
    files_.set_faults(nullptr);
  }
}

TEST_F(SegmentAheadTest, WhatWasNotTakenIsRemoved) {
  CountWrites();
  {
    SegmentAhead ahead(&files_, kPath);
    ahead.Begin(3 * kPiece);
    ahead.Follow(40, 100);
    WaitForWrites(1);
    EXPECT_TRUE(Exists());
  }
  EXPECT_FALSE(Exists());
}

}  // namespace
}  // namespace tarazy
