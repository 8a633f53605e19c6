#include "tarazy/decision_stream.h"

#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tarazy/client.h"
#include "tests/clients/cpp/fake_server.h"

namespace tarazy {
namespace {

v1::DecideResult PermitResult(const std::string& request_id) {
  v1::DecideResult result;
  result.set_request_id(request_id);
  *result.mutable_response() = Permit(request_id);
  return result;
}

grpc::Status PermitEach(FakeServer::Stream* stream) {
  v1::DecideRequest request;
  while (stream->Read(&request)) {
    stream->Write(PermitResult(request.request_id()));
  }
  return grpc::Status::OK;
}

class DecisionStreamTest : public ::testing::Test {
 protected:
  std::unique_ptr<DecisionStream> Open(
      absl::Duration deadline = absl::Seconds(60)) {
    ClientOptions options;
    options.address = server_.address();
    options.deadline = deadline;
    client_ = std::make_unique<Client>(options);
    return client_->OpenStream();
  }

  FakeServer server_;
  std::unique_ptr<Client> client_;
};

TEST_F(DecisionStreamTest, AnswersInOrderWithTwoThreads) {
  server_.on_stream = PermitEach;
  const std::unique_ptr<DecisionStream> stream = Open();
  constexpr int kCount = 2000;
  std::thread sender([&] {
    for (int i = 0; i < kCount; ++i) {
      EXPECT_TRUE(stream->Send(Request(absl::StrCat(i))));
    }
    stream->CloseSending();
  });
  int received = 0;
  for (Decision decision; stream->Receive(&decision); ++received) {
    EXPECT_TRUE(decision.permitted()) << decision.status();
    EXPECT_EQ(decision.response().request_id(), absl::StrCat(received));
  }
  sender.join();
  EXPECT_EQ(received, kCount);
  EXPECT_FALSE(stream->Send(Request("late")));
}

TEST_F(DecisionStreamTest, OneThreadMaySendAndReceiveInTurn) {
  server_.on_stream = PermitEach;
  const std::unique_ptr<DecisionStream> stream = Open();
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(stream->Send(Request(absl::StrCat(i))));
    Decision decision;
    ASSERT_TRUE(stream->Receive(&decision));
    EXPECT_TRUE(decision.permitted());
  }
  stream->CloseSending();
  stream->CloseSending();
  Decision decision;
  EXPECT_FALSE(stream->Receive(&decision));
  EXPECT_TRUE(stream->status().ok()) << stream->status();
}

TEST_F(DecisionStreamTest, ARefusedRequestLeavesTheStreamOpen) {
  server_.on_stream = [](FakeServer::Stream* stream) {
    v1::DecideRequest request;
    while (stream->Read(&request)) {
      v1::DecideResult result = PermitResult(request.request_id());
      if (request.request_id() == "bad") result.mutable_error()->set_code(3);
      stream->Write(result);
    }
    return grpc::Status::OK;
  };
  const std::unique_ptr<DecisionStream> stream = Open();
  Decision decision;
  ASSERT_TRUE(stream->Send(Request("bad")));
  ASSERT_TRUE(stream->Receive(&decision));
  EXPECT_EQ(decision.status().code(), absl::StatusCode::kInvalidArgument);
  ASSERT_TRUE(stream->Send(Request("good")));
  ASSERT_TRUE(stream->Receive(&decision));
  EXPECT_TRUE(decision.permitted());
}

// What was sent and not answered is not permitted, with the server's reason.
TEST_F(DecisionStreamTest, ServerThatStopsHalfway) {
  server_.on_stream = [](FakeServer::Stream* stream) {
    v1::DecideRequest request;
    for (int i = 0; i < 4 && stream->Read(&request); ++i) {
      if (i < 2) stream->Write(PermitResult(request.request_id()));
    }
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "the log is full");
  };
  const std::unique_ptr<DecisionStream> stream = Open();
  for (int i = 0; i < 4; ++i) stream->Send(Request(absl::StrCat(i)));
  Decision decision;
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(stream->Receive(&decision)) << i;
    EXPECT_EQ(decision.permitted(), i < 2) << i;
  }
  EXPECT_EQ(decision.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(stream->Receive(&decision));
  EXPECT_FALSE(stream->Send(Request("late")));
  EXPECT_EQ(stream->status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(DecisionStreamTest, ServerThatEndsWellWithoutAnswering) {
  server_.on_stream = [](FakeServer::Stream* stream) {
    v1::DecideRequest request;
    stream->Read(&request);
    return grpc::Status::OK;
  };
  const std::unique_ptr<DecisionStream> stream = Open();
  ASSERT_TRUE(stream->Send(Request("a")));
  Decision decision;
  ASSERT_TRUE(stream->Receive(&decision));
  EXPECT_FALSE(decision.permitted());
  EXPECT_FALSE(decision.status().ok());
}

TEST_F(DecisionStreamTest, AnswersOutOfPlaceEndTheStream) {
  server_.on_stream = [](FakeServer::Stream* stream) {
    v1::DecideRequest a, b;
    stream->Read(&a);
    stream->Read(&b);
    stream->Write(PermitResult(b.request_id()));
    stream->Write(PermitResult(a.request_id()));
    while (stream->Read(&a)) {
    }
    return grpc::Status::OK;
  };
  const std::unique_ptr<DecisionStream> stream = Open();
  ASSERT_TRUE(stream->Send(Request("a")));
  ASSERT_TRUE(stream->Send(Request("b")));
  Decision decision;
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(stream->Receive(&decision));
    EXPECT_FALSE(decision.permitted());
    EXPECT_EQ(decision.status().code(), absl::StatusCode::kDataLoss);
  }
  EXPECT_FALSE(stream->Receive(&decision));
}

TEST_F(DecisionStreamTest, AnswersThatNobodyAskedForEndTheStream) {
  server_.on_stream = [](FakeServer::Stream* stream) {
    v1::DecideRequest request;
    stream->Read(&request);
    stream->Write(PermitResult(request.request_id()));
    stream->Write(PermitResult("b"));
    while (stream->Read(&request)) {
    }
    return grpc::Status::OK;
  };
  const std::unique_ptr<DecisionStream> stream = Open();
  ASSERT_TRUE(stream->Send(Request("a")));
  Decision decision;
  ASSERT_TRUE(stream->Receive(&decision));
  EXPECT_TRUE(decision.permitted());
  // Wait for the stream's end, then nothing more is sent or permitted.
  EXPECT_FALSE(stream->Receive(&decision));
  EXPECT_FALSE(stream->Send(Request("b")));
  EXPECT_EQ(stream->status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(DecisionStreamTest, SilenceEndsTheStream) {
  server_.silent = true;
  const std::unique_ptr<DecisionStream> stream = Open(absl::Milliseconds(50));
  ASSERT_TRUE(stream->Send(Request("a")));
  Decision decision;
  ASSERT_TRUE(stream->Receive(&decision));
  EXPECT_FALSE(decision.permitted());
  EXPECT_EQ(decision.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_FALSE(stream->Receive(&decision));
  EXPECT_FALSE(stream->Send(Request("b")));
}

TEST_F(DecisionStreamTest, MayBeDroppedAtAnyPoint) {
  server_.on_stream = PermitEach;
  Open();
  Open()->Send(Request("a"));
  {
    const std::unique_ptr<DecisionStream> stream = Open();
    stream->Send(Request("a"));
    stream->CloseSending();
  }
  server_.silent = true;
  Open(absl::InfiniteDuration())->Send(Request("a"));
}

TEST(DecisionStreamAloneTest, NobodyThere) {
  std::string address;
  { address = FakeServer().address(); }
  ClientOptions options;
  options.address = address;
  options.deadline = absl::Seconds(60);
  Client client(options);
  const std::unique_ptr<DecisionStream> stream = client.OpenStream();
  int sent = 0;
  while (stream->Send(Request("a"))) ++sent;
  Decision decision;
  int received = 0;
  for (; stream->Receive(&decision); ++received) {
    EXPECT_FALSE(decision.permitted());
    EXPECT_EQ(decision.status().code(), absl::StatusCode::kUnavailable);
  }
  EXPECT_EQ(received, sent);
}

}  // namespace
}  // namespace tarazy
