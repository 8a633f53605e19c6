#include "tarazy/client.h"

#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/clients/cpp/fake_server.h"

namespace tarazy {
namespace {

using ::testing::HasSubstr;

// Long enough that no machine is too slow, except where silence is awaited.
ClientOptions To(const std::string& address,
                 absl::Duration deadline = absl::Seconds(60)) {
  ClientOptions options;
  options.address = address;
  options.deadline = deadline;
  options.register_deadline = deadline;
  return options;
}

v1::DecideBatchRequest Batch(int count) {
  v1::DecideBatchRequest batch;
  for (int i = 0; i < count; ++i) {
    batch.add_requests()->set_request_id(absl::StrCat("r", i));
  }
  return batch;
}

grpc::Status PermitAll(const v1::DecideBatchRequest& batch,
                       v1::DecideBatchResponse* response) {
  for (const v1::DecideRequest& request : batch.requests()) {
    v1::DecideResult* result = response->add_results();
    result->set_request_id(request.request_id());
    *result->mutable_response() = Permit(request.request_id());
  }
  return grpc::Status::OK;
}

int Permitted(const std::vector<Decision>& decisions) {
  int count = 0;
  for (const Decision& decision : decisions) count += decision.permitted();
  return count;
}

TEST(ClientTest, DefaultDeadlineIs200Milliseconds) {
  EXPECT_EQ(ClientOptions().deadline, absl::Milliseconds(200));
  EXPECT_FALSE(ClientOptions().retry_unavailable_once);
}

TEST(ClientTest, PermitsAndDeniesAsTheServerSays) {
  FakeServer server;
  Client client(To(server.address()));
  EXPECT_TRUE(client.Decide(Request("a")).permitted());
  server.on_decide = [](const v1::DecideRequest& request,
                        v1::DecideResponse* response) {
    *response = Deny(request.request_id());
    return grpc::Status::OK;
  };
  const Decision decision = client.Decide(Request("b"));
  EXPECT_FALSE(decision.permitted());
  EXPECT_TRUE(decision.status().ok());
}

TEST(ClientTest, ErrorsAreKeptAndNotPermitted) {
  for (int code = 1; code <= 16; ++code) {
    FakeServer server;
    server.on_decide = [code](const v1::DecideRequest& request,
                              v1::DecideResponse* response) {
      *response = Permit(request.request_id());
      return grpc::Status(static_cast<grpc::StatusCode>(code), "why not");
    };
    const Decision decision = Client(To(server.address())).Decide(Request("a"));
    EXPECT_FALSE(decision.permitted()) << code;
    EXPECT_EQ(static_cast<int>(decision.status().code()), code);
    EXPECT_EQ(decision.status().message(), "why not");
    EXPECT_EQ(server.calls(), 1) << code;
  }
}

TEST(ClientTest, SilenceIsNotPermitted) {
  FakeServer server;
  server.silent = true;
  Client client(To(server.address(), absl::Milliseconds(50)));
  const Decision decision = client.Decide(Request("a"));
  EXPECT_FALSE(decision.permitted());
  EXPECT_EQ(decision.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(Permitted(client.DecideBatch(Batch(3))), 0);
  EXPECT_EQ(client.RegisterConsent({}).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  // Fewer where a machine is so slow that a deadline passes before sending.
  EXPECT_LE(server.calls(), 3);
}

TEST(ClientTest, NobodyThereIsNotPermitted) {
  std::string address;
  { address = FakeServer().address(); }
  Client client(To(address));
  EXPECT_EQ(client.Decide(Request("a")).status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(Permitted(client.DecideBatch(Batch(2))), 0);
  EXPECT_FALSE(client.GetConsent({}).ok());
  EXPECT_FALSE(Client(To("")).Decide(Request("a")).permitted());
  EXPECT_FALSE(Client(To("no such host:0")).Decide(Request("a")).permitted());
}

TEST(ClientTest, ConnectionsThatAreCutOrAreNoGrpcAreNotPermitted) {
  for (const std::string& answer :
       {std::string(), std::string("HTTP/1.1 200 OK\r\n\r\n"),
        std::string(9, '\0'),                  // an empty SETTINGS-like frame
        std::string("\0\0\0\4\0\0\0\0\0", 9),  // SETTINGS, then a cut
        std::string("\0\0\0\4\0\0\0\0\0\xff\xff\xff\xff", 13)}) {
    RudeServer server(answer);
    const Decision decision =
        Client(To(server.address(), absl::Seconds(2))).Decide(Request("a"));
    EXPECT_FALSE(decision.permitted());
    EXPECT_FALSE(decision.status().ok());
  }
}

TEST(ClientTest, WrongIdAndUnspecifiedEffectAreNotPermitted) {
  FakeServer server;
  Client client(To(server.address()));
  server.on_decide = [](const v1::DecideRequest&,
                        v1::DecideResponse* response) {
    *response = Permit("somebody else's");
    return grpc::Status::OK;
  };
  EXPECT_EQ(client.Decide(Request("a")).status().code(),
            absl::StatusCode::kDataLoss);
  server.on_decide = [](const v1::DecideRequest& request,
                        v1::DecideResponse* response) {
    *response = Permit(request.request_id());
    response->set_effect(v1::EFFECT_UNSPECIFIED);
    return grpc::Status::OK;
  };
  EXPECT_EQ(client.Decide(Request("a")).status().code(),
            absl::StatusCode::kDataLoss);
  server.on_decide = [](const v1::DecideRequest&, v1::DecideResponse*) {
    return grpc::Status::OK;  // an empty answer
  };
  EXPECT_FALSE(client.Decide(Request("a")).permitted());
  EXPECT_FALSE(client.Decide(Request("")).permitted());
}

TEST(ClientTest, AnswerOverTheLimitIsNotPermitted) {
  FakeServer server;
  server.on_decide = [](const v1::DecideRequest& request,
                        v1::DecideResponse* response) {
    *response = Permit(request.request_id());
    response->add_notices(std::string(2000, 'n'));
    return grpc::Status::OK;
  };
  ClientOptions options = To(server.address());
  EXPECT_TRUE(Client(options).Decide(Request("a")).permitted());
  options.max_answer_bytes = 1000;
  EXPECT_EQ(Client(options).Decide(Request("a")).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(ClientTest, RetriesOnlyWhenAskedAndOnlyOnce) {
  FakeServer server;
  server.on_decide = [](const v1::DecideRequest&, v1::DecideResponse*) {
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "the log is full");
  };
  server.on_batch = [](const v1::DecideBatchRequest&,
                       v1::DecideBatchResponse*) {
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "the log is full");
  };
  ClientOptions options = To(server.address());
  EXPECT_FALSE(Client(options).Decide(Request("a")).permitted());
  EXPECT_EQ(server.calls(), 1);

  options.retry_unavailable_once = true;
  EXPECT_FALSE(Client(options).Decide(Request("a")).permitted());
  EXPECT_EQ(server.calls(), 3);
  EXPECT_EQ(Permitted(Client(options).DecideBatch(Batch(2))), 0);
  EXPECT_EQ(server.calls(), 5);
  {
    Client client(options);
    std::promise<Decision> answer;
    client.DecideAsync(Request("a"), [&](Decision decision) {
      answer.set_value(std::move(decision));
    });
    EXPECT_FALSE(answer.get_future().get().permitted());
  }
  EXPECT_EQ(server.calls(), 7);

  // The second answer counts; other errors are not tried again.
  std::atomic<int> tries{0};
  server.on_decide = [&](const v1::DecideRequest& request,
                         v1::DecideResponse* response) {
    if (++tries == 1) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "");
    *response = Permit(request.request_id());
    return grpc::Status::OK;
  };
  EXPECT_TRUE(Client(options).Decide(Request("a")).permitted());
  server.on_decide = [](const v1::DecideRequest&, v1::DecideResponse*) {
    return grpc::Status(grpc::StatusCode::INTERNAL, "");
  };
  const int before = server.calls();
  EXPECT_FALSE(Client(options).Decide(Request("a")).permitted());
  EXPECT_EQ(server.calls(), before + 1);
}

TEST(ClientTest, RegisterWritesAreNeverRepeated) {
  FakeServer server;
  server.on_register = [](const v1::RegisterConsentRequest&,
                          v1::RegisterConsentResponse*) {
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "");
  };
  ClientOptions options = To(server.address());
  options.retry_unavailable_once = true;
  EXPECT_FALSE(Client(options).RegisterConsent({}).ok());
  EXPECT_EQ(server.calls(), 1);
}

TEST(ClientTest, RegisterAnswersAndErrorsCome) {
  FakeServer server;
  server.on_register = [](const v1::RegisterConsentRequest& request,
                          v1::RegisterConsentResponse* response) {
    *response->mutable_consent() = request.consent();
    response->mutable_state()->set_revision(7);
    return grpc::Status::OK;
  };
  Client client(To(server.address()));
  v1::RegisterConsentRequest request;
  request.mutable_consent()->set_operator_bin("050140000011");
  const auto response = client.RegisterConsent(request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->consent().operator_bin(), "050140000011");
  EXPECT_EQ(response->state().revision(), 7u);
  // Services that this server does not have.
  EXPECT_EQ(client.FileObjection({}).status().code(),
            absl::StatusCode::kUnimplemented);
  EXPECT_EQ(client.WithdrawConsent({}).status().code(),
            absl::StatusCode::kUnimplemented);
}

TEST(ClientBatchTest, OneDecisionForEachRequest) {
  FakeServer server;
  server.on_batch = PermitAll;
  Client client(To(server.address()));
  EXPECT_EQ(Permitted(client.DecideBatch(Batch(100))), 100);
  EXPECT_TRUE(client.DecideBatch({}).empty());
}

TEST(ClientBatchTest, HalfAnswersAndSurplusPermitNothing) {
  FakeServer server;
  Client client(To(server.address()));
  for (int results : {0, 1, 5, 9, 11, 20}) {
    server.on_batch = [results](const v1::DecideBatchRequest&,
                                v1::DecideBatchResponse* response) {
      return PermitAll(Batch(results), response);
    };
    const std::vector<Decision> decisions = client.DecideBatch(Batch(10));
    EXPECT_EQ(decisions.size(), 10u) << results;
    EXPECT_EQ(Permitted(decisions), 0) << results;
    EXPECT_EQ(decisions[0].status().code(), absl::StatusCode::kDataLoss);
  }
}

TEST(ClientBatchTest, AnswersOutOfOrderAreNotPermitted) {
  FakeServer server;
  server.on_batch = [](const v1::DecideBatchRequest& batch,
                       v1::DecideBatchResponse* response) {
    const grpc::Status status = PermitAll(batch, response);
    response->mutable_results()->SwapElements(1, 2);
    return status;
  };
  const std::vector<Decision> decisions =
      Client(To(server.address())).DecideBatch(Batch(4));
  EXPECT_TRUE(decisions[0].permitted());
  EXPECT_FALSE(decisions[1].permitted());
  EXPECT_FALSE(decisions[2].permitted());
  EXPECT_TRUE(decisions[3].permitted());
}

TEST(ClientBatchTest, OneRefusedRequestLeavesTheOthersAlone) {
  FakeServer server;
  server.on_batch = [](const v1::DecideBatchRequest& batch,
                       v1::DecideBatchResponse* response) {
    const grpc::Status status = PermitAll(batch, response);
    response->mutable_results(1)->mutable_error()->set_code(3);
    return status;
  };
  const std::vector<Decision> decisions =
      Client(To(server.address())).DecideBatch(Batch(3));
  EXPECT_EQ(Permitted(decisions), 2);
  EXPECT_EQ(decisions[1].status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(ClientAsyncTest, EveryCallIsAnsweredOnceFromManyThreads) {
  FakeServer server;
  std::atomic<int> permitted{0}, answered{0};
  {
    Client client(To(server.address()));
    std::promise<void> all;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 50; ++i) {
          client.DecideAsync(Request(absl::StrCat(t, "-", i)),
                             [&](Decision decision) {
                               permitted += decision.permitted();
                               if (++answered == 200) all.set_value();
                             });
          EXPECT_TRUE(client.Decide(Request("sync")).permitted());
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    all.get_future().wait();
  }
  EXPECT_EQ(answered, 200);
  EXPECT_EQ(permitted, 200);
}

TEST(ClientAsyncTest, DestructionCancelsAndAnswers) {
  FakeServer server;
  server.silent = true;
  std::atomic<int> answered{0}, permitted{0};
  {
    Client client(To(server.address(), absl::InfiniteDuration()));
    for (int i = 0; i < 10; ++i) {
      client.DecideAsync(Request("a"), [&](Decision decision) {
        ++answered;
        permitted += decision.permitted();
      });
    }
  }
  EXPECT_EQ(answered, 10);
  EXPECT_EQ(permitted, 0);
}

TEST(ClientAsyncTest, DoneMayAskAgain) {
  FakeServer server;
  Client client(To(server.address()));
  std::promise<bool> second;
  client.DecideAsync(Request("a"), [&](Decision first) {
    EXPECT_TRUE(first.permitted());
    client.DecideAsync(Request("b"), [&](Decision decision) {
      second.set_value(decision.permitted());
    });
  });
  EXPECT_TRUE(second.get_future().get());
}

TEST(ClientTest, ADutyIsReportedWithTheToken) {
  FakeServer server;
  std::string shown;
  server.on_report = [&](const std::string& authorization,
                         const v1::ReportDutyRequest& request,
                         v1::ReportDutyResponse* response) {
    shown = authorization;
    if (request.index() != 7) {
      return grpc::Status(grpc::StatusCode::NOT_FOUND, "no record of `8`");
    }
    response->mutable_receipt()->set_index(9);
    return grpc::Status::OK;
  };
  ClientOptions options = To(server.address());
  options.token = "t0";
  Client client(options);
  v1::ReportDutyRequest request;
  request.set_index(7);
  const auto answer = client.ReportDuty(request);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->receipt().index(), 9u);
  EXPECT_EQ(shown, "Bearer t0");
  request.set_index(8);
  const absl::Status refused = client.ReportDuty(request).status();
  EXPECT_TRUE(absl::IsNotFound(refused)) << refused;
  EXPECT_EQ(server.calls(), 2);
  Client without(To(server.address()));
  EXPECT_FALSE(without.ReportDuty(request).ok());
  EXPECT_EQ(shown, "");
}

TEST(ClientTest, AReportIsNeverSentTwice) {
  FakeServer server;
  server.on_report = [](const std::string&, const v1::ReportDutyRequest&,
                        v1::ReportDutyResponse*) {
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "full");
  };
  ClientOptions options = To(server.address());
  options.retry_unavailable_once = true;
  Client client(options);
  EXPECT_TRUE(absl::IsUnavailable(client.ReportDuty({}).status()));
  EXPECT_EQ(server.calls(), 1);
}

}  // namespace
}  // namespace tarazy
