// Key files: whole or not there, whenever the process that makes one ends.

#include "server/ops/secret_file.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tarazy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

namespace fs = std::filesystem;

const std::string& KeyText() {
  static const auto* const text = new std::string(100, 'k');
  return *text;
}

class SecretFileTest : public testing::Test {
 protected:
  SecretFileTest() {
    std::string name = testing::TempDir() + "/tarazy-secret-XXXXXX";
    folder_ = mkdtemp(&name[0]);
    path_ = folder_ + "/key";
  }
  ~SecretFileTest() override { fs::remove_all(folder_); }

  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      names.push_back(entry.path().filename());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  static std::string Read(const std::string& path) {
    Secret secret;
    const absl::Status read = ReadSecretFile(path, &secret);
    return read.ok() ? secret.text : read.ToString();
  }

  // Runs `make` in a process that the kernel kills when it has written `bytes`
  // bytes of a file.
  template <typename Make>
  static void KilledAfter(rlim_t bytes, Make make) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const rlimit limit = {bytes, bytes};
      setrlimit(RLIMIT_FSIZE, &limit);
      const rlimit none = {0, 0};
      setrlimit(RLIMIT_CORE, &none);
      signal(SIGXFSZ, SIG_DFL);
      make();
      _exit(0);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << status;
    ASSERT_EQ(WTERMSIG(status), SIGXFSZ);
  }

  std::string folder_;
  std::string path_;
};

TEST_F(SecretFileTest, IsMadeOnceAndForItsOwnerAlone) {
  ASSERT_TRUE(CreateSecretFile(path_, KeyText()).ok());
  struct stat info;
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
  EXPECT_EQ(Read(path_), KeyText());
  EXPECT_EQ(CreateSecretFile(path_, "another").code(),
            absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Read(path_), KeyText());
  EXPECT_THAT(Names(), ElementsAre("key"));
}

TEST_F(SecretFileTest, AKillWhileItIsMadeLeavesNone) {
  for (const rlim_t bytes : {0, 1, 50}) {
    KilledAfter(bytes,
                [this] { CreateSecretFile(path_, KeyText()).IgnoreError(); });
    EXPECT_FALSE(fs::exists(path_)) << bytes;
    // The next start makes it, and clears up.
    const absl::Status made = CreateSecretFile(path_, KeyText());
    ASSERT_TRUE(made.ok()) << made;
    EXPECT_EQ(Read(path_), KeyText());
    EXPECT_THAT(Names(), ElementsAre("key"));
    fs::remove(path_);
  }
}

TEST_F(SecretFileTest, AKillWhileItIsReplacedLeavesTheOldOne) {
  ASSERT_TRUE(CreateSecretFile(path_, "old").ok());
  for (const rlim_t bytes : {0, 50}) {
    KilledAfter(bytes,
                [this] { ReplaceSecretFile(path_, KeyText()).IgnoreError(); });
    EXPECT_EQ(Read(path_), "old");
  }
  ASSERT_TRUE(ReplaceSecretFile(path_, KeyText()).ok());
  EXPECT_EQ(Read(path_), KeyText());
  EXPECT_THAT(Names(), ElementsAre("key"));
}

TEST_F(SecretFileTest, WhatALeftoverHoldsIsNeverTheKey) {
  const std::string leftover = path_ + ".tmp";
  std::ofstream(leftover) << "half a k";
  ASSERT_EQ(chmod(leftover.c_str(), 0644), 0);
  ASSERT_TRUE(CreateSecretFile(path_, KeyText()).ok());
  EXPECT_EQ(Read(path_), KeyText());
  EXPECT_THAT(Names(), ElementsAre("key"));
}

TEST_F(SecretFileTest, SeveralAtOnceMakeOne) {
  for (int round = 0; round < 50; ++round) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([this, i] {
        // Whoever is not first is told so, or that another is at it.
        CreateSecretFile(path_, std::string(100, static_cast<char>('a' + i)))
            .IgnoreError();
      });
    }
    for (std::thread& thread : threads) thread.join();
    if (!fs::exists(path_)) {
      ASSERT_TRUE(CreateSecretFile(path_, std::string(100, 'a')).ok());
    }
    const std::string text = Read(path_);
    ASSERT_EQ(text.size(), 100u) << text;
    EXPECT_EQ(text, std::string(100, text[0]));
    fs::remove(path_);
  }
}

TEST_F(SecretFileTest, OneThatIsThereIsToldBeforeAnythingIsWritten) {
  ASSERT_TRUE(CreateSecretFile(path_, "old").ok());
  // No temporary can be made.
  fs::create_directories(path_ + ".tmp/full");
  EXPECT_EQ(CreateSecretFile(path_, KeyText()).code(),
            absl::StatusCode::kAlreadyExists);
  EXPECT_FALSE(CreateSecretFile(folder_ + "/key.tmp", KeyText()).ok());
  EXPECT_EQ(Read(path_), "old");
}

TEST_F(SecretFileTest, ItsFolderMustBeThere) {
  EXPECT_EQ(CreateSecretFile(folder_ + "/none/key", KeyText()).code(),
            absl::StatusCode::kNotFound);
  EXPECT_THAT(CreateSecretFile(folder_ + "/none/key", KeyText()).message(),
              HasSubstr("/none/key"));
}

}  // namespace
}  // namespace tarazy
