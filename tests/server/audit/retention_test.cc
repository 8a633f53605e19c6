#include "server/audit/retention.h"

#include <algorithm>
#include <random>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/audit/decision_log.h"
#include "server/audit/index.h"
#include "server/audit/index_follower.h"
#include "server/audit/log_reader.h"
#include "server/audit/pruned.h"
#include "server/audit/published_files.h"
#include "server/audit/sealed_files.h"
#include "server/audit/tree_publisher.h"
#include "server/audit/verify.h"
#include "tarazy/v1/record.pb.h"
#include "tests/server/audit/retention_log.h"

namespace tarazy {
namespace {

using ::testing::HasSubstr;

TEST_F(RetentionTest, DeletesWhatIsOldAndTheLogVerifiesStill) {
  Publish(kRecords);
  const auto before = disk_.AfterKill();
  const auto deleted = DeleteOldRecords(&disk_, options_);
  ASSERT_TRUE(deleted.ok()) << deleted.status();
  EXPECT_GT(deleted->segments, 3u);
  EXPECT_GT(deleted->records, 800u);
  EXPECT_LE(deleted->records, 1000u);
  const auto after = disk_.AfterKill();
  EXPECT_EQ(Count(after, ".log") + deleted->segments, Count(before, ".log"));
  EXPECT_EQ(erased_.size(), deleted->records);
  EXPECT_EQ(*erased_.rbegin(), deleted->records);

  const auto first = FirstOfWhole(&disk_);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(*first, deleted->records);
  const auto verified = Verify(&disk_);
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_EQ(verified->pruned, deleted->records);
  EXPECT_EQ(verified->records + verified->pruned, uint64_t{kRecords});
  const PublishedFiles files(&disk_, kRetentionLog);
  const auto published = VerifyPublished(
      [&files](const std::string& path) { return files.Read(path); }, {});
  ASSERT_TRUE(published.ok()) << published.status();
  EXPECT_EQ(published->pruned, (deleted->records + 255) / 256 * 256);
  // Files for others hold what is left.
  const auto written = WritePublishedFiles(&disk_, kRetentionLog, "/www", {});
  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_EQ(
      Count(disk_.AfterKill(), "/www/tile/entries/") + published->pruned / 256,
      (kRecords + 255) / 256);
  // A proof of a record that is gone can still be made from its hash.
  const auto proof = ProveRecord(&disk_, kRetentionLog, 3);
  ASSERT_TRUE(proof.ok()) << proof.status();
  EXPECT_TRUE(proof->Verify(RetentionRecord(3), signer_->verifier()).ok());

  // Again: nothing to do. Later: more.
  const auto again = DeleteOldRecords(&disk_, options_);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->records, 0u);
  options_.before_ms += 200 * kMinute;
  const auto more = DeleteOldRecords(&disk_, options_);
  ASSERT_TRUE(more.ok()) << more.status();
  EXPECT_GT(more->records, 100u);
  EXPECT_TRUE(Verify(&disk_).ok());
}

TEST_F(RetentionTest, TheLogGoesOn) {
  Publish(kRecords);
  ASSERT_TRUE(DeleteOldRecords(&disk_, options_).ok());
  DecisionLogOptions options;
  options.directory = kRetentionLog;
  auto log = DecisionLog::Open(options, &disk_);
  ASSERT_TRUE(log.ok()) << log.status();
  EXPECT_EQ((*log)->next_index(), uint64_t{kRecords});
  ASSERT_TRUE((*log)->Append(RetentionRecord(kRecords), &answer_).ok());
  ASSERT_TRUE(answer_.Wait().ok());
  (*log)->Close();
  Publish(kRecords + 1);
  const auto verified = Verify(&disk_);
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_EQ(verified->checkpoint->size, uint64_t{kRecords} + 1);
}

TEST_F(RetentionTest, NothingGoesThatNoCheckpointCovers) {
  auto deleted = DeleteOldRecords(&disk_, options_);
  ASSERT_TRUE(deleted.ok()) << deleted.status();
  EXPECT_EQ(deleted->records, 0u);
  Publish(500);
  deleted = DeleteOldRecords(&disk_, options_);
  ASSERT_TRUE(deleted.ok()) << deleted.status();
  EXPECT_GT(deleted->records, 0u);
  // In whole tiles.
  EXPECT_LE(deleted->records, 256u);
  EXPECT_TRUE(FirstOfWhole(&disk_).ok());
  // However old: never the last three segments.
  options_.before_ms = INT64_MAX;
  Publish(kRecords);
  ASSERT_TRUE(DeleteOldRecords(&disk_, options_).ok());
  EXPECT_GE(Count(disk_.AfterKill(), ".log"), 3u);
  EXPECT_TRUE(Verify(&disk_).ok());
}

TEST_F(RetentionTest, SealedSegmentsGoToo) {
  Publish(kRecords);
  ASSERT_TRUE(SealSegments(&disk_, kRetentionLog, 3, {}).ok());
  const auto deleted = DeleteOldRecords(&disk_, options_);
  ASSERT_TRUE(deleted.ok()) << deleted.status();
  EXPECT_EQ(erased_.size(), deleted->records);
  EXPECT_TRUE(Verify(&disk_).ok());
}

// A clock that was set back, as of a machine that starts before it knows the
// time: records are as old as they say, each of them.
TEST_F(RetentionTest, ARecordThatSaysItIsOldMakesNoOtherOld) {
  MemoryFileSystem disk;
  DecisionLogOptions options;
  options.directory = kRetentionLog;
  uint64_t records = 0;
  for (int start = 0; start < 12; ++start) {
    auto log = DecisionLog::Open(options, &disk);
    ASSERT_TRUE(log.ok()) << log.status();
    for (int i = 0; i < 80; ++i, ++records) {
      // Each start begins a segment; its first record says 1970. The first
      // four are old to the end, and so is the sixth.
      v1::DecisionRecord record;
      const bool old = i == 0 || start < 4 || start == 5;
      record.mutable_recorded_at()->set_seconds(old ? 1000
                                                    : kStartSeconds + 120000);
      ASSERT_TRUE((*log)->Append(record.SerializeAsString(), &answer_).ok());
      ASSERT_TRUE(answer_.Wait().ok());
    }
    (*log)->Close();
  }
  auto publisher = TreePublisher::Open(tree_, &disk, signer_.get());
  ASSERT_TRUE(publisher.ok()) << publisher.status();
  ASSERT_TRUE((*publisher)->Publish(records).ok());
  const auto deleted = DeleteOldRecords(&disk, options_);
  ASSERT_TRUE(deleted.ok()) << deleted.status();
  EXPECT_EQ(deleted->records, 4u * 80u);
  EXPECT_TRUE(Verify(&disk).ok());
}

// The power fails at each step.
TEST_F(RetentionTest, APowerLossWhileDeletingLosesNothingElse) {
  Publish(kRecords);
  const int begin = disk_.history_size();
  const auto deleted = DeleteOldRecords(&disk_, options_);
  ASSERT_TRUE(deleted.ok());
  std::mt19937 random(7);
  int images = 0;
  for (int events = begin; events <= disk_.history_size(); ++events) {
    for (int i = 0; i < 4; ++i, ++images) {
      MemoryFileSystem after(disk_.AfterPowerLoss(events, &random));
      const auto first = FirstOfWhole(&after);
      ASSERT_TRUE(first.ok()) << "after " << events << ": " << first.status();
      // All of it or nothing.
      ASSERT_TRUE(*first == 0 || *first == deleted->records) << *first;
      auto verified = Verify(&after);
      ASSERT_TRUE(verified.ok())
          << "after " << events << ": " << verified.status();
      const auto rest = DeleteOldRecords(&after, options_);
      ASSERT_TRUE(rest.ok()) << rest.status();
      verified = Verify(&after);
      ASSERT_TRUE(verified.ok()) << verified.status();
      ASSERT_EQ(verified->pruned, deleted->records);
      ASSERT_EQ(Count(after.AfterKill(), ".log"),
                Count(disk_.AfterKill(), ".log"));
    }
  }
  std::printf("retention: %d images of a power loss, 0 records lost\n", images);
}

TEST_F(RetentionTest, EveryFailingCallLeavesTheLogWhole) {
  Publish(kRecords);
  const auto files = disk_.AfterKill();
  MemoryFileSystem counted(files);
  ASSERT_TRUE(DeleteOldRecords(&counted, options_).ok());
  for (int error : {EIO, ENOSPC}) {
    for (int at = 0; at < counted.operations(); at += 11) {
      MemoryFileSystem failing(files);
      failing.set_faults([&](MemoryFileSystem::Op, int number) {
        MemoryFileSystem::Fault fault;
        if (number == at) fault.error = error;
        return fault;
      });
      DeleteOldRecords(&failing, options_).IgnoreError();
      failing.set_faults({});
      ASSERT_TRUE(FirstOfWhole(&failing).ok()) << at;
      ASSERT_TRUE(DeleteOldRecords(&failing, options_).ok()) << at;
      ASSERT_TRUE(Verify(&failing).ok()) << at;
    }
  }
}

TEST_F(RetentionTest, DamageIsNamedAndNothingIsDeleted) {
  Publish(kRecords);
  const auto sound = disk_.AfterKill();
  for (const char* damaged : {"/log/tlog/hashes.0", "/log/tlog/checkpoint",
                              "/log/00000000000000000000.log"}) {
    auto files = sound;
    ASSERT_EQ(files.count(damaged), 1u) << damaged;
    files.at(damaged)[100] ^= 4;
    MemoryFileSystem disk(files);
    const auto deleted = DeleteOldRecords(&disk, options_);
    EXPECT_FALSE(deleted.ok()) << damaged;
    EXPECT_EQ(disk.AfterKill(), files) << damaged;
  }
}

// Records are missing because the log's key says so, and for no other reason.
TEST_F(RetentionTest, DeletionWithoutTheKeyIsFound) {
  Publish(kRecords);
  const auto whole = disk_.AfterKill();
  ASSERT_TRUE(DeleteOldRecords(&disk_, options_).ok());
  const auto pruned = ReadPruned(&disk_, kRetentionLog);
  ASSERT_TRUE(pruned.ok() && pruned->has_value());
  const std::string marker = absl::StrCat(kRetentionLog, "/", kPrunedName);
  const auto deleted = disk_.AfterKill();

  auto files = deleted;
  files.erase(marker);
  {
    MemoryFileSystem disk(files);
    EXPECT_TRUE(absl::IsDataLoss(FirstOfWhole(&disk).status()));
  }
  // Each bit of it counts.
  for (size_t i = 0; i < deleted.at(marker).size(); ++i) {
    files = deleted;
    files.at(marker)[i] ^= 1;
    MemoryFileSystem disk(files);
    EXPECT_TRUE(absl::IsDataLoss(Verify(&disk).status())) << i;
    EXPECT_FALSE(DeleteOldRecords(&disk, options_).ok()) << i;
  }
  // Somebody else's deletion, by another key of the same name.
  const std::string key = folder_.path() + "/other";
  ASSERT_TRUE(NoteSigner::CreateKeyFile(key, "test-log").ok());
  const auto other = *NoteSigner::Load(key);
  files = deleted;
  files.at(marker) = *other->Sign((*pruned)->ToText());
  MemoryFileSystem disk(files);
  const absl::Status found = Verify(&disk).status();
  EXPECT_TRUE(absl::IsDataLoss(found)) << found;
  EXPECT_THAT(std::string(found.message()), HasSubstr("PRUNED"));
  // Records between what was deleted and what is left.
  files = deleted;
  for (auto file = files.begin(); file != files.end(); ++file) {
    if (absl::EndsWith(file->first, ".log")) {
      files.erase(file);
      break;
    }
  }
  MemoryFileSystem gap(files);
  EXPECT_TRUE(absl::IsDataLoss(FirstOfWhole(&gap).status()));
}

TEST_F(RetentionTest, ReadersSayWhatIsGone) {
  Publish(kRecords);
  const auto deleted = DeleteOldRecords(&disk_, options_);
  ASSERT_TRUE(deleted.ok());
  auto reader = LogReader::Open(&disk_, kRetentionLog);
  ASSERT_TRUE(reader.ok());
  const absl::Status gone = (*reader)->Seek(deleted->records - 1);
  EXPECT_EQ(gone.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(gone.message()), HasSubstr("retention"));
  EXPECT_TRUE((*reader)->Seek(deleted->records).ok());
  // Tiles that are lost can't be made again.
  auto files = disk_.AfterKill();
  files.erase("/log/tlog/hashes.1");
  MemoryFileSystem disk(files);
  const auto publisher = TreePublisher::Open(tree_, &disk, signer_.get());
  EXPECT_TRUE(absl::IsDataLoss(publisher.status())) << publisher.status();
  EXPECT_THAT(std::string(publisher.status().message()), HasSubstr("copy"));
}

// A disk on which something happens before a folder is listed.
class HookedFileSystem : public FileSystem {
 public:
  HookedFileSystem(FileSystem* files, std::function<void()> before_list)
      : files_(files), before_list_(std::move(before_list)) {}

