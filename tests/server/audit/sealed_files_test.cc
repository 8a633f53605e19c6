#include "server/audit/sealed_files.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "server/audit/log_reader.h"
#include "server/audit/verify.h"
#include "tests/server/audit/published_log.h"

namespace tarazy {
namespace {

using ::testing::HasSubstr;

constexpr uint64_t kRecords = 50000;
// Some frames of 256 KiB.
constexpr uint64_t kSegmentBytes = 600000;

std::string Contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

class SealedFilesTest : public PublishedLogTest {
 protected:
  void SetUp() override {
    PublishedLogTest::SetUp();
    {
      DecisionLogOptions options;
      options.directory = log();
      options.segment_bytes = kSegmentBytes;
      auto log = DecisionLog::Open(options, FileSystem::Posix());
      ASSERT_TRUE(log.ok()) << log.status();
      for (uint64_t i = 0; i < kRecords; ++i) {
        ASSERT_TRUE((*log)->Append(Record(i), &kept_).ok());
      }
    }
    auto publisher = Open();
    ASSERT_TRUE(publisher.ok());
    ASSERT_TRUE((*publisher)->Publish(kRecords).ok());
  }

  const std::string& log() const { return options_.log_directory; }

  std::vector<std::string> Segments(const std::string& ending) const {
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::directory_iterator(log())) {
      const std::string path = entry.path().string();
      if (path.size() > ending.size() &&
          path.compare(path.size() - ending.size(), ending.size(), ending) ==
              0) {
        paths.push_back(path);
      }
    }
    std::sort(paths.begin(), paths.end());
    return paths;
  }

  absl::Status ReadWhole() {
    auto reader = LogReader::Open(LogFiles(), log());
    if (!reader.ok()) return reader.status();
    for (uint64_t i = 0;; ++i) {
      const auto more = (*reader)->Next();
      if (!more.ok()) return more.status();
      if (!*more) {
        EXPECT_EQ(i, kRecords);
        return absl::OkStatus();
      }
      EXPECT_EQ((*reader)->record(), Record(i));
    }
  }
};

TEST_F(SealedFilesTest, ASealedLogReadsVerifiesAndGrowsOn) {
  const size_t before = Segments(".log").size();
  ASSERT_GE(before, 5u);
  const std::string first = Contents(Segments(".log")[0]);
  const auto sealed = SealSegments(FileSystem::Posix(), log(), 2, {});
  ASSERT_TRUE(sealed.ok()) << sealed.status();
  EXPECT_EQ(sealed->segments, before - 2);
  EXPECT_LT(sealed->bytes_after, sealed->bytes_before / 2);
  EXPECT_EQ(Segments(".log").size(), 2u);
  EXPECT_EQ(Segments(".log.zst").size(), before - 2);

  const absl::Status read = ReadWhole();
  EXPECT_TRUE(read.ok()) << read;
  auto reader = LogReader::Open(LogFiles(), log());
  ASSERT_TRUE(reader.ok());
  for (uint64_t index : {uint64_t{12345}, kRecords - 1, uint64_t{0}}) {
    ASSERT_TRUE((*reader)->Seek(index).ok());
    ASSERT_TRUE(*(*reader)->Next());
    EXPECT_EQ((*reader)->record(), Record(index));
  }
  VerifyOptions options;
  options.directory = log();
  const auto verified = VerifyLog(LogFiles(), options);
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_EQ(verified->records, kRecords);

  // The tools of others give the segment back.
  const std::string opened = folder_.path() + "/opened";
  const std::string command =
      "zstd -q -d -o '" + opened + "' '" + Segments(".log.zst")[0] + "'";
  if (std::system("zstd --version >/dev/null 2>&1") == 0) {
    ASSERT_EQ(std::system(command.c_str()), 0);
    EXPECT_EQ(Contents(opened), first);
  } else {
    std::cout << "NOTICE: skipped: no `zstd` command here\n";
  }

  // Sealing again finds nothing to do; the log goes on.
  const auto again = SealSegments(FileSystem::Posix(), log(), 2, {});
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->segments, 0u);
  DecisionLogOptions open;
  open.directory = log();
  open.segment_bytes = kSegmentBytes;
  auto writer = DecisionLog::Open(open, LogFiles());
  ASSERT_TRUE(writer.ok()) << writer.status();
  EXPECT_EQ((*writer)->next_index(), kRecords);
}

TEST_F(SealedFilesTest, FlippedBytesOfASealedSegmentAreFound) {
  ASSERT_TRUE(SealSegments(FileSystem::Posix(), log(), 2, {}).ok());
  const std::string path = Segments(".log.zst")[1];
  const std::string sound = Contents(path);
  std::mt19937 random(3);
  for (int i = 0; i < 60; ++i) {
    std::string flipped = sound;
    const size_t at = i < 20 ? sound.size() - 1 - static_cast<size_t>(i)
                             : random() % sound.size();
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << i % 8));
    std::ofstream(path, std::ios::binary | std::ios::trunc) << flipped;
    ASSERT_EQ(ReadWhole().code(), absl::StatusCode::kDataLoss) << at;
  }
  std::ofstream(path, std::ios::binary | std::ios::trunc) << sound;
  EXPECT_TRUE(ReadWhole().ok());
}

TEST_F(SealedFilesTest, ADamagedSegmentIsNotSealed) {
  const std::string path = Segments(".log")[1];
  const std::string sound = Contents(path);
  std::string flipped = sound;
  flipped[5000] = static_cast<char>(flipped[5000] ^ 4);
  std::ofstream(path, std::ios::binary | std::ios::trunc) << flipped;
  const auto sealed = SealSegments(FileSystem::Posix(), log(), 2, {});
  EXPECT_EQ(sealed.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(sealed.status().message()), HasSubstr(path));
  EXPECT_EQ(Contents(path), flipped);
  EXPECT_FALSE(SealSegments(FileSystem::Posix(), log(), 1, {}).ok());
}

}  // namespace
}  // namespace tarazy
