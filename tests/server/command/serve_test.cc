// `tarazy serve`: how it starts, says where it listens, and stops.

#include <signal.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <sstream>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tarazy/client.h"
#include "tests/support/process.h"

namespace tarazy {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

int ModeOf(const std::string& path) {
  struct stat info = {};
  return stat(path.c_str(), &info) == 0 ? info.st_mode & 0777 : -1;
}

// A request that any edition of the pack can decide.
v1::DecideRequest MediaRequest(bool labelled) {
  v1::DecideRequest request;
  request.set_request_id("media");
  request.mutable_operator_()->set_bin("050140000011");
  request.mutable_operator_()->set_kind(v1::Operator::PRIVATE_ENTITY);
  request.mutable_operator_()->set_role(v1::Operator::OPERATOR);
  request.mutable_decision_time()->set_seconds(1773118800);  // 2026-03-10
  v1::MediaDistribution* media =
      request.mutable_operation()->mutable_media_distribution();
  media->set_ai_created(true);
  media->set_synthetic(true);
  media->set_user_notice(labelled);
  media->set_machine_readable_label(labelled);
  media->set_perceptible_warning(labelled);
  return request;
}

class ServeTest : public ::testing::Test {
 protected:
  ServeTest() : folder_(MakeTempFolder("serve")), data_(folder_ + "/data") {}
  ~ServeTest() override { fs::remove_all(folder_); }

  static Decision Ask(const std::string& address, bool labelled) {
    ClientOptions options;
    options.address = address;
    options.deadline = absl::Seconds(60);
    return Client(options).Decide(MediaRequest(labelled));
  }

  // Runs `serve` to its end, which must be a refusal to start.
  Ran Refused(const std::vector<std::string>& flags) {
    std::vector<std::string> argv = {kTarazy, "serve"};
    argv.insert(argv.end(), flags.begin(), flags.end());
    Ran ran = RunProgram(argv);
    EXPECT_EQ(ran.code, 1) << ran.out;
    EXPECT_EQ(ran.out, "");
    return ran;
  }

  const std::string folder_;
  const std::string data_;
};

TEST_F(ServeTest, FreshStartDecidesRecordsAndStops) {
  ServedTarazy served(data_);
  ASSERT_TRUE(served.ok()) << served.process().err();
  EXPECT_THAT(served.process().out(),
              AllOf(MatchesRegex("ready tcp=127.0.0.1:[0-9]+\n"),
                    Not(HasSubstr(":0\n"))));
  EXPECT_EQ(ModeOf(data_ + "/pseudonym.key"), 0600);

  const Decision permit = Ask(served.address(), true);
  EXPECT_TRUE(permit.permitted()) << permit.status();
  EXPECT_TRUE(permit.response().receipt().recorded());
  EXPECT_EQ(permit.response().edition(), "seed-bill");
  const Decision deny = Ask(served.address(), false);
  EXPECT_TRUE(deny.status().ok()) << deny.status();
  EXPECT_FALSE(deny.permitted());

  served.process().Signal(SIGTERM);
  EXPECT_EQ(served.process().Wait(), 0) << served.process().err();
  const Ran shown =
      RunProgram({kTarazy, "audit", "show", "--log", data_ + "/log", "--json"});
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr(permit.response().decision_id()));
  EXPECT_THAT(shown.out, HasSubstr(deny.response().decision_id()));
}

TEST_F(ServeTest, ItsDataFolderIsItsUsersOwn) {
  fs::create_directory(folder_ + "/out");
  Process process(
      {kTarazy, "serve", "--data", data_ + "/a/b", "--listen", "127.0.0.1:0",
       "--unix", data_ + "/a/b/socket", "--ready-file", folder_ + "/ready"},
      folder_ + "/out");
  while (process.running() && !fs::exists(folder_ + "/ready")) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  ASSERT_TRUE(process.running()) << process.err();
  EXPECT_EQ(ModeOf(data_ + "/a"), 0700);
  EXPECT_EQ(ModeOf(data_ + "/a/b"), 0700);
  EXPECT_TRUE(fs::is_socket(data_ + "/a/b/socket"));
  for (const auto& entry : fs::recursive_directory_iterator(data_)) {
    EXPECT_EQ(ModeOf(entry.path()) & 0077, 0) << entry.path();
  }
  // No core file may ever hold what the server's memory holds.
  EXPECT_THAT(ReadFile(absl::StrCat("/proc/", process.pid(), "/limits")),
              HasSubstr("Max core file size        0                    0 "));
}

