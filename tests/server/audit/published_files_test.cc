// The files of C2SP tlog-tiles that a published log gives out.

#include "server/audit/published_files.h"

#include <filesystem>
#include <fstream>
#include <map>

#include "server/audit/verify.h"
#include "tests/server/audit/published_log.h"

namespace tarazy {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class PublishedFilesTest : public PublishedLogTest {
 protected:
  absl::StatusOr<uint64_t> Write(const std::string& to) {
    return WritePublishedFiles(FileSystem::Posix(), options_.log_directory, to,
                               nullptr);
  }
  std::string To() const { return folder_.path() + "/published"; }

  // Paths and contents of all files below a folder.
  static std::map<std::string, std::string> FilesIn(const std::string& root) {
    std::map<std::string, std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      if (entry.is_directory()) continue;
      std::ifstream in(entry.path(), std::ios::binary);
      found[entry.path().string().substr(root.size() + 1)] =
          std::string(std::istreambuf_iterator<char>(in), {});
    }
    return found;
  }
};

TEST_F(PublishedFilesTest, GivesOutWhatTheCheckpointCovers) {
  Publish(700);
  GrowLog(800);
  PublishedFiles files(FileSystem::Posix(), options_.log_directory);
  // Not in order, and some twice.
  for (const uint64_t number : {2, 0, 1, 1, 0}) {
    TileId id{TileId::kEntries, number};
    if (number == 2) id.width = 188;
    const auto bundle = files.Read(id.Path());
    ASSERT_TRUE(bundle.ok()) << bundle.status();
    const auto records = ReadBundle(*bundle, id.width, id.Path());
    ASSERT_TRUE(records.ok()) << records.status();
    for (uint64_t i = 0; i < id.width; ++i) {
      ASSERT_EQ((*records)[i], Record(number * kTileWidth + i));
    }
  }
  const auto tile = files.Read("tile/0/001");
  ASSERT_TRUE(tile.ok()) << tile.status();
  const Hash leaf = LeafHash(Record(257));
  EXPECT_EQ(tile->substr(32, 32), std::string(leaf.begin(), leaf.end()));
  // What an earlier checkpoint covered is there still.
  EXPECT_EQ(files.Read("tile/0/002.p/7")->size(), 7 * sizeof(Hash));
  for (const char* path : {"tile/0/002", "tile/0/002.p/189", "tile/0/003",
                           "tile/0/003.p/1", "tile/1/000", "tile/1/000.p/3",
                           "tile/2/000.p/1", "tile/entries/002.p/189"}) {
    EXPECT_EQ(files.Read(path).status().code(), absl::StatusCode::kNotFound)
        << path;
  }
  for (const char* path : {"", "tile", "tile/0/1", "../key", "hashes.0"}) {
    EXPECT_EQ(files.Read(path).status().code(),
              absl::StatusCode::kInvalidArgument)
        << path;
  }
}

// Offsets are hints: wrong ones cost time alone.
TEST_F(PublishedFilesTest, RecordsAreFoundWithAndWithoutOffsets) {
  Publish(3000);  // several segments
  const std::string offsets = TreeFolder(options_.log_directory) + "/offsets";
  const PublishedFiles files(FileSystem::Posix(), options_.log_directory);
  const auto read_all = [&] {
    for (const uint64_t index : {0, 1, 255, 256, 700, 1024, 2303, 2560, 2999}) {
      const auto record = files.ReadRecord(index);
      ASSERT_TRUE(record.ok()) << record.status();
      EXPECT_EQ(*record, Record(index));
    }
  };
  read_all();
  const auto size = fs::file_size(offsets);
  std::ofstream(offsets, std::ios::binary | std::ios::trunc)
      << std::string(size, '\x40');
  read_all();
  fs::remove(offsets);
  read_all();
  EXPECT_EQ(files.ReadRecord(3000).status().code(),
            absl::StatusCode::kOutOfRange);
}

TEST_F(PublishedFilesTest, AFolderOfThemCanBeVerifiedAndGrows) {
  Publish(300);
  ASSERT_EQ(*Write(To()), 300u);
  EXPECT_THAT(FilesIn(To()),
              ::testing::ElementsAre(::testing::Key("checkpoint"),
                                     ::testing::Key("tile/0/000"),
                                     ::testing::Key("tile/0/001.p/44"),
                                     ::testing::Key("tile/1/000.p/1"),
                                     ::testing::Key("tile/entries/000"),
                                     ::testing::Key("tile/entries/001.p/44")));
  Publish(600);
  ASSERT_EQ(*Write(To()), 600u);
  const auto files = FilesIn(To());
  VerifyOptions options;
  options.verifier = &signer_->verifier();
  const auto verified = VerifyPublished(
      [&](const std::string& path) -> absl::StatusOr<std::string> {
        const auto found = files.find(path);
        if (found == files.end()) return absl::NotFoundError(path);
        return found->second;
      },
      options);
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_EQ(verified->records, 600u);
}

TEST_F(PublishedFilesTest, NothingOfAnotherLogIsOverwritten) {
  Publish(300);
  ASSERT_TRUE(Write(To()).ok());
  fs::remove_all(options_.log_directory);
  fs::remove(folder_.path() + "/key.signed");
  DecisionLogOptions options;
  options.directory = options_.log_directory;
  {
    auto log = DecisionLog::Open(options, FileSystem::Posix());
    for (int i = 0; i < 400; ++i) {
      ASSERT_TRUE((*log)->Append("another", &kept_).ok());
    }
  }
  ASSERT_TRUE((*Open())->Publish(400).ok());
  const auto before = FilesIn(To());
  const absl::Status refused = Write(To()).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("of another log"));
  EXPECT_EQ(FilesIn(To()), before);
}

TEST_F(PublishedFilesTest, NothingWasPublished) {
  GrowLog(3);
  const absl::Status none = Write(To()).status();
  EXPECT_EQ(none.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(none.message()), HasSubstr("nothing was published"));
}

}  // namespace
}  // namespace tarazy
