#include "policy/pack/pack_tree.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace tarazy {
namespace {

namespace fs = std::filesystem;

class DiskTree final : public PackTree {
 public:
  Kind KindOf(const std::string& path) const override {
    std::error_code error;
    if (fs::is_directory(path, error)) return Kind::kFolder;
    return fs::exists(path, error) ? Kind::kFile : Kind::kNone;
  }

  absl::StatusOr<std::vector<std::string>> List(const std::string& folder,
                                                size_t limit) const override {
    std::vector<std::string> names;
    std::error_code error;
    fs::directory_iterator it(folder, error);
    for (; !error && it != fs::directory_iterator(); it.increment(error)) {
      if (names.size() == limit) {
        return absl::ResourceExhaustedError(
            absl::StrCat("more than ", limit, " files"));
      }
      names.push_back(it->path().filename().string());
    }
    if (error) return absl::UnavailableError(error.message());
    std::sort(names.begin(), names.end());
    return names;
  }

  absl::StatusOr<std::string> Read(const std::string& path,
                                   size_t limit) const override {
    std::error_code error;
    if (!fs::is_regular_file(path, error)) {
      return absl::UnavailableError("it is not a regular file");
    }
    std::ifstream file(path, std::ios::binary);
    std::string text;
    std::vector<char> block(1 << 16);
    while (file.read(block.data(), block.size()) || file.gcount() > 0) {
      text.append(block.data(), static_cast<size_t>(file.gcount()));
      if (text.size() > limit) {
        return absl::ResourceExhaustedError(
            absl::StrCat("the file is larger than ", limit, " bytes"));
      }
    }
    if (!file.eof()) return absl::UnavailableError("the file can't be read");
    return text;
  }
};

}  // namespace

const PackTree& PackTree::Disk() {
  static const auto* disk = new DiskTree;
  return *disk;
}

}  // namespace tarazy
