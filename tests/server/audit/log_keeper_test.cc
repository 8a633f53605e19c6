#include "server/audit/log_keeper.h"

#include <algorithm>
#include <random>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/audit/decision_log.h"
#include "server/audit/log_reader.h"
#include "tarazy/v1/record.pb.h"
#include "tests/server/audit/last_answer.h"
#include "tests/server/audit/memory_file_system.h"

namespace tarazy {
namespace {

constexpr char kLog[] = "/log";
constexpr uint64_t kSegmentBytes = 40000;
// 2026-03-10T00:00:00Z; a record a minute from then on.
constexpr int64_t kStartSeconds = 1773100800;
constexpr int kRecords = 300;
constexpr int64_t kMinute = 60000;

std::string Record(int number) {
  v1::DecisionRecord record;
  record.mutable_recorded_at()->set_seconds(kStartSeconds + 60 * number);
  record.mutable_request()->set_service(
      absl::StrCat("service ", number, std::string(1000, 's')));
  return record.SerializeAsString();
}

class LogKeeperTest : public testing::Test {
 protected:
  void SetUp() override {
    DecisionLogOptions options;
    options.directory = kLog;
    options.segment_bytes = kSegmentBytes;
    options.max_record_bytes = 2000;
    auto log = DecisionLog::Open(options, &disk_);
    ASSERT_TRUE(log.ok()) << log.status();
    for (int i = 0; i < kRecords; ++i) {
      ASSERT_TRUE((*log)->Append(Record(i), &answer_).ok());
      ASSERT_TRUE(answer_.Wait().ok());
    }
    (*log)->Close();
    keeper_options_.log_directory = kLog;
    keeper_options_.clock = [this] { return now_ms_; };
    keeper_options_.retention_clock = keeper_options_.clock;
  }

  static size_t Count(FileSystem* disk, absl::string_view ending) {
    const auto names = disk->List(kLog);
    return static_cast<size_t>(std::count_if(
        names->begin(), names->end(),
        [&](const auto& name) { return absl::EndsWith(name, ending); }));
  }

  static absl::Status ReadWhole(FileSystem* disk) {
    const auto shown = ShowSealed(disk);
    auto reader = LogReader::Open(shown.get(), kLog);
    if (!reader.ok()) return reader.status();
    for (int i = 0;; ++i) {
      const auto more = (*reader)->Next();
      if (!more.ok()) return more.status();
      if (!*more) {
        return i == kRecords ? absl::OkStatus()
                             : absl::DataLossError("records are missing");
      }
      if ((*reader)->record() != Record(i)) {
        return absl::DataLossError("another record");
      }
    }
  }

