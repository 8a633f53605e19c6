// The examples of deploy/examples, as `./dev run` shows them.

#include <filesystem>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/process.h"

namespace tarazy {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const char kExamples[] = TARAZY_SOURCE_DIR "/deploy/examples/";

TEST(ExamplesTest, AreAnsweredAsTheirReadmeSays) {
  const std::string folder = MakeTempFolder("examples");
  ServedTarazy served(folder);
  ASSERT_TRUE(served.ok()) << served.process().err();
  const auto decide = [&](const std::string& name) {
    return RunProgram({kTarazy, "decide", "--server", served.address(),
                       "--request", kExamples + name, "--deadline-ms",
                       "60000"});
  };

  EXPECT_EQ(decide("decide-1-permit.json").code, 2) << "nobody consented yet";
  const Ran consents =
      RunProgram({kTarazy, "consent", "register", "--server", served.address(),
                  "--file", std::string(kExamples) + "consents.json"});
  EXPECT_EQ(consents.code, 0) << consents.err;

  const Ran permit = decide("decide-1-permit.json");
  EXPECT_EQ(permit.code, 0) << permit.out << permit.err;
  EXPECT_THAT(permit.out, AllOf(StartsWith("PERMITTED: with obligations\n"),
                                HasSubstr("EXPLAIN_PROCEDURE"),
                                HasSubstr("OFFER_OBJECTION")));
  const Ran forbidden = decide("decide-2-deny-forbidden.json");
  EXPECT_EQ(forbidden.code, 2) << forbidden.err;
  EXPECT_THAT(forbidden.out,
              AllOf(StartsWith("DENIED: a policy forbids it\n"),
                    HasSubstr("PUBLIC_BIOMETRICS"), HasSubstr("7(12)")));
  const Ran missing = decide("decide-3-deny-missing-fact.json");
  EXPECT_EQ(missing.code, 2) << missing.err;
  EXPECT_THAT(missing.out,
              AllOf(StartsWith("DENIED: a fact is missing"),
                    HasSubstr("operation.biometric_use.place_of_use")));

  // No identification number went anywhere.
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    const std::string text = ReadFile(entry.path());
    EXPECT_THAT(text, Not(HasSubstr("850315400015"))) << entry.path();
    EXPECT_THAT(text, Not(HasSubstr("910827300026"))) << entry.path();
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace tarazy
