// What the README shows is what the project holds.

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "gtest/gtest.h"

namespace tarazy {
namespace {

std::string Read(const std::string& path) {
  std::ifstream in(std::string(TARAZY_SOURCE_DIR "/") + path);
  EXPECT_TRUE(in) << path;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// The block of README.md fenced as `language`.
std::string Block(const std::string& language) {
  const std::string readme = Read("README.md");
  const std::string fence = "```" + language + "\n";
  const size_t begin = readme.find(fence);
  if (begin == std::string::npos) return "";
  const size_t text = begin + fence.size();
  return readme.substr(text, readme.find("```", text) - text);
}

TEST(Readme, ThePolicyIsThePacks) {
  const std::string policy = Block("cedar");
  ASSERT_FALSE(policy.empty());
  EXPECT_NE(Read("policy/law/seed-bill/decision/ai-systems.cedar").find(policy),
            std::string::npos);
}

TEST(Readme, TheRequestIsTheExample) {
  EXPECT_EQ(Block("json"), Read("deploy/examples/media-clip.json"));
}

TEST(Readme, TheFilesItNamesExist) {
  const std::string readme = Read("README.md");
  const std::string folders[] = {"proto/",   "server/", "policy/",
                                 "clients/", "deploy/", "tests/"};
  int seen = 0;
  for (size_t at = readme.find('`'); at != std::string::npos;
       at = readme.find('`', at)) {
    const size_t end = readme.find('`', at + 1);
    if (end == std::string::npos) break;
    const std::string name = readme.substr(at + 1, end - at - 1);
    at = end + 1;
    for (const std::string& folder : folders) {
      if (name.rfind(folder, 0) != 0) continue;
      ++seen;
      EXPECT_TRUE(
          std::filesystem::exists(std::string(TARAZY_SOURCE_DIR "/") + name))
          << name;
    }
  }
  EXPECT_GT(seen, 10);
}

}  // namespace
}  // namespace tarazy