  MemoryFileSystem disk_;
  LastAnswer answer_;
  LogKeeperOptions keeper_options_;
  int64_t now_ms_ = kStartSeconds * 1000 + kRecords * kMinute;
};

TEST_F(LogKeeperTest, SealsWhatIsOldEnough) {
  const size_t segments = Count(&disk_, ".log");
  ASSERT_GE(segments, 8u);
  keeper_options_.seal_after_ms = 100 * kMinute;
  LogKeeper keeper(keeper_options_, &disk_);
  auto kept = keeper.Keep();
  ASSERT_TRUE(kept.ok()) << kept.status();
  const size_t sealed = Count(&disk_, ".zst");
  EXPECT_EQ(kept->sealed.segments, sealed);
  // Two thirds of the records are older.
  EXPECT_GT(sealed, segments / 3);
  EXPECT_LT(sealed, segments - 3);
  EXPECT_LT(kept->sealed.bytes_after, kept->sealed.bytes_before);
  EXPECT_TRUE(ReadWhole(&disk_).ok());
  kept = keeper.Keep();
  ASSERT_TRUE(kept.ok());
  EXPECT_EQ(kept->sealed.segments, 0u);
  // However old: never the last three.
  now_ms_ += 1000000 * kMinute;
  ASSERT_TRUE(keeper.Keep().ok());
  EXPECT_EQ(Count(&disk_, ".log"), 3u);
  EXPECT_TRUE(ReadWhole(&disk_).ok());
}

TEST_F(LogKeeperTest, SealsTheOldestBeyondItsRoom) {
  keeper_options_.seal_beyond_bytes = 5 * kSegmentBytes;
  LogKeeper keeper(keeper_options_, &disk_);
  ASSERT_TRUE(keeper.Keep().ok());
  // The last segment has no records.
  EXPECT_GE(Count(&disk_, ".log"), 5u);
  EXPECT_LE(Count(&disk_, ".log"), 6u);
  EXPECT_TRUE(ReadWhole(&disk_).ok());
}

TEST_F(LogKeeperTest, NothingIsSealedUnasked) {
  LogKeeper keeper(keeper_options_, &disk_);
  ASSERT_TRUE(keeper.Keep().ok());
  keeper_options_.seal_after_ms = 1000 * kMinute;
  LogKeeper patient(keeper_options_, &disk_);
  ASSERT_TRUE(patient.Keep().ok());
  now_ms_ = 0;  // a clock that went back
  ASSERT_TRUE(patient.Keep().ok());
  EXPECT_EQ(Count(&disk_, ".zst"), 0u);
}

// The power fails, or the process is killed, at every step of the sealing.
TEST_F(LogKeeperTest, APowerLossWhileSealingLosesNothing) {
  const int before = disk_.history_size();
  keeper_options_.seal_beyond_bytes = 1;
  LogKeeper keeper(keeper_options_, &disk_);
  ASSERT_TRUE(keeper.Keep().ok());
  std::mt19937 random(11);
  int images = 0;
  for (int events = before; events <= disk_.history_size(); ++events) {
    for (int i = 0; i < 3; ++i, ++images) {
      MemoryFileSystem after(disk_.AfterPowerLoss(events, &random));
      const absl::Status whole = ReadWhole(&after);
      ASSERT_TRUE(whole.ok()) << "after " << events << " events: " << whole;
      // And the sealing goes on.
      LogKeeper next(keeper_options_, &after);
      const auto kept = next.Keep();
      ASSERT_TRUE(kept.ok()) << kept.status();
      EXPECT_EQ(Count(&after, ".log"), 3u);
      ASSERT_TRUE(ReadWhole(&after).ok());
    }
  }
  std::printf("sealing: %d images of a power loss, 0 records lost\n", images);
}

TEST_F(LogKeeperTest, EveryFailingCallLeavesTheLogWhole) {
  keeper_options_.seal_beyond_bytes = 1;
  const auto files = disk_.AfterKill();
  MemoryFileSystem counted(files);
  LogKeeper counting(keeper_options_, &counted);
  ASSERT_TRUE(counting.Keep().ok());
  for (int error : {EIO, ENOSPC}) {
    for (int at = 0; at < counted.operations(); at += 7) {
      MemoryFileSystem failing(files);
      failing.set_faults([&](MemoryFileSystem::Op, int number) {
        MemoryFileSystem::Fault fault;
        if (number == at) fault.error = error;
        return fault;
      });
      LogKeeper keeper(keeper_options_, &failing);
      keeper.Keep().IgnoreError();
      failing.set_faults({});
      ASSERT_TRUE(ReadWhole(&failing).ok()) << at;
      ASSERT_TRUE(keeper.Keep().ok()) << at;
      ASSERT_TRUE(ReadWhole(&failing).ok()) << at;
    }
  }
}

TEST_F(LogKeeperTest, ADamagedSegmentIsNamedAndLeft) {
  std::map<std::string, std::string> files = disk_.AfterKill();
  std::string& segment = files.begin()->second;
  const std::string path = files.begin()->first;
  ASSERT_TRUE(absl::EndsWith(path, ".log")) << path;
  segment[5000] ^= 4;
  MemoryFileSystem damaged(files);
  keeper_options_.seal_beyond_bytes = 1;
  LogKeeper keeper(keeper_options_, &damaged);
  const auto kept = keeper.Keep();
  EXPECT_EQ(kept.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(absl::StrContains(kept.status().message(), path));
  EXPECT_EQ(damaged.AfterKill().at(path), segment);
}

}  // namespace
}  // namespace tarazy
