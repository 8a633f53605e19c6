#include "server/audit/verify.h"

#include <filesystem>
#include <fstream>

#include "server/audit/published_files.h"
#include "tests/server/audit/published_log.h"

namespace tarazy {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class VerifyTest : public PublishedLogTest {
 protected:
  absl::StatusOr<VerifiedLog> Verify(std::vector<std::string> earlier = {}) {
    VerifyOptions options;
    options.directory = options_.log_directory;
    options.verifier = &signer_->verifier();
    options.earlier = std::move(earlier);
    return VerifyLog(FileSystem::Posix(), options);
  }
  std::string Note() {
    return *TileStore(FileSystem::Posix(), TreeFolder(options_.log_directory))
                .ReadCheckpoint();
  }
};

TEST_F(VerifyTest, WholeLog) {
  Publish(700);
  const auto verified = Verify();
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_EQ(verified->records, 700u);
  EXPECT_EQ(verified->checkpoint->size, 700u);
  // Three tiles below and one above.
  EXPECT_EQ(verified->tiles, 4u);

  GrowLog(800);  // more than was published
  EXPECT_EQ(Verify()->records, 800u);
}

TEST_F(VerifyTest, LogWithoutCheckpoint) {
  GrowLog(10);
  const auto verified = Verify();
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_FALSE(verified->checkpoint.has_value());
}

TEST_F(VerifyTest, FlippedBitsAreFoundInEveryFile) {
  Publish(300);
  int flips = 0;
  for (const auto& entry :
       fs::recursive_directory_iterator(options_.log_directory)) {
    const std::string path = entry.path().string();
    if (!entry.is_regular_file() || entry.file_size() == 0) continue;
    std::ifstream in(path, std::ios::binary);
    const std::string whole(std::istreambuf_iterator<char>(in), {});
    const bool note = entry.path().filename() == "checkpoint";
    for (size_t at = 0; at < whole.size(); at += note ? 1 : 41) {
      std::string flipped = whole;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << (at % 8)));
      std::ofstream(path, std::ios::binary | std::ios::trunc) << flipped;
      const auto verified = Verify();
      EXPECT_EQ(verified.status().code(), absl::StatusCode::kDataLoss)
          << path << " byte " << at;
      ++flips;
    }
    std::ofstream(path, std::ios::binary | std::ios::trunc) << whole;
  }
  std::printf("flipped bits: %d of segments, tiles and checkpoint, all found\n",
              flips);
  EXPECT_TRUE(Verify().ok());
}

TEST_F(VerifyTest, EarlierCheckpointsMustStillHold) {
  Publish(100);
  const std::string earlier = Note();
  Publish(300);
  EXPECT_TRUE(Verify({earlier}).ok());

  // Written anew with the same key: whole in itself, but not what it was.
  fs::remove_all(options_.log_directory);
  fs::remove(folder_.path() + "/key.signed");
  DecisionLogOptions options;
  options.directory = options_.log_directory;
  {
    auto log = DecisionLog::Open(options, FileSystem::Posix());
    for (int i = 0; i < 300; ++i) {
      ASSERT_TRUE((*log)->Append("forged", &kept_).ok());
    }
  }
  ASSERT_TRUE((*Open())->Publish(300).ok());
  EXPECT_TRUE(Verify().ok());
  const auto verified = Verify({earlier});
  EXPECT_EQ(verified.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(verified.status().message()),
              HasSubstr("the first 100 records are not those"));
}

TEST_F(VerifyTest, ShorterLogIsNamed) {
  Publish(100);
  const std::string earlier = Note();
  fs::remove_all(options_.log_directory);
  GrowLog(50);
  const auto verified = Verify({earlier});
  EXPECT_THAT(std::string(verified.status().message()),
              HasSubstr("the log has 50 records, a signed checkpoint has 100"));
}

TEST_F(VerifyTest, ProofsOfRecords) {
  Publish(700);
  for (const uint64_t index : {0, 255, 256, 511, 699}) {
    const auto proof =
        ProveRecord(FileSystem::Posix(), options_.log_directory, index);
    ASSERT_TRUE(proof.ok()) << proof.status();
    const auto read = RecordProof::FromText(proof->ToText());
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_TRUE(read->Verify(Record(index), signer_->verifier()).ok());
    EXPECT_FALSE(read->Verify(Record(index + 1), signer_->verifier()).ok());
    const std::string text = proof->ToText();
    for (size_t at = 0; at < text.size(); ++at) {
      std::string changed = text;
      changed[at] = static_cast<char>(changed[at] ^ 1);
      const auto other = RecordProof::FromText(changed);
      EXPECT_FALSE(other.ok() &&
                   other->Verify(Record(index), signer_->verifier()).ok())
          << at;
    }
  }
  EXPECT_EQ(ProveRecord(FileSystem::Posix(), options_.log_directory, 700)
                .status()
                .code(),
            absl::StatusCode::kOutOfRange);
}

}  // namespace
}  // namespace tarazy
