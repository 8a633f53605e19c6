#include "server/audit/tree_publisher.h"

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "tests/server/audit/published_log.h"

namespace tarazy {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class TreePublisherTest : public PublishedLogTest {
 protected:
  // All that the publisher has published is that of the first `size` records.
  void ExpectPublished(const TreePublisher& publisher, uint64_t size) {
    const auto note = publisher.tiles().ReadCheckpoint();
    ASSERT_TRUE(note.ok()) << note.status();
    const auto checkpoint = Checkpoint::FromNote(*note, signer_->verifier());
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
    EXPECT_EQ(checkpoint->size, size);
    EXPECT_EQ(publisher.checkpoint().size, size);
    EXPECT_EQ(checkpoint->root, RootOf(size));
    const auto root = RootFromTiles(publisher.tiles().Source(), size);
    ASSERT_TRUE(root.ok()) << root.status();
    EXPECT_EQ(*root, checkpoint->root);
    for (uint64_t bundle = 0; bundle * kTileWidth < size; ++bundle) {
      const uint64_t width = std::min(kTileWidth, size - bundle * kTileWidth);
      const auto entries =
          publisher.tiles().ReadEntries({TileId::kEntries, bundle, width});
      ASSERT_TRUE(entries.ok()) << entries.status();
      for (uint64_t i = 0; i < width; ++i) {
        ASSERT_EQ((*entries)[i], Record(bundle * kTileWidth + i));
      }
    }
  }
};

TEST_F(TreePublisherTest, PublishesAcrossProcesses) {
  uint64_t last = 0;
  for (const uint64_t size : {1, 5, 255, 256, 257, 600, 1024}) {
    GrowLog(size);
    auto publisher = Open();
    ASSERT_TRUE(publisher.ok()) << publisher.status();
    EXPECT_EQ((*publisher)->checkpoint().size, last);
    ASSERT_TRUE((*publisher)->Publish(size).ok());
    ExpectPublished(**publisher, size);
    last = size;
  }
  // What is full has no partial form left: 4 full tiles, and one of 4 hashes.
  std::vector<std::string> files;
  const std::string root = options_.log_directory + "/tlog/";
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (!entry.is_directory()) {
      files.push_back(entry.path().string().substr(root.size()));
    }
  }
  EXPECT_THAT(files,
              ::testing::UnorderedElementsAre(
                  "checkpoint", "tile/0/000", "tile/0/001", "tile/0/002",
                  "tile/0/003", "tile/1/000.p/1", "tile/1/000.p/2",
                  "tile/1/000.p/4", "tile/entries/000", "tile/entries/001",
                  "tile/entries/002", "tile/entries/003"));
}

TEST_F(TreePublisherTest, FollowsARunningLog) {
  DecisionLogOptions options;
  options.directory = options_.log_directory;
  auto log = DecisionLog::Open(options, FileSystem::Posix());
  ASSERT_TRUE(log.ok());
  auto publisher = Open();
  ASSERT_TRUE(publisher.ok()) << publisher.status();
  absl::Status error;
  (*publisher)
      ->Start(log->get(), std::chrono::milliseconds(1),
              [&](const absl::Status& s) { error = s; });
  for (uint64_t i = 0; i < 3000; ++i) {
    ASSERT_TRUE((*log)->Append(Record(i), &kept_).ok());
  }
  (*log)->Close();
  (*publisher)->Stop();
  EXPECT_TRUE(error.ok()) << error;
  ExpectPublished(**publisher, 3000);
}

TEST_F(TreePublisherTest, LostTilesAreMadeAgain) {
  GrowLog(700);
  ASSERT_TRUE((*Open())->Publish(700).ok());
  fs::remove_all(options_.log_directory + "/tlog");
  auto publisher = Open();
  ASSERT_TRUE(publisher.ok()) << publisher.status();
  ExpectPublished(**publisher, 700);
}

TEST_F(TreePublisherTest, DamagedEdgeIsMadeAgain) {
  GrowLog(700);
  ASSERT_TRUE((*Open())->Publish(700).ok());
  {
    std::fstream tile(options_.log_directory + "/tlog/tile/0/002.p/188",
                      std::ios::in | std::ios::out | std::ios::binary);
    ASSERT_TRUE(tile.good());
    tile.seekp(40);
    tile.put('\x55');
  }
  auto publisher = Open();
  ASSERT_TRUE(publisher.ok()) << publisher.status();
  ExpectPublished(**publisher, 700);
}

// A snapshot of log and tiles is restored; what was signed is kept apart.
TEST_F(TreePublisherTest, RestoredSnapshotIsRefused) {
  GrowLog(300);
  ASSERT_TRUE((*Open())->Publish(300).ok());
  const std::string snapshot = folder_.path() + "/snapshot";
  fs::copy(options_.log_directory, snapshot, fs::copy_options::recursive);
  GrowLog(400);
  ASSERT_TRUE((*Open())->Publish(400).ok());
  fs::remove_all(options_.log_directory);
  fs::rename(snapshot, options_.log_directory);
  const absl::Status refused = Open().status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(refused.message()),
              HasSubstr("the log has 300 records, its last signed checkpoint "
                        "has 400"));
}

TEST_F(TreePublisherTest, OtherRecordsAreRefused) {
  GrowLog(300);
  ASSERT_TRUE((*Open())->Publish(300).ok());
  fs::remove_all(options_.log_directory);
  DecisionLogOptions options;
  options.directory = options_.log_directory;
  {
    auto log = DecisionLog::Open(options, FileSystem::Posix());
    for (int i = 0; i < 300; ++i) {
      ASSERT_TRUE((*log)->Append("forged", &kept_).ok());
    }
  }
  const absl::Status refused = Open().status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(refused.message()),
              HasSubstr("are not those of its last signed checkpoint"));
}

TEST_F(TreePublisherTest, CheckpointOfAnotherLogIsRefused) {
  GrowLog(10);
  ASSERT_TRUE((*Open())->Publish(10).ok());
  const std::string key = folder_.path() + "/other";
  ASSERT_TRUE(NoteSigner::CreateKeyFile(key, "other-log").ok());
  auto other = NoteSigner::Load(key);
  ASSERT_TRUE(other.ok());
  const auto opened =
      TreePublisher::Open(options_, FileSystem::Posix(), other->get());
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(opened.status().message()),
              HasSubstr("not signed by `other-log`"));
}

TEST_F(TreePublisherTest, SecondSignerIsFoundOut) {
  GrowLog(20);
  auto first = Open();
  auto second = Open();
  ASSERT_TRUE(first.ok() && second.ok());
  ASSERT_TRUE((*first)->Publish(10).ok());
  EXPECT_EQ((*second)->Publish(15).code(), absl::StatusCode::kAborted);
  EXPECT_EQ((*second)->Publish(20).code(), absl::StatusCode::kAborted);
  ASSERT_TRUE((*first)->Publish(20).ok());
  ExpectPublished(**first, 20);
}

}  // namespace
}  // namespace tarazy
