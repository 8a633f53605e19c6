#include "server/registers/pseudonym.h"

#include <openssl/hmac.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <new>
#include <sstream>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"

namespace {
std::atomic<long> allocations{0};
}  // namespace

void* operator new(size_t size) {
  ++allocations;
  if (void* made = malloc(size)) return made;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept { free(p); }
void operator delete(void* p, size_t) noexcept { free(p); }

namespace tarazy {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class KeyFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "pseudonymXXXXXX";
    ASSERT_NE(mkdtemp(&pattern[0]), nullptr);
    folder_ = pattern;
    path_ = folder_ + "/key";
  }
  void TearDown() override {
    unlink(path_.c_str());
    rmdir(folder_.c_str());
  }
  void Write(const std::string& text, mode_t mode = 0600) {
    std::ofstream(path_) << text;
    ASSERT_EQ(chmod(path_.c_str(), mode), 0);
  }

  const std::string hex_ = std::string(64, 'a');
  std::string folder_;
  std::string path_;
};

std::string Hex(absl::string_view key, absl::string_view text) {
  auto made = Pseudonymizer::Make("k", key);
  return made.ok() ? (*made)->Of(text).ToHex() : made.status().ToString();
}

// RFC 4231, cases 6 and 7: keys that are longer than a block. The keys of the
// other cases are shorter than a pseudonym's key may be.
TEST(Pseudonym, Rfc4231) {
  EXPECT_EQ(Hex(std::string(131, '\xaa'),
                "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f"
            "8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(Hex(std::string(131, '\xaa'),
                "This is a test using a larger than block-size key and a "
                "larger than block-size data. The key needs to be hashed "
                "before being used by the HMAC algorithm."),
            "9b09ffa71b942fcb27635fbcd5b0e944"
            "bfdc63644f0713938a7f51535c3a35e2");
}

// Stored data depends on this value.
TEST(Pseudonym, Golden) {
  EXPECT_EQ(Hex("0123456789abcdef0123456789abcdef", "850101300123"),
            "51085fe4d62d10b4139db5bbac2eca21"
            "e1de2cd4cc9504d4b5a26a0048a508b8");
}

TEST(Pseudonym, EveryKeyLengthAgreesWithOpenSsl) {
  for (size_t size = 32; size <= 200; ++size) {
    std::string key;
    for (size_t i = 0; i < size; ++i) key += static_cast<char>(i * 37 + size);
    const std::string text = std::to_string(100000000000 + size * 7919);
    Pseudonym expected;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const uint8_t*>(text.data()), text.size(),
         expected.bytes.data(), nullptr);
    EXPECT_EQ(Hex(key, text), expected.ToHex()) << size;
  }
}

TEST(Pseudonym, AllocatesNothing) {
  auto made = Pseudonymizer::Make("k", std::string(32, 'x'));
  ASSERT_TRUE(made.ok());
  const long before = allocations;
  Pseudonym sum;
  for (int i = 0; i < 100; ++i) sum = (*made)->Of("850101300123");
  EXPECT_EQ(allocations, before);
  EXPECT_EQ(sum, (*made)->Of("850101300123"));
}

TEST(Pseudonym, HexBothWays) {
  Pseudonym p;
  for (size_t i = 0; i < 32; ++i) p.bytes[i] = static_cast<uint8_t>(i * 9);
  Pseudonym back;
  ASSERT_TRUE(Pseudonym::FromHex(p.ToHex(), &back));
  EXPECT_EQ(p, back);
  const std::string hex = p.ToHex();
  for (const std::string& bad :
       {std::string(), hex.substr(1), hex + "0", "G" + hex.substr(1),
        "A" + hex.substr(1), " " + hex.substr(1)}) {
    EXPECT_FALSE(Pseudonym::FromHex(bad, &back)) << bad;
    EXPECT_EQ(p, back);
  }
}

