// Policy text: what parses survives JSON and the formatter; what does not has
// diagnostics that print.

#include "policy/cedar/formatter.h"
#include "policy/cedar/parser.h"
#include "policy/cedar/policy_json.h"
#include "policy/cedar/policy_text.h"
#include "tests/fuzz/check.h"

using namespace tarazy;  // NOLINT: a program of one file

// Printed text means the same.
static void CheckText(const Policy& policy) {
  const auto text = PolicyToText(policy);
  FUZZ_CHECK(text.ok());
  PolicySet set;
  Diagnostics diagnostics;
  FUZZ_CHECK(ParsePolicies(Source("text", *text), {}, &set, &diagnostics));
  const Policy& again =
      set.policies.empty() ? set.templates[0] : set.policies[0];
  FUZZ_CHECK(PolicyToJson(again, JsonStyle::kCompact) ==
             PolicyToJson(policy, JsonStyle::kCompact));
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Source source("input", FuzzText(data, size));
  PolicySet set;
  Diagnostics diagnostics;
  const bool parsed = ParsePolicies(source, {}, &set, &diagnostics);
  FUZZ_CHECK(parsed == diagnostics.empty());
  const std::string printed = FormatDiagnostics(diagnostics, {&source});
  FUZZ_CHECK(parsed == printed.empty());
  ParseExpression(source, {}, &diagnostics);
  if (!parsed) return 0;

  const std::string json = PolicySetToJson(set, JsonStyle::kCompact);
  PolicySet again;
  diagnostics.clear();
  FUZZ_CHECK(PolicySetFromJson(Source("json", json), {}, &again, &diagnostics));
  FUZZ_CHECK(PolicySetToJson(again, JsonStyle::kCompact) == json);

  for (const std::vector<Policy>* list : {&set.policies, &set.templates}) {
    for (const Policy& policy : *list) CheckText(policy);
  }

  const auto once = FormatPolicies(source, {}, &diagnostics);
  FUZZ_CHECK(once.has_value());
  const auto twice =
      FormatPolicies(Source("formatted", *once), {}, &diagnostics);
  FUZZ_CHECK(twice == once);
  return 0;
}
