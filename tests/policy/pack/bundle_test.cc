// A bundle has one way to be written, is refused when any bit of it differs,
// and gives the same pack as the folders that it was made from.

#include "policy/pack/bundle.h"

#include <openssl/evp.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <random>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/policy/pack/small_pack.h"

namespace tarazy {
namespace {

namespace fs = std::filesystem;

using testing::HasSubstr;

PackFilesByName Versioned(int version) {
  PackFilesByName files = SmallPack();
  absl::StrAppend(&files["pack.yaml"], "version: ", version, "\n");
  return files;
}

// A bundle of nothing that could be a pack: for the container alone.
Bundle Tiny() {
  Bundle bundle;
  bundle.id = "p";
  bundle.edition = "e";
  bundle.version = 3;
  bundle.folders = {{"p", {{"norms.yaml", "n"}, {"pack.yaml", "m"}}}};
  return bundle;
}

// `bytes` with the checksum that belongs to them in place of its last 32.
std::string Summed(std::string bytes) {
  bytes.resize(bytes.size() - 32);
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), hash, &size, EVP_sha256(), nullptr);
  return bytes.append(reinterpret_cast<const char*>(hash), size);
}

std::string Refusal(const std::string& bytes) {
  const auto parsed = ParseBundle(bytes);
  return parsed.ok() ? "" : std::string(parsed.status().message());
}

class BundleTest : public testing::Test {
 protected:
  BundleTest() {
    std::string path = (fs::temp_directory_path() / "bundleXXXXXX").string();
    root_ = mkdtemp(path.data());
  }
  ~BundleTest() override { fs::remove_all(root_); }

  std::string Write(const std::string& name, const PackFilesByName& files) {
    WritePack(root_ + "/" + name, files);
    return root_ + "/" + name;
  }

  std::string root_;
};

TEST(BundleFormat, GoldenBytes) {
  Bundle bundle = Tiny();
  bundle.signatures = "s\n";
  EXPECT_EQ(absl::BytesToHexString(bundle.Encode()),
            // FORMAT.md explains these bytes.
            "544152415a59504b"  // TARAZYPK
            "01000000"          // format 1
            "02000000"          // bytes of signatures
            "3200000000000000"  // bytes of the payload
            "03000000"          // version 3
            "010070"            // id `p`
            "010065"            // edition `e`
            "0100"              // one folder
            "010070"            // folder `p`
            "0200"              // two files
            "0a00"
            "6e6f726d732e79616d6c"
            "01000000"
            "6e"  // norms.yaml: n
            "0900"
            "7061636b2e79616d6c"
            "01000000"
            "6d"    // pack.yaml: m
            "730a"  // s, newline
            "8b75276255c3800847a62e342fb1d488"
            "9fd1c3772024b18a9ae5eeb000f8f934");
  EXPECT_EQ(
      bundle.SignedText(),
      "tarazy bundle 1\np\n3\n"
      "82205760d166bc844efa929b68c7a6fe8cbf243762a70e8c07648c44f43dd987\n");
}

TEST(BundleFormat, IsReadAsItWasWritten) {
  Bundle bundle = Tiny();
  bundle.signatures = "line\n";
  const auto read = ParseBundle(bundle.Encode());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->id, "p");
  EXPECT_EQ(read->edition, "e");
  EXPECT_EQ(read->version, 3u);
  EXPECT_EQ(read->signatures, "line\n");
  EXPECT_EQ(read->Encode(), bundle.Encode());
  EXPECT_EQ(read->Digest(), bundle.Digest());
}

TEST(BundleFormat, AFlippedBitAnywhereIsRefused) {
  Bundle bundle = Tiny();
  bundle.signatures = "line\n";
  const std::string good = bundle.Encode();
  ASSERT_TRUE(ParseBundle(good).ok());
  for (size_t i = 0; i < good.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ (1 << bit));
      EXPECT_NE(Refusal(bad), "") << "byte " << i << " bit " << bit;
    }
  }
}

TEST(BundleFormat, EveryOtherLengthIsRefused) {
  const std::string good = Tiny().Encode();
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_NE(Refusal(good.substr(0, size)), "") << size;
    // As one would who can count checksums.
    if (size < 32) continue;
    EXPECT_NE(Refusal(Summed(good.substr(0, size))), "") << size;
  }
  EXPECT_NE(Refusal(good + std::string(1, '\0')), "");
  std::string longer = good;
  longer.insert(longer.size() - 32, "x");
  EXPECT_THAT(Refusal(Summed(longer)), HasSubstr("size that it states"));
}

