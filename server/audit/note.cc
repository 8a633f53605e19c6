#include "server/audit/note.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/audit/bytes.h"
#include "server/ops/secret_file.h"

namespace tarazy {
namespace {

constexpr char kEd25519 = 0x01;
constexpr size_t kSeedBytes = 32;
constexpr size_t kSignatureBytes = 64;
constexpr absl::string_view kSignaturePrefix = "\xe2\x80\x94 ";  // em dash
constexpr absl::string_view kPrivatePrefix = "PRIVATE+KEY+";

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;
using Context = std::unique_ptr<EVP_MD_CTX, FreeKey>;

const uint8_t* Bytes(absl::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

bool IsName(absl::string_view name) {
  return !name.empty() && name.size() <= 64 &&
         std::none_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_isspace(static_cast<unsigned char>(c)) ||
                  absl::ascii_iscntrl(static_cast<unsigned char>(c)) ||
                  c == '+';
         });
}

// Base64 in its one right form.
bool FromBase64(absl::string_view text, std::string* out) {
  return absl::Base64Unescape(text, out) && absl::Base64Escape(*out) == text;
}

uint32_t KeyId(absl::string_view name, const std::array<uint8_t, 32>& key) {
  std::string text = absl::StrCat(name, "\n");
  text.push_back(kEd25519);
  text.append(key.begin(), key.end());
  uint8_t digest[32];
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr);
  return GetBig<uint32_t>(reinterpret_cast<const char*>(digest));
}

bool PublicKey(const std::array<uint8_t, 32>& seed,
               std::array<uint8_t, 32>* out) {
  const Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr,
                                             seed.data(), seed.size()));
  size_t size = out->size();
  return key != nullptr &&
         EVP_PKEY_get_raw_public_key(key.get(), out->data(), &size) == 1 &&
         size == out->size();
}

bool SignatureHolds(const std::array<uint8_t, 32>& key_bytes,
                    absl::string_view text, absl::string_view signature) {
  const Key key(EVP_PKEY_new_raw_public_key(
      EVP_PKEY_ED25519, nullptr, key_bytes.data(), key_bytes.size()));
  const Context context(EVP_MD_CTX_new());
  return key != nullptr && context != nullptr &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr,
                              key.get()) == 1 &&
         EVP_DigestVerify(context.get(), Bytes(signature), signature.size(),
                          Bytes(text), text.size()) == 1;
}

absl::Status BadKey(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("not a ", what));
}

}  // namespace

NoteVerifier::NoteVerifier(std::string name, const std::array<uint8_t, 32>& key)
    : name_(std::move(name)), key_(key), key_id_(KeyId(name_, key)) {}

absl::StatusOr<NoteVerifier> NoteVerifier::Parse(
    absl::string_view verifier_key) {
  const std::vector<absl::string_view> parts =
      absl::StrSplit(verifier_key, absl::MaxSplits('+', 2));
  std::string key_bytes;
  if (parts.size() != 3 || !IsName(parts[0]) ||
      !FromBase64(parts[2], &key_bytes) || key_bytes.size() != 33 ||
      key_bytes[0] != kEd25519) {
    return BadKey("verifier key: name+8 hex digits+base64");
  }
  std::array<uint8_t, 32> key;
  std::copy(key_bytes.begin() + 1, key_bytes.end(), key.begin());
  NoteVerifier verifier(std::string(parts[0]), key);
  if (verifier.ToString() != verifier_key) {
    return BadKey("verifier key: its id does not fit");
  }
  return verifier;
}

std::string NoteVerifier::ToString() const {
  std::string bytes(1, kEd25519);
  bytes.append(key_.begin(), key_.end());
  return absl::StrCat(name_, "+", absl::StrFormat("%08x", key_id_), "+",
                      absl::Base64Escape(bytes));
}

absl::StatusOr<std::string> NoteVerifier::Open(absl::string_view note) const {
  const size_t empty_line = note.rfind("\n\n");
  if (empty_line == absl::string_view::npos || note.back() != '\n') {
    return absl::DataLossError("not a signed note");
  }
  const absl::string_view text = note.substr(0, empty_line + 1);
  absl::string_view rest = note.substr(empty_line + 2);
  bool signed_by_this = false;
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    absl::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    const size_t space = line.rfind(' ');
    std::string bytes;
    if (!absl::ConsumePrefix(&line, kSignaturePrefix) ||
        space == absl::string_view::npos || space < kSignaturePrefix.size() ||
        !FromBase64(line.substr(space + 1 - kSignaturePrefix.size()), &bytes) ||
        bytes.size() < 5) {
      return absl::DataLossError("a signature line of the note is malformed");
    }
    if (line.substr(0, space - kSignaturePrefix.size()) != name_ ||
        GetBig<uint32_t>(bytes.data()) != key_id_) {
      continue;
    }
    const absl::string_view signature = absl::string_view(bytes).substr(4);
    if (signature.size() != kSignatureBytes ||
        !SignatureHolds(key_, text, signature)) {
      return absl::DataLossError(
          absl::StrCat("the signature of `", name_, "` is wrong"));
    }
    signed_by_this = true;
  }
  if (signed_by_this) return std::string(text);
  return absl::NotFoundError(
      absl::StrCat("the note is not signed by `", name_, "`"));
}

NoteSigner::NoteSigner(NoteVerifier verifier,
                       const std::array<uint8_t, 32>& seed)
    : verifier_(std::move(verifier)), seed_(seed) {}

NoteSigner::~NoteSigner() { OPENSSL_cleanse(seed_.data(), seed_.size()); }

