// The bytes on disk are those of the example in server/audit/FORMAT.md.

#include <fstream>
#include <map>
#include <sstream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_replace.h"
#include "server/audit/bytes.h"
#include "server/audit/crc32c.h"
#include "server/audit/decision_log.h"
#include "server/audit/file_system.h"
#include "server/audit/segment.h"
#include "tests/server/audit/temp_folder.h"

namespace tarazy {
namespace {

class Ignore : public AppendListener {
 public:
  void OnAppended(const absl::Status& status) override {
    EXPECT_TRUE(status.ok()) << status;
  }
};

// File name to hex digits, from the page's example: a line with a name, then
// lines of an offset and bytes.
std::map<std::string, std::string> DocumentedFiles() {
  std::ifstream page(TARAZY_SOURCE_DIR "/server/audit/FORMAT.md");
  std::map<std::string, std::string> files;
  std::string line, name;
  bool inside = false;
  while (std::getline(page, line)) {
    if (line == "```") {
      inside = !inside;
    } else if (inside && line.find(".log") != std::string::npos) {
      name = line;
    } else if (inside) {
      files[name] += absl::StrReplaceAll(line.substr(8), {{" ", ""}});
    }
  }
  return files;
}

TEST(Format, IsTheDocumentedOne) {
  TempFolder folder;
  DecisionLogOptions options;
  options.directory = folder.path();
  // First the log's id, 16 bytes, then a salt for each segment, 8 bytes.
  char salt = 0;
  options.random = [&](char* out, size_t size) {
    for (size_t i = 0; i < size; ++i) out[i] = 0;
    if (size == 8) {
      out[0] = ++salt;
    } else {
      for (size_t i = 0; i < size; ++i) out[i] = static_cast<char>(i);
    }
  };
  Ignore ignore;
  {
    auto log = DecisionLog::Open(options, FileSystem::Posix());
    ASSERT_TRUE(log.ok()) << log.status();
    ASSERT_TRUE((*log)->AppendAll({"hello", "law"}, &ignore).ok());
  }
  std::map<std::string, std::string> actual;
  for (const char* name :
       {"00000000000000000000.log", "00000000000000000002.log"}) {
    const auto text =
        ReadAll(FileSystem::Posix(), options.directory + "/" + name, 1u << 20);
    ASSERT_TRUE(text.ok()) << text.status();
    actual[name] = absl::BytesToHexString(*text);
  }
  EXPECT_EQ(DocumentedFiles(), actual);
}

TEST(SegmentName, BothWays) {
  for (const uint64_t index : {uint64_t{0}, uint64_t{12345}, ~uint64_t{0}}) {
    uint64_t back = 7;
    ASSERT_TRUE(ParseSegmentName(SegmentName(index), &back));
    EXPECT_EQ(back, index);
  }
  uint64_t unused;
  for (const char* bad :
       {"", ".log", "LOCK", "1.log", "0000000000000000000x.log",
        "+0000000000000000000.log", "00000000000000000000.log.tmp",
        "99999999999999999999.log", "000000000000000000000.log"}) {
    EXPECT_FALSE(ParseSegmentName(bad, &unused)) << bad;
  }
}

TEST(SegmentHeader, OtherVersionsAreNamed) {
  auto bytes = EncodeSegmentHeader(SegmentHeader());
  EXPECT_TRUE(DecodeSegmentHeader({bytes.data(), bytes.size()}).ok());
  EXPECT_EQ(DecodeSegmentHeader({bytes.data(), 63}).status().code(),
            absl::StatusCode::kDataLoss);
  bytes[8] = 2;
  const auto damaged = DecodeSegmentHeader({bytes.data(), bytes.size()});
  EXPECT_EQ(damaged.status().code(), absl::StatusCode::kDataLoss);
  PutLittle(Crc32c(0, {bytes.data(), 60}), &bytes[60]);
  const auto newer = DecodeSegmentHeader({bytes.data(), bytes.size()});
  EXPECT_EQ(newer.status().code(), absl::StatusCode::kUnimplemented);
}

}  // namespace
}  // namespace tarazy
