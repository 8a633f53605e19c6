// `tarazy audit duty` against a server, and what the other commands say of
// duties and of reports.

#include <sys/stat.h>

#include <fstream>

#include "gmock/gmock.h"
#include "nlohmann/json.hpp"
#include "server/audit/record_text.h"
#include "server/command/audit.h"
#include "tests/server/service/server_fixture.h"

namespace tarazy {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kToken[] = "service-0123456789012345678901234567";

struct Ran {
  int code;
  std::string out;
  std::string err;
};

Ran RunWith(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "audit");
  std::vector<char*> argv;
  for (std::string& a : arguments) argv.push_back(&a[0]);
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Ran ran;
  ran.code = RunAudit(static_cast<int>(argv.size()), argv.data());
  ran.out = testing::internal::GetCapturedStdout();
  ran.err = testing::internal::GetCapturedStderr();
  return ran;
}

class AuditDutyTest : public ServerTest {
 protected:
  void SetUp() override {
    config.index.path = config.log.directory + "/index.db";
    token_ = folder() + "/token";
    std::ofstream(token_) << kToken << "\n";
    chmod(token_.c_str(), 0600);
    config.rights.callers = {
        {"benefits", token_, Config::Rights::Role::kService, "egov.benefits"}};
    Start();
    Register(MatchingConsent());
    v1::DecideRequest request = PermittedRequest();
    request.set_service("egov.benefits");
    v1::DecideResponse response;
    ASSERT_TRUE(Decide(request, &response).ok());
    ASSERT_GT(response.obligations_size(), 0);
    duty_ = response.obligations(0).id();
    now_ms += 3600000;
  }

  Ran Duty(std::vector<std::string> more) {
    std::vector<std::string> all = {"duty", "--server", address(),
                                    "--token-file", token_};
    all.insert(all.end(), more.begin(), more.end());
    return RunWith(all);
  }

  std::string token_;
  std::string duty_;
};

TEST_F(AuditDutyTest, ReportsAndTakesBack) {
  const std::string at = InstantText(now_ms);
  Ran ran = Duty({"0", duty_, "--fulfilled-at", at, "--note", "PAPER_REPLY"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out,
            duty_ + " of record 0 fulfilled, record 1 of " + at + "\n");
  ran = Duty(
      {"0", duty_, "--fulfilled-at", at, "--note", "PAPER_REPLY", "--json"});
  const auto json = nlohmann::json::parse(ran.out);
  EXPECT_EQ(json["known"], true);
  EXPECT_EQ(json["receipt"]["index"], "1");
  ran = Duty({"0", duty_, "--not-fulfilled"});
  EXPECT_EQ(ran.out,
            duty_ + " of record 0 not fulfilled, record 2 of " + at + "\n");
  ran = Duty({"0", duty_, "--fulfilled-at", at});
  EXPECT_EQ(ran.code, 0) << ran.err;

  ran = Duty({"9", duty_, "--fulfilled-at", at});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("no record of `9`"));
  EXPECT_THAT(Duty({"0", duty_}).err, HasSubstr("--fulfilled-at, or"));
  EXPECT_EQ(Duty({"0", duty_, "--fulfilled-at", at, "--not-fulfilled"}).code,
            1);
  EXPECT_THAT(Duty({"0", duty_, "--fulfilled-at", "soon"}).err,
              HasSubstr("--fulfilled-at `soon` is no instant"));
  EXPECT_EQ(RunWith({"duty", "0", duty_, "--not-fulfilled"}).code, 1);

  Stop();
  const std::string& log = config.log.directory;
  ASSERT_EQ(RunWith({"reindex", "--log", log}).out, "4 records indexed\n");
  EXPECT_EQ(RunWith({"verify", "--log", log}).code, 0);
  const Ran lines = RunWith({"show", "--log", log});
  EXPECT_THAT(lines.out, HasSubstr("\n1  " + at +
                                   "  DUTY_REPORT  "
                                   "egov.benefits  fulfilled  " +
                                   duty_ + "  -  0\n"));
  EXPECT_THAT(lines.out, Not(HasSubstr("EFFECT_UNSPECIFIED")));
  const Ran page = RunWith({"show", "--log", log, "0"});
  EXPECT_EQ(page.code, 0) << page.err;
  EXPECT_THAT(page.out, HasSubstr(duty_ + ", fulfilled: " + at +
                                  ", by record 3 of benefits\n"));
  const auto shown =
      nlohmann::json::parse(RunWith({"show", "--log", log, "--json", "0"}).out);
  EXPECT_EQ(shown["duties"][0]["state"], "DUTY_FULFILLED");
  EXPECT_THAT(RunWith({"show", "--log", log, "1"}).out,
              HasSubstr("note         PAPER_REPLY\n"));
  const auto count = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"query", "--log", log});
    const Ran found = RunWith(more);
    EXPECT_EQ(found.code, 0) << found.err;
    return std::count(found.out.begin(), found.out.end(), '\n');
  };
  const std::vector<std::string> named = {"--obligation", duty_, "--duty-at",
                                          at};
  const auto state = [&](const char* name) {
    std::vector<std::string> all = named;
    all.insert(all.end(), {"--duty", name});
    return count(all);
  };
  EXPECT_EQ(state("fulfilled"), 1);
  EXPECT_EQ(state("fulfilled-late"), 0);
  EXPECT_EQ(state("open"), 0);
  EXPECT_EQ(state("overdue"), 0);
  EXPECT_EQ(count({"--duty-reports"}), 3);
  EXPECT_EQ(count({}), 4);
  EXPECT_THAT(RunWith({"stats", "--log", log, "--by", "effect"}).out,
              HasSubstr("-       3\nPERMIT  1\n4 records\n"));
  const std::string csv =
      RunWith({"export", "--log", log, "--format", "csv"}).out;
  EXPECT_THAT(csv, HasSubstr("decision_id,report_on,fulfilled_at,note,"
                             "reported_by\n"));
  EXPECT_THAT(csv, HasSubstr("\n1,\"" + at + "\",\"\",\"\",\"egov.benefits\""));
  EXPECT_THAT(csv,
              HasSubstr("\"0\",\"" + at + "\",\"PAPER_REPLY\",\"benefits\"\n"));
  // A report is no decision.
  const std::string law = SeedBillFolder();
  const Ran all = RunWith({"replay", "--log", log, "--law", law});
  EXPECT_EQ(all.code, 0) << all.err;
  EXPECT_THAT(all.out, HasSubstr("1 records decided again: 1 the same"));
  EXPECT_THAT(all.out, HasSubstr("3 reports of duties passed over\n"));
  EXPECT_EQ(nlohmann::json::parse(
                RunWith({"replay", "--log", log, "--law", law, "--json"})
                    .out)["duty_reports"],
            3);
  const Ran one = RunWith({"replay", "1", "--log", log, "--law", law});
  EXPECT_EQ(one.code, 1);
  EXPECT_THAT(one.err, HasSubstr("a report about a duty of record 0"));
}

}  // namespace
}  // namespace tarazy
