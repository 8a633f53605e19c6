// Logs that we wrote, verified by programs that we did not write: Go's
// sumdb/note and sumdb/tlog (through interop/main.go) and Tessera's fsck.
// Both come from the Go module proxy. Where they can't be built the tests are
// skipped, with a notice that CI takes as a failure.

#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/audit/decision_log.h"
#include "server/audit/file_system.h"
#include "server/audit/published_files.h"
#include "server/audit/tree_publisher.h"
#include "server/audit/verify.h"
#include "tests/server/audit/temp_folder.h"

namespace tarazy {
namespace {

namespace fs = std::filesystem;

class CountDown : public AppendListener {
 public:
  void OnAppended(const absl::Status& status) override {
    EXPECT_TRUE(status.ok()) << status;
  }
};

int RunCommand(const std::string& command) {
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

class InteropTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    tools_ = new TempFolder;
    const std::string build = absl::StrCat(
        "cd " TARAZY_SOURCE_DIR "/tests/server/audit/interop && GOBIN= ",
        "go build -o ", tools_->path(), "/verifylog . && go build -o ",
        tools_->path(), "/fsck github.com/transparency-dev/tessera/cmd/fsck");
    const std::string log = tools_->path() + "/build.log";
    built_ = RunCommand("(" + build + ") >" + log + " 2>&1") == 0;
    if (!built_) {
      std::ifstream text(log);
      why_.assign(std::istreambuf_iterator<char>(text), {});
    }
  }
  static void TearDownTestSuite() { delete tools_; }

  void SetUp() override {
    if (!built_) {
      std::printf(
          "NOTICE: skipped: toolchain: no Go 1.24 with its module proxy: %s\n",
          why_.c_str());
      GTEST_SKIP();
    }
    const std::string key = folder_.path() + "/key";
    ASSERT_TRUE(NoteSigner::CreateKeyFile(key, "interop.example/log").ok());
    signer_ = *NoteSigner::Load(key);
    verifier_key_ = signer_->verifier().ToString();
    std::ofstream(folder_.path() + "/key.pub") << verifier_key_;
    tlog_ = folder_.path() + "/published";
  }

  void WriteLog(uint64_t first, uint64_t size) {
    DecisionLogOptions options;
    options.directory = folder_.path() + "/log";
    CountDown count;
    {
      auto log = DecisionLog::Open(options, FileSystem::Posix());
      ASSERT_TRUE(log.ok()) << log.status();
      for (uint64_t i = first; i < size;) {
        const std::string record =
            absl::StrCat("decision ", i, std::string(i % 400, '*'));
        if ((*log)->Append(record, &count).ok()) ++i;
      }
    }
    TreePublisherOptions tree;
    tree.log_directory = options.directory;
    tree.signed_directory = folder_.path();
    tree.signed_name = "key.signed";
    auto publisher =
        TreePublisher::Open(tree, FileSystem::Posix(), signer_.get());
    ASSERT_TRUE(publisher.ok()) << publisher.status();
    ASSERT_TRUE((*publisher)->Publish(size).ok());
    const auto written = WritePublishedFiles(FileSystem::Posix(),
                                             options.directory, tlog_, nullptr);
    ASSERT_TRUE(written.ok()) << written.status();
    ASSERT_EQ(*written, size);
  }

  int VerifyLog() {
    return RunCommand(absl::StrCat(tools_->path(), "/verifylog ", tlog_, " '",
                                   verifier_key_, "' 2>&1"));
  }
  // What Tessera's fsck prints is its verdict: it ends with 0 after a mismatch,
  // panics when a record is missing, and would hang after a mismatch if it had
  // fewer workers (-N) than there are tiles left.
  bool Fsck(uint64_t size) {
    const std::string printed = folder_.path() + "/fsck.log";
    const int code = RunCommand(absl::StrCat(
        "timeout 120 ", tools_->path(),
        "/fsck -N 64 -ui=false -storage_url=", "file://", tlog_,
        "/ -public_key=", folder_.path(), "/key.pub >", printed, " 2>&1"));
    std::ifstream in(printed);
    const std::string text(std::istreambuf_iterator<char>(in), {});
    EXPECT_NE(code, 124) << "fsck did not end: " << text;
    return absl::StrContains(
        text, absl::StrCat("Successfully fsck'd log with size ", size, " "));
  }