TEST_F(ServeTest, ListensOnAUnixSocketToo) {
  const std::string socket = folder_ + "/a socket";
  ServedTarazy served(data_, {"--unix", socket});
  ASSERT_TRUE(served.ok()) << served.process().err();
  EXPECT_THAT(ReadFile(data_ + "/ready"), HasSubstr("\nunix=" + socket + "\n"));
  EXPECT_TRUE(Ask("unix:" + socket, true).permitted());
  EXPECT_TRUE(Ask(served.address(), true).permitted());
}

TEST_F(ServeTest, StateOutlivesARestart) {
  std::string id;
  {
    ServedTarazy served(data_);
    ASSERT_TRUE(served.ok()) << served.process().err();
    id = Ask(served.address(), true).response().decision_id();
    served.process().Signal(SIGINT);
    EXPECT_EQ(served.process().Wait(), 0);
  }
  ServedTarazy served(data_);
  ASSERT_TRUE(served.ok()) << served.process().err();
  const Decision next = Ask(served.address(), true);
  EXPECT_EQ(next.response().receipt().index(), 1u);
  EXPECT_NE(next.response().decision_id(), id);
}

// A new key would part the old log's pseudonyms from their people.
TEST_F(ServeTest, ALostKeyIsNotReplaced) {
  {
    ServedTarazy served(data_);
    ASSERT_TRUE(served.ok());
  }
  fs::remove(data_ + "/pseudonym.key");
  EXPECT_THAT(Refused({"--data", data_, "--listen", "127.0.0.1:0"}).err,
              HasSubstr("pseudonym.key"));
  EXPECT_FALSE(fs::exists(data_ + "/pseudonym.key"));
}

TEST_F(ServeTest, WithoutALogEveryAnswerSaysSo) {
  ServedTarazy served(data_, {"--no-log"});
  ASSERT_TRUE(served.ok()) << served.process().err();
  const Decision decision = Ask(served.address(), true);
  EXPECT_TRUE(decision.permitted());
  EXPECT_FALSE(decision.response().receipt().recorded());
}

TEST_F(ServeTest, ReadsItsConfigurationBesideItsPaths) {
  WriteFile(folder_ + "/t.yaml",
            absl::StrCat("listen: {tcp: '127.0.0.1:0'}\n"
                         "log: {directory: mylog, name: mine}\n"
                         "pack: {directory: ",
                         TARAZY_SOURCE_DIR,
                         "/policy/law/seed-bill}\n"
                         "pseudonyms: {create: true}\n"
                         "rights: {choose_decision_time: true}\n"));
  fs::create_directory(folder_ + "/out");
  Process process({kTarazy, "serve", "--config", folder_ + "/t.yaml",
                   "--ready-file", folder_ + "/ready"},
                  folder_ + "/out");
  while (process.running() && !fs::exists(folder_ + "/ready")) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  ASSERT_TRUE(process.running()) << process.err();
  std::string address = ReadFile(folder_ + "/ready");
  address = address.substr(4, address.find('\n') - 4);
  EXPECT_EQ(Ask(address, true).response().receipt().log(), "mine");
  EXPECT_TRUE(fs::exists(folder_ + "/mylog"));
  EXPECT_TRUE(fs::exists(folder_ + "/registers.db"));
}

TEST_F(ServeTest, RefusesToStartWithAReason) {
  WriteFile(folder_ + "/bad.yaml", "log: {segmet_bytes: 1}\n");
  EXPECT_THAT(Refused({"--config", folder_ + "/bad.yaml"}).err,
              HasSubstr("bad.yaml:1: unknown key `log.segmet_bytes`; did you "
                        "mean `log.segment_bytes`?"));
  EXPECT_THAT(Refused({"--config", folder_ + "/none.yaml"}).err,
              HasSubstr("none.yaml"));
  EXPECT_THAT(Refused({"--data", data_, "--pack", folder_}).err,
              HasSubstr(folder_));
  EXPECT_THAT(Refused({"--data", "/proc/none"}).err, HasSubstr("/proc/none"));
  EXPECT_THAT(Refused({"--data", data_, "--listen", "127.0.0.1:99999"}).err,
              HasSubstr("--listen must be host:port, not `127.0.0.1:99999`"));
  EXPECT_THAT(Refused({"--data", data_, "--listen", ""}).err,
              HasSubstr("no address to listen on"));
  EXPECT_THAT(Refused({"--data", data_, "--listen", "127.0.0.1:0",
                       "--ready-file", "/proc/none/ready"})
                  .err,
              HasSubstr("/proc/none/ready"));
  EXPECT_THAT(Refused({"--nonsense"}).err, HasSubstr("--nonsense"));
}

