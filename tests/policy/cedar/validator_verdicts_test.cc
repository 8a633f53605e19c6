// Generated schemas and policies with the official engine's verdicts
// (cedar-policy 4.12.0): testdata/verdicts.jsonl has a schema, policies and
// links a line, with the ids that fail strict and permissive validation and of
// those that nothing can satisfy; testdata/schema_verdicts.jsonl has schemas,
// valid or not.

#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <set>
#include <string>

#include "nlohmann/json.hpp"
#include "policy/cedar/parser.h"
#include "policy/cedar/schema.h"
#include "policy/cedar/validator.h"
#include "tests/policy/cedar/test_util.h"

namespace tarazy {
namespace {

using Ids = std::set<std::string>;

PolicySet ReadPolicies(const nlohmann::json& row, const Source& source) {
  PolicySet set;
  Diagnostics diagnostics;
  EXPECT_TRUE(ParsePolicies(source, {}, &set, &diagnostics))
      << FormatDiagnostics(diagnostics, {&source});
  for (const auto& link : row["links"]) {
    TemplateLink one;
    one.id = link["id"];
    one.template_id = link["template"];
    auto uid = [&](const char* key) -> std::unique_ptr<EntityUid> {
      if (!link.contains(key)) return nullptr;
      return std::make_unique<EntityUid>(
          *ParseEntityUid(link[key].get<std::string>()));
    };
    one.principal = uid("principal");
    one.resource = uid("resource");
    set.links.push_back(std::move(one));
  }
  return set;
}

// Each policy, template and link validated by itself: the ids with errors.
Ids Failing(const PolicySet& set, const Schema& schema, ValidationMode mode,
            Ids* impossible) {
  Ids failing;
  for (const auto* policies : {&set.policies, &set.templates}) {
    for (const Policy& policy : *policies) {
      Diagnostics diagnostics;
      if (!ValidatePolicy(policy, schema, mode, &diagnostics)) {
        failing.insert(policy.id);
      }
      for (const Diagnostic& d : diagnostics) {
        if (d.code == "validate/impossible") impossible->insert(policy.id);
      }
    }
  }
  Diagnostics all;
  const bool ok = ValidatePolicies(set, schema, mode, &all);
  EXPECT_EQ(ok, !HasErrors(all));
  for (const Diagnostic& d : all) {
    if (d.source.rfind("link `", 0) != 0) continue;
    failing.insert(d.source.substr(6, d.source.find('`', 6) - 6));
  }
  return failing;
}

TEST(ValidatorVerdictsTest, AreThoseOfTheOfficialEngine) {
  std::ifstream in(TestData("verdicts.jsonl"));
  int count = 0;
  for (std::string line; std::getline(in, line); ++count) {
    const auto row = nlohmann::json::parse(line);
    const Source schema_source("schema", row["schema"]);
    const Source source("policies", row["policies"]);
    Diagnostics diagnostics;
    const auto schema = Schema::ParseText(schema_source, &diagnostics);
    ASSERT_NE(schema, nullptr);
    const PolicySet set = ReadPolicies(row, source);
    Ids impossible, ignored;
    EXPECT_EQ(Failing(set, *schema, ValidationMode::kStrict, &impossible),
              row["strict"].get<Ids>())
        << line;
    EXPECT_EQ(impossible, row["impossible"].get<Ids>()) << line;
    EXPECT_EQ(Failing(set, *schema, ValidationMode::kPermissive, &ignored),
              row["permissive"].get<Ids>())
        << line;
  }
  EXPECT_GT(count, 100);
}

TEST(SchemaVerdictsTest, AreThoseOfTheOfficialEngine) {
  std::ifstream in(TestData("schema_verdicts.jsonl"));
  int count = 0;
  for (std::string line; std::getline(in, line); ++count) {
    const auto row = nlohmann::json::parse(line);
    const Source source("schema", row["schema"]);
    Diagnostics diagnostics;
    const auto schema = row["syntax"] == "text"
                            ? Schema::ParseText(source, &diagnostics)
                            : Schema::ParseJson(source, &diagnostics);
    EXPECT_EQ(schema != nullptr, row["valid"].get<bool>())
        << row["schema"].get<std::string>() << "\n"
        << FormatDiagnostics(diagnostics, {&source});
    EXPECT_EQ(schema == nullptr, HasErrors(diagnostics));
  }
  EXPECT_GT(count, 200);
}

}  // namespace
}  // namespace tarazy
