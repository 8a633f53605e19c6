// What the validator says of mistakes, word for word: each NAME.cedar of
// testdata/validator against NAME.golden. With TARAZY_UPDATE_GOLDEN set the
// golden files are written instead.

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "policy/cedar/parser.h"
#include "policy/cedar/schema.h"
#include "policy/cedar/validator.h"
#include "tests/policy/cedar/shared_corpus.h"
#include "tests/policy/cedar/test_util.h"

namespace tarazy {
namespace {

std::unique_ptr<const Schema> ReadSchema() {
  const Source source("schema",
                      ReadFile(TestData("validator/schema.cedarschema")));
  Diagnostics diagnostics;
  auto schema = Schema::ParseText(source, &diagnostics);
  EXPECT_NE(schema, nullptr) << FormatDiagnostics(diagnostics, {&source});
  return schema;
}

TEST(ValidatorTextTest, SaysWhatTheGoldenFilesSay) {
  const auto schema = ReadSchema();
  int count = 0;
  for (const std::string& path : FilesEnding(TestData("validator"), ".cedar")) {
    const Source source(path.substr(path.rfind('/') + 1) + ".cedar",
                        ReadFile(path + ".cedar"));
    PolicySet set;
    Diagnostics diagnostics;
    ASSERT_TRUE(ParsePolicies(source, {}, &set, &diagnostics))
        << FormatDiagnostics(diagnostics, {&source});
    const bool ok =
        ValidatePolicies(set, *schema, ValidationMode::kStrict, &diagnostics);
    EXPECT_EQ(ok, !HasErrors(diagnostics));
    const std::string text = FormatDiagnostics(diagnostics, {&source});
    if (std::getenv("TARAZY_UPDATE_GOLDEN") != nullptr) {
      std::ofstream(path + ".golden") << text;
    }
    EXPECT_EQ(text, ReadFile(path + ".golden")) << path;
    ++count;
  }
  EXPECT_GE(count, 8);
}

TEST(ValidatorTextTest, NamesWhatHasNoText) {
  const auto schema = ReadSchema();
  PolicySet set;
  Policy policy;
  policy.id = "p1";
  policy.principal.kind = ScopeConstraint::Kind::kIn;
  policy.principal.slot = true;
  policy.action.kind = ActionConstraint::Kind::kEqual;
  policy.action.entities = {{"Action", "raed"}};
  set.templates.push_back(policy);
  for (const char* id : {"p1", "p2"}) {
    TemplateLink link;
    link.id = "link";
    link.template_id = id;
    link.principal = std::make_unique<EntityUid>(EntityUid{"Grop", "g"});
    set.links.push_back(std::move(link));
  }
  Diagnostics diagnostics;
  EXPECT_FALSE(
      ValidatePolicies(set, *schema, ValidationMode::kStrict, &diagnostics));
  EXPECT_EQ(
      FormatDiagnostics(diagnostics, {}),
      R"(policy `p1`: warning[validate/impossible]: no request can satisfy this policy
policy `p1`: error[validate/no-applicable-action]: no action of the schema applies to this principal, action and resource
policy `p1`: error[validate/unknown-action]: the schema has no action `Action::"raed"`
  help: did you mean `Action::"read"`?
link `link` of template `p1`: error[validate/no-applicable-action]: no action of the schema applies to this principal, action and resource
link `link` of template `p1`: error[validate/unknown-entity-type]: the schema has no entity type `Grop`
  help: did you mean `Group`?
link `link`: error[validate/link]: there is no template `p2`
)");
}

}  // namespace
}  // namespace tarazy