TEST_F(ServeTest, DeletionOfOldRecordsNeedsAKeyThatSigns) {
  WriteFile(folder_ + "/tarazy.yaml", "log: {retain_days: 1825}\n");
  EXPECT_THAT(
      Refused({"--config", folder_ + "/tarazy.yaml", "--listen", "127.0.0.1:0"})
          .err,
      HasSubstr("log.retain_days: records are deleted behind a signed "
                "checkpoint alone; set `checkpoints.key_file`"));
  // A data folder has one.
  ServedTarazy served(data_, {"--config", folder_ + "/tarazy.yaml"});
  ASSERT_TRUE(served.ok()) << served.process().err();
  EXPECT_TRUE(fs::exists(data_ + "/checkpoint.key"));
}

TEST_F(ServeTest, ABusyAddressIsRefused) {
  ServedTarazy served(data_);
  ASSERT_TRUE(served.ok());
  EXPECT_THAT(
      Refused({"--data", folder_ + "/other", "--listen", served.address()}).err,
      HasSubstr(served.address()));
}

// Standard error holds structured lines and nothing else, gRPC's own too.
TEST_F(ServeTest, EveryLogLineIsJson) {
  ServedTarazy served(data_, {"--unix", folder_ + "/socket"});
  ASSERT_TRUE(served.ok());
  Ask(served.address(), true);
  served.process().Signal(SIGTERM);
  served.process().Wait();
  std::istringstream lines(served.process().err());
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const nlohmann::json json = nlohmann::json::parse(line, nullptr, false);
    EXPECT_TRUE(json.is_object() && json.contains("event")) << line;
  }
  EXPECT_GT(count, 0);
}

// Waits for a line with `event` in the server's log.
void AwaitEvent(Process& process, const std::string& event) {
  while (process.running() &&
         !absl::StrContains(process.err(),
                            absl::StrCat("\"event\":\"", event, "\""))) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

TEST_F(ServeTest, HangupReadsThePackAgainAndKeepsTheOldOneIfItIsBroken) {
  const std::string pack = folder_ + "/pack";
  fs::copy(TARAZY_SOURCE_DIR "/policy/law/seed-bill", pack,
           fs::copy_options::recursive);
  ServedTarazy served(data_, {"--pack", pack});
  ASSERT_TRUE(served.ok()) << served.process().err();
  const std::string before =
      Ask(served.address(), true).response().bundle_digest();

  WriteFile(pack + "/decision/broken.cedar", "permit (principal, action");
  served.process().Signal(SIGHUP);
  AwaitEvent(served.process(), "pack_refused");
  EXPECT_THAT(served.process().err(), HasSubstr("broken.cedar"));
  EXPECT_EQ(Ask(served.address(), true).response().bundle_digest(), before);

  fs::remove(pack + "/decision/broken.cedar");
  std::string manifest = ReadFile(pack + "/norms.yaml");
  WriteFile(pack + "/norms.yaml", manifest + "\n# read again\n");
  served.process().Signal(SIGHUP);
  AwaitEvent(served.process(), "pack_read_again");
  EXPECT_TRUE(Ask(served.address(), true).permitted());
}

// A call that was begun and never sent: it keeps the drain waiting.
class UnfinishedCall {
 public:
  explicit UnfinishedCall(const std::string& address)
      : stub_(
            grpc::CreateChannel(address, grpc::InsecureChannelCredentials())) {
    call_ = stub_.PrepareCall(&context_, "/tarazy.v1.DecisionService/Decide",
                              &queue_);
    call_->StartCall(nullptr);
    void* tag = nullptr;
    bool ok = false;
    queue_.Next(&tag, &ok);
  }
  ~UnfinishedCall() {
    context_.TryCancel();
    grpc::Status status;
    call_->Finish(&status, nullptr);
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }

 private:
  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
};

TEST_F(ServeTest, ASecondSignalEndsItAtOnce) {
  ServedTarazy served(data_);
  ASSERT_TRUE(served.ok()) << served.process().err();
  ASSERT_TRUE(Ask(served.address(), true).permitted());
  UnfinishedCall call(served.address());
  served.process().Signal(SIGTERM);
  AwaitEvent(served.process(), "stopping");
  served.process().Signal(SIGTERM);
  const int code = served.process().Wait();
  // 0 where the server saw nothing of the call and had drained before.
  EXPECT_TRUE(code == 128 + SIGTERM || code == 0) << code;
}

}  // namespace
}  // namespace tarazy
