// Verdicts of the validator on the conformance corpus: strict and permissive,
// and which policies can never be satisfied.

#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "nlohmann/json.hpp"
#include "policy/cedar/parser.h"
#include "policy/cedar/schema.h"
#include "policy/cedar/validator.h"
#include "tests/policy/cedar/shared_corpus.h"
#include "tests/policy/cedar/test_util.h"

namespace tarazy {
namespace {

// One case: a schema and policies.
struct Case {
  std::unique_ptr<const Schema> schema;
  PolicySet policies;
};

Case ReadCase(const std::string& path) {
  Case out;
  Diagnostics diagnostics;
  const Source schema("schema", ReadFile(path + ".cedarschema"));
  out.schema = Schema::ParseText(schema, &diagnostics);
  const Source policies("policies", ReadFile(path + ".cedar"));
  ParsePolicies(policies, {}, &out.policies, &diagnostics);
  EXPECT_FALSE(HasErrors(diagnostics)) << path;
  return out;
}

std::string Messages(const Diagnostics& diagnostics) {
  std::string out;
  for (const Diagnostic& d : diagnostics)
    out += d.code + ": " + d.message + "\n";
  return out;
}

TEST(ValidatorCorpusTest, VerdictsAreThoseOfTheOfficialEngine) {
  const std::string cit = UnpackShared("cit-4.10");
  const std::string verdicts = UnpackShared("corpus-tests-validation");
  if (cit.empty() || verdicts.empty()) {
    GTEST_SKIP() << "NOTICE: skipped: no conformance data: set TARAZY_SHARED";
  }
  int policies = 0;
  for (const std::string& path : FilesEnding(verdicts, ".validation.json")) {
    const std::string name = path.substr(path.rfind('/') + 1);
    const Case test = ReadCase(cit + "/corpus-tests/" + name);
    ASSERT_NE(test.schema, nullptr);
    const auto wanted =
        nlohmann::json::parse(ReadFile(path + ".validation.json"));
    for (const Policy& policy : test.policies.policies) {
      const auto& verdict = wanted["policyValidation"]["perPolicy"][policy.id];
      for (const ValidationMode mode :
           {ValidationMode::kStrict, ValidationMode::kPermissive}) {
        Diagnostics diagnostics;
        const bool ok =
            ValidatePolicy(policy, *test.schema, mode, &diagnostics);
        const char* key =
            mode == ValidationMode::kStrict ? "strict" : "permissive";
        EXPECT_EQ(ok, verdict[key].get<bool>())
            << name << " " << policy.id << " " << key << "\n"
            << Messages(diagnostics) << verdict.dump(1) << "\n"
            << ReadFile(cit + "/corpus-tests/" + name + ".cedar");
        EXPECT_EQ(ok, !HasErrors(diagnostics));
        ++policies;
      }
    }
  }
  EXPECT_GT(policies, 15000);
}

TEST(ValidatorCorpusTest, WarnsOfWhatTheOfficialValidatorWarnsOf) {
  const std::string cit = UnpackShared("cit-4.10");
  const std::string oracle =
      SharedData("cedar/oracle-4.12.0-cit-v4.10.jsonl.gz");
  if (cit.empty() || ReadFile(oracle).empty()) {
    GTEST_SKIP() << "NOTICE: skipped: no conformance data: set TARAZY_SHARED";
  }
  FILE* lines = popen(("gzip -dc '" + oracle + "'").c_str(), "r");
  ASSERT_NE(lines, nullptr);
  char* line = nullptr;
  size_t capacity = 0;
  // Codes of our warnings, and what the official ones say.
  const std::vector<std::pair<std::string, std::string>> kinds = {
      {"validate/impossible", "policy is impossible"},
      {"validate/unusual-character", "General Security Profile"},
      {"validate/mixed-scripts", "mixed scripts"}};
  std::map<std::string, int> counts;
  while (getline(&line, &capacity, lines) > 0) {
    const auto row = nlohmann::json::parse(line);
    const std::string name = row["id"];
    const Case test = ReadCase(cit + "/corpus-tests/" + name);
    ASSERT_NE(test.schema, nullptr);
    Diagnostics diagnostics;
    EXPECT_EQ(ValidatePolicies(test.policies, *test.schema,
                               ValidationMode::kStrict, &diagnostics),
              row["strict"].get<bool>())
        << name << "\n"
        << Messages(diagnostics) << row["errors"].dump(1);
    for (const auto& [code, words] : kinds) {
      bool wanted = false, found = false;
      for (const std::string warning : row["warnings"]) {
        wanted = wanted || absl::StrContains(warning, words);
      }
      for (const Diagnostic& d : diagnostics) found = found || d.code == code;
      EXPECT_EQ(found, wanted) << name << " " << code;
      counts[code] += wanted;
    }
  }
  free(line);
  pclose(lines);
  EXPECT_GT(counts["validate/impossible"], 1000);
}

}  // namespace
}  // namespace tarazy