TEST(Pseudonymizer, RefusesShortAndLongKeysAndBadIds) {
  EXPECT_FALSE(Pseudonymizer::Make("k", std::string(31, 'x')).ok());
  EXPECT_TRUE(Pseudonymizer::Make("k", std::string(1024, 'x')).ok());
  EXPECT_FALSE(Pseudonymizer::Make("k", std::string(1025, 'x')).ok());
  const std::string key(32, 'x');
  EXPECT_TRUE(Pseudonymizer::Make("2026-01.a_B", key).ok());
  EXPECT_FALSE(Pseudonymizer::Make("", key).ok());
  EXPECT_FALSE(Pseudonymizer::Make("a b", key).ok());
  EXPECT_FALSE(Pseudonymizer::Make(std::string(65, 'a'), key).ok());
}

TEST_F(KeyFile, LoadsWhatItMade) {
  ASSERT_TRUE(Pseudonymizer::CreateKeyFile(path_, "first").ok());
  struct stat info;
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);

  auto one = Pseudonymizer::Load(path_);
  ASSERT_TRUE(one.ok()) << one.status();
  EXPECT_EQ((*one)->key_id(), "first");
  auto two = Pseudonymizer::Load(path_);
  ASSERT_TRUE(two.ok());
  EXPECT_EQ((*one)->Of("850101300123"), (*two)->Of("850101300123"));
  EXPECT_FALSE((*one)->Of("850101300123") == (*two)->Of("850101300124"));

  const absl::Status again = Pseudonymizer::CreateKeyFile(path_, "second");
  EXPECT_EQ(again.code(), absl::StatusCode::kAlreadyExists) << again;
  EXPECT_EQ((*Pseudonymizer::Load(path_))->key_id(), "first");
}

TEST_F(KeyFile, TwoKeysDiffer) {
  ASSERT_TRUE(Pseudonymizer::CreateKeyFile(path_, "k").ok());
  const Pseudonym first = (*Pseudonymizer::Load(path_))->Of("850101300123");
  unlink(path_.c_str());
  ASSERT_TRUE(Pseudonymizer::CreateKeyFile(path_, "k").ok());
  EXPECT_FALSE(first == (*Pseudonymizer::Load(path_))->Of("850101300123"));
}

TEST_F(KeyFile, ReadsOneLineWithOrWithoutItsEnd) {
  for (const char* end : {"", "\n"}) {
    Write("a " + hex_ + end);
    auto made = Pseudonymizer::Load(path_);
    ASSERT_TRUE(made.ok()) << made.status();
    EXPECT_EQ((*made)->Of("x").ToHex(), Hex(absl::HexStringToBytes(hex_), "x"));
  }
}

TEST_F(KeyFile, RefusesOtherUsersRights) {
  for (mode_t mode : {0640, 0604, 0620, 0602, 0610, 0601, 0644}) {
    Write("a " + hex_ + "\n", mode);
    const absl::Status s = Pseudonymizer::Load(path_).status();
    EXPECT_EQ(s.code(), absl::StatusCode::kPermissionDenied) << mode;
    EXPECT_THAT(std::string(s.message()), HasSubstr("chmod 600"));
  }
  Write("a " + hex_ + "\n", 0400);
  EXPECT_TRUE(Pseudonymizer::Load(path_).ok());
}

TEST_F(KeyFile, RefusesBadContentsWithoutShowingThem) {
  const std::string bad[] = {"",
                             "\n",
                             hex_,
                             " " + hex_,
                             "a  " + hex_,
                             "a " + hex_.substr(2),
                             "a " + hex_ + "a",
                             "a " + hex_ + " ",
                             "a " + hex_ + "\n\n",
                             "a " + hex_ + "\r\n",
                             "a " + hex_.substr(1) + "g",
                             "ы " + hex_,
                             "a " + hex_ + "\nb " + hex_,
                             "a " + std::string(4096, 'a')};
  for (const std::string& text : bad) {
    Write(text);
    const absl::Status s = Pseudonymizer::Load(path_).status();
    EXPECT_EQ(s.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(s.message()), HasSubstr(path_));
    EXPECT_THAT(std::string(s.message()), Not(HasSubstr("aaaa")));
  }
}

TEST_F(KeyFile, AbsentFileAndFolder) {
  EXPECT_EQ(Pseudonymizer::Load(path_).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(Pseudonymizer::Load(folder_).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Pseudonymizer::CreateKeyFile(folder_ + "/none/key", "k").code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace tarazy
