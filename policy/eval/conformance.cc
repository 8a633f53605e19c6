#include "policy/eval/conformance.h"

#include <algorithm>
#include <memory>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "policy/cedar/json.h"
#include "policy/cedar/parser.h"
#include "policy/cedar/schema.h"
#include "policy/cedar/validator.h"
#include "policy/eval/authorizer.h"
#include "policy/eval/entities_json.h"
#include "policy/program/program.h"

namespace tarazy {
namespace {

std::string Text(const JsonValue* json) {
  return json == nullptr ? "" : json->text;
}

std::set<std::string> Texts(const JsonValue* json) {
  std::set<std::string> texts;
  if (json == nullptr) return texts;
  for (const JsonValue& item : json->items) texts.insert(item.text);
  return texts;
}

std::string Show(const std::set<std::string>& ids) {
  return absl::StrCat("[", absl::StrJoin(ids, ", "), "]");
}

class Test {
 public:
  Test(const std::string& name, const ConformanceFiles& files)
      : name_(name), files_(files) {}

  void Run(const std::string& test_json);
  ConformanceReport report;

 private:
  void Fail(const std::string& message) {
    ++report.failed;
    report.failures.push_back(absl::StrCat(name_, ": ", message));
  }
  // Fails with what `diagnostics_` holds.
  void FailSetup(const std::string& what) {
    Fail(absl::StrCat(what, diagnostics_.empty() ? "" : ": ",
                      diagnostics_.empty() ? "" : diagnostics_[0].message));
  }
  // The file that the test names under `key`, as a Source.
  std::unique_ptr<Source> Open(const JsonValue& test, absl::string_view key);
  bool SetUp(const JsonValue& test);
  void CheckVerdict(const JsonValue& test, const PolicySet& policies);
  void RunRequest(const Source& source, const JsonValue& json);

  const std::string name_;
  const ConformanceFiles& files_;
  Diagnostics diagnostics_;
  std::unique_ptr<const Schema> schema_;
  std::unique_ptr<const Program> program_;
  std::unique_ptr<const EntityStore> entities_;
  Evaluation scratch_;
};

std::unique_ptr<Source> Test::Open(const JsonValue& test,
                                   absl::string_view key) {
  const std::string path = Text(test.Find(key));
  auto text = files_(path);
  if (!text.ok()) {
    Fail(std::string(text.status().message()));
    return nullptr;
  }
  return std::make_unique<Source>(path, *std::move(text));
}

bool Test::SetUp(const JsonValue& test) {
  const auto schema_source = Open(test, "schema");
  const auto policy_source = Open(test, "policies");
  const auto entity_source = Open(test, "entities");
  if (!schema_source || !policy_source || !entity_source) return false;
  schema_ = absl::EndsWith(schema_source->name(), ".json")
                ? Schema::ParseJson(*schema_source, &diagnostics_)
                : Schema::ParseText(*schema_source, &diagnostics_);
  if (schema_ == nullptr) {
    FailSetup("the schema");
    return false;
  }
  PolicySet policies;
  if (!ParsePolicies(*policy_source, ParseOptions(), &policies,
                     &diagnostics_)) {
    FailSetup("the policies");
    return false;
  }
  CheckVerdict(test, policies);
  CompileOptions options;
  options.schema = schema_.get();
  program_ = Program::Compile(policies, options, &diagnostics_);
  if (program_ == nullptr) {
    FailSetup("the policies");
    return false;
  }
  EntitiesJsonOptions entity_options;
  entity_options.schema = schema_.get();
  entities_ =
      ReadEntities(*entity_source, *program_, entity_options, &diagnostics_);
  if (entities_ == nullptr) {
    FailSetup("the entities");
    return false;
  }
  return true;
}

void Test::CheckVerdict(const JsonValue& test, const PolicySet& policies) {
  const JsonValue* expected = test.Find("shouldValidate");
  if (expected == nullptr) return;
  Diagnostics found;
  const bool valid =
      ValidatePolicies(policies, *schema_, ValidationMode::kStrict, &found);
  if (valid == expected->boolean) {
    ++report.passed;
    return;
  }
  Fail(valid ? "the policies validate, expected not to"
             : absl::StrCat("the policies do not validate: ",
                            found.empty() ? "" : found[0].message));
}

void Test::RunRequest(const Source& source, const JsonValue& json) {
  const std::string what =
      absl::StrCat("request `", Text(json.Find("description")), "`: ");
  EntitiesJsonOptions options;
  options.schema = schema_.get();
  const JsonValue* check = json.Find("validateRequest");
  options.check = check == nullptr || check->boolean;
  diagnostics_.clear();
  Request request(program_.get(), entities_.get());
  if (!ReadRequest(source, json, options, &request, &diagnostics_)) {
    return FailSetup(what);
  }
  const Authorization answer = Authorize(request, &scratch_);
  const std::string decision = answer.allow ? "allow" : "deny";
  if (decision != Text(json.Find("decision"))) {
    return Fail(absl::StrCat(what, "decision is ", decision, ", expected ",
                             Text(json.Find("decision"))));
  }
  const std::set<std::string> reasons(answer.reasons.begin(),
                                      answer.reasons.end());
  if (reasons != Texts(json.Find("reason"))) {
    return Fail(absl::StrCat(what, "reasons are ", Show(reasons), ", expected ",
                             Show(Texts(json.Find("reason")))));
  }
  std::set<std::string> errors;
  for (const Authorization::Error& error : answer.errors) {
    errors.insert(error.policy);
  }
  if (errors != Texts(json.Find("errors"))) {
    return Fail(absl::StrCat(what, "errors are ", Show(errors), ", expected ",
                             Show(Texts(json.Find("errors")))));
  }
  ++report.passed;
}

void Test::Run(const std::string& test_json) {
  const Source source(name_, test_json);
  const auto test = ParseJson(source, JsonOptions(), &diagnostics_);
  if (!test || test->kind != JsonKind::kObject ||
      test->Find("requests") == nullptr) {
    return FailSetup("is not a test");
  }
  if (!SetUp(*test)) return;
  for (const JsonValue& request : test->Find("requests")->items) {
    RunRequest(source, request);
  }
}

}  // namespace

void ConformanceReport::Add(const ConformanceReport& other) {
  passed += other.passed;
  failed += other.failed;
  failures.insert(failures.end(), other.failures.begin(), other.failures.end());
}

ConformanceReport RunConformanceTest(const std::string& name,
                                     const std::string& test_json,
                                     const ConformanceFiles& files) {
  Test test(name, files);
  test.Run(test_json);
  return std::move(test.report);
}

}  // namespace tarazy
