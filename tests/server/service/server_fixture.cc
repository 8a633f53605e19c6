#include "tests/server/service/server_fixture.h"

#include <google/protobuf/util/json_util.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "server/audit/file_system.h"
#include "server/audit/log_reader.h"

namespace tarazy {
namespace {

v1::DecideRequest ReadExample(const std::string& name) {
  std::ifstream in(std::string(TARAZY_SOURCE_DIR) + "/deploy/examples/" + name);
  std::ostringstream text;
  text << in.rdbuf();
  v1::DecideRequest request;
  const auto status =
      google::protobuf::util::JsonStringToMessage(text.str(), &request);
  EXPECT_TRUE(status.ok()) << name << ": " << status.ToString();
  return request;
}

}  // namespace

std::string SeedBillFolder() {
  return std::string(TARAZY_SOURCE_DIR) + "/policy/law/seed-bill";
}

v1::DecideRequest PermittedRequest() {
  return ReadExample("decide-1-permit.json");
}

v1::DecideRequest ForbiddenRequest() {
  return ReadExample("decide-2-deny-forbidden.json");
}

v1::DecideRequest IncompleteRequest() {
  return ReadExample("decide-3-deny-missing-fact.json");
}

v1::Consent MatchingConsent() {
  v1::Consent consent;
  consent.mutable_subject()->set_iin(kIin);
  consent.set_given_by(v1::SUBJECT_IN_PERSON);
  consent.set_operator_bin(kStateBin);
  consent.add_purposes("benefit.review");
  consent.set_channel(v1::STATE_SERVICE);
  consent.set_covers_automated_processing(true);
  consent.mutable_validity()->mutable_from()->set_seconds(1767225600);
  return consent;
}

ServerTest::ServerTest()
    : folder_(testing::TempDir() + "tarazy-service-XXXXXX") {
  if (mkdtemp(&folder_[0]) == nullptr) ADD_FAILURE() << "no " << folder_;
  config.listen.tcp = "127.0.0.1:0";
  config.pack.directory = SeedBillFolder();
  config.log.directory = folder_ + "/log";
  config.log.segment_bytes = 1 << 20;
  config.registers.path = folder_ + "/registers.db";
  config.salts.path = folder_ + "/salts.db";
  config.pseudonyms.key_file = folder_ + "/pseudonym.key";
  config.pseudonyms.create = true;
  hooks.clock = [this] { return now_ms.load(); };
  hooks.log_line = [this](absl::string_view line) {
    std::lock_guard<std::mutex> lock(mutex_);
    lines_.append(line.data(), line.size());
    lines_ += '\n';
  };
}

ServerTest::~ServerTest() {
  Stop();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void ServerTest::Start() {
  auto server = Server::Start(config, hooks);
  ASSERT_TRUE(server.ok()) << server.status().ToString();
  server_ = *std::move(server);
  decisions_ = v1::DecisionService::NewStub(channel());
  consents_ = v1::ConsentService::NewStub(channel());
  objections_ = v1::ObjectionService::NewStub(channel());
}

void ServerTest::Stop() { server_.reset(); }

std::shared_ptr<grpc::Channel> ServerTest::channel() {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  // A connection of its own, not one that another test left behind.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(
      address(), grpc::InsecureChannelCredentials(), arguments);
}

grpc::Status ServerTest::Decide(const v1::DecideRequest& request,
                                v1::DecideResponse* response) {
  grpc::ClientContext context;
  return decisions().Decide(&context, request, response);
}

v1::RegisterConsentResponse ServerTest::Register(const v1::Consent& consent) {
  v1::RegisterConsentRequest request;
  *request.mutable_consent() = consent;
  v1::RegisterConsentResponse response;
  grpc::ClientContext context;
  const grpc::Status status = consents().Register(&context, request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response;
}

std::vector<v1::DecisionRecord> ServerTest::Records() const {
  std::vector<v1::DecisionRecord> records;
  auto reader = LogReader::Open(FileSystem::Posix(), config.log.directory);
  EXPECT_TRUE(reader.ok()) << reader.status().ToString();
  if (!reader.ok()) return records;
  while (true) {
    const auto next = (*reader)->Next();
    EXPECT_TRUE(next.ok()) << next.status().ToString();
    if (!next.ok() || !*next) return records;
    records.emplace_back();
    EXPECT_TRUE(records.back().ParseFromArray(
        (*reader)->record().data(),
        static_cast<int>((*reader)->record().size())));
  }
}

uint64_t ServerTest::Calls(const std::string& method,
                           const std::string& code) const {
  Metrics::Labels labels = {{"method", method}};
  if (!code.empty()) labels["code"] = code;
  return server_->metrics().Sum("tarazy_calls_total", labels);
}

std::string ServerTest::LogLines() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return lines_;
}

std::string ServerTest::Token(const std::string& name,
                              const std::string& token) const {
  const std::string path = folder_ + "/token-" + name;
  std::ofstream(path) << token << "\n";
  chmod(path.c_str(), 0600);
  return path;
}

}  // namespace tarazy
