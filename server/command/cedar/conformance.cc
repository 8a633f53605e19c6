#include "policy/eval/conformance.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/command/cedar/commands.h"
#include "server/command/cedar/inputs.h"

namespace tarazy {
namespace {

namespace fs = std::filesystem;

// Files that a test names stand beside it or above it.
absl::StatusOr<std::string> ReadNear(const fs::path& test,
                                     const std::string& name) {
  for (fs::path folder = test.parent_path();; folder = folder.parent_path()) {
    std::error_code ignored;
    if (fs::exists(folder / name, ignored)) {
      return ReadTextFile((folder / name).string());
    }
    if (folder == folder.parent_path()) break;
  }
  return absl::NotFoundError(absl::StrCat(
      "no file `", name, "` beside or above `", test.string(), "`"));
}

bool IsTest(const fs::path& path) {
  const std::string name = path.filename().string();
  return absl::EndsWith(name, ".json") && !absl::StartsWith(name, ".") &&
         !absl::EndsWith(name, ".cedarschema.json") &&
         name != "entities.json" && !absl::EndsWith(name, ".entities.json");
}

bool FindTests(const std::string& root, std::vector<fs::path>* tests) {
  std::error_code error;
  const fs::path path = fs::absolute(root, error);
  if (fs::is_regular_file(path, error)) {
    tests->push_back(path);
    return true;
  }
  fs::recursive_directory_iterator at(path, error);
  if (error) {
    std::fprintf(stderr, "error: can't read folder `%s`\n", root.c_str());
    return false;
  }
  for (const auto& entry : at) {
    if (entry.is_regular_file() && IsTest(entry.path())) {
      tests->push_back(entry.path());
    }
  }
  return true;
}

int Run(const std::vector<std::string>& folders) {
  std::vector<fs::path> tests;
  for (const std::string& folder : folders) {
    if (!FindTests(folder, &tests)) return 1;
  }
  std::sort(tests.begin(), tests.end());
  ConformanceReport all;
  for (const fs::path& test : tests) {
    const auto text = ReadTextFile(test.string());
    if (!text.ok()) {
      std::fprintf(stderr, "error: %s\n",
                   std::string(text.status().message()).c_str());
      return 1;
    }
    const ConformanceReport report = RunConformanceTest(
        test.string(), *text,
        [&test](const std::string& name) { return ReadNear(test, name); });
    for (const std::string& failure : report.failures) {
      std::puts(failure.c_str());
    }
    all.passed += report.passed;
    all.failed += report.failed;
  }
  std::printf("%llu passed, %llu failed\n",
              static_cast<unsigned long long>(all.passed),
              static_cast<unsigned long long>(all.failed));
  return all.failed == 0 && all.passed > 0 ? 0 : 2;
}

}  // namespace

void AddConformance(CLI::App* app, std::function<int()>* run) {
  auto folders = std::make_shared<std::vector<std::string>>();
  CLI::App* command = app->add_subcommand(
      "conformance",
      "Runs tests in the shape of the official integration tests.");
  command->add_option("DIR", *folders, "folders or files of tests")->required();
  command->callback(
      [folders, run] { *run = [folders] { return Run(*folders); }; });
}

}  // namespace tarazy
