// The parser against Cedar's own test data, where it is at hand.

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

#include "nlohmann/json.hpp"
#include "policy/cedar/formatter.h"
#include "policy/cedar/parser.h"
#include "policy/cedar/policy_json.h"
#include "policy/cedar/policy_text.h"
#include "tests/policy/cedar/shared_corpus.h"
#include "tests/policy/cedar/test_util.h"

namespace tarazy {
namespace {

// Whether a number of `json` is beyond the integers that a double holds.
bool HasLargeInteger(const std::string& json) {
  size_t digits = 0;
  bool quoted = false;
  for (size_t i = 0; i < json.size(); ++i) {
    if (json[i] == '\\')
      ++i;
    else if (json[i] == '"')
      quoted = !quoted;
    digits = !quoted && json[i] >= '0' && json[i] <= '9' ? digits + 1 : 0;
    if (digits > 15) return true;
  }
  return false;
}

TEST(CorpusTest, EdgeExpressionsParseAsTheOfficialEngineSays) {
  std::ifstream in(SharedData("cedar/edge-exprs.jsonl"));
  if (!in)
    GTEST_SKIP() << "NOTICE: skipped: no conformance data: set TARAZY_SHARED";
  int count = 0;
  for (std::string line; std::getline(in, line); ++count) {
    const auto row = nlohmann::json::parse(line);
    const std::string expr = row["expr"];
    const Source source(
        "edge", "permit(principal,action,resource) when { " + expr + " };");
    PolicySet set;
    Diagnostics diagnostics;
    EXPECT_EQ(ParsePolicies(source, {}, &set, &diagnostics),
              row["outcome"] != "parse_error")
        << expr << "\n"
        << FormatDiagnostics(diagnostics, {&source});
  }
  EXPECT_GT(count, 0);
}

TEST(CorpusTest, JsonIsWhatTheOfficialEngineWrites) {
  const std::string folder = UnpackShared("cit-4.10");
  if (folder.empty())
    GTEST_SKIP() << "NOTICE: skipped: no conformance data: set TARAZY_SHARED";
  std::istringstream rows(Output(
      absl::StrCat("gzip -dc '",
                   SharedData("cedar/oracle-4.12.0-cit-v4.10.jsonl.gz"), "'")));
  int count = 0;
  for (std::string line; std::getline(rows, line); ++count) {
    const auto row = nlohmann::json::parse(line);
    const std::string id = row["id"];
    const Source source(id,
                        ReadFile(folder + "/corpus-tests/" + id + ".cedar"));
    PolicySet set;
    Diagnostics diagnostics;
    ASSERT_TRUE(ParsePolicies(source, {}, &set, &diagnostics)) << id;
    ASSERT_EQ(set.policies.size(), 1u) << id;
    const std::string json = PolicyToJson(set.policies[0], JsonStyle::kCompact);
    // The oracle's file went through JavaScript, which rounds integers.
    if (!HasLargeInteger(json)) {
      EXPECT_EQ(nlohmann::json::parse(json), row["est"]) << id;
    }
    const Source json_source(id, json);
    const auto back = PolicyFromJson(json_source, "p", {}, &diagnostics);
    ASSERT_TRUE(back.has_value())
        << id << FormatDiagnostics(diagnostics, {&json_source});
    EXPECT_EQ(PolicyToJson(*back, JsonStyle::kCompact), json) << id;

    const auto text = PolicyToText(set.policies[0]);
    ASSERT_TRUE(text.ok()) << id;
    PolicySet printed;
    ASSERT_TRUE(ParsePolicies(Source(id, *text), {}, &printed, &diagnostics))
        << id << *text;
    EXPECT_EQ(PolicyToJson(printed.policies[0], JsonStyle::kCompact), json)
        << id;
  }
  EXPECT_EQ(count, 7809);
}

TEST(CorpusTest, FormatsAsTheOfficialFormatter) {
  const std::string folder = UnpackShared("cit-4.10");
  if (folder.empty())
    GTEST_SKIP() << "NOTICE: skipped: no conformance data: set TARAZY_SHARED";
  std::istringstream rows(Output(
      absl::StrCat("gzip -dc '",
                   SharedData("cedar/oracle-4.12.0-cit-v4.10.jsonl.gz"), "'")));
  int count = 0, different = 0;
  for (std::string line; std::getline(rows, line); ++count) {
    const auto row = nlohmann::json::parse(line);
    const std::string id = row["id"];
    const Source source(id,
                        ReadFile(folder + "/corpus-tests/" + id + ".cedar"));
    Diagnostics diagnostics;
    const auto text = FormatPolicies(source, {}, &diagnostics);
    ASSERT_TRUE(text.has_value()) << id;
    if (*text != row["formatted"].get<std::string>() && ++different <= 3) {
      EXPECT_EQ(*text, row["formatted"].get<std::string>()) << id;
    }
    EXPECT_EQ(FormatPolicies(Source(id, *text), {}, &diagnostics), text) << id;
  }
  EXPECT_EQ(different, 0);
  EXPECT_EQ(count, 7809);
}

}  // namespace
}  // namespace tarazy
