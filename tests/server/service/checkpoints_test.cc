// The server signs what it has recorded, and refuses a log that is not what it
// signed.

#include <filesystem>

#include "server/audit/verify.h"
#include "tests/server/service/server_fixture.h"

namespace tarazy {
namespace {

namespace fs = std::filesystem;

class CheckpointsTest : public ServerTest {
 protected:
  void SetUp() override {
    config.checkpoints.key_file = folder() + "/checkpoint.key";
    config.checkpoints.create = true;
    config.checkpoints.interval_ms = 10;
  }
  absl::StatusOr<VerifiedLog> Verify() {
    const auto key = ReadAll(FileSystem::Posix(),
                             config.checkpoints.key_file + ".pub", 1000);
    if (!key.ok()) return key.status();
    const auto verifier = NoteVerifier::Parse(key->substr(0, key->size() - 1));
    if (!verifier.ok()) return verifier.status();
    VerifyOptions options;
    options.directory = config.log.directory;
    options.verifier = &*verifier;
    return VerifyLog(FileSystem::Posix(), options);
  }
};

TEST_F(CheckpointsTest, AllAnsweredDecisionsAreSignedAfterADrain) {
  for (const uint64_t records : {20, 40}) {
    Start();
    for (int i = 0; i < 20; ++i) {
      v1::DecideResponse response;
      ASSERT_TRUE(Decide(PermittedRequest(), &response).ok());
    }
    Stop();
    const auto verified = Verify();
    ASSERT_TRUE(verified.ok()) << verified.status();
    EXPECT_EQ(verified->records, records);
    ASSERT_TRUE(verified->checkpoint.has_value());
    EXPECT_EQ(verified->checkpoint->size, records);
    EXPECT_EQ(verified->checkpoint->origin, config.log.name);
  }
}

TEST_F(CheckpointsTest, RestoredLogIsRefused) {
  const std::string copy = folder() + "/copy";
  for (int round = 0; round < 2; ++round) {
    Start();
    v1::DecideResponse response;
    ASSERT_TRUE(Decide(PermittedRequest(), &response).ok());
    Stop();
    if (round == 0) {
      fs::copy(config.log.directory, copy, fs::copy_options::recursive);
    }
  }
  fs::remove_all(config.log.directory);
  fs::rename(copy, config.log.directory);
  EXPECT_EQ(Server::Start(config, hooks).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST_F(CheckpointsTest, KeyOfAnotherLogIsRefused) {
  Start();
  Stop();
  config.log.name = "another";
  EXPECT_EQ(Server::Start(config, hooks).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace tarazy
