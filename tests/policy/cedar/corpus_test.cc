// The parser against Cedar's own test data, where it is at hand.

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "nlohmann/json.hpp"
#include "policy/cedar/parser.h"
#include "tests/policy/cedar/test_util.h"

namespace tarazy {
namespace {

TEST(CorpusTest, EdgeExpressionsParseAsTheOfficialEngineSays) {
  std::ifstream in(SharedData("cedar/edge-exprs.jsonl"));
  if (!in) GTEST_SKIP() << "no conformance data: set TARAZY_SHARED";
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

}  // namespace
}  // namespace tarazy
