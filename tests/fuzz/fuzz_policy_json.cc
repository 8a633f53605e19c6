// Policies in JSON: what is read is written so that it reads the same.

#include "policy/cedar/parser.h"
#include "policy/cedar/policy_json.h"
#include "policy/cedar/policy_text.h"
#include "tests/fuzz/check.h"

using namespace tarazy;  // NOLINT: a program of one file

// The policy as text, if it has one, parses to the same policy; a path that
// JSON does not spell out is spelled out by text.
static void CheckText(const Policy& policy, const std::string& json) {
  const auto text = PolicyToText(policy);
  if (!text.ok()) return;
  PolicySet set;
  Diagnostics diagnostics;
  FUZZ_CHECK(ParsePolicies(Source("text", *text), {}, &set, &diagnostics));
  const Policy& again =
      set.policies.empty() ? set.templates[0] : set.policies[0];
  FUZZ_CHECK(json.find("\"attr\":[") != std::string::npos ||
             PolicyToJson(again, JsonStyle::kCompact) == json);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Source source("input", FuzzText(data, size));
  Diagnostics diagnostics;
  if (const auto policy = PolicyFromJson(source, "p", {}, &diagnostics)) {
    const std::string json = PolicyToJson(*policy, JsonStyle::kCompact);
    const auto again =
        PolicyFromJson(Source("written", json), "p", {}, &diagnostics);
    FUZZ_CHECK(again.has_value());
    FUZZ_CHECK(PolicyToJson(*again, JsonStyle::kCompact) == json);
    CheckText(*policy, json);
  } else {
    FUZZ_CHECK(!FormatDiagnostics(diagnostics, {&source}).empty());
  }
  diagnostics.clear();
  PolicySet set;
  if (PolicySetFromJson(source, {}, &set, &diagnostics)) {
    FUZZ_CHECK(diagnostics.empty());
    const std::string json = PolicySetToJson(set, JsonStyle::kCompact);
    PolicySet again;
    FUZZ_CHECK(
        PolicySetFromJson(Source("written", json), {}, &again, &diagnostics));
    FUZZ_CHECK(PolicySetToJson(again, JsonStyle::kCompact) == json);
  }
  return 0;
}
