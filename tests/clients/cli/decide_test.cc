// `tarazy decide`, the binary, against a server that answers as told.

#include <string>

#include "clients/cli/json_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/clients/cpp/fake_server.h"
#include "tests/support/process.h"

namespace tarazy {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

const char kExample[] =
    TARAZY_SOURCE_DIR "/deploy/examples/decide-1-permit.json";

class DecideTest : public ::testing::Test {
 protected:
  DecideTest() {
    server_.on_decide = [this](const v1::DecideRequest& request,
                               v1::DecideResponse* response) {
      seen_ = request;
      *response =
          permit_ ? Permit(request.request_id()) : Deny(request.request_id());
      return status_;
    };
  }

  Ran Decide(std::vector<std::string> flags, const std::string& input = "") {
    std::vector<std::string> argv = {kTarazy,         "decide",
                                     "--server",      server_.address(),
                                     "--deadline-ms", "60000"};
    argv.insert(argv.end(), flags.begin(), flags.end());
    return RunProgram(argv, input);
  }

  FakeServer server_;
  v1::DecideRequest seen_;
  bool permit_ = true;
  grpc::Status status_;
};

TEST_F(DecideTest, ExitCodesTellPermitDenyAndNoAnswer) {
  EXPECT_EQ(Decide({"--request", kExample}).code, 0);
  permit_ = false;
  EXPECT_EQ(Decide({"--request", kExample}).code, 2);
  permit_ = true;
  status_ = grpc::Status(grpc::StatusCode::UNAVAILABLE, "the log is full");
  const Ran ran = Decide({"--request", kExample});
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ran.err,
            "not permitted: no decision was received\n"
            "UNAVAILABLE: the log is full\n");
}

TEST_F(DecideTest, SendsTheRequestAsWritten) {
  Decide({"--request", kExample});
  EXPECT_EQ(seen_.request_id(), "example-1");
  EXPECT_EQ(seen_.subject().iin(), "850315400015");
  EXPECT_EQ(seen_.language(), v1::LANGUAGE_EN);
  EXPECT_TRUE(seen_.operation().automated_processing().has_risks());
}

TEST_F(DecideTest, ReadsStandardInputAndPrintsJson) {
  const Ran ran =
      Decide({"--request", "-", "--json"}, R"({"request_id": "x"})");
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.err, "");
  v1::DecideResponse response;
  ASSERT_TRUE(ParseJson("out", ran.out, &response).ok()) << ran.out;
  EXPECT_EQ(response.effect(), v1::PERMIT);
  EXPECT_EQ(response.request_id(), "x");
}

TEST_F(DecideTest, LanguageOfTheRequestAndOfTheFlag) {
  EXPECT_THAT(Decide({"--request", kExample}).out, StartsWith("PERMITTED"));
  EXPECT_THAT(Decide({"--request", kExample, "--lang", "ru"}).out,
              StartsWith("РАЗРЕШЕНО"));
  EXPECT_EQ(seen_.language(), v1::LANGUAGE_RU);
  EXPECT_THAT(Decide({"--request", "-"}, "{}").out,
              StartsWith("РҰҚСАТ ЕТІЛДІ"));
}

TEST_F(DecideTest, BadRequestsAreNotSent) {
  const Ran ran = Decide({"--request", "-", "--lang", "en"},
                         R"({"data": {"biometric": "no"}})");
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(ran.err,
            "not permitted: no decision was received\n"
            "INVALID_ARGUMENT: standard input: `data.biometric`: must be true "
            "or false\n");
  EXPECT_EQ(Decide({"--request", "/none"}).code, 1);
  EXPECT_EQ(Decide({}).code, 1);
  EXPECT_EQ(Decide({"--request", kExample, "--lang", "de"}).code, 1);
  EXPECT_EQ(Decide({"--request", kExample, "--nonsense"}).code, 1);
  EXPECT_EQ(server_.calls(), 0);
}

TEST_F(DecideTest, NoServerIsNotPermitted) {
  const Ran ran = RunProgram(
      {kTarazy, "decide", "--server", "127.0.0.1:1", "--request", kExample});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, StartsWith("not permitted: "));
}

TEST_F(DecideTest, SilentServerIsNotPermitted) {
  server_.silent = true;
  const Ran ran = RunProgram({kTarazy, "decide", "--server", server_.address(),
                              "--request", kExample, "--deadline-ms", "50"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("DEADLINE_EXCEEDED"));
}

TEST(TarazyTest, HelpVersionAndUnknownCommands) {
  const Ran help = RunProgram({kTarazy, "--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.out, HasSubstr("decide"));
  EXPECT_EQ(RunProgram({kTarazy}).code, 1);
  EXPECT_THAT(RunProgram({kTarazy, "--version"}).out, StartsWith("tarazy "));
  const Ran near = RunProgram({kTarazy, "decied"});
  EXPECT_EQ(near.code, 1);
  EXPECT_EQ(near.err,
            "tarazy: unknown command `decied`; did you mean `decide`?\n");
  EXPECT_EQ(RunProgram({kTarazy, "xyzzy"}).err,
            "tarazy: unknown command `xyzzy`; `tarazy --help` lists them\n");
  EXPECT_EQ(RunProgram({kTarazy, "decide", "--help"}).code, 0);
}

}  // namespace
}  // namespace tarazy
