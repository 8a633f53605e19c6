// A schema and policies, divided by a line `---`: what strict validation
// accepts permissive validation accepts, and nothing is reported twice.

#include "policy/cedar/parser.h"
#include "policy/cedar/schema.h"
#include "policy/cedar/validator.h"
#include "tests/fuzz/check.h"

using namespace tarazy;  // NOLINT: a program of one file

// Returns whether there was no error.
static bool Validate(const PolicySet& set, const Schema& schema,
                     ValidationMode mode) {
  Diagnostics diagnostics;
  const bool ok = ValidatePolicies(set, schema, mode, &diagnostics);
  FUZZ_CHECK(ok == !HasErrors(diagnostics));
  for (size_t i = 1; i < diagnostics.size(); ++i) {
    const Diagnostic& a = diagnostics[i - 1];
    const Diagnostic& b = diagnostics[i];
    FUZZ_CHECK(!(a.source == b.source && a.span == b.span && a.code == b.code &&
                 a.message == b.message && a.help == b.help));
  }
  return ok;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text = FuzzText(data, size);
  const size_t line = text.find("\n---\n");
  if (line == std::string::npos) return 0;
  Diagnostics diagnostics;
  const auto schema =
      Schema::ParseText(Source("schema", text.substr(0, line)), &diagnostics);
  if (schema == nullptr) return 0;
  PolicySet set;
  ParsePolicies(Source("policies", text.substr(line + 5)), {}, &set,
                &diagnostics);
  const bool strict = Validate(set, *schema, ValidationMode::kStrict);
  const bool permissive = Validate(set, *schema, ValidationMode::kPermissive);
  FUZZ_CHECK(!strict || permissive);
  return 0;
}
