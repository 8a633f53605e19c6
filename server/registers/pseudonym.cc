#include "server/registers/pseudonym.h"

// The plain SHA-256 functions are deprecated in OpenSSL 3 in favour of EVP,
// whose contexts live on the heap; here a hash state is a value that is copied
// for each pseudonym.
#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <algorithm>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/ops/secret_file.h"

namespace tarazy {
namespace {

constexpr size_t kBlockBytes = 64;
constexpr size_t kMinKeyBytes = 32;
constexpr size_t kMaxKeyBytes = 1024;
constexpr size_t kMinDifferentBytes = 20;
constexpr char kHexDigits[] = "0123456789abcdef";

bool IsKeyId(absl::string_view id) {
  return !id.empty() && id.size() <= 64 &&
         std::all_of(id.begin(), id.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                  c == '-' || c == '.' || c == '_';
         });
}

absl::Status CheckKeyId(absl::string_view id) {
  if (IsKeyId(id)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "the key's id must be 1 to 64 letters, digits, `-`, `.` or `_`");
}

// Keys typed by hand or left as an example; of 32 random bytes hardly any key
// in 10^12 has so few different ones; half a key, written twice, has 16.
absl::Status CheckLooksRandom(absl::string_view key) {
  const std::set<char> different(key.begin(), key.end());
  if (different.size() >= kMinDifferentBytes) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the key does not look random: it has ", different.size(),
                   " different bytes; `openssl rand -hex 32` makes one"));
}

// A line of a key file with a new key.
absl::Status NewLine(absl::string_view key_id, Secret* line) {
  if (absl::Status s = CheckKeyId(key_id); !s.ok()) return s;
  std::array<uint8_t, kMinKeyBytes> key;
  if (RAND_priv_bytes(key.data(), key.size()) != 1) {
    return absl::InternalError("no random bytes for a key");
  }
  line->text.reserve(key_id.size() + 2 + 2 * key.size());
  absl::StrAppend(&line->text, key_id, " ");
  for (uint8_t b : key) {
    line->text.push_back(kHexDigits[b >> 4]);
    line->text.push_back(kHexDigits[b & 15]);
  }
  line->text.push_back('\n');
  OPENSSL_cleanse(key.data(), key.size());
  return absl::OkStatus();
}

}  // namespace

std::string Pseudonym::ToHex() const {
  std::string hex(2 * bytes.size(), '0');
  for (size_t i = 0; i < bytes.size(); ++i) {
    hex[2 * i] = kHexDigits[bytes[i] >> 4];
    hex[2 * i + 1] = kHexDigits[bytes[i] & 15];
  }
  return hex;
}

bool Pseudonym::FromHex(absl::string_view hex, Pseudonym* out) {
  if (hex.size() != 2 * out->bytes.size()) return false;
  Pseudonym value;
  for (size_t i = 0; i < hex.size(); ++i) {
    const char c = hex[i];
    uint8_t digit;
    if (c >= '0' && c <= '9') {
      digit = static_cast<uint8_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<uint8_t>(c - 'a' + 10);
    } else {
      return false;
    }
    value.bytes[i / 2] = static_cast<uint8_t>(value.bytes[i / 2] << 4 | digit);
  }
  *out = value;
  return true;
}

struct Pseudonymizer::Key {
  std::string id;
  SHA256_CTX inner;
  SHA256_CTX outer;
  ~Key() {
    OPENSSL_cleanse(&inner, sizeof(inner));
    OPENSSL_cleanse(&outer, sizeof(outer));
  }

  Pseudonym Of(const void* data, size_t size) const {
    SHA256_CTX hash = inner;
    Pseudonym out;
    SHA256_Update(&hash, data, size);
    SHA256_Final(out.bytes.data(), &hash);
    hash = outer;
    SHA256_Update(&hash, out.bytes.data(), out.bytes.size());
    SHA256_Final(out.bytes.data(), &hash);
    return out;
  }
};

Pseudonymizer::Pseudonymizer() = default;
Pseudonymizer::~Pseudonymizer() = default;

absl::Status Pseudonymizer::AddTo(absl::string_view key_id,
                                  absl::string_view key, Pseudonymizer* keys) {
  if (absl::Status s = CheckKeyId(key_id); !s.ok()) return s;
  if (key.size() < kMinKeyBytes || key.size() > kMaxKeyBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the key must have ", kMinKeyBytes, " to ", kMaxKeyBytes, " bytes"));
  }
  if (keys->Holds(key_id)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the id `", key_id, "` stands there twice"));
  }
  std::array<uint8_t, kBlockBytes> block{};
  if (key.size() > kBlockBytes) {
    SHA256(reinterpret_cast<const uint8_t*>(key.data()), key.size(),
           block.data());
  } else {
    std::copy(key.begin(), key.end(), block.begin());
  }
  auto made = std::make_unique<Key>();
  made->id = std::string(key_id);
  for (uint8_t& b : block) b ^= 0x36;
  SHA256_Init(&made->inner);
  SHA256_Update(&made->inner, block.data(), block.size());
  for (uint8_t& b : block) b ^= 0x36 ^ 0x5c;
  SHA256_Init(&made->outer);
  SHA256_Update(&made->outer, block.data(), block.size());
  OPENSSL_cleanse(block.data(), block.size());
  // Keys that make the same pseudonyms are one key.
  for (const auto& other : keys->keys_) {
    if (other->Of("", 0) == made->Of("", 0)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "the keys `", other->id, "` and `", key_id, "` are the same"));
    }
  }
  keys->keys_.push_back(std::move(made));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<const Pseudonymizer>> Pseudonymizer::Make(
    absl::string_view key_id, absl::string_view key) {
  std::unique_ptr<Pseudonymizer> made(new Pseudonymizer);
  if (absl::Status s = AddTo(key_id, key, made.get()); !s.ok()) return s;
  return std::unique_ptr<const Pseudonymizer>(std::move(made));
}

