// Schemas of the conformance corpus: both syntaxes are read, mean the same,
// and translate into each other.

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "policy/cedar/schema.h"
#include "policy/cedar/schema_json.h"
#include "policy/cedar/schema_text.h"
#include "tests/policy/cedar/schema_dump.h"
#include "tests/policy/cedar/shared_corpus.h"
#include "tests/policy/cedar/test_util.h"

namespace tarazy {
namespace {

// What the schema means, or its diagnostics.
std::string Meaning(const std::string& text, SchemaSyntax syntax) {
  const Source source("schema", text);
  Diagnostics diagnostics;
  const auto schema = syntax == SchemaSyntax::kText
                          ? Schema::ParseText(source, &diagnostics)
                          : Schema::ParseJson(source, &diagnostics);
  if (schema != nullptr) return DumpSchema(*schema);
  return "failed: " + FormatDiagnostics(diagnostics, {&source});
}

void ExpectRoundTrips(const std::string& text, const std::string& meaning) {
  const Source source("schema", text);
  Diagnostics diagnostics;
  const auto fragment = ParseSchemaText(source, {}, &diagnostics);
  ASSERT_TRUE(fragment.has_value());
  const std::string json = PrintSchemaJson(*fragment);
  EXPECT_EQ(Meaning(json, SchemaSyntax::kJson), meaning) << json;
  const auto printed = PrintSchemaText(*fragment, &diagnostics);
  ASSERT_TRUE(printed.has_value());
  EXPECT_EQ(Meaning(*printed, SchemaSyntax::kText), meaning) << *printed;
  const auto again =
      ParseSchemaText(Source("again", *printed), {}, &diagnostics);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(PrintSchemaText(*again, &diagnostics), printed);
  const auto from_json =
      ParseSchemaJson(Source("json", json), {}, &diagnostics);
  ASSERT_TRUE(from_json.has_value());
  EXPECT_EQ(PrintSchemaJson(*from_json), json);
  const auto text_of_json = PrintSchemaText(*from_json, &diagnostics);
  ASSERT_TRUE(text_of_json.has_value());
  EXPECT_EQ(Meaning(*text_of_json, SchemaSyntax::kText), meaning);
}

TEST(SchemaCorpusTest, BothSyntaxesAreReadAndMeanTheSame) {
  const std::string cit = UnpackShared("cit-4.10");
  const std::string json = UnpackShared("corpus-tests-json-schemas");
  if (cit.empty() || json.empty()) {
    GTEST_SKIP() << "NOTICE: skipped: no conformance data: set TARAZY_SHARED";
  }
  int count = 0;
  std::set<std::string> seen;
  for (const std::string& path : FilesEnding(json, ".cedarschema.json")) {
    const std::string name = path.substr(path.rfind('/') + 1);
    const std::string text =
        ReadFile(cit + "/corpus-tests/" + name + ".cedarschema");
    if (text.empty()) continue;
    ++count;
    if (!seen.insert(text).second) continue;
    const std::string meaning = Meaning(text, SchemaSyntax::kText);
    ASSERT_EQ(meaning.find("failed"), std::string::npos) << name << meaning;
    ASSERT_EQ(
        Meaning(ReadFile(path + ".cedarschema.json"), SchemaSyntax::kJson),
        meaning)
        << name;
    ExpectRoundTrips(text, meaning);
    if (HasFailure()) FAIL() << name;
  }
  EXPECT_GT(count, 7000);
}

}  // namespace
}  // namespace tarazy
