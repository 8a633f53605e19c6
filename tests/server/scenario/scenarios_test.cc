// Every scenario of every pack passes through the running server, over gRPC,
// with the pack in service, registers and log on disk.

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "server/scenario/run.h"
#include "server/service/server.h"
#include "tarazy/client.h"

namespace tarazy {
namespace {

namespace fs = std::filesystem;

std::string PackFolder(const std::string& name) {
  return std::string(TARAZY_SOURCE_DIR) + "/policy/law/" + name;
}

// A server of this process on a free port, asked through the client library; a
// new one for each law that scenarios ask for.
class ServerTarget final : public ScenarioTarget {
 public:
  explicit ServerTarget(std::string pack) : pack_(std::move(pack)) {}

  ~ServerTarget() override { Stop(); }

  absl::Status UseLaw(const ScenarioLaw& law) override {
    const bool same = client_ != nullptr && !(law < law_) && !(law_ < law);
    return same ? absl::OkStatus() : Start(law);
  }

  void SetClock(int64_t ms) override { clock_ = ms; }

  absl::StatusOr<v1::RegisterConsentResponse> RegisterConsent(
      const v1::RegisterConsentRequest& request) override {
    return client_->RegisterConsent(request);
  }
  absl::StatusOr<v1::WithdrawConsentResponse> WithdrawConsent(
      const v1::WithdrawConsentRequest& request) override {
    return client_->WithdrawConsent(request);
  }
  absl::StatusOr<v1::ObjectionResponse> FileObjection(
      const v1::FileObjectionRequest& request) override {
    return client_->FileObjection(request);
  }
  absl::StatusOr<v1::ObjectionResponse> DecideObjection(
      const v1::DecideObjectionRequest& request) override {
    return client_->DecideObjection(request);
  }
  absl::StatusOr<v1::ObjectionResponse> NotifyObjection(
      const v1::NotifyObjectionRequest& request) override {
    return client_->NotifyObjection(request);
  }
  absl::StatusOr<v1::DecideResponse> Decide(
      const v1::DecideRequest& request) override {
    const Decision decision = client_->Decide(request);
    if (!decision.status().ok()) return decision.status();
    return decision.response();
  }

 private:
  void Stop() {
    client_.reset();
    server_.reset();
    if (!folder_.empty()) fs::remove_all(folder_);
  }

  absl::Status Start(const ScenarioLaw& law) {
    Stop();
    law_ = law;
    std::string path = (fs::temp_directory_path() / "lawXXXXXX").string();
    folder_ = mkdtemp(path.data());
    Config config;
    config.listen.tcp = "127.0.0.1:0";
    config.pack.directory = PackFolder(pack_);
    config.pack.readings = law.readings;
    config.pack.compare_with = law.compare_with;
    config.log.directory = folder_ + "/log";
    config.log.segment_bytes = 1 << 20;
    config.registers.path = folder_ + "/registers.db";
    config.salts.path = folder_ + "/salts.db";
    config.pseudonyms.key_file = folder_ + "/key";
    config.pseudonyms.create = true;
    config.rights.choose_decision_time = true;
    ServerHooks hooks;
    hooks.clock = [this] { return clock_.load(); };
    hooks.log_line = [](absl::string_view) {};
    auto server = Server::Start(config, hooks);
    if (!server.ok()) return server.status();
    server_ = *std::move(server);
    ClientOptions options;
    options.address = server_->addresses()[0];
    options.deadline = absl::Seconds(60);
    options.register_deadline = absl::Seconds(60);
    client_ = std::make_unique<Client>(options);
    return absl::OkStatus();
  }

  const std::string pack_;
  std::atomic<int64_t> clock_{0};
  ScenarioLaw law_;
  std::string folder_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<Client> client_;
};

class PackScenariosTest : public testing::TestWithParam<const char*> {};

TEST_P(PackScenariosTest, PassThroughTheServer) {
  auto scenarios = ReadPackScenarios(PackFolder(GetParam()));
  ASSERT_TRUE(scenarios.ok()) << scenarios.status().message();
  ASSERT_GE(scenarios->size(), 120u);
  // Those of one law together.
  std::stable_sort(
      scenarios->begin(), scenarios->end(),
      [](const Scenario& a, const Scenario& b) { return a.law < b.law; });
  ServerTarget target(GetParam());
  for (const Scenario& scenario : *scenarios) {
    std::vector<std::string> problems = Prepare(scenario, &target);
    if (problems.empty()) problems = Ask(scenario, &target);
    EXPECT_TRUE(problems.empty())
        << scenario.file << ": " << scenario.id << " (" << scenario.title
        << ")\n  " << absl::StrJoin(problems, "\n  ");
  }
}

INSTANTIATE_TEST_SUITE_P(Packs, PackScenariosTest,
                         testing::Values("seed-bill", "kz-2026-01-18",
                                         "kz-2026-07-12"));

}  // namespace
}  // namespace tarazy
