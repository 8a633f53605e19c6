#include "server/audit/decision_log.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "absl/strings/str_cat.h"
#include "server/audit/file_system.h"
#include "server/audit/log_reader.h"
#include "tests/server/audit/memory_file_system.h"
#include "tests/server/audit/temp_folder.h"

namespace tarazy {
namespace {

using ::testing::HasSubstr;

// Waits until as many answers as asked for have come.
class Answers : public AppendListener {
 public:
  void OnAppended(const absl::Status& status) override {
    std::lock_guard<std::mutex> hold(mutex_);
    statuses_.push_back(status);
    here_ += std::this_thread::get_id() == thread_;
    changed_.notify_all();
  }
  // How many came on the thread that made this.
  size_t here() {
    std::lock_guard<std::mutex> hold(mutex_);
    return here_;
  }
  std::vector<absl::Status> Wait(size_t count) {
    std::unique_lock<std::mutex> hold(mutex_);
    changed_.wait(hold, [&] { return statuses_.size() >= count; });
    return statuses_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<absl::Status> statuses_;
  const std::thread::id thread_ = std::this_thread::get_id();
  size_t here_ = 0;
};

class DecisionLogTest : public testing::Test {
 protected:
  std::unique_ptr<DecisionLog> Open() {
    options_.directory = folder_.path() + "/log";
    auto log = DecisionLog::Open(options_, FileSystem::Posix());
    EXPECT_TRUE(log.ok()) << log.status();
    return log.ok() ? *std::move(log) : nullptr;
  }

  std::vector<std::string> ReadAllRecords() {
    std::vector<std::string> records;
    auto reader = LogReader::Open(FileSystem::Posix(), folder_.path() + "/log");
    EXPECT_TRUE(reader.ok()) << reader.status();
    if (!reader.ok()) return records;
    for (;;) {
      const auto more = (*reader)->Next();
      EXPECT_TRUE(more.ok()) << more.status();
      if (!more.ok() || !*more) break;
      EXPECT_EQ((*reader)->index(), records.size());
      records.emplace_back((*reader)->record());
    }
    EXPECT_TRUE((*reader)->CheckEnd().ok());
    return records;
  }