  absl::StatusOr<std::unique_ptr<File>> Open(const std::string& path,
                                             Mode mode) override {
    return files_->Open(path, mode);
  }
  absl::StatusOr<std::vector<std::string>> List(
      const std::string& directory) override {
    before_list_();
    return files_->List(directory);
  }
  absl::Status MakeDirectory(const std::string& directory) override {
    return files_->MakeDirectory(directory);
  }
  absl::Status Rename(const std::string& from, const std::string& to) override {
    return files_->Rename(from, to);
  }
  absl::Status Remove(const std::string& path) override {
    return files_->Remove(path);
  }
  absl::Status SyncDirectory(const std::string& directory) override {
    return files_->SyncDirectory(directory);
  }
  absl::StatusOr<std::unique_ptr<File>> Lock(const std::string& path) override {
    return files_->Lock(path);
  }

 private:
  FileSystem* const files_;
  const std::function<void()> before_list_;
};

TEST_F(RetentionTest, AReaderMeetsADeletion) {
  Publish(kRecords);
  int lists = 0;
  HookedFileSystem hooked(&disk_, [this, &lists] {
    if (++lists > 1) return;
    const auto deleted = DeleteOldRecords(&disk_, options_);
    ASSERT_TRUE(deleted.ok()) << deleted.status();
    ASSERT_GT(deleted->records, 0u);
  });
  auto reader = LogReader::Open(&hooked, kRetentionLog);
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_GT((*reader)->first_index(), 0u);
  EXPECT_EQ(lists, 2);
}

// A process that is killed while it seals leaves a part of the sealed segment,
// and records that were deleted must not stay in that.
TEST_F(RetentionTest, WhatSealingLeftBehindGoesToo) {
  Publish(kRecords);
  auto files = disk_.AfterKill();
  const std::string first = "/log/00000000000000000000.log";
  files[first + ".zst.tmp"] = "half of it";
  files["/log/next.tmp"] = "of no segment yet";
  MemoryFileSystem disk(files);
  ASSERT_TRUE(DeleteOldRecords(&disk, options_).ok());
  const auto after = disk.AfterKill();
  EXPECT_EQ(Count(after, first), 0u);
  EXPECT_EQ(Count(after, "next.tmp"), 1u);
}

// Rows of what was deleted go, and the file stays; also where the process was
// stopped between the two, or while rows were taken out.
TEST_F(RetentionTest, TheIndexForgetsWhatIsGone) {
  IndexFollowerOptions options;
  options.log_directory = kRetentionLog;
  options.path = folder_.path() + "/index.db";
  int made_again = 0;
  options.on_rebuild = [&](const absl::Status&) { ++made_again; };
  const auto check = [&](uint64_t first, uint64_t records) {
    auto index = AuditIndex::Open(options.path, AuditIndex::Use::kRead);
    ASSERT_TRUE(index.ok()) << index.status();
    const absl::Status checked = (*index)->Check();
    EXPECT_TRUE(checked.ok()) << checked;
    IndexQuery query;
    query.max_scanned = kRecords;
    query.limit = 1;
    query.upto = kRecords;
    const auto counted = (*index)->Count(query, {});
    ASSERT_TRUE(counted.ok()) << counted.status();
    EXPECT_EQ(counted->records, records - first);
    const auto page = (*index)->Query(query);
    ASSERT_TRUE(page.ok() && page->rows.size() == 1);
    EXPECT_EQ(page->rows[0].index, first);
  };
  auto follower = *IndexFollower::Open(options, &disk_);
  ASSERT_TRUE(follower->Follow(kRecords).ok());
  const std::string key =
      (*AuditIndex::Open(options.path, AuditIndex::Use::kRead))->token_key();
  Publish(kRecords);
  const int64_t last_ms = options_.before_ms;
  // While it runs.
  options_.before_ms = last_ms - 500 * kMinute;
  auto deleted = *DeleteOldRecords(&disk_, options_);
  ASSERT_GT(deleted.first_index, 0u);
  follower->Forget(deleted.first_index);
  ASSERT_TRUE(follower->Follow(kRecords).ok());
  check(deleted.first_index, kRecords);
  // Stopped before.
  follower.reset();
  options_.before_ms = last_ms - 250 * kMinute;
  deleted = *DeleteOldRecords(&disk_, options_);
  follower = *IndexFollower::Open(options, &disk_);
  ASSERT_TRUE(follower->Follow(kRecords).ok());
  check(deleted.first_index, kRecords);
  // Stopped meanwhile.
  follower.reset();
  options_.before_ms = last_ms;
  deleted = *DeleteOldRecords(&disk_, options_);
  auto left = (*AuditIndex::Open(options.path, AuditIndex::Use::kWrite))
                  ->RemoveBefore(deleted.first_index, 10);
  ASSERT_TRUE(left.ok() && *left > 0) << left.status();
  follower = *IndexFollower::Open(options, &disk_);
  ASSERT_TRUE(follower->Follow(kRecords).ok());
  check(deleted.first_index, kRecords);
  EXPECT_EQ(made_again, 0);
  EXPECT_EQ(
      (*AuditIndex::Open(options.path, AuditIndex::Use::kRead))->token_key(),
      key);
}

// Records that are deleted before they were indexed.
TEST_F(RetentionTest, AnIndexThatIsFarBehindGoesOnBehindWhatIsGone) {
  IndexFollowerOptions options;
  options.log_directory = kRetentionLog;
  options.path = folder_.path() + "/index.db";
  int made_again = 0;
  options.on_rebuild = [&](const absl::Status&) { ++made_again; };
  for (const bool restarted : {false, true}) {
    RemoveIndex(options.path);
    MemoryFileSystem disk(disk_.AfterKill());
    auto follower = *IndexFollower::Open(options, &disk);
    ASSERT_TRUE(follower->Follow(40).ok());
    auto publisher = TreePublisher::Open(tree_, &disk, signer_.get());
    ASSERT_TRUE((*publisher)->Publish(kRecords).ok());
    const auto deleted = DeleteOldRecords(&disk, options_);
    ASSERT_TRUE(deleted.ok() && deleted->records > 40);
    if (restarted) follower = *IndexFollower::Open(options, &disk);
    const absl::Status followed = follower->Follow(kRecords);
    ASSERT_TRUE(followed.ok()) << followed;
    auto index = AuditIndex::Open(options.path, AuditIndex::Use::kRead);
    EXPECT_TRUE((*index)->Check().ok());
    const auto known = (*index)->indexed();
    EXPECT_EQ(known->first, deleted->first_index);
    EXPECT_EQ(known->records, uint64_t{kRecords});
  }
  EXPECT_EQ(made_again, 0);
}

}  // namespace
}  // namespace tarazy
