// What is given out of a log whose old records were deleted.

#include <random>

#include "server/audit/pruned.h"
#include "server/audit/published_files.h"
#include "tests/server/audit/retention_log.h"

namespace tarazy {
namespace {

using ::testing::HasSubstr;

class PublishedRetentionTest : public RetentionTest {
 protected:
  absl::StatusOr<VerifiedLog> VerifyFolder(
      const std::map<std::string, std::string>& files) const {
    VerifyOptions options;
    options.verifier = &signer_->verifier();
    return VerifyPublished(
        [&files](const std::string& path) -> absl::StatusOr<std::string> {
          const auto found = files.find("/www/" + path);
          if (found == files.end()) return absl::NotFoundError(path);
          return found->second;
        },
        options);
  }
  void ExpectDamage(const std::map<std::string, std::string>& files,
                    const std::string& text) const {
    const absl::Status found = VerifyFolder(files).status();
    EXPECT_TRUE(absl::IsDataLoss(found)) << found;
    EXPECT_THAT(std::string(found.message()), HasSubstr(text));
  }
  static std::string Bundle(uint64_t number) {
    return "/www/" + TileId{TileId::kEntries, number}.Path();
  }
};

TEST_F(PublishedRetentionTest, BundlesMayBeMissingOnlyWhereTheKeySaysSo) {
  Publish(kRecords);
  ASSERT_TRUE(WritePublishedFiles(&disk_, kRetentionLog, "/www", {}).ok());
  const auto whole = disk_.AfterKill();
  ASSERT_EQ(VerifyFolder(whole)->pruned, 0u);
  auto files = whole;
  files.erase(Bundle(0));
  ExpectDamage(files, "`tile/entries/000` is missing, and no signed `PRUNED`");

  const auto deleted = DeleteOldRecords(&disk_, options_);
  ASSERT_TRUE(deleted.ok() && deleted->records > 0);
  // Of the folder from before they are deleted, too.
  ASSERT_TRUE(WritePublishedFiles(&disk_, kRetentionLog, "/www", {}).ok());
  const auto published = disk_.AfterKill();
  const uint64_t gone = (deleted->records + 255) / 256;
  const auto verified = VerifyFolder(published);
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_EQ(verified->pruned, gone * 256);
  EXPECT_EQ(verified->records, kRecords - gone * 256);
  EXPECT_EQ(published.count(Bundle(gone - 1)), 0u);
  EXPECT_EQ(published.count(Bundle(gone)), 1u);

  files = published;
  files.erase("/www/PRUNED");
  ExpectDamage(files, "no signed `PRUNED`");
  // One more than was deleted.
  files = published;
  files.erase(Bundle(gone));
  ExpectDamage(files, "says that only records before");
  // Hashes that are not those that were signed.
  files = published;
  files.at("/www/tile/0/000")[5] ^= 1;
  ExpectDamage(files, "not those that were signed");
  for (size_t i = 0; i < published.at("/www/PRUNED").size(); ++i) {
    files = published;
    files.at("/www/PRUNED")[i] ^= 1;
    EXPECT_TRUE(absl::IsDataLoss(VerifyFolder(files).status())) << i;
  }
  // Somebody else's deletion, by another key of the same name.
  const std::string key = folder_.path() + "/other";
  ASSERT_TRUE(NoteSigner::CreateKeyFile(key, "test-log").ok());
  files = published;
  files.at("/www/PRUNED") =
      *(*NoteSigner::Load(key))
           ->Sign((*ReadPruned(&disk_, kRetentionLog))->ToText());
  ExpectDamage(files, "not signed with the log's key");
  // A statement of an earlier deletion.
  Pruned earlier = **ReadPruned(&disk_, kRetentionLog);
  earlier.first_index = 100;
  files.at("/www/PRUNED") = *signer_->Sign(earlier.ToText());
  ExpectDamage(files, "says that only records before 100 were deleted");
}

// Records are deleted while somebody verifies.
TEST_F(PublishedRetentionTest, ADeletionMeetsAVerification) {
  Publish(kRecords);
  const PublishedFiles files(&disk_, kRetentionLog);
  DeletedRecords deleted;
  VerifyOptions options;
  options.verifier = &signer_->verifier();
  const auto verified = VerifyPublished(
      [&](const std::string& path) {
        if (path == "tile/entries/001") {
          deleted = *DeleteOldRecords(&disk_, options_);
        }
        return files.Read(path);
      },
      options);
  ASSERT_TRUE(verified.ok()) << verified.status();
  ASSERT_GT(deleted.records, 512u);
  // The first bundle was read before.
  EXPECT_EQ(verified->pruned, (deleted.records + 255) / 256 * 256 - 256);
}

// The power fails at each step of publishing: who reads what is there finds a
// whole log, or none yet.
TEST_F(PublishedRetentionTest, APowerLossWhilePublishing) {
  Publish(500);
  ASSERT_TRUE(DeleteOldRecords(&disk_, options_).ok());
  std::mt19937 random(11);
  int images = 0;
  const auto publish = [&] {
    const int begin = disk_.history_size();
    ASSERT_TRUE(WritePublishedFiles(&disk_, kRetentionLog, "/www", {}).ok());
    for (int events = begin; events <= disk_.history_size(); ++events) {
      for (int i = 0; i < 4; ++i, ++images) {
        const auto after = disk_.AfterPowerLoss(events, &random);
        if (after.count("/www/checkpoint") == 0) continue;
        const auto verified = VerifyFolder(after);
        ASSERT_TRUE(verified.ok())
            << "after " << events << ": " << verified.status();
      }
    }
  };
  publish();
  EXPECT_EQ(VerifyFolder(disk_.AfterKill())->checkpoint->size, 500u);
  Publish(kRecords);
  ASSERT_TRUE(DeleteOldRecords(&disk_, options_).ok());
  publish();
  EXPECT_EQ(VerifyFolder(disk_.AfterKill())->checkpoint->size,
            uint64_t{kRecords});
  std::printf("publishing: %d images of a power loss, each whole or none\n",
              images);
}

}  // namespace
}  // namespace tarazy
