#include "server/audit/tree_publisher.h"

#include <filesystem>
#include <fstream>
#include <map>

#include "absl/strings/str_cat.h"
#include "server/audit/published_files.h"
#include "tests/server/audit/published_log.h"

namespace tarazy {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class TreePublisherTest : public PublishedLogTest {
 protected:
  std::string Tree() const { return TreeFolder(options_.log_directory); }

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
  // FORMAT.md: a file a level, 32 bytes a hash.
  std::map<std::string, uint64_t> files;
  for (const auto& entry : fs::directory_iterator(Tree())) {
    files[entry.path().filename()] = entry.file_size();
  }
  files.erase("checkpoint");
  EXPECT_EQ(files["offsets"], 4 * sizeof(uint64_t));
  files.erase("offsets");
  EXPECT_THAT(files, ::testing::ElementsAre(
                         ::testing::Pair("hashes.0", 1024 * sizeof(Hash)),
                         ::testing::Pair("hashes.1", 4 * sizeof(Hash))));
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

// Where a record's leaf comes from makes no difference to the tree or to where
// its bundle is said to begin: from who wrote it, or from the log where that
// was forgotten, or a part of both.
TEST_F(TreePublisherTest, LeavesOfTheWriterAreThoseOfTheLog) {
  GrowLog(300);
  LeafQueue leaves(2000);
  options_.leaves = &leaves;
  DecisionLogOptions options;
  options.directory = options_.log_directory;
  options.segment_bytes = 100000;
  options.leaves = &leaves;
  auto log = DecisionLog::Open(options, FileSystem::Posix());
  ASSERT_TRUE(log.ok()) << log.status();
  auto publisher = Open();
  ASSERT_TRUE(publisher.ok()) << publisher.status();
  const auto publish_at = [&](uint64_t size) {
    for (uint64_t i = (*log)->next_index(); i < size; ++i) {
      ASSERT_TRUE((*log)->Append(Record(i), &kept_, Commit::kWithMore).ok());
      if (i % 7 == 0) (*log)->CommitQueued();
    }
    (*log)->CommitQueued();
    ASSERT_EQ((*log)->durable_index(), size);
    const absl::Status published = (*publisher)->Publish(size);
    ASSERT_TRUE(published.ok()) << published;
    ExpectPublished(**publisher, size);
  };
  publish_at(301);   // those before are in the log alone
  publish_at(1000);  // all from the queue
  publish_at(1001);
  publish_at(5000);  // more than it holds
  publish_at(5700);
  // The offsets lead to the records, or reading would begin at the segment's
  // beginning, and these would not be looked at.
  auto reader = LogReader::Open(FileSystem::Posix(), options_.log_directory);
  ASSERT_TRUE(reader.ok());
  for (uint64_t bundle = 0; bundle * kTileWidth < 5700; ++bundle) {
    ASSERT_TRUE((*reader)->Seek(bundle * kTileWidth).ok());
    ASSERT_TRUE((*reader)->Next().ok());
    EXPECT_EQ((*publisher)->tiles().ReadOffset(bundle), (*reader)->offset());
  }
}

// A checkpoint that could not be published is published from the log later.
TEST_F(TreePublisherTest, LeavesThatWereTakenInVain) {
  LeafQueue leaves;
  options_.leaves = &leaves;
  options_.signed_directory = folder_.path() + "/absent";
  DecisionLogOptions options;
  options.directory = options_.log_directory;
  options.leaves = &leaves;
  auto log = DecisionLog::Open(options, FileSystem::Posix());
  ASSERT_TRUE(log.ok()) << log.status();
  auto publisher = Open();
  ASSERT_TRUE(publisher.ok()) << publisher.status();
  for (uint64_t i = 0; i < 300; ++i) {
    ASSERT_TRUE((*log)->Append(Record(i), &kept_, Commit::kWithMore).ok());
  }
  (*log)->CommitQueued();
  EXPECT_FALSE((*publisher)->Publish(300).ok());
  fs::create_directory(options_.signed_directory);
  const absl::Status published = (*publisher)->Publish(300);
  ASSERT_TRUE(published.ok()) << published;
  ExpectPublished(**publisher, 300);
}

TEST_F(TreePublisherTest, LostTilesAreMadeAgain) {
  GrowLog(700);
  ASSERT_TRUE((*Open())->Publish(700).ok());
  fs::remove_all(Tree());
  auto publisher = Open();
  ASSERT_TRUE(publisher.ok()) << publisher.status();
  ExpectPublished(**publisher, 700);
}

TEST_F(TreePublisherTest, DamagedEdgeIsMadeAgain) {
  GrowLog(700);
  ASSERT_TRUE((*Open())->Publish(700).ok());
  {
    std::fstream level(Tree() + "/hashes.0",
                       std::ios::in | std::ios::out | std::ios::binary);
    ASSERT_TRUE(level.good());
    level.seekp(600 * sizeof(Hash) + 8);
    level.put('\x55');
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
