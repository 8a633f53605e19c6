// The arrows between folders run one way: every #include of ours is checked
// against the table below.

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace tarazy {
namespace {

namespace fs = std::filesystem;

// Folder (longest prefix wins) to the prefixes that it may include. "wire" is
// generated code, tarazy/v1/….
const std::map<std::string, std::vector<std::string>>& Arrows() {
  static const auto* arrows =
      new std::map<std::string, std::vector<std::string>>{
          // The type checker reads extension literals as the evaluator does.
          {"policy/cedar", {"policy/cedar", "policy/eval/extension.h"}},
          {"policy/eval", {"policy/cedar", "policy/eval", "policy/program"}},
          {"policy/program", {"policy/cedar", "policy/eval", "policy/program"}},
          {"policy/pack", {"policy"}},
          {"server/ops", {"server/ops", "policy", "wire"}},
          {"server/audit", {"server/audit", "server/ops", "policy", "wire"}},
          {"server/packs", {"server/packs", "server/audit", "policy"}},
          {"server/registers",
           {"server/registers", "server/ops", "policy", "wire"}},
          {"server/snapshot", {"server/snapshot", "server/ops", "policy"}},
          {"server/service", {"server", "policy", "wire"}},
          {"server/scenario", {"server", "policy", "wire"}},
          {"server/command", {"server", "policy", "clients", "wire"}},
          {"clients", {"clients", "wire", "tarazy/"}},
      };
  return *arrows;
}

bool StartsWith(const std::string& text, const std::string& prefix) {
  return text.compare(0, prefix.size(), prefix) == 0;
}

std::string Layer(const std::string& included) {
  return StartsWith(included, "tarazy/v1/") ? "wire" : included;
}

TEST(Tree, IncludesFollowTheArrows) {
  const fs::path root = TARAZY_SOURCE_DIR;
  int files = 0;
  for (const char* top : {"policy", "server", "clients"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
      const fs::path& path = entry.path();
      if (path.extension() != ".cc" && path.extension() != ".h") continue;
      ++files;
      const std::string name = fs::relative(path, root).string();
      const std::vector<std::string>* allowed = nullptr;
      for (const auto& arrow : Arrows()) {
        if (StartsWith(name, arrow.first + "/")) allowed = &arrow.second;
      }
      ASSERT_NE(allowed, nullptr) << name << ": no rule for this folder";
      std::ifstream in(path);
      for (std::string line; std::getline(in, line);) {
        if (!StartsWith(line, "#include \"")) continue;
        const std::string included = line.substr(10, line.find('"', 10) - 10);
        const bool ours = StartsWith(included, "policy/") ||
                          StartsWith(included, "server/") ||
                          StartsWith(included, "clients/") ||
                          StartsWith(included, "tarazy/");
        if (!ours) continue;
        bool ok = false;
        for (const std::string& prefix : *allowed) {
          ok = ok || StartsWith(Layer(included), prefix);
        }
        EXPECT_TRUE(ok) << name << " includes " << included;
      }
    }
  }
  EXPECT_GT(files, 10);
}

}  // namespace
}  // namespace tarazy
