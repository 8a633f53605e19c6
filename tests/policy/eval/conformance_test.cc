// Runs Cedar's own test data, where it is at hand: TARAZY_SHARED, or `shared`
// beside the repository.

#include "policy/eval/conformance.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "policy/cedar/json.h"
#include "policy/cedar/parser.h"
#include "policy/eval/authorizer.h"
#include "policy/eval/entities_json.h"

namespace tarazy {
namespace {

namespace fs = std::filesystem;

fs::path SharedFolder() {
  const char* named = std::getenv("TARAZY_SHARED");
  return named != nullptr ? fs::path(named)
                          : fs::path(TARAZY_SOURCE_DIR) / ".." / "shared";
}

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// A folder with the unpacked archive, removed in the end.
class Unpacked {
 public:
  explicit Unpacked(const fs::path& archive) {
    std::string pattern =
        (fs::temp_directory_path() / "tarazy-conformance-XXXXXX").string();
    if (mkdtemp(&pattern[0]) == nullptr) return;
    path_ = pattern;
    const std::string command =
        absl::StrCat("tar -xzf '", archive.string(), "' -C '", pattern, "'");
    sound_ = std::system(command.c_str()) == 0;
  }
  ~Unpacked() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  bool sound() const { return sound_; }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
  bool sound_ = false;
};

// All tests under `folder`; names in them are relative to `root`.
ConformanceReport RunFolder(const fs::path& folder, const fs::path& root) {
  const ConformanceFiles files =
      [&root](const std::string& name) -> absl::StatusOr<std::string> {
    const fs::path path = root / name;
    if (!fs::exists(path)) {
      return absl::NotFoundError(absl::StrCat("no file ", name));
    }
    return ReadFile(path);
  };
  ConformanceReport report;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (!absl::EndsWith(name, ".json") ||
        absl::EndsWith(name, ".entities.json") || absl::StartsWith(name, ".")) {
      continue;
    }
    report.Add(RunConformanceTest(name, ReadFile(entry.path()), files));
  }
  return report;
}

void ExpectAllPass(const ConformanceReport& report) {
  EXPECT_EQ(report.failed, 0u);
  for (size_t i = 0; i < report.failures.size() && i < 20; ++i) {
    ADD_FAILURE() << report.failures[i];
  }
  std::cout << report.passed << " passed, " << report.failed << " failed\n";
}

TEST(ConformanceTest, Handwritten) {
  const fs::path archive = SharedFolder() / "cedar" / "handwritten.tar.gz";
  if (!fs::exists(archive)) GTEST_SKIP() << "NOTICE: skipped: no " << archive;
  const Unpacked data(archive);
  ASSERT_TRUE(data.sound());
  const fs::path root = data.path() / "handwritten";
  const ConformanceReport report = RunFolder(root / "tests", root);
  ExpectAllPass(report);
  EXPECT_GE(report.passed, 22u + 74u);
}

TEST(ConformanceTest, Generated) {
  const fs::path archive = SharedFolder() / "cedar" / "cit-4.10.tar.gz";
  if (!fs::exists(archive)) GTEST_SKIP() << "NOTICE: skipped: no " << archive;
  const Unpacked data(archive);
  ASSERT_TRUE(data.sound());
  const ConformanceReport report =
      RunFolder(data.path() / "corpus-tests", data.path());
  ExpectAllPass(report);
  EXPECT_GE(report.passed, 7809u + 62472u);
}

std::string Outcome(const std::string& expression,
                    const std::string& environment) {
  const Source source(
      "policy", absl::StrCat("permit(principal, action, resource) when { ",
                             expression, " };"));
  PolicySet set;
  Diagnostics diagnostics;
  if (!ParsePolicies(source, ParseOptions(), &set, &diagnostics)) {
    return "parse_error";
  }
  const auto program = Program::Compile(set, CompileOptions(), &diagnostics);
  if (program == nullptr) return "compile_error";
  const Source env("environment", environment);
  const auto json = ParseJson(env, JsonOptions(), &diagnostics);
  if (!json) return "bad environment";
  const JsonValue& entities = *json->Find("entities");
  const Source entity_source(
      "entities", environment.substr(entities.span.begin,
                                     entities.span.end - entities.span.begin));
  const EntitiesJsonOptions options;
  const auto store =
      ReadEntities(entity_source, *program, options, &diagnostics);
  if (store == nullptr) return "bad entities";
  Request request(program.get(), store.get());
  if (!ReadRequest(env, *json->Find("request"), options, &request,
                   &diagnostics)) {
    return "bad request";
  }
  Evaluation scratch;
  const Authorization answer = Authorize(request, &scratch);
  if (!answer.errors.empty()) return "eval_error";
  return answer.allow ? "allow" : "deny";
}

TEST(ConformanceTest, EdgeExpressions) {
  const fs::path folder = SharedFolder() / "cedar";
  if (!fs::exists(folder / "edge-exprs.jsonl")) {
    GTEST_SKIP() << "NOTICE: skipped: no " << folder / "edge-exprs.jsonl";
  }
  const std::string environment = ReadFile(folder / "edge-env.json");
  std::ifstream lines(folder / "edge-exprs.jsonl");
  std::string line;
  int count = 0;
  while (std::getline(lines, line)) {
    Diagnostics diagnostics;
    const Source source("line", line);
    const auto json = ParseJson(source, JsonOptions(), &diagnostics);
    ASSERT_TRUE(json) << line;
    const std::string& expression = json->Find("expr")->text;
    EXPECT_EQ(Outcome(expression, environment), json->Find("outcome")->text)
        << expression;
    ++count;
  }
  EXPECT_GE(count, 272);
}

}  // namespace
}  // namespace tarazy