  TempFolder folder_;
  DecisionLogOptions options_;
  Answers answers_;
};

TEST_F(DecisionLogTest, RecordsAreNumberedDurableAndReadBack) {
  auto log = Open();
  std::vector<std::string> expected;
  for (int i = 0; i < 100; ++i) {
    expected.push_back(absl::StrCat("record ", i, std::string(i, 'x')));
    const auto index = log->Append(expected.back(), &answers_);
    ASSERT_TRUE(index.ok()) << index.status();
    EXPECT_EQ(*index, static_cast<uint64_t>(i));
  }
  for (const absl::Status& s : answers_.Wait(100)) EXPECT_TRUE(s.ok()) << s;
  EXPECT_EQ(log->durable_index(), 100u);
  EXPECT_EQ(log->next_index(), 100u);
  EXPECT_EQ(log->stats().records, 100u);
  EXPECT_EQ(ReadAllRecords(), expected);  // while the log is open

  log->Close();
  EXPECT_EQ(ReadAllRecords(), expected);
  EXPECT_EQ(log->Append("x", &answers_).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(DecisionLogTest, GoesOnAfterEachOpening) {
  std::vector<std::string> expected;
  for (int round = 0; round < 5; ++round) {
    auto log = Open();
    EXPECT_EQ(log->next_index(), expected.size());
    // A round without records leaves no trace.
    for (int i = 0; i < round; ++i) {
      expected.push_back(absl::StrCat(round, ".", i));
      ASSERT_TRUE(log->Append(expected.back(), &answers_).ok());
    }
  }
  EXPECT_EQ(ReadAllRecords(), expected);
}

TEST_F(DecisionLogTest, GrowsOverManySegments) {
  options_.max_record_bytes = 1000;
  options_.segment_bytes = 2000;
  std::vector<std::string> expected;
  {
    auto log = Open();
    for (int i = 0; i < 200; ++i) {
      expected.push_back(
          std::string(1 + i * 5, static_cast<char>('a' + i % 26)));
      ASSERT_TRUE(log->Append(expected.back(), &answers_).ok());
    }
    for (const absl::Status& s : answers_.Wait(200)) EXPECT_TRUE(s.ok()) << s;
  }
  EXPECT_EQ(ReadAllRecords(), expected);
  const auto segments = ListSegments(FileSystem::Posix(), options_.directory);
  ASSERT_TRUE(segments.ok());
  EXPECT_GT(segments->size(), 50u);

  auto reader = LogReader::Open(FileSystem::Posix(), options_.directory);
  ASSERT_TRUE(reader.ok());
  for (const uint64_t index : {0, 199, 57, 58, 100}) {
    ASSERT_TRUE((*reader)->Seek(index).ok());
    ASSERT_TRUE(*(*reader)->Next());
    EXPECT_EQ((*reader)->index(), index);
    EXPECT_EQ((*reader)->record(), expected[index]);
  }
  EXPECT_TRUE((*reader)->Seek(200).ok());
  EXPECT_FALSE(*(*reader)->Next());
  EXPECT_EQ((*reader)->Seek(201).code(), absl::StatusCode::kOutOfRange);
}

TEST_F(DecisionLogTest, SegmentsGrowToTheirLimit) {
  constexpr uint64_t kMiB = 1 << 20;
  options_.segment_bytes = 5 * kMiB / 2;
  std::vector<std::string> expected;
  for (int round = 0; round < 2; ++round) {
    auto log = Open();
    for (int i = 0; i < 130; ++i) {
      expected.push_back(
          std::string(60000 + i, static_cast<char>('a' + i % 26)));
      ASSERT_TRUE(log->Append(expected.back(), &answers_).ok());
      // What is made ahead keeps pace with single records.
      answers_.Wait(expected.size());
    }
  }
  EXPECT_EQ(ReadAllRecords(), expected);
  const auto segments = ListSegments(FileSystem::Posix(), options_.directory);
  ASSERT_TRUE(segments.ok());
  std::vector<uint64_t> limits;
  for (const SegmentFile& segment : *segments) {
    // The next record had no room.
    for (uint64_t limit : {kMiB, 2 * kMiB, options_.segment_bytes}) {
      if (segment.bytes <= limit && segment.bytes + 60200 > limit) {
        limits.push_back(limit);
      }
    }
  }
  const std::vector<uint64_t> grown = {kMiB, 2 * kMiB, 5 * kMiB / 2,
                                       kMiB, 2 * kMiB, 5 * kMiB / 2};
  EXPECT_EQ(limits, grown);
  // Nothing that was made ahead is left.
  const auto names = FileSystem::Posix()->List(options_.directory);
  ASSERT_TRUE(names.ok());
  EXPECT_EQ(std::count(names->begin(), names->end(), "next.tmp"), 0);
}

TEST_F(DecisionLogTest, ReaderFollowsTheWriter) {
  options_.max_record_bytes = 100;
  options_.segment_bytes = 500;
  auto log = Open();
  auto reader = LogReader::Open(FileSystem::Posix(), options_.directory);
  ASSERT_TRUE(reader.ok());
  for (uint64_t i = 0; i < 60; ++i) {
    EXPECT_FALSE(*(*reader)->Next());
    ASSERT_TRUE(log->Append(absl::StrCat("r", i), &answers_).ok());
    answers_.Wait(i + 1);
    const auto more = (*reader)->Next();
    ASSERT_TRUE(more.ok()) << more.status();
    ASSERT_TRUE(*more);
    EXPECT_EQ((*reader)->record(), absl::StrCat("r", i));
    if (i % 20 == 19) {  // a new process: the empty segment is replaced
      log.reset();
      log = Open();
      log.reset();
      log = Open();
    }
  }
}

TEST_F(DecisionLogTest, GroupsAreToldOnce) {
  auto log = Open();
  const std::vector<absl::string_view> records = {"a", "b", "c"};
  const auto first = log->AppendAll(records, &answers_);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(*first, 0u);
  EXPECT_EQ(*log->AppendAll(records, &answers_), 3u);
  EXPECT_EQ(answers_.Wait(2).size(), 2u);
  log->Close();
  EXPECT_EQ(answers_.Wait(2).size(), 2u);
  EXPECT_EQ(ReadAllRecords(),
            (std::vector<std::string>{"a", "b", "c", "a", "b", "c"}));
}

TEST_F(DecisionLogTest, ACallerCommitsOnItsOwnThread) {
  auto log = Open();
  for (const char* record : {"a", "b", "c"}) {
    ASSERT_TRUE(log->Append(record, &answers_, Commit::kWithMore).ok());
  }
  EXPECT_EQ(log->durable_index(), 0u);
  log->CommitQueued();
  EXPECT_EQ(log->durable_index(), 3u);
  EXPECT_EQ(answers_.here(), 3u);
  EXPECT_EQ(log->stats().groups, 1u);
  log->CommitQueued();  // there is nothing
  EXPECT_EQ(log->stats().groups, 1u);
  log->Close();
  EXPECT_EQ(ReadAllRecords(), (std::vector<std::string>{"a", "b", "c"}));
}

TEST_F(DecisionLogTest, WhatNobodyHandedOverGoesWithTheNextAppend) {
  auto log = Open();
  ASSERT_TRUE(log->Append("a", &answers_, Commit::kWithMore).ok());
  ASSERT_TRUE(log->Append("b", &answers_).ok());
  EXPECT_EQ(answers_.Wait(2).size(), 2u);
  EXPECT_EQ(answers_.here(), 0u);
}

TEST_F(DecisionLogTest, WhatNobodyHandedOverIsDurableAtTheEnd) {
  auto log = Open();
  ASSERT_TRUE(log->Append("a", &answers_, Commit::kWithMore).ok());
  log->Close();
  EXPECT_TRUE(answers_.Wait(1)[0].ok());
  EXPECT_EQ(ReadAllRecords(), (std::vector<std::string>{"a"}));
}

// A disk whose next sync, once told, waits until it is let go.
class HeldDisk {
 public:
  HeldDisk() {
    files_.set_faults([this](MemoryFileSystem::Op op, int) {
      std::unique_lock<std::mutex> hold(mutex_);
      if (op == MemoryFileSystem::Op::kSync && hold_next_) {
        hold_next_ = false;
        held_ = true;
        changed_.notify_all();
        changed_.wait(hold, [this] { return !held_; });
      }
      return MemoryFileSystem::Fault{};
    });
  }
  FileSystem* files() { return &files_; }
  void HoldNext() {
    std::lock_guard<std::mutex> hold(mutex_);
    hold_next_ = true;
  }
  void WaitUntilHeld() {
    std::unique_lock<std::mutex> hold(mutex_);
    changed_.wait(hold, [this] { return held_; });
  }
  void LetGo() {
    std::lock_guard<std::mutex> hold(mutex_);
    held_ = false;
    changed_.notify_all();
  }

 private:
  MemoryFileSystem files_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool hold_next_ = false;
  bool held_ = false;
};

TEST_F(DecisionLogTest, WhatIsHandedOverWhileAnotherCommitsIsNotForgotten) {
  HeldDisk disk;
  options_.directory = "log";
  auto opened = DecisionLog::Open(options_, disk.files());
  ASSERT_TRUE(opened.ok()) << opened.status();
  DecisionLog& log = **opened;
  disk.HoldNext();
  ASSERT_TRUE(log.Append("a", &answers_, Commit::kWithMore).ok());
  std::thread first([&] { log.CommitQueued(); });
  disk.WaitUntilHeld();
  Answers second;
  ASSERT_TRUE(log.Append("b", &second, Commit::kWithMore).ok());
  log.CommitQueued();  // does not wait for the disk
  EXPECT_EQ(log.durable_index(), 0u);
  disk.LetGo();
  EXPECT_TRUE(second.Wait(1)[0].ok());
  EXPECT_EQ(second.here(), 0u);
  EXPECT_TRUE(answers_.Wait(1)[0].ok());
  first.join();
}

TEST_F(DecisionLogTest, ClosingWaitsForTheThreadThatCommits) {
  HeldDisk disk;
  options_.directory = "log";
  auto opened = DecisionLog::Open(options_, disk.files());
  ASSERT_TRUE(opened.ok()) << opened.status();
  DecisionLog& log = **opened;
  disk.HoldNext();
  ASSERT_TRUE(log.Append("a", &answers_, Commit::kWithMore).ok());
  std::thread first([&] { log.CommitQueued(); });
  disk.WaitUntilHeld();
  Answers second;
  ASSERT_TRUE(log.Append("b", &second, Commit::kWithMore).ok());
  std::thread closing([&] { log.Close(); });
  disk.LetGo();
  closing.join();
  first.join();
  EXPECT_TRUE(answers_.Wait(1)[0].ok());
  EXPECT_TRUE(second.Wait(1)[0].ok());
  EXPECT_EQ(log.durable_index(), 2u);
}

TEST_F(DecisionLogTest, RefusesBadRecords) {
  options_.max_record_bytes = 10;
  options_.max_queue_bytes = 64;
  auto log = Open();
  for (const std::string& bad : {std::string(), std::string(11, 'x')}) {
    EXPECT_EQ(log->Append(bad, &answers_).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(log->AppendAll({}, &answers_).status().code(),
            absl::StatusCode::kInvalidArgument);
  const std::vector<absl::string_view> many(3, "x");
  EXPECT_EQ(log->AppendAll(many, &answers_).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(log->next_index(), 0u);
  EXPECT_TRUE(log->Append(std::string(10, 'x'), &answers_).ok());
}

TEST_F(DecisionLogTest, RefusesBadOptions) {
  const auto refused = [&](DecisionLogOptions o) {
    o.directory = folder_.path() + "/bad";
    return DecisionLog::Open(o, FileSystem::Posix()).status();
  };
  DecisionLogOptions o;
  o.max_record_bytes = 65536;
  EXPECT_EQ(refused(o).code(), absl::StatusCode::kInvalidArgument);
  o = {};
  o.segment_bytes = 65535;
  EXPECT_THAT(std::string(refused(o).message()), HasSubstr("segment_bytes"));
  o = {};
  o.max_queue_bytes = 65535;
  EXPECT_THAT(std::string(refused(o).message()), HasSubstr("max_queue_bytes"));
}

TEST_F(DecisionLogTest, OneProcessAtATime) {
  auto log = Open();
  const auto second = DecisionLog::Open(options_, FileSystem::Posix());
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  log->Close();
  EXPECT_TRUE(DecisionLog::Open(options_, FileSystem::Posix()).ok());
}

TEST_F(DecisionLogTest, ManyThreads) {
  options_.segment_bytes = 100000;
  constexpr int kThreads = 8;
  constexpr int kEach = 500;
  std::vector<std::vector<uint64_t>> indices(kThreads);
  {
    auto log = Open();
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        Answers own;
        for (int i = 0; i < kEach; ++i) {
          // Half of them commit themselves.
          const auto index =
              log->Append(absl::StrCat(t, ":", i), &own,
                          t % 2 == 0 ? Commit::kSoon : Commit::kWithMore);
          ASSERT_TRUE(index.ok()) << index.status();
          if (t % 2 != 0 && i % 3 == 0) log->CommitQueued();
          indices[t].push_back(*index);
          if (i % 30 == 0) own.Wait(i + 1);
        }
        log->CommitQueued();
        for (const absl::Status& s : own.Wait(kEach)) ASSERT_TRUE(s.ok());
      });
    }
    for (std::thread& t : threads) t.join();
  }
  const std::vector<std::string> records = ReadAllRecords();
  ASSERT_EQ(records.size(), static_cast<size_t>(kThreads * kEach));
  for (int t = 0; t < kThreads; ++t) {
    for (int i = 0; i < kEach; ++i) {
      EXPECT_EQ(records[indices[t][i]], absl::StrCat(t, ":", i));
    }
  }
}

}  // namespace
}  // namespace tarazy
