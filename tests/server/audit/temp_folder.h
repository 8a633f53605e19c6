// A folder that is removed with all it holds.

#ifndef TARAZY_TESTS_SERVER_AUDIT_TEMP_FOLDER_H_
#define TARAZY_TESTS_SERVER_AUDIT_TEMP_FOLDER_H_

#include <stdlib.h>

#include <filesystem>
#include <string>

#include "gtest/gtest.h"

namespace tarazy {

class TempFolder {
 public:
  TempFolder() : path_(testing::TempDir() + "auditXXXXXX") {
    if (mkdtemp(&path_[0]) == nullptr) ADD_FAILURE() << "no folder " << path_;
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace tarazy

#endif  // TARAZY_TESTS_SERVER_AUDIT_TEMP_FOLDER_H_
