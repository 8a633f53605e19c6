// This engine against the official one.
//
// testdata/*.json are cases that differed once, made small, with the official
// verdict: they are replayed without the official engine. The random cases
// build it first, with cargo; TARAZY_OFFICIAL names one that is built already,
// TARAZY_SEED the first seed, TARAZY_CASES how many.

#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/differential/official_engine.h"
#include "tests/differential/official_run.h"
#include "tests/differential/shrinker.h"
#include "tests/differential/verdict.h"

namespace tarazy {
namespace {

using Json = nlohmann::json;

std::string Setting(const char* name, const std::string& otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : text;
}

TEST(OfficialTest, KeptCasesAgree) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(
           TARAZY_SOURCE_DIR "/tests/differential/testdata")) {
    paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  ASSERT_FALSE(paths.empty());
  OurEngine ours;
  for (const auto& path : paths) {
    std::ifstream in(path);
    const Json kept = Json::parse(in);
    const Case c = Case::FromJson(kept.at("case").dump());
    EXPECT_EQ(Compare(ours.VerdictOf(c), kept.at("official")).text, "")
        << path.filename();
  }
}

TEST(OfficialTest, EveryPartOfAVerdictIsCompared) {
  OurEngine ours;
  Json verdict;
  for (uint64_t seed = 1; !verdict.contains("schema_json"); ++seed) {
    Case c = GenerateCase(seed, CaseStyle::kPlain);
    c.extra = true;
    verdict = ours.VerdictOf(c);
  }
  EXPECT_EQ(Compare(verdict, verdict).text, "");
  for (const char* part :
       {"/strict/invalid/-", "/permissive/impossible/-", "/json/policy9",
        "/formatted", "/schema_json/X", "/answers/0/allow",
        "/answers/1/reasons/-", "/answers/2/errors/-"}) {
    Json other = verdict;
    other[Json::json_pointer(part)] = "something else";
    EXPECT_NE(Compare(verdict, other).text, "") << part;
    EXPECT_NE(Compare(other, verdict).text, "") << part;
  }
}

// A case is made small as far as its failure lets it be.
TEST(OfficialTest, ShrinksToWhatFails) {
  const Case big = GenerateCase(3, CaseStyle::kPlain);
  ASSERT_GT(big.requests.size(), 1u);
  const auto fails = [](const Case& c) {
    return c.policies.find("permit") != std::string::npos &&
           c.entities.find("alice") != std::string::npos && !c.requests.empty();
  };
  ASSERT_TRUE(fails(big));
  const Case small = Shrink(big, fails);
  EXPECT_TRUE(fails(small));
  EXPECT_EQ(small.policies, "permit");
  EXPECT_EQ(small.requests, std::vector<std::string>{"{}"});
  EXPECT_EQ(small.schema, "");
  EXPECT_LT(small.entities.size(), 120u) << small.entities;
}

// The official engine's program; empty when it can't be built here.
std::string BuildOfficial() {
  const std::string named = Setting("TARAZY_OFFICIAL", "");
  if (!named.empty()) return named;
  // One for all presets, as it is the same program.
  const std::string target = TARAZY_SOURCE_DIR "/build/official";
  const std::string log = TARAZY_BINARY_DIR "/official-build.log";
  const std::string command =
      "cargo build --quiet --release --locked --manifest-path "
      "'" TARAZY_SOURCE_DIR "/tests/bench/official/Cargo.toml' --target-dir '" +
      target + "' >'" + log + "' 2>&1";
  const int status = std::system(command.c_str());
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
    return target + "/release/official";
  }
  std::ifstream in(log);
  std::cout << in.rdbuf();
  return "";
}

TEST(OfficialTest, RandomCasesAgree) {
  const std::string official = BuildOfficial();
  if (official.empty()) {
    std::cout << "NOTICE: skipped: toolchain: no cargo with its registry that "
                 "builds tests/bench/official\n";
    GTEST_SKIP();
  }
  OfficialRun run(official, "", &std::cout);
  const uint64_t cases = std::stoull(Setting("TARAZY_CASES", "3000"));
  run.Seeds(std::stoull(Setting("TARAZY_SEED", "1")), cases);
  EXPECT_EQ(run.differences(), 0u);
  if (cases < 3000) return;
  // The cases are worth something only while they reach all outcomes.
  for (const char* outcome :
       {"allow", "deny", "with errors", "with reasons", "entities refused",
        "link refused", "parse refused", "schema refused", "request refused",
        "strict invalid", "strict impossible"}) {
    EXPECT_GT(run.Count(outcome), 0u) << outcome;
  }
  EXPECT_GT(run.Count("policies"), run.Count("strict invalid") * 5 / 4);
  EXPECT_GT(run.Count("allow"), cases / 10);
}

}  // namespace
}  // namespace tarazy
