// A folder that is there for one test.

#ifndef TARAZY_TESTS_SERVER_REGISTERS_TEMPORARY_FOLDER_H_
#define TARAZY_TESTS_SERVER_REGISTERS_TEMPORARY_FOLDER_H_

#include <stdlib.h>

#include <filesystem>
#include <string>

namespace tarazy {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name =
        (std::filesystem::temp_directory_path() / "tarazy-test-XXXXXX")
            .string();
    if (mkdtemp(&name[0]) == nullptr) abort();
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace tarazy

#endif  // TARAZY_TESTS_SERVER_REGISTERS_TEMPORARY_FOLDER_H_
