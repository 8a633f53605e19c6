// Receipts: what they say, and what one costs.

#include <time.h>

#include "absl/strings/str_cat.h"
#include "server/audit/audit_queries.h"
#include "server/audit/verify.h"
#include "tarazy/v1/record.pb.h"
#include "tests/server/audit/last_answer.h"
#include "tests/server/audit/published_log.h"

namespace tarazy {
namespace {

constexpr int kReceipts = 200;

double CpuMicroseconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 +
         static_cast<double>(now.tv_nsec) / 1e3;
}

using ReceiptTest = PublishedLogTest;

TEST_F(ReceiptTest, EachIsSignedWhenItIsAskedFor) {
  DecisionLogOptions log_options;
  log_options.directory = options_.log_directory;
  auto log = DecisionLog::Open(log_options, FileSystem::Posix());
  ASSERT_TRUE(log.ok()) << log.status();
  auto publisher = Open();
  ASSERT_TRUE(publisher.ok()) << publisher.status();
  double signing = 0, all = 0;
  AuditQueriesOptions options;
  options.log_directory = options_.log_directory;
  options.clock = [] { return 0; };
  options.durable = [&] { return (*log)->durable_index(); };
  options.sign_through = [&](uint64_t) {
    const double begin = CpuMicroseconds();
    const absl::Status s = (*publisher)->Publish((*log)->durable_index());
    signing += CpuMicroseconds() - begin;
    return s;
  };
  AuditQueries queries(options, FileSystem::Posix());
  LastAnswer answer;
  for (uint64_t i = 0; i < kReceipts; ++i) {
    v1::DecisionRecord record;
    record.mutable_request()->set_service(absl::StrCat("service ", i));
    record.mutable_request()->set_request_id(std::string(500, 'r'));
    const std::string bytes = record.SerializeAsString();
    ASSERT_TRUE((*log)->Append(bytes, &answer).ok());
    ASSERT_TRUE(answer.Wait().ok());
    v1::AuditReceiptRequest request;
    request.set_index(i);
    const double begin = CpuMicroseconds();
    const auto receipt = queries.GetReceipt(request, {true, ""});
    all += CpuMicroseconds() - begin;
    ASSERT_TRUE(receipt.ok()) << receipt.status();
    EXPECT_EQ(receipt->tree_size(), i + 1);
    const Hash leaf = LeafHash(bytes);
    EXPECT_EQ(receipt->leaf_hash(), std::string(leaf.begin(), leaf.end()));
    const auto read = RecordProof::FromText(receipt->receipt());
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_TRUE(read->VerifyReceipt(signer_->verifier()).ok());
    // A service sees its own receipts alone.
    EXPECT_TRUE(absl::IsNotFound(
        queries.GetReceipt(request, {false, "another"}).status()));
  }
  // The signature alone.
  double alone = -CpuMicroseconds();
  for (int i = 0; i < kReceipts; ++i) {
    ASSERT_TRUE(signer_->Sign("a text\n").ok());
  }
  alone += CpuMicroseconds();
  std::printf(
      "receipts: %.0f us CPU to sign and publish a tree, of it %.0f us the "
      "signature, %.0f us for the proof\n",
      signing / kReceipts, alone / kReceipts, (all - signing) / kReceipts);
}

}  // namespace
}  // namespace tarazy
