#include "server/registers/pseudonym.h"

// The plain SHA-256 functions are deprecated in OpenSSL 3 in favour of EVP,
// whose contexts live on the heap; here a hash state is a value that is copied
// for each pseudonym.
#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/ops/secret_file.h"

namespace tarazy {
namespace {

constexpr size_t kBlockBytes = 64;
constexpr size_t kMinKeyBytes = 32;
constexpr size_t kMaxKeyBytes = 1024;
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

struct Pseudonymizer::State {
  SHA256_CTX inner;
  SHA256_CTX outer;
  ~State() { OPENSSL_cleanse(this, sizeof(*this)); }
};

Pseudonymizer::Pseudonymizer() : state_(new State) {}
Pseudonymizer::~Pseudonymizer() = default;

absl::StatusOr<std::unique_ptr<const Pseudonymizer>> Pseudonymizer::Make(
    absl::string_view key_id, absl::string_view key) {
  if (absl::Status s = CheckKeyId(key_id); !s.ok()) return s;
  if (key.size() < kMinKeyBytes || key.size() > kMaxKeyBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the key must have ", kMinKeyBytes, " to ", kMaxKeyBytes, " bytes"));
  }
  std::array<uint8_t, kBlockBytes> block{};
  if (key.size() > kBlockBytes) {
    SHA256(reinterpret_cast<const uint8_t*>(key.data()), key.size(),
           block.data());
  } else {
    std::copy(key.begin(), key.end(), block.begin());
  }
  std::unique_ptr<Pseudonymizer> made(new Pseudonymizer);
  made->key_id_ = std::string(key_id);
  for (uint8_t& b : block) b ^= 0x36;
  SHA256_Init(&made->state_->inner);
  SHA256_Update(&made->state_->inner, block.data(), block.size());
  for (uint8_t& b : block) b ^= 0x36 ^ 0x5c;
  SHA256_Init(&made->state_->outer);
  SHA256_Update(&made->state_->outer, block.data(), block.size());
  OPENSSL_cleanse(block.data(), block.size());
  return std::unique_ptr<const Pseudonymizer>(std::move(made));
}

absl::StatusOr<std::unique_ptr<const Pseudonymizer>> Pseudonymizer::Load(
    const std::string& key_file) {
  Secret file;
  if (absl::Status s = ReadSecretFile(key_file, &file); !s.ok()) return s;
  absl::string_view line = file.text;
  absl::ConsumeSuffix(&line, "\n");
  const size_t space = line.find(' ');
  const absl::string_view hex =
      space == absl::string_view::npos ? "" : line.substr(space + 1);
  if (hex.size() < 2 * kMinKeyBytes || hex.size() % 2 != 0 ||
      !std::all_of(hex.begin(), hex.end(), [](char c) {
        return absl::ascii_isxdigit(static_cast<unsigned char>(c));
      })) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the key file `", key_file, "` must hold one line: the key's id, a ",
        "space, and at least ", 2 * kMinKeyBytes, " hex digits"));
  }
  Secret key{absl::HexStringToBytes(hex)};
  auto made = Make(line.substr(0, space), key.text);
  if (!made.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the key file `", key_file, "`: ", made.status().message()));
  }
  return made;
}

absl::Status Pseudonymizer::CreateKeyFile(const std::string& key_file,
                                          absl::string_view key_id) {
  if (absl::Status s = CheckKeyId(key_id); !s.ok()) return s;
  std::array<uint8_t, kMinKeyBytes> key;
  if (RAND_priv_bytes(key.data(), key.size()) != 1) {
    return absl::InternalError("no random bytes for a key");
  }
  Secret line;
  line.text.reserve(key_id.size() + 2 + 2 * key.size());
  absl::StrAppend(&line.text, key_id, " ");
  for (uint8_t b : key) {
    line.text.push_back(kHexDigits[b >> 4]);
    line.text.push_back(kHexDigits[b & 15]);
  }
  line.text.push_back('\n');
  OPENSSL_cleanse(key.data(), key.size());

  return CreateSecretFile(key_file, line.text);
}

Pseudonym Pseudonymizer::Of(absl::string_view iin) const {
  SHA256_CTX hash = state_->inner;
  Pseudonym out;
  SHA256_Update(&hash, iin.data(), iin.size());
  SHA256_Final(out.bytes.data(), &hash);
  hash = state_->outer;
  SHA256_Update(&hash, out.bytes.data(), out.bytes.size());
  SHA256_Final(out.bytes.data(), &hash);
  return out;
}

}  // namespace tarazy
