#include "server/packs/pack_source.h"

#include <openssl/evp.h>

#include <filesystem>
#include <sstream>

#include "tests/server/packs/bundle_fixture.h"

namespace tarazy {
namespace {

using testing::HasSubstr;

class PackSourceTest : public BundleFixture {
 protected:
  std::unique_ptr<PackSource> Open(uint32_t threshold = 1) {
    PackSourceOptions options;
    options.keys = {a_->verifier().ToString(), b_->verifier().ToString()};
    options.threshold = threshold;
    options.accepted_path = accepted_;
    auto loader = PackSource::Open(options, FileSystem::Posix());
    EXPECT_TRUE(loader.ok()) << loader.status();
    return loader.ok() ? *std::move(loader) : nullptr;
  }

  // Loads and accepts; the reason against it, empty when there is none.
  static std::string Take(PackSource* loader, const std::string& path) {
    const auto loaded = loader->Load(path);
    if (!loaded.ok()) return std::string(loaded.status().message());
    return std::string(loader->Accept({*loaded}).message());
  }

  std::string Write(const std::string& name, const Bundle& bundle) {
    return BundleFixture::Write(name, bundle.Encode());
  }
  using BundleFixture::Write;

  const Signer a_ = NewKey("a");
  const Signer b_ = NewKey("b");
  const std::string accepted_ = root() + "/accepted";
};

TEST_F(PackSourceTest, TakesWhatIsSigned) {
  const auto loader = Open(2);
  const std::string path = Write("one", Signed(Make(1), {a_, b_}));
  const auto loaded = loader->Load(path);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->pack->id(), "small");
  EXPECT_EQ(loaded->version, 1u);
  EXPECT_THAT(loaded->signed_by, testing::ElementsAre("a", "b"));
  EXPECT_TRUE(loader->Accept({*loaded}).ok());
}

TEST_F(PackSourceTest, FoldersOrBundlesButNotBoth) {
  const Bundle bundle = Signed(Make(1), {a_});
  const std::string folder = root() + "/pack2";
  ASSERT_TRUE(std::filesystem::is_directory(folder));
  const auto trusting = Open();
  EXPECT_THAT(Take(trusting.get(), folder), HasSubstr("is a folder"));
  const auto developing = PackSource::Open({}, FileSystem::Posix());
  ASSERT_TRUE(developing.ok());
  EXPECT_FALSE((*developing)->trusted());
  EXPECT_EQ(Take(developing->get(), folder), "");
  EXPECT_THAT(Take(developing->get(), Write("one", bundle)),
              HasSubstr("is no folder"));
}

TEST_F(PackSourceTest, EachWayOfNotBeingSignedHasItsName) {
  const auto loader = Open(2);
  EXPECT_THAT(Take(loader.get(), Write("x", Make(1))),
              HasSubstr("the bundle is not signed"));
  EXPECT_THAT(
      Take(loader.get(), Write("x", Signed(Make(1), {a_}))),
      HasSubstr("signed by 1 of the 2 configured keys (a) and needs 2"));
  Bundle twice = Signed(Make(1), {a_});
  twice.signatures += twice.signatures;
  EXPECT_THAT(Take(loader.get(), Write("x", twice)),
              HasSubstr("doubly signed: the key `a`"));
  EXPECT_THAT(Take(loader.get(), root() + "/absent"), HasSubstr("absent"));
  EXPECT_THAT(Take(loader.get(), Write("x", "no bundle")),
              HasSubstr("not a bundle of a pack"));
  EXPECT_FALSE(std::filesystem::exists(accepted_));
}

TEST_F(PackSourceTest, AFlippedBitAtEveryPlaceIsRefused) {
  const auto loader = Open();
  const std::string good = Signed(Make(1), {a_, b_}).Encode();
  ASSERT_EQ(Take(loader.get(), Write("x", good)), "");
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ (1 << (i % 8)));
    ASSERT_NE(Take(loader.get(), Write("x", bad)), "") << "byte " << i;
  }
  std::printf("flipped bits: %zu of a signed bundle, all refused\n",
              good.size());
}