TEST(BundleFormat, WhatHasTheRightChecksumIsStillChecked) {
  // Every byte to every value, with a new checksum: what is accepted is
  // written again as the same bytes, so that nothing has two forms.
  const std::string good = Tiny().Encode();
  for (size_t i = 0; i + 32 < good.size(); ++i) {
    for (int value = 0; value < 256; ++value) {
      std::string other = good;
      other[i] = static_cast<char>(value);
      other = Summed(other);
      const auto read = ParseBundle(other);
      EXPECT_TRUE(!read.ok() || read->Encode() == other) << i << " " << value;
    }
  }
}

TEST(BundleFormat, NamesThatLeadElsewhereAreRefused) {
  const auto with = [](const std::string& folder, const std::string& file) {
    Bundle bundle = Tiny();
    bundle.folders = {{folder, {{file, "x"}}}};
    return Refusal(bundle.Encode());
  };
  EXPECT_EQ(with("p", "decision/a.cedar"), "");
  EXPECT_EQ(with("p", "other.cedarschema"), "");
  for (const std::string name :
       {"../norms.yaml", "/etc/passwd", "decision/../norms.yaml",
        "decision/../../a.cedar", "decision/.cedar", "decision/a.ceder",
        "decision/b/c.cedar", "decision//a.cedar", "scenarios/a.yaml",
        "README.md", "norms.yaml/", "a\\b.cedarschema", "",
        ".hidden.cedarschema", "pack.yaml\n"}) {
    EXPECT_THAT(with("p", name), HasSubstr("does not belong in a pack"))
        << name;
  }
  EXPECT_THAT(with("p", std::string("pack.yaml\0", 10)),
              HasSubstr("does not belong"));
  for (const std::string name : {"..", ".", "a/b", "", "/", "a b", "é"}) {
    EXPECT_THAT(with(name, "pack.yaml"), HasSubstr("a folder with the name"))
        << name;
  }
}

TEST(BundleFormat, WhatStandsTwiceIsRefused) {
  Bundle files = Tiny();
  files.folders[0].files.push_back({"pack.yaml", "other"});
  EXPECT_THAT(Refusal(files.Encode()), HasSubstr("`pack.yaml` of `p` twice"));
  Bundle folders = Tiny();
  folders.folders.push_back(folders.folders[0]);
  EXPECT_THAT(Refusal(folders.Encode()), HasSubstr("the folder `p` twice"));
}

TEST(BundleFormat, Limits) {
  Bundle none = Tiny();
  none.version = 0;
  EXPECT_THAT(Refusal(none.Encode()), HasSubstr("has no version"));
  Bundle empty = Tiny();
  empty.folders.clear();
  EXPECT_THAT(Refusal(empty.Encode()), HasSubstr("0 folders, not 1 to 8"));
  Bundle many = Tiny();
  for (char c = 'a'; c < 'a' + 8; ++c) {
    many.folders.push_back({std::string("x") + c, {}});
  }
  EXPECT_THAT(Refusal(many.Encode()), HasSubstr("9 folders, not 1 to 8"));
  Bundle large = Tiny();
  large.folders[0].files[0].content.assign((16u << 20) + 1, 'x');
  EXPECT_THAT(Refusal(large.Encode()), HasSubstr("more than 16777216 bytes"));
  Bundle signatures = Tiny();
  signatures.signatures.assign(Bundle::kMaxSignatureBytes + 1, 'x');
  EXPECT_THAT(Refusal(signatures.Encode()), HasSubstr("bytes of signatures"));
  EXPECT_THAT(Refusal("TARAZYPK" + std::string(Bundle::kMaxBytes, '\0')),
              HasSubstr("more than 67108864 bytes"));
}

TEST(BundleFormat, RandomBytesDoNoHarm) {
  std::mt19937 random(20261123);
  const std::string good = Tiny().Encode();
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = good;
    const int changes = 1 + static_cast<int>(random() % 8);
    for (int i = 0; i < changes; ++i) {
      bytes[random() % (bytes.size() - 32)] = static_cast<char>(random());
    }
    if (random() % 4 == 0) bytes.resize(32 + random() % bytes.size());
    ParseBundle(Summed(bytes)).status().IgnoreError();
  }
}

TEST_F(BundleTest, GivesThePackThatItWasMadeFrom) {
  const std::string folder = Write("small", Versioned(7));
  const auto bundle = MakeBundle(folder);
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  EXPECT_EQ(bundle->id, "small");
  EXPECT_EQ(bundle->version, 7u);
  const auto read = ParseBundle(bundle->Encode());
  ASSERT_TRUE(read.ok()) << read.status();
  Diagnostics diagnostics;
  // Any way to write a bundle's name will do.
  const auto pack = LoadBundle(*read, "./x/../small.bundle", &diagnostics);
  ASSERT_NE(pack, nullptr);
  const auto from_folder = Pack::Load(folder, &diagnostics);
  ASSERT_NE(from_folder, nullptr);
  EXPECT_EQ(pack->digest(), from_folder->digest());
  EXPECT_EQ(pack->version(), 7);
}

