#include "clients/cli/decision_text.h"

#include <string>

#include "clients/cli/json_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/process.h"

namespace tarazy {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const char kTestData[] = TARAZY_SOURCE_DIR "/tests/clients/cli/testdata/";

struct GoldenCase {
  const char* input;
  v1::Language language;
  const char* golden;
};

class DecisionTextGolden : public ::testing::TestWithParam<GoldenCase> {};

TEST_P(DecisionTextGolden, IsAsWritten) {
  const std::string folder = kTestData;
  v1::DecideResponse response;
  const absl::Status status = ParseJson(
      GetParam().input, ReadFile(folder + GetParam().input), &response);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(DecisionText(response, GetParam().language),
            ReadFile(folder + GetParam().golden));
}

INSTANTIATE_TEST_SUITE_P(
    All, DecisionTextGolden,
    ::testing::Values(
        GoldenCase{"permit.json", v1::LANGUAGE_EN, "permit.en.txt"},
        GoldenCase{"permit.json", v1::LANGUAGE_RU, "permit.ru.txt"},
        GoldenCase{"permit.json", v1::LANGUAGE_KK, "permit.kk.txt"},
        GoldenCase{"permit.json", v1::LANGUAGE_UNSPECIFIED, "permit.kk.txt"},
        GoldenCase{"deny.json", v1::LANGUAGE_EN, "deny.en.txt"},
        GoldenCase{"deny.json", v1::LANGUAGE_RU, "deny.ru.txt"},
        GoldenCase{"deny.json", v1::LANGUAGE_KK, "deny.kk.txt"}));

TEST(DecisionTextTest, ServerTextCannotSteerTheTerminal) {
  v1::DecideResponse response;
  response.set_effect(v1::DENY);
  response.set_outcome(v1::FORBIDDEN);
  response.add_reasons()->set_text("\x1b[2Jno\nPERMITTED\x7f");
  const std::string text = DecisionText(response, v1::LANGUAGE_EN);
  EXPECT_THAT(text, HasSubstr("      [2JnoPERMITTED\n"));
  EXPECT_THAT(text, StartsWith("DENIED"));
  EXPECT_THAT(
      NoAnswerText(absl::UnavailableError("\x1b[2Jno"), v1::LANGUAGE_EN),
      Not(HasSubstr("\x1b")));
}

TEST(DecisionTextTest, NoAnswerSaysNotPermittedFirst) {
  const absl::Status status = absl::DeadlineExceededError("late");
  EXPECT_EQ(NoAnswerText(status, v1::LANGUAGE_EN),
            "not permitted: no decision was received\n"
            "DEADLINE_EXCEEDED: late\n");
  EXPECT_THAT(NoAnswerText(status, v1::LANGUAGE_RU),
              StartsWith("не разрешено: "));
  EXPECT_THAT(NoAnswerText(status, v1::LANGUAGE_KK),
              StartsWith("рұқсат етілмейді: "));
}

}  // namespace
}  // namespace tarazy
