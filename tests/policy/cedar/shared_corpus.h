// The conformance corpora, unpacked once into the build folder.

#ifndef TARAZY_TESTS_POLICY_CEDAR_SHARED_CORPUS_H_
#define TARAZY_TESTS_POLICY_CEDAR_SHARED_CORPUS_H_

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/policy/cedar/test_util.h"

namespace tarazy {

// The folder that holds what `cedar/NAME.tar.gz` holds, or "" when the data
// is not there.
inline std::string UnpackShared(const std::string& name) {
  namespace fs = std::filesystem;
  const std::string archive = SharedData("cedar/" + name + ".tar.gz");
  if (!fs::exists(archive)) return "";
  const std::string folder = TARAZY_BINARY_DIR "/corpus/" + name;
  if (fs::exists(folder)) return folder;
  fs::create_directories(TARAZY_BINARY_DIR "/corpus");
  // Tests run beside each other: unpack aside, then move into place.
  std::string aside = folder + ".XXXXXX";
  if (mkdtemp(aside.data()) == nullptr) return "";
  const std::string command = absl::StrCat(
      "tar xzf '", archive, "' --exclude='._*' -C '", aside, "' 2>/dev/null");
  std::error_code error;
  if (std::system(command.c_str()) == 0) fs::rename(aside, folder, error);
  fs::remove_all(aside, error);
  return fs::exists(folder) ? folder : "";
}

// All files under `folder` with that ending, sorted, endings cut off.
inline std::vector<std::string> FilesEnding(const std::string& folder,
                                            const std::string& ending) {
  std::vector<std::string> names;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(folder)) {
    std::string path = entry.path().string();
    if (!absl::EndsWith(path, ending)) continue;
    names.push_back(path.substr(0, path.size() - ending.size()));
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace tarazy

#endif  // TARAZY_TESTS_POLICY_CEDAR_SHARED_CORPUS_H_