  static TempFolder* tools_;
  static bool built_;
  static std::string why_;
  TempFolder folder_;
  std::unique_ptr<const NoteSigner> signer_;
  std::string verifier_key_;
  std::string tlog_;
};

TempFolder* InteropTest::tools_ = nullptr;
bool InteropTest::built_ = false;
std::string InteropTest::why_;

TEST_F(InteropTest, EveryRecordOfALargeLog) {
  WriteLog(0, 60000);
  WriteLog(60000, 100003);
  EXPECT_EQ(VerifyLog(), 0);
  EXPECT_TRUE(Fsck(100003));
}

// Each change of what was signed is caught by both.
TEST_F(InteropTest, ChangesAreCaught) {
  WriteLog(0, 700);
  ASSERT_EQ(VerifyLog(), 0);
  ASSERT_TRUE(Fsck(700));
  const std::string whole = folder_.path() + "/whole";
  fs::copy(tlog_, whole, fs::copy_options::recursive);

  using Bytes = std::string;
  const std::vector<
      std::tuple<std::string, std::string, std::function<void(Bytes*)>>>
      changes = {
          {"flipped bit of a record", "tile/entries/001",
           [](Bytes* b) { (*b)[1000] = static_cast<char>((*b)[1000] ^ 4); }},
          {"flipped bit of the last record", "tile/entries/002.p/188",
           [](Bytes* b) { b->back() = static_cast<char>(b->back() ^ 1); }},
          {"flipped bit of a tile", "tile/0/001",
           [](Bytes* b) { (*b)[77] = static_cast<char>((*b)[77] ^ 4); }},
          {"flipped bit of the upper tile", "tile/1/000.p/2",
           [](Bytes* b) { (*b)[7] = static_cast<char>((*b)[7] ^ 4); }},
          {"exchanged records", "tile/entries/000",
           [](Bytes* b) {
             // Records 0 and 1: a length of two bytes, then the text.
             const size_t first = 2 + static_cast<uint8_t>((*b)[1]);
             const size_t second = 2 + static_cast<uint8_t>((*b)[first + 1]);
             *b = b->substr(first, second) + b->substr(0, first) +
                  b->substr(first + second);
           }},
          {"dropped record", "tile/entries/000",
           [](Bytes* b) { *b = b->substr(2 + static_cast<uint8_t>((*b)[1])); }},
          {"forged record", "tile/entries/000",
           [](Bytes* b) { b->replace(2, 8, "DECISION"); }},
          {"forged size", "checkpoint",
           [](Bytes* b) { b->replace(b->find("700"), 3, "699"); }},
      };
  for (const auto& [name, path, change] : changes) {
    fs::remove_all(tlog_);
    fs::copy(whole, tlog_, fs::copy_options::recursive);
    const std::string file = tlog_ + "/" + path;
    std::ifstream in(file, std::ios::binary);
    Bytes bytes(std::istreambuf_iterator<char>(in), {});
    const Bytes before = bytes;
    change(&bytes);
    ASSERT_NE(bytes, before) << name;
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
    EXPECT_NE(VerifyLog(), 0) << name;
    EXPECT_FALSE(Fsck(700)) << name;
  }
}

TEST_F(InteropTest, ReceiptsHold) {
  WriteLog(0, 700);
  const std::string path = folder_.path() + "/receipt";
  const auto verified = [&](const RecordProof& receipt) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << receipt.ToText();
    return RunCommand(absl::StrCat(tools_->path(), "/verifylog ", path, " '",
                                   verifier_key_, "' 2>&1")) == 0;
  };
  for (uint64_t index : {0u, 255u, 256u, 511u, 699u}) {
    auto receipt =
        ProveRecord(FileSystem::Posix(), folder_.path() + "/log", index);
    ASSERT_TRUE(receipt.ok()) << receipt.status();
    const auto record =
        PublishedFiles(FileSystem::Posix(), folder_.path() + "/log")
            .ReadRecord(index);
    ASSERT_TRUE(record.ok()) << record.status();
    receipt->leaf = LeafHash(*record);
    EXPECT_TRUE(verified(*receipt)) << index;
    RecordProof other = *receipt;
    (*other.leaf)[5] ^= 1;
    EXPECT_FALSE(verified(other)) << index;
    other = *receipt;
    other.index ^= 1;
    EXPECT_FALSE(verified(other)) << index;
    other = *receipt;
    other.checkpoint[other.checkpoint.find("700")] = '6';
    EXPECT_FALSE(verified(other)) << index;
  }
}

}  // namespace
}  // namespace tarazy