absl::StatusOr<std::unique_ptr<const Pseudonymizer>> Pseudonymizer::Parse(
    absl::string_view text, absl::string_view what) {
  absl::ConsumeSuffix(&text, "\n");
  std::unique_ptr<Pseudonymizer> made(new Pseudonymizer);
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    const size_t space = line.find(' ');
    const absl::string_view hex =
        space == absl::string_view::npos ? "" : line.substr(space + 1);
    if (hex.size() < 2 * kMinKeyBytes || hex.size() % 2 != 0 ||
        !std::all_of(hex.begin(), hex.end(), [](char c) {
          return absl::ascii_isxdigit(static_cast<unsigned char>(c));
        })) {
      return absl::InvalidArgumentError(absl::StrCat(
          what, ", line ", number, ": must be the key's id, a space, and at ",
          "least ", 2 * kMinKeyBytes, " hex digits"));
    }
    const Secret key{absl::HexStringToBytes(hex)};
    absl::Status s = CheckLooksRandom(key.text);
    if (s.ok()) s = AddTo(line.substr(0, space), key.text, made.get());
    if (!s.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(what, ", line ", number, ": ", s.message()));
    }
  }
  return std::unique_ptr<const Pseudonymizer>(std::move(made));
}

absl::StatusOr<std::unique_ptr<const Pseudonymizer>> Pseudonymizer::Load(
    const std::string& key_file) {
  Secret file;
  if (absl::Status s = ReadSecretFile(key_file, &file); !s.ok()) return s;
  return Parse(file.text, absl::StrCat("the key file `", key_file, "`"));
}

absl::Status Pseudonymizer::CreateKeyFile(const std::string& key_file,
                                          absl::string_view key_id) {
  Secret line;
  if (absl::Status s = NewLine(key_id, &line); !s.ok()) return s;
  return CreateSecretFile(key_file, line.text);
}

absl::Status Pseudonymizer::AddKey(const std::string& key_file,
                                   absl::string_view key_id) {
  const auto lock = SecretFileLock::Take(key_file);
  if (!lock.ok()) return lock.status();
  Secret text;
  if (absl::Status s = ReadSecretFile(key_file, &text); !s.ok()) return s;
  if (!absl::EndsWith(text.text, "\n")) text.text.push_back('\n');
  Secret line;
  if (absl::Status s = NewLine(key_id, &line); !s.ok()) return s;
  const Secret all{absl::StrCat(text.text, line.text)};
  if (all.text.size() > kMaxSecretFileBytes) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the key file `", key_file, "` would have more than ",
        kMaxSecretFileBytes,
        " bytes; take out a key whose records are gone, but never the first"));
  }
  const auto checked =
      Parse(all.text, absl::StrCat("the key file `", key_file, "`"));
  if (!checked.ok()) return checked.status();
  return ReplaceSecretFile(key_file, all.text);
}

const std::string& Pseudonymizer::key_id() const { return keys_.back()->id; }

const std::string& Pseudonymizer::first_key_id() const {
  return keys_.front()->id;
}

bool Pseudonymizer::Holds(absl::string_view key_id) const {
  return std::any_of(keys_.begin(), keys_.end(),
                     [&](const auto& key) { return key->id == key_id; });
}

Pseudonym Pseudonymizer::Of(absl::string_view iin) const {
  return keys_.front()->Of(iin.data(), iin.size());
}

Pseudonym Pseudonymizer::InLog(const Pseudonym& subject) const {
  if (!rotated()) return subject;
  return keys_.back()->Of(subject.bytes.data(), subject.bytes.size());
}

std::vector<Pseudonym> Pseudonymizer::EverInLog(
    const Pseudonym& subject) const {
  std::vector<Pseudonym> all = {subject};
  for (size_t i = 1; i < keys_.size(); ++i) {
    all.push_back(keys_[i]->Of(subject.bytes.data(), subject.bytes.size()));
  }
  return all;
}

std::vector<std::string> OtherPseudonyms(const Pseudonymizer& keys,
                                         absl::string_view subject) {
  std::vector<std::string> others;
  Pseudonym known;
  if (!Pseudonym::FromHex(subject, &known)) return others;
  const std::vector<Pseudonym> all = keys.EverInLog(known);
  for (size_t i = 1; i < all.size(); ++i) others.push_back(all[i].ToHex());
  return others;
}

}  // namespace tarazy
