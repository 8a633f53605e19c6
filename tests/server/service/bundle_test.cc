// A server with keys takes signed bundles only, and keeps the pack in service
// whatever else it is handed.

#include "policy/pack/bundle.h"

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "server/audit/note.h"
#include "server/packs/bundle_signatures.h"
#include "tests/server/service/pack_variant.h"
#include "tests/server/service/server_fixture.h"

namespace tarazy {
namespace {

using testing::HasSubstr;
using testing::Not;

class BundleServerTest : public ServerTest {
 protected:
  BundleServerTest() {
    for (int i = 0; i < 2; ++i) {
      const std::string file = absl::StrCat(folder(), "/sign", i);
      EXPECT_TRUE(NoteSigner::CreateKeyFile(file, absl::StrCat("k", i)).ok());
      auto signer = NoteSigner::Load(file);
      EXPECT_TRUE(signer.ok()) << signer.status();
      signers_.push_back(std::move(*signer));
      config.pack.keys.push_back(signers_.back()->verifier().ToString());
    }
    config.pack.threshold = 2;
  }

  Bundle Make(int version) {
    PackVariant pack(folder(), absl::StrCat("pack", next_++));
    pack.Replace("pack.yaml", "edition:", "version: 1",
                 absl::StrCat("version: ", version));
    auto bundle = MakeBundle(pack.folder());
    EXPECT_TRUE(bundle.ok()) << bundle.status();
    return *std::move(bundle);
  }

  Bundle Signed(Bundle bundle, int signatures) {
    for (int i = 0; i < signatures; ++i) {
      EXPECT_TRUE(SignBundle(*signers_[i], &bundle).ok());
    }
    return bundle;
  }

  std::string Write(const std::string& bytes) {
    const std::string path = absl::StrCat(folder(), "/bundle", next_++);
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  std::vector<std::unique_ptr<const NoteSigner>> signers_;
  int next_ = 0;
};

TEST_F(BundleServerTest, KeepsThePackInService) {
  config.pack.directory = Write(Signed(Make(2), 2).Encode());
  Start();
  EXPECT_THAT(LogLines(), HasSubstr("\"version\":2"));
  EXPECT_THAT(LogLines(), HasSubstr("\"signed_by\":\"k0 k1\""));
  EXPECT_THAT(LogLines(), Not(HasSubstr("packs_unsigned")));
  v1::DecideResponse before;
  ASSERT_TRUE(Decide(ForbiddenRequest(), &before).ok());

  Bundle twice = Signed(Make(3), 1);
  twice.signatures += twice.signatures;
  std::string flipped = Signed(Make(3), 2).Encode();
  flipped[flipped.size() / 2] ^= 1;
  const struct {
    std::string path;
    const char* said;
  } refused[] = {
      {Write(Make(3).Encode()), "the bundle is not signed"},
      {Write(Signed(Make(3), 1).Encode()), "and needs 2"},
      {Write(twice.Encode()), "doubly signed: the key `k0`"},
      {Write(Signed(Make(1), 2).Encode()), "is a downgrade: version 2"},
      {Write(flipped), "is damaged"},
      {SeedBillFolder(), "is a folder"},
  };
  for (const auto& one : refused) {
    const absl::Status status = server().ReplacePacks({one.path});
    EXPECT_FALSE(status.ok()) << one.said;
    EXPECT_THAT(std::string(status.message()), HasSubstr(one.said));
    v1::DecideResponse after;
    ASSERT_TRUE(Decide(ForbiddenRequest(), &after).ok());
    EXPECT_EQ(after.bundle_digest(), before.bundle_digest()) << one.said;
    EXPECT_EQ(after.effect(), v1::DENY);
  }
  EXPECT_THAT(LogLines(), HasSubstr("pack_refused"));

  EXPECT_TRUE(server().ReplacePacks({Write(Signed(Make(3), 2).Encode())}).ok());
  v1::DecideResponse after;
  ASSERT_TRUE(Decide(ForbiddenRequest(), &after).ok());
  EXPECT_NE(after.bundle_digest(), before.bundle_digest());
}

TEST_F(BundleServerTest, ADowngradeIsRefusedAtTheNextStartToo) {
  config.pack.directory = Write(Signed(Make(2), 2).Encode());
  Start();
  Stop();
  config.pack.directory = Write(Signed(Make(1), 2).Encode());
  const auto started = Server::Start(config, hooks);
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(std::string(started.status().message()),
              HasSubstr("is a downgrade: version 2 was accepted"));
}

TEST_F(BundleServerTest, WithoutKeysItSaysThatNothingIsSigned) {
  config.pack.keys.clear();
  config.pack.threshold = 1;
  Start();
  EXPECT_THAT(LogLines(), HasSubstr("packs_unsigned"));
  Stop();
  config.pack.directory = Write(Signed(Make(1), 2).Encode());
  EXPECT_FALSE(Server::Start(config, hooks).ok());
}

}  // namespace
}  // namespace tarazy
