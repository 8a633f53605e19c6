// A log of records with times and salts, of which the old ones are deleted.

#ifndef TARAZY_TESTS_SERVER_AUDIT_RETENTION_LOG_H_
#define TARAZY_TESTS_SERVER_AUDIT_RETENTION_LOG_H_

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/audit/decision_log.h"
#include "server/audit/log_reader.h"
#include "server/audit/retention.h"
#include "server/audit/sealed_files.h"
#include "server/audit/tree_publisher.h"
#include "server/audit/verify.h"
#include "tarazy/v1/record.pb.h"
#include "tests/server/audit/last_answer.h"
#include "tests/server/audit/memory_file_system.h"
#include "tests/server/audit/temp_folder.h"

namespace tarazy {

constexpr char kRetentionLog[] = "/log";
// 2026-03-10T00:00:00Z; a record a minute from then on, salted.
constexpr int64_t kStartSeconds = 1773100800;
constexpr int kRecords = 1500;
constexpr int64_t kMinute = 60000;

inline std::string RetentionRecord(uint64_t number) {
  v1::DecisionRecord record;
  record.mutable_recorded_at()->set_seconds(kStartSeconds +
                                            60 * static_cast<int64_t>(number));
  record.mutable_request()->set_service(
      absl::StrCat("service ", number, std::string(60, 's')));
  record.mutable_sealed_inputs()->set_salt(number + 1);
  return record.SerializeAsString();
}

class RetentionTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string key = folder_.path() + "/key";
    ASSERT_TRUE(NoteSigner::CreateKeyFile(key, "test-log").ok());
    signer_ = *NoteSigner::Load(key);
    DecisionLogOptions options;
    options.directory = kRetentionLog;
    options.segment_bytes = 15000;
    options.max_record_bytes = 1000;
    auto log = DecisionLog::Open(options, &disk_);
    ASSERT_TRUE(log.ok()) << log.status();
    for (uint64_t i = 0; i < kRecords; ++i) {
      ASSERT_TRUE((*log)->Append(RetentionRecord(i), &answer_).ok());
      ASSERT_TRUE(answer_.Wait().ok());
    }
    (*log)->Close();
    tree_.log_directory = kRetentionLog;
    tree_.signed_directory = kRetentionLog;
    tree_.signed_name = "key.signed";
    options_.log_directory = kRetentionLog;
    options_.before_ms = kStartSeconds * 1000 + 1000 * kMinute;
    options_.signer = signer_.get();
    options_.erase_salts = [this](const std::vector<uint64_t>& ids) {
      erased_.insert(ids.begin(), ids.end());
      return absl::OkStatus();
    };
  }

  void Publish(uint64_t size) {
    auto publisher = TreePublisher::Open(tree_, &disk_, signer_.get());
    ASSERT_TRUE(publisher.ok()) << publisher.status();
    ASSERT_TRUE((*publisher)->Publish(size).ok());
  }

  absl::StatusOr<VerifiedLog> Verify(FileSystem* disk) {
    const auto shown = ShowSealed(disk);
    VerifyOptions options;
    options.directory = kRetentionLog;
    options.verifier = &signer_->verifier();
    return VerifyLog(shown.get(), options);
  }

  // The log is whole, its records from `first` on are there, as they were.
  static absl::StatusOr<uint64_t> FirstOfWhole(FileSystem* disk) {
    const auto shown = ShowSealed(disk);
    auto reader = LogReader::Open(shown.get(), kRetentionLog);
    if (!reader.ok()) return reader.status();
    const uint64_t first = (*reader)->first_index();
    for (uint64_t i = first;; ++i) {
      const auto more = (*reader)->Next();
      if (!more.ok()) return more.status();
      if (!*more) {
        if (i == kRecords) return first;
        return absl::DataLossError(absl::StrCat("ends before ", i));
      }
      if ((*reader)->record() != RetentionRecord(i)) {
        return absl::DataLossError(absl::StrCat("another record ", i));
      }
    }
  }

  static size_t Count(const std::map<std::string, std::string>& files,
                      const std::string& part) {
    return static_cast<size_t>(std::count_if(
        files.begin(), files.end(),
        [&](const auto& file) { return absl::StrContains(file.first, part); }));
  }

  TempFolder folder_;
  MemoryFileSystem disk_;
  LastAnswer answer_;
  std::unique_ptr<const NoteSigner> signer_;
  TreePublisherOptions tree_;
  RetentionOptions options_;
  std::set<uint64_t> erased_;
};

}  // namespace tarazy

#endif  // TARAZY_TESTS_SERVER_AUDIT_RETENTION_LOG_H_
