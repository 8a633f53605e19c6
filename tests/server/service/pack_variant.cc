#include "tests/server/service/pack_variant.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "gtest/gtest.h"
#include "tests/server/service/server_fixture.h"

namespace tarazy {

PackVariant::PackVariant(const std::string& folder, const std::string& name)
    : folder_(folder + "/" + name) {
  std::filesystem::copy(SeedBillFolder(), folder_,
                        std::filesystem::copy_options::recursive);
}

void PackVariant::Write(const std::string& file, const std::string& text) {
  std::ofstream(folder_ + "/" + file, std::ios::trunc) << text;
}

std::string PackVariant::Read(const std::string& file) const {
  std::ostringstream text;
  text << std::ifstream(folder_ + "/" + file).rdbuf();
  return text.str();
}

void PackVariant::Replace(const std::string& file, const std::string& after,
                          const std::string& from, const std::string& to) {
  std::string text = Read(file);
  const size_t start = text.find(after);
  ASSERT_NE(start, std::string::npos) << after;
  const size_t at = text.find(from, start);
  ASSERT_NE(at, std::string::npos) << from;
  Write(file, text.replace(at, from.size(), to));
}

void PackVariant::DeclareExtension(const std::string& declaration) {
  Replace("schema.cedarschema", "action consumerProduct", "now: datetime,",
          "now: datetime, ext?: {" + declaration + "},");
}

}  // namespace tarazy
