// A stock client that knows none of our .proto files: grpcurl, which asks the
// server for its services and messages by reflection. Built from its own
// source, pinned, by Go into the build folder.

#include <filesystem>
#include <iostream>
#include <string>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/process.h"

namespace tarazy {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const char kTools[] = TARAZY_BINARY_DIR "/tools";

// Why grpcurl can't be had, or "".
std::string GetGrpcurl() {
  if (RunProgram({"go", "version"}).code != 0) return "toolchain: no Go";
  const Ran ran = RunProgram(
      {"env", std::string("GOBIN=") + kTools, "GOTOOLCHAIN=local", "go",
       "install", "github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.8.9"});
  if (ran.code == 0) return "";
  const bool too_old = absl::StrContains(ran.err, "requires go") ||
                       absl::StrContains(ran.err, "requires newer");
  return (too_old ? "toolchain: Go is too old for grpcurl: "
                  : "grpcurl could not be built: ") +
         ran.err;
}

TEST(ReflectionTest, GrpcurlListsDescribesAndDecides) {
  const std::string problem = GetGrpcurl();
  if (!problem.empty()) {
    std::cout << "NOTICE: skipped: " << problem << std::endl;
    GTEST_SKIP();
  }
  const std::string folder = MakeTempFolder("reflection");
  ServedTarazy served(folder);
  ASSERT_TRUE(served.ok()) << served.process().err();
  const std::string grpcurl = std::string(kTools) + "/grpcurl";

  const Ran list =
      RunProgram({grpcurl, "-plaintext", served.address(), "list"});
  EXPECT_EQ(list.code, 0) << list.err;
  EXPECT_THAT(list.out, AllOf(HasSubstr("tarazy.v1.DecisionService\n"),
                              HasSubstr("tarazy.v1.ConsentService\n"),
                              HasSubstr("tarazy.v1.ObjectionService\n"),
                              HasSubstr("grpc.health.v1.Health\n")));

  const Ran describe = RunProgram({grpcurl, "-plaintext", served.address(),
                                   "describe", "tarazy.v1.BiometricUse"});
  EXPECT_THAT(describe.out, HasSubstr("place_of_capture")) << describe.err;

  const Ran decide =
      RunProgram({grpcurl, "-plaintext", "-d", "@", served.address(),
                  "tarazy.v1.DecisionService/Decide"},
                 ReadFile(TARAZY_SOURCE_DIR
                          "/deploy/examples/decide-2-deny-forbidden.json"));
  EXPECT_EQ(decide.code, 0) << decide.err;
  EXPECT_THAT(decide.out, AllOf(HasSubstr("\"effect\": \"DENY\""),
                                HasSubstr("PUBLIC_BIOMETRICS")));

  const Ran health = RunProgram(
      {grpcurl, "-plaintext", served.address(), "grpc.health.v1.Health/Check"});
  EXPECT_THAT(health.out, HasSubstr("\"SERVING\"")) << health.err;
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace tarazy