absl::StatusOr<std::unique_ptr<const NoteSigner>> NoteSigner::Load(
    const std::string& key_file) {
  Secret file;
  if (absl::Status s = ReadSecretFile(key_file, &file); !s.ok()) return s;
  absl::string_view line = file.text;
  absl::ConsumeSuffix(&line, "\n");
  const absl::Status bad = absl::InvalidArgumentError(absl::StrCat(
      "the key file `", key_file,
      "` must hold one line: PRIVATE+KEY+name+8 hex digits+base64"));
  if (!absl::ConsumePrefix(&line, kPrivatePrefix)) return bad;
  const std::vector<absl::string_view> parts =
      absl::StrSplit(line, absl::MaxSplits('+', 2));
  Secret bytes;
  if (parts.size() != 3 || !IsName(parts[0]) ||
      !FromBase64(parts[2], &bytes.text) ||
      bytes.text.size() != 1 + kSeedBytes || bytes.text[0] != kEd25519) {
    return bad;
  }
  std::array<uint8_t, 32> seed, key;
  std::copy(bytes.text.begin() + 1, bytes.text.end(), seed.begin());
  if (!PublicKey(seed, &key)) return bad;
  NoteVerifier verifier(std::string(parts[0]), key);
  if (absl::StrFormat("%08x", verifier.key_id_) != parts[1]) return bad;
  return std::unique_ptr<const NoteSigner>(
      new NoteSigner(std::move(verifier), seed));
}

absl::Status NoteSigner::CreateKeyFile(const std::string& key_file,
                                       absl::string_view name) {
  if (!IsName(name)) {
    return absl::InvalidArgumentError(
        "the key's name must have 1 to 64 bytes without white space and `+`");
  }
  std::array<uint8_t, 32> seed, key;
  if (RAND_priv_bytes(seed.data(), seed.size()) != 1 ||
      !PublicKey(seed, &key)) {
    return absl::InternalError("no random bytes for a key");
  }
  Secret bytes(std::string(1, kEd25519));
  bytes.text.append(seed.begin(), seed.end());
  OPENSSL_cleanse(seed.data(), seed.size());
  const Secret encoded(absl::Base64Escape(bytes.text));
  const Secret line(absl::StrCat(kPrivatePrefix, name, "+",
                                 absl::StrFormat("%08x", KeyId(name, key)), "+",
                                 encoded.text, "\n"));
  return CreateSecretFile(key_file, line.text);
}

absl::StatusOr<std::string> NoteSigner::Sign(absl::string_view text) const {
  const Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr,
                                             seed_.data(), seed_.size()));
  const Context context(EVP_MD_CTX_new());
  std::array<uint8_t, kSignatureBytes> signature;
  size_t size = signature.size();
  if (text.empty() || text.back() != '\n' || key == nullptr ||
      context == nullptr ||
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) !=
          1 ||
      EVP_DigestSign(context.get(), signature.data(), &size, Bytes(text),
                     text.size()) != 1) {
    return absl::InternalError("can't sign a note");
  }
  std::string bytes(4, '\0');
  PutBig(verifier_.key_id_, &bytes[0]);
  bytes.append(signature.begin(), signature.end());
  return absl::StrCat(text, "\n", kSignaturePrefix, verifier_.name(), " ",
                      absl::Base64Escape(bytes), "\n");
}

std::string Checkpoint::ToText() const {
  return absl::StrCat(origin, "\n", size, "\n", HashToBase64(root), "\n");
}

absl::StatusOr<Checkpoint> Checkpoint::FromText(absl::string_view text) {
  const std::vector<absl::string_view> lines =
      absl::StrSplit(text, absl::MaxSplits('\n', 3));
  Checkpoint checkpoint;
  if (lines.size() != 4 || lines[0].empty() ||
      !absl::SimpleAtoi(lines[1], &checkpoint.size) ||
      absl::StrCat(checkpoint.size) != lines[1] ||
      !HashFromBase64(lines[2], &checkpoint.root)) {
    return absl::DataLossError("not a checkpoint");
  }
  checkpoint.origin = std::string(lines[0]);
  return checkpoint;
}

absl::StatusOr<Checkpoint> Checkpoint::FromUncheckedNote(
    absl::string_view note) {
  const size_t end = note.rfind("\n\n");
  if (end == absl::string_view::npos) {
    return absl::DataLossError("not a signed note");
  }
  return FromText(note.substr(0, end + 1));
}

absl::StatusOr<Checkpoint> Checkpoint::FromNote(absl::string_view note,
                                                const NoteVerifier& verifier) {
  const auto text = verifier.Open(note);
  if (!text.ok()) return text.status();
  auto checkpoint = FromText(*text);
  if (checkpoint.ok() && checkpoint->origin != verifier.name()) {
    return absl::DataLossError(absl::StrCat(
        "the checkpoint is of another log, `", checkpoint->origin, "`"));
  }
  return checkpoint;
}

absl::StatusOr<Checkpoint> Checkpoint::FromNote(absl::string_view note,
                                                const NoteVerifier* verifier) {
  return verifier != nullptr ? FromNote(note, *verifier)
                             : FromUncheckedNote(note);
}

std::string HashToBase64(const Hash& hash) {
  return absl::Base64Escape(absl::string_view(
      reinterpret_cast<const char*>(hash.data()), hash.size()));
}

bool HashFromBase64(absl::string_view text, Hash* hash) {
  std::string bytes;
  if (!FromBase64(text, &bytes) || bytes.size() != hash->size()) return false;
  std::copy(bytes.begin(), bytes.end(), hash->begin());
  return true;
}

}  // namespace tarazy
