// A whole server in this process: real pack, log and registers in a folder of
// its own, port 0, a clock that the test sets.

#ifndef TARAZY_TESTS_SERVER_SERVICE_SERVER_FIXTURE_H_
#define TARAZY_TESTS_SERVER_SERVICE_SERVER_FIXTURE_H_

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "server/ops/config.h"
#include "server/ops/metrics.h"
#include "server/service/server.h"
#include "tarazy/v1/decision.grpc.pb.h"
#include "tarazy/v1/record.pb.h"
#include "tarazy/v1/registers.grpc.pb.h"

namespace tarazy {

// 2026-03-10T10:00:00+05:00.
constexpr int64_t kTestNowMs = 1773118800000;

constexpr char kIin[] = "850315400015";
constexpr char kOtherIin[] = "910827300026";
constexpr char kStateBin[] = "050140000011";
constexpr char kPrivateBin[] = "050140000021";

std::string SeedBillFolder();

// Requests of the example files: permitted with the example consent,
// forbidden, and short of a fact.
v1::DecideRequest PermittedRequest();
v1::DecideRequest ForbiddenRequest();
v1::DecideRequest IncompleteRequest();
// What PermittedRequest relies on.
v1::Consent MatchingConsent();

class ServerTest : public testing::Test {
 protected:
  ServerTest();
  ~ServerTest() override;

  // To be changed before Start.
  Config config;
  ServerHooks hooks;

  void Start();
  // Ends the server; Start makes a new one on the same files.
  void Stop();

  Server& server() { return *server_; }
  std::string address() const { return server_->addresses()[0]; }
  std::shared_ptr<grpc::Channel> channel();
  v1::DecisionService::Stub& decisions() { return *decisions_; }
  v1::ConsentService::Stub& consents() { return *consents_; }
  v1::ObjectionService::Stub& objections() { return *objections_; }

  grpc::Status Decide(const v1::DecideRequest& request,
                      v1::DecideResponse* response);
  v1::RegisterConsentResponse Register(const v1::Consent& consent);

  // After Stop: all records of the log.
  std::vector<v1::DecisionRecord> Records() const;
  // Calls that ended with `code`; all of them where it is empty.
  uint64_t Calls(const std::string& method, const std::string& code) const;
  std::string LogLines() const;
  const std::string& folder() const { return folder_; }
  // Gives the path of a file that holds a caller's token.
  std::string Token(const std::string& name, const std::string& token) const;

  std::atomic<int64_t> now_ms{kTestNowMs};

 private:
  std::string folder_;
  mutable std::mutex mutex_;
  std::string lines_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<v1::DecisionService::Stub> decisions_;
  std::unique_ptr<v1::ConsentService::Stub> consents_;
  std::unique_ptr<v1::ObjectionService::Stub> objections_;
};

}  // namespace tarazy

#endif  // TARAZY_TESTS_SERVER_SERVICE_SERVER_FIXTURE_H_
