// The server deletes what is older than it may be kept.

#include <chrono>
#include <fstream>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/audit/log_reader.h"
#include "server/audit/record_text.h"
#include "server/audit/sealed_files.h"
#include "server/audit/verify.h"
#include "tarazy/v1/audit.grpc.pb.h"
#include "tests/server/service/server_fixture.h"

namespace tarazy {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int64_t kDayMs = int64_t{24} * 3600 * 1000;

class ServerRetentionTest : public ServerTest {
 protected:
  ServerRetentionTest() {
    config.index.path = folder() + "/index.db";
    config.checkpoints.key_file = folder() + "/checkpoint.key";
    config.checkpoints.create = true;
    config.log.segment_bytes = 80000;
  }

  // Gives the id of the first.
  std::string DecideMany() {
    v1::DecideBatchRequest batch;
    for (int i = 0; i < 600; ++i) *batch.add_requests() = ForbiddenRequest();
    v1::DecideBatchResponse answers;
    grpc::ClientContext context;
    const grpc::Status s = decisions().DecideBatch(&context, batch, &answers);
    EXPECT_TRUE(s.ok()) << s.error_message();
    return answers.results(0).response().decision_id();
  }

  // The server's own thread does it; its log line tells.
  bool Told(const char* event) {
    for (int i = 0; i < 1200; ++i) {
      if (absl::StrContains(LogLines(), event)) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(25));
    }
    return false;
  }

  // Starts the server again 40 days later, when records are kept for 30.
  void StartWhenOld() {
    Stop();
    now_ms += 40 * kDayMs;
    config.log.retain_days = 30;
    config.log.seal_after_days = 1;
    config.log.max_clock_jump_days = 60;
    Start();
    ASSERT_TRUE(Told("records_deleted")) << LogLines();
  }

  absl::StatusOr<VerifiedLog> Verified() {
    std::ifstream in(config.checkpoints.key_file + ".pub");
    std::string key;
    std::getline(in, key);
    const auto verifier = NoteVerifier::Parse(key);
    if (!verifier.ok()) return verifier.status();
    VerifyOptions options;
    options.directory = config.log.directory;
    options.verifier = &*verifier;
    return VerifyLog(LogFiles(), options);
  }
};

TEST_F(ServerRetentionTest, OldRecordsGoAndTheServerGoesOn) {
  Start();
  DecideMany();
  ASSERT_NO_FATAL_FAILURE(StartWhenOld());
  EXPECT_THAT(LogLines(), Not(HasSubstr("audit_index_made_again")));
  DecideMany();
  Stop();
  const auto verified = Verified();
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_GE(verified->pruned, 256u);
  EXPECT_EQ(verified->pruned + verified->records, 1200u);
  // And comes up again.
  Start();
  DecideMany();
  Stop();
  const auto again = Verified();
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->pruned + again->records, 1800u);
}

TEST_F(ServerRetentionTest, ADutyOfADeletedDecisionTakesNoReport) {
  constexpr char kToken[] = "service-0123456789012345678901234567";
  config.rights.callers = {{"benefits", Token("benefits", kToken),
                            Config::Rights::Role::kService,
                            ForbiddenRequest().service()}};
  const auto report = [&] {
    v1::ReportDutyRequest request;
    request.set_index(0);
    request.set_obligation("NOT_OF_THE_ANSWER");
    *request.mutable_fulfilled_at() = FromMilliseconds(now_ms);
    v1::ReportDutyResponse response;
    grpc::ClientContext context;
    context.AddMetadata("authorization", absl::StrCat("Bearer ", kToken));
    return v1::AuditService::NewStub(channel())
        ->ReportDuty(&context, request, &response)
        .error_code();
  };
  Start();
  DecideMany();
  // The decision is there, and this service may see it.
  EXPECT_EQ(report(), grpc::StatusCode::INVALID_ARGUMENT);
  ASSERT_NO_FATAL_FAILURE(StartWhenOld());
  EXPECT_EQ(report(), grpc::StatusCode::NOT_FOUND);
  Stop();
  const auto verified = Verified();
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_GT(verified->pruned, 0u);
  EXPECT_EQ(verified->pruned + verified->records, 600u);
}

TEST_F(ServerRetentionTest, AClockFarAheadDeletesNothing) {
  Start();
  DecideMany();
  Stop();
  now_ms += 365 * kDayMs;
  config.log.retain_days = 30;
  config.log.seal_after_days = 1;
  Start();
  // Deletion comes before sealing, in one look.
  ASSERT_TRUE(Told("segments_sealed")) << LogLines();
  EXPECT_THAT(LogLines(), HasSubstr("deletion_waits"));
  EXPECT_THAT(LogLines(), HasSubstr("max_clock_jump_days"));
  Stop();
  const auto verified = Verified();
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_EQ(verified->pruned, 0u);
  EXPECT_EQ(verified->records, 600u);
}

TEST_F(ServerRetentionTest, NothingGoesUnasked) {
  Start();
  DecideMany();
  Stop();
  now_ms += 4000 * kDayMs;
  config.log.seal_after_days = 30;
  Start();
  ASSERT_TRUE(Told("segments_sealed")) << LogLines();
  Stop();
  const auto verified = Verified();
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_EQ(verified->pruned, 0u);
  EXPECT_EQ(verified->records, 600u);
}

}  // namespace
}  // namespace tarazy