TEST_F(BundleTest, NeitherPlaceNorTimeNorOrderCounts) {
  const PackFilesByName files = Versioned(1);
  const std::string first = Write("small", files);
  // In another folder of another name, written backwards, years apart and
  // under another mask, beside files that decide nothing.
  const mode_t mask = umask(077);
  const std::string second = root_ + "/deep/er/other-name";
  for (auto file = files.rbegin(); file != files.rend(); ++file) {
    WritePack(second, {*file});
    fs::last_write_time(
        second + "/" + file->first,
        fs::file_time_type::clock::now() - std::chrono::hours(24 * 1000));
  }
  WritePack(second, {{"README.md", "another"}, {"scenarios/z.yaml", "z"}});
  umask(mask);
  const auto one = MakeBundle(first);
  const auto two = MakeBundle(second + "/");
  ASSERT_TRUE(one.ok()) << one.status();
  ASSERT_TRUE(two.ok()) << two.status();
  EXPECT_EQ(one->Encode(), two->Encode());
}

TEST_F(BundleTest, EachFileThatDecidesCounts) {
  const auto bundle = MakeBundle(Write("small", Versioned(1)));
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  int made = 0;
  for (const Bundle::File& file : bundle->folders[0].files) {
    PackFilesByName files = Versioned(1);
    absl::StrAppend(&files[file.name], "\n");
    const auto other = MakeBundle(Write(absl::StrCat("p", made++), files));
    ASSERT_TRUE(other.ok()) << other.status();
    EXPECT_NE(other->Digest(), bundle->Digest()) << file.name;
  }
  EXPECT_EQ(made, 7);
}

TEST_F(BundleTest, CarriesTheBaseToo) {
  Write("base", SmallPack());
  const std::string top = Write("top", {{"pack.yaml", R"(id: top
edition: top-1
version: 2
title: {kk: Үстіңгі, ru: Верхний, en: Top}
base: base
valid_from: 2026-07-12
objection_term: {days: 5, counted_in: calendar_days}
)"}});
  const auto bundle = MakeBundle(top);
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  ASSERT_EQ(bundle->folders.size(), 2u);
  EXPECT_EQ(bundle->folders[0].name, "base");
  Diagnostics diagnostics;
  EXPECT_NE(LoadBundle(*bundle, "b", &diagnostics), nullptr);

  Bundle more = *bundle;
  more.folders.insert(more.folders.begin(), {"extra", {}});
  std::string text;
  EXPECT_EQ(LoadBundle(more, "b", &diagnostics, &text), nullptr);
  EXPECT_THAT(text, HasSubstr("states the folders `extra, base, top`, its "
                              "pack `base, top`"));
  Bundle less = *bundle;
  less.folders.erase(less.folders.begin());
  EXPECT_EQ(LoadBundle(less, "b", &diagnostics), nullptr);
}

TEST_F(BundleTest, WhatItStatesIsWhatItsPackStates) {
  const auto bundle = MakeBundle(Write("small", Versioned(1)));
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  const auto told = [](const Bundle& changed) {
    Diagnostics diagnostics;
    std::string text;
    EXPECT_EQ(LoadBundle(changed, "b", &diagnostics, &text), nullptr);
    return text;
  };
  Bundle changed = *bundle;
  changed.version = 9;
  EXPECT_THAT(told(changed), HasSubstr("the version `9`, its pack `1`"));
  changed = *bundle;
  changed.id = "large";
  EXPECT_THAT(told(changed), HasSubstr("the id `large`, its pack `small`"));
  changed = *bundle;
  changed.edition = "x";
  EXPECT_THAT(told(changed), HasSubstr("the edition `x`, its pack `small-1`"));
}

TEST_F(BundleTest, OnlyAGoodPackWithAVersionIsMadeIntoOne) {
  const auto unversioned = MakeBundle(Write("small", SmallPack()));
  ASSERT_FALSE(unversioned.ok());
  EXPECT_THAT(std::string(unversioned.status().message()),
              HasSubstr("pack.yaml: states no `version`"));
  PackFilesByName broken = Versioned(1);
  broken["decision/a.cedar"] =
      absl::StrReplaceAll(broken["decision/a.cedar"], {{"law/1", "law/8"}});
  const auto bad = MakeBundle(Write("broken", broken));
  ASSERT_FALSE(bad.ok());
  EXPECT_THAT(std::string(bad.status().message()),
              HasSubstr("norm `law/8` of policy `a.bad`"));
}

}  // namespace
}  // namespace tarazy
