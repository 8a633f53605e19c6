// Draining, health, and a log that can't take a record.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "grpc/health/v1/health.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "server/audit/file_system.h"
#include "tests/server/service/server_fixture.h"

namespace tarazy {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using testing::HasSubstr;

class DrainTest : public ServerTest {};

// Whatever was answered is in the log, and whoever was not answered was told.
TEST_F(DrainTest, UnderLoadNothingIsLost) {
  Start();
  constexpr int kClients = 8;
  std::atomic<int> answered{0};
  std::atomic<bool> refused_badly{false};
  std::vector<std::set<std::string>> ids(kClients);
  std::vector<std::thread> clients;
  for (int c = 0; c < kClients; ++c) {
    auto stub = std::shared_ptr<v1::DecisionService::Stub>(
        v1::DecisionService::NewStub(channel()));
    clients.emplace_back([&, c, stub] {
      const v1::DecideRequest request = ForbiddenRequest();
      while (true) {
        v1::DecideResponse response;
        grpc::ClientContext context;
        const grpc::Status status = stub->Decide(&context, request, &response);
        if (status.ok()) {
          ids[c].insert(response.decision_id());
          ++answered;
          continue;
        }
        if (status.error_code() != grpc::StatusCode::UNAVAILABLE) {
          ADD_FAILURE() << status.error_code() << status.error_message();
        }
        return;
      }
    });
  }
  while (answered < 500) std::this_thread::yield();
  server().Drain();
  server().Wait();
  for (std::thread& client : clients) client.join();
  Stop();
  std::set<std::string> recorded;
  for (const v1::DecisionRecord& record : Records()) {
    recorded.insert(record.response().decision_id());
  }
  for (const auto& client : ids) {
    for (const std::string& id : client) EXPECT_EQ(recorded.count(id), 1) << id;
  }
}

TEST_F(DrainTest, AStreamIsAnsweredAndThenEnded) {
  Start();
  grpc::ClientContext context;
  auto stream = decisions().DecideStream(&context);
  ASSERT_TRUE(stream->Write(ForbiddenRequest()));
  v1::DecideResult result;
  ASSERT_TRUE(stream->Read(&result));
  EXPECT_TRUE(result.has_response());
  std::thread drain([this] { server().Drain(); });
  EXPECT_FALSE(stream->Read(&result));
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), HasSubstr("draining"));
  drain.join();
}

TEST_F(DrainTest, ACallThatNeverSpeaksIsCancelledAtTheLimit) {
  config.limits.drain_seconds = 0;
  Start();
  grpc::ClientContext context;
  v1::DecideResponse response;
  auto stub = Health::NewStub(channel());
  HealthCheckResponse health;
  auto watch = stub->Watch(&context, HealthCheckRequest());
  ASSERT_TRUE(watch->Read(&health));
  server().Drain();
  while (watch->Read(&health)) {
  }
  EXPECT_FALSE(watch->Finish().ok());
}

TEST_F(DrainTest, HealthFollows) {
  Start();
  auto stub = Health::NewStub(channel());
  for (const char* service :
       {"", "tarazy.v1.DecisionService", "tarazy.v1.ConsentService",
        "tarazy.v1.ObjectionService"}) {
    HealthCheckRequest request;
    request.set_service(service);
    HealthCheckResponse response;
    grpc::ClientContext context;
    ASSERT_TRUE(stub->Check(&context, request, &response).ok()) << service;
    EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);
  }
  HealthCheckRequest unknown;
  unknown.set_service("nobody");
  HealthCheckResponse response;
  grpc::ClientContext check_context;
  EXPECT_EQ(stub->Check(&check_context, unknown, &response).error_code(),
            grpc::StatusCode::NOT_FOUND);

  grpc::ClientContext unknown_context;
  auto unknown_watch = stub->Watch(&unknown_context, unknown);
  ASSERT_TRUE(unknown_watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVICE_UNKNOWN);
  unknown_context.TryCancel();
  EXPECT_FALSE(unknown_watch->Finish().ok());

  grpc::ClientContext watch_context;
  HealthCheckRequest all;
  auto watch = stub->Watch(&watch_context, all);
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);
  std::thread drain([this] { server().Drain(); });
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING);
  EXPECT_FALSE(watch->Read(&response));
  watch->Finish();
  drain.join();
}

TEST_F(DrainTest, ReflectionListsAndDescribes) {
  using grpc::reflection::v1alpha::ServerReflection;
  using grpc::reflection::v1alpha::ServerReflectionRequest;
  using grpc::reflection::v1alpha::ServerReflectionResponse;
  Start();
  auto stub = ServerReflection::NewStub(channel());
  grpc::ClientContext context;
  auto stream = stub->ServerReflectionInfo(&context);
  ServerReflectionRequest request;
  request.set_list_services("");
  ASSERT_TRUE(stream->Write(request));
  ServerReflectionResponse response;
  ASSERT_TRUE(stream->Read(&response));
  std::set<std::string> names;
  for (const auto& service : response.list_services_response().service()) {
    names.insert(service.name());
  }
  EXPECT_EQ(names.count("tarazy.v1.DecisionService"), 1);
  EXPECT_EQ(names.count("tarazy.v1.ConsentService"), 1);
  EXPECT_EQ(names.count("tarazy.v1.ObjectionService"), 1);
  EXPECT_EQ(names.count("grpc.health.v1.Health"), 1);
  // Each can be described, with all files that it needs.
  for (const std::string& name : names) {
    request.set_file_containing_symbol(name);
    ASSERT_TRUE(stream->Write(request));
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_GT(response.file_descriptor_response().file_descriptor_proto_size(),
              0)
        << name;
  }
  request.set_file_by_filename("no/such.proto");
  ASSERT_TRUE(stream->Write(request));
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.error_response().error_code(),
            grpc::StatusCode::NOT_FOUND);
  stream->WritesDone();
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(DrainTest, ASecondServerOnThePortIsRefused) {
  Start();
  Config second = config;
  second.listen.tcp = address();
  second.log.directory = folder() + "/second-log";
  second.registers.path = folder() + "/second.db";
  second.salts.path = folder() + "/second-salts.db";
  const auto server = Server::Start(second, hooks);
  EXPECT_EQ(server.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(server.status().message()), HasSubstr(address()));
}

TEST_F(DrainTest, APackThatDoesNotLoadLeavesTheOldOneInService) {
  Start();
  v1::DecideResponse before, after;
  ASSERT_TRUE(Decide(ForbiddenRequest(), &before).ok());
  EXPECT_FALSE(server().ReplacePacks({folder()}).ok());
  ASSERT_TRUE(Decide(ForbiddenRequest(), &after).ok());
  EXPECT_EQ(before.bundle_digest(), after.bundle_digest());
  EXPECT_TRUE(server().ReplacePacks({SeedBillFolder()}).ok());
  ASSERT_TRUE(Decide(ForbiddenRequest(), &after).ok());
  EXPECT_EQ(before.bundle_digest(), after.bundle_digest());
  EXPECT_THAT(LogLines(), HasSubstr("pack_refused"));
  EXPECT_THAT(LogLines(), HasSubstr("pack_replaced"));
}

TEST_F(DrainTest, APackThatDoesNotLoadIsNotServed) {
  config.pack.directory = folder() + "/nothing";
  const auto server = Server::Start(config, hooks);
  EXPECT_EQ(server.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(server.status().message()), HasSubstr("nothing"));
}

}  // namespace
}  // namespace tarazy
