// A log with signed checkpoints in a folder of its own.

#ifndef TARAZY_TESTS_SERVER_AUDIT_PUBLISHED_LOG_H_
#define TARAZY_TESTS_SERVER_AUDIT_PUBLISHED_LOG_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/audit/decision_log.h"
#include "server/audit/tree_publisher.h"
#include "tests/server/audit/temp_folder.h"

namespace tarazy {

class MustBeKept : public AppendListener {
 public:
  void OnAppended(const absl::Status& status) override {
    EXPECT_TRUE(status.ok()) << status;
  }
};

class PublishedLogTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string key = folder_.path() + "/key";
    ASSERT_TRUE(NoteSigner::CreateKeyFile(key, "test-log").ok());
    auto signer = NoteSigner::Load(key);
    ASSERT_TRUE(signer.ok()) << signer.status();
    signer_ = *std::move(signer);
    options_.log_directory = folder_.path() + "/log";
    options_.signed_directory = folder_.path();
    options_.signed_name = "key.signed";
  }

  static std::string Record(uint64_t number) {
    return absl::StrCat("record ", number, std::string(number % 50, '.'));
  }

  // Appends until the log has `size` records, and closes it.
  void GrowLog(uint64_t size) {
    DecisionLogOptions options;
    options.directory = options_.log_directory;
    options.segment_bytes = 100000;
    auto log = DecisionLog::Open(options, FileSystem::Posix());
    ASSERT_TRUE(log.ok()) << log.status();
    for (uint64_t i = (*log)->next_index(); i < size; ++i) {
      ASSERT_TRUE((*log)->Append(Record(i), &kept_).ok());
    }
  }

  absl::StatusOr<std::unique_ptr<TreePublisher>> Open() {
    return TreePublisher::Open(options_, FileSystem::Posix(), signer_.get());
  }

  // Grows the log to `size` records and signs a checkpoint of them.
  void Publish(uint64_t size) {
    GrowLog(size);
    auto publisher = Open();
    ASSERT_TRUE(publisher.ok()) << publisher.status();
    ASSERT_TRUE((*publisher)->Publish(size).ok());
  }

  static Hash RootOf(uint64_t size) {
    TreeEdge edge;
    std::vector<TreeEdge::FullTile> full;
    for (uint64_t i = 0; i < size; ++i) {
      edge.Append(LeafHash(Record(i)), &full);
    }
    return edge.Root();
  }

  TempFolder folder_;
  TreePublisherOptions options_;
  std::unique_ptr<const NoteSigner> signer_;
  MustBeKept kept_;
};

}  // namespace tarazy

#endif  // TARAZY_TESTS_SERVER_AUDIT_PUBLISHED_LOG_H_