TEST_F(PackSourceTest, AChangeThatMendsTheChecksumIsRefusedToo) {
  const auto loader = Open();
  const std::string good = Signed(Make(1), {a_}).Encode();
  for (size_t i = 0; i + 32 < good.size(); ++i) {
    std::string bad = good.substr(0, good.size() - 32);
    bad[i] = static_cast<char>(bad[i] ^ (1 << (i % 8)));
    uint8_t sum[32];
    EVP_Digest(bad.data(), bad.size(), sum, nullptr, EVP_sha256(), nullptr);
    bad.append(sum, sum + 32);
    ASSERT_NE(Take(loader.get(), Write("x", bad)), "") << "byte " << i;
  }

  Bundle bundle = Signed(Make(1), {a_, b_});
  bundle.folders[0].files[0].content += " ";
  EXPECT_THAT(Take(loader.get(), Write("x", bundle)),
              HasSubstr("the signature of `a` is wrong"));
  Bundle version = Signed(Make(1), {a_});
  version.version = 2;
  EXPECT_THAT(Take(loader.get(), Write("x", version)),
              HasSubstr("the signature of `a` is wrong"));
}

TEST_F(PackSourceTest, NoVersionGoesBack) {
  auto loader = Open();
  const std::string two = Write("two", Signed(Make(2), {a_}));
  const std::string one = Write("one", Signed(Make(1), {a_}));
  const std::string other = Write("other", Signed(Make(2, "\n"), {a_}));
  EXPECT_EQ(Take(loader.get(), two), "");
  EXPECT_EQ(Take(loader.get(), two), "");
  const auto refuses = [&] {
    EXPECT_THAT(Take(loader.get(), one),
                HasSubstr("version 1 of the pack `small` is a downgrade: "
                          "version 2 was accepted"));
    EXPECT_THAT(Take(loader.get(), other),
                HasSubstr("version 2 of the pack `small` was accepted with "
                          "other contents"));
  };
  refuses();
  // Another start remembers.
  loader = Open();
  refuses();
  EXPECT_EQ(Take(loader.get(), Write("three", Signed(Make(3), {b_}))), "");
  EXPECT_THAT(Take(loader.get(), two), HasSubstr("downgrade"));
}

TEST_F(PackSourceTest, WhatWasNotAcceptedIsNotRemembered) {
  const auto loader = Open();
  const auto loaded = loader->Load(Write("five", Signed(Make(5), {a_})));
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(Take(loader.get(), Write("one", Signed(Make(1), {a_}))), "");
}

TEST_F(PackSourceTest, TwoThatWereLoadedTogetherDoNotPassEachOther) {
  const auto loader = Open();
  const auto older = loader->Load(Write("one", Signed(Make(1), {a_})));
  const auto newer = loader->Load(Write("two", Signed(Make(2), {a_})));
  ASSERT_TRUE(older.ok() && newer.ok());
  EXPECT_TRUE(loader->Accept({*newer}).ok());
  EXPECT_TRUE(absl::IsPermissionDenied(loader->Accept({*older})));
}

TEST_F(PackSourceTest, ADamagedFileOfVersionsIsAnError) {
  ASSERT_EQ(Take(Open().get(), Write("one", Signed(Make(1), {a_}))), "");
  std::ostringstream text;
  text << std::ifstream(accepted_).rdbuf();
  const std::string good = text.str();
  PackSourceOptions options;
  options.keys = {a_->verifier().ToString()};
  options.accepted_path = accepted_;
  for (const std::string& bad :
       {std::string(), good.substr(0, good.size() - 1), good + good,
        good.substr(1 + good.find(' ')), "small 01" + good.substr(7),
        std::string("small 1 zz\n")}) {
    Write("accepted", bad);
    const auto opened = PackSource::Open(options, FileSystem::Posix());
    EXPECT_TRUE(absl::IsDataLoss(opened.status())) << bad << opened.status();
  }
  Write("accepted", good);
  EXPECT_TRUE(PackSource::Open(options, FileSystem::Posix()).ok());
}

TEST_F(PackSourceTest, AVersionThatCannotBeKeptIsNotAccepted) {
  PackSourceOptions options;
  options.keys = {a_->verifier().ToString()};
  options.accepted_path = root() + "/no-such-folder/accepted";
  const auto loader = PackSource::Open(options, FileSystem::Posix());
  ASSERT_TRUE(loader.ok()) << loader.status();
  const auto loaded = (*loader)->Load(Write("one", Signed(Make(1), {a_})));
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_FALSE((*loader)->Accept({*loaded}).ok());
}

}  // namespace
}  // namespace tarazy
