// The installed package, used by a project outside this tree: installs into a
// new folder, configures and builds the project beside this file against it,
// and runs what it built.

#include <filesystem>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/clients/cpp/fake_server.h"
#include "tests/support/process.h"

namespace tarazy {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class ConsumerTest : public ::testing::Test {
 protected:
  ~ConsumerTest() override { std::filesystem::remove_all(folder_); }

  void Succeed(const std::vector<std::string>& argv) {
    const Ran ran = RunProgram(argv);
    ASSERT_EQ(ran.code, 0) << ran.out << ran.err;
  }

  const std::string folder_ = MakeTempFolder("consumer");
};

TEST_F(ConsumerTest, FindsBuildsAndRuns) {
  const std::string prefix = folder_ + "/prefix";
  const std::string build = folder_ + "/build";
  Succeed({"cmake", "--install", TARAZY_BINARY_DIR, "--prefix", prefix});
  Succeed({"cmake", "-G", "Ninja", "-S",
           TARAZY_SOURCE_DIR "/tests/clients/consumer", "-B", build,
           "-DCMAKE_PREFIX_PATH=" + prefix, "-DCMAKE_CXX_STANDARD=17",
           "-DCMAKE_CXX_FLAGS=" TARAZY_CONSUMER_FLAGS});
  Succeed({"cmake", "--build", build});

  const Ran policy = RunProgram({build + "/policy_example"});
  EXPECT_EQ(policy.code, 0) << policy.err;
  EXPECT_EQ(policy.out, "allow\n");

  FakeServer server;
  EXPECT_EQ(RunProgram({build + "/client_example", server.address()}).out,
            "permitted, OK\n");
  const Ran nobody = RunProgram({build + "/client_example", "127.0.0.1:1"});
  EXPECT_EQ(nobody.code, 2);
  EXPECT_THAT(nobody.out, StartsWith("not permitted, UNAVAILABLE"));

  // The installed binary finds the installed pack: the clip has no labels.
  ServedTarazy served(folder_ + "/data", {}, prefix + "/bin/tarazy");
  ASSERT_TRUE(served.ok()) << served.process().err();
  EXPECT_THAT(served.process().err(), HasSubstr("seed-bill"));
  EXPECT_EQ(RunProgram({build + "/client_example", served.address()}).out,
            "not permitted, OK\n");

  EXPECT_TRUE(std::filesystem::exists(
      prefix + "/share/tarazy/proto/tarazy/v1/decision.proto"));
  EXPECT_TRUE(std::filesystem::exists(prefix +
                                      "/share/tarazy/law/seed-bill/pack.yaml"));
}

}  // namespace
}  // namespace tarazy
