#include "server/registers/pseudonym.h"

#include <openssl/hmac.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <new>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

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

  const std::string hex_ =
      "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
  const std::string other_hex_ =
      "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f";
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
                             "a " + hex_ + "\n\nb " + other_hex_,
                             "a " + hex_ + "\na " + other_hex_,
                             "a " + std::string(64, '0'),
                             "a " + hex_.substr(0, 32) + hex_.substr(0, 32),
                             "a " + std::string(4096, 'a')};
  for (const std::string& text : bad) {
    Write(text);
    const absl::Status s = Pseudonymizer::Load(path_).status();
    EXPECT_EQ(s.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(s.message()), HasSubstr(path_));
    EXPECT_THAT(std::string(s.message()), Not(HasSubstr("aaaa")));
    EXPECT_THAT(std::string(s.message()), Not(HasSubstr("020304")));
  }
}

TEST_F(KeyFile, SaysWhatIsWrongWithWhichLine) {
  const std::pair<std::string, const char*> bad[] = {
      {"a " + hex_ + "\nb " + other_hex_.substr(2),
       "line 2: must be the key's id, a space, and at least 64 hex digits"},
      {"a " + hex_ + "\na " + other_hex_,
       "line 2: the id `a` stands there twice"},
      {"a " + hex_ + "\nb " + hex_,
       "line 2: the keys `a` and `b` are the same"},
      {"a " + hex_ + "\nb " + hex_ + "00",
       "line 2: the keys `a` and `b` are the same"},
      {"a " + std::string(64, '7'),
       "line 1: the key does not look random: it has 1 different bytes"}};
  for (const auto& [text, message] : bad) {
    Write(text);
    EXPECT_THAT(std::string(Pseudonymizer::Load(path_).status().message()),
                HasSubstr(message));
  }
}

// Registers and answers go on by the first key, the log by the last.
TEST_F(KeyFile, LaterKeysAreTheLogs) {
  Write("a " + hex_ + "\n");
  const auto one = *Pseudonymizer::Load(path_);
  const Pseudonym subject = one->Of("850101300123");
  EXPECT_FALSE(one->rotated());
  EXPECT_EQ(one->InLog(subject), subject);
  EXPECT_EQ(one->EverInLog(subject), std::vector<Pseudonym>{subject});

  Write("a " + hex_ + "\nb " + other_hex_ + "\n");
  const auto two = *Pseudonymizer::Load(path_);
  ASSERT_TRUE(Pseudonymizer::AddKey(path_, "c").ok());
  const auto three = *Pseudonymizer::Load(path_);
  EXPECT_TRUE(two->rotated());
  EXPECT_EQ(two->first_key_id(), "a");
  EXPECT_EQ(two->key_id(), "b");
  EXPECT_EQ(three->key_id(), "c");
  EXPECT_TRUE(three->Holds("b"));
  EXPECT_FALSE(two->Holds("c"));
  for (const auto* keys : {&two, &three}) {
    EXPECT_EQ((*keys)->Of("850101300123"), subject);
  }
  const std::string raw(subject.bytes.begin(), subject.bytes.end());
  EXPECT_EQ(two->InLog(subject).ToHex(),
            Hex(absl::HexStringToBytes(other_hex_), raw));
  const std::vector<Pseudonym> ever = {subject, two->InLog(subject),
                                       three->InLog(subject)};
  EXPECT_EQ(three->EverInLog(subject), ever);
  EXPECT_FALSE(ever[1] == ever[2]);
  EXPECT_EQ(OtherPseudonyms(*three, subject.ToHex()),
            (std::vector<std::string>{ever[1].ToHex(), ever[2].ToHex()}));
  EXPECT_TRUE(OtherPseudonyms(*three, "no pseudonym").empty());
}

TEST_F(KeyFile, KeysAddedAtOnceAreAllThere) {
  ASSERT_TRUE(Pseudonymizer::CreateKeyFile(path_, "a").ok());
  constexpr int kThreads = 4, kKeys = 8;
  const auto id = [](int thread, int key) {
    return "k" + std::to_string(thread) + "-" + std::to_string(key);
  };
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int k = 0; k < kKeys; ++k) {
        const absl::Status added = Pseudonymizer::AddKey(path_, id(t, k));
        EXPECT_TRUE(added.ok()) << added;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto loaded = Pseudonymizer::Load(path_);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  for (int t = 0; t < kThreads; ++t) {
    for (int k = 0; k < kKeys; ++k) EXPECT_TRUE((*loaded)->Holds(id(t, k)));
  }
}

TEST_F(KeyFile, AddKeyRefusesWhatLoadWould) {
  ASSERT_TRUE(Pseudonymizer::CreateKeyFile(path_, "a").ok());
  EXPECT_EQ(Pseudonymizer::AddKey(path_, "a").code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Pseudonymizer::AddKey(path_, "a b").code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Pseudonymizer::AddKey(folder_ + "/none", "b").code(),
            absl::StatusCode::kNotFound);
  // A file without the end of its last line.
  Write("a " + hex_);
  ASSERT_TRUE(Pseudonymizer::AddKey(path_, "b").ok());
  struct stat info;
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ((*Pseudonymizer::Load(path_))->key_id(), "b");
  absl::Status full;
  for (int i = 0; i < 100 && full.ok(); ++i) {
    full = Pseudonymizer::AddKey(path_, "k" + std::to_string(i));
  }
  EXPECT_EQ(full.code(), absl::StatusCode::kFailedPrecondition) << full;
  EXPECT_TRUE(Pseudonymizer::Load(path_).ok());
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
