// A log that can't take records: UNAVAILABLE, counted, and no answer.

#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "tests/server/audit/memory_file_system.h"
#include "tests/server/service/server_fixture.h"

namespace tarazy {
namespace {

using testing::HasSubstr;

class LogFullTest : public ServerTest {
 protected:
  LogFullTest() {
    disk_.set_faults([this](MemoryFileSystem::Op op, int) {
      MemoryFileSystem::Fault fault;
      if (full_ && (op == MemoryFileSystem::Op::kWrite ||
                    op == MemoryFileSystem::Op::kPreallocate)) {
        fault.error = ENOSPC;
      }
      return fault;
    });
    hooks.log_files = &disk_;
    config.log.directory = "log";
  }
  ~LogFullTest() override { Stop(); }  // before its disk

  MemoryFileSystem disk_;
  std::atomic<bool> full_{false};
};

TEST_F(LogFullTest, NothingIsAnsweredUntilThereIsRoom) {
  Start();
  v1::DecideResponse response;
  ASSERT_TRUE(Decide(ForbiddenRequest(), &response).ok());
  full_ = true;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Decide(ForbiddenRequest(), &response).error_code(),
              grpc::StatusCode::UNAVAILABLE);
  }
  v1::DecideBatchRequest batch;
  for (int i = 0; i < 5; ++i) *batch.add_requests() = ForbiddenRequest();
  v1::DecideBatchResponse answers;
  {
    grpc::ClientContext context;
    EXPECT_EQ(decisions().DecideBatch(&context, batch, &answers).error_code(),
              grpc::StatusCode::UNAVAILABLE);
  }
  grpc::ClientContext context;
  auto stream = decisions().DecideStream(&context);
  stream->Write(ForbiddenRequest());
  v1::DecideResult result;
  EXPECT_FALSE(stream->Read(&result));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);

  EXPECT_EQ(Calls("/tarazy.v1.DecisionService/Decide", "UNAVAILABLE"), 3);
  EXPECT_EQ(Calls("/tarazy.v1.DecisionService/DecideBatch", "UNAVAILABLE"), 1);
  EXPECT_EQ(Calls("/tarazy.v1.DecisionService/DecideStream", "UNAVAILABLE"), 1);
  full_ = false;
  const grpc::Status status = Decide(ForbiddenRequest(), &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
}

}  // namespace
}  // namespace tarazy
