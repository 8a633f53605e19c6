#include "server/ops/callers.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/ops/secret_file.h"

namespace tarazy {
namespace {

constexpr size_t kMinTokenBytes = 32;
constexpr size_t kMaxTokenBytes = 1024;

std::array<uint8_t, 32> HashOf(absl::string_view token) {
  std::array<uint8_t, 32> hash;
  SHA256(reinterpret_cast<const uint8_t*>(token.data()), token.size(),
         hash.data());
  return hash;
}

bool IsToken(absl::string_view text) {
  if (text.size() < kMinTokenBytes || text.size() > kMaxTokenBytes) {
    return false;
  }
  for (char c : text) {
    if (!absl::ascii_isgraph(static_cast<unsigned char>(c))) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<Callers> Callers::Load(
    const std::vector<Config::Rights::Caller>& table) {
  Callers callers;
  for (const Config::Rights::Caller& row : table) {
    Secret file;
    const absl::Status read = ReadSecretFile(row.token_file, &file);
    if (!read.ok()) return read;
    const absl::string_view token = absl::StripAsciiWhitespace(file.text);
    if (!IsToken(token)) {
      return absl::InvalidArgumentError(
          absl::StrCat("the token file of the caller `", row.name,
                       "` must hold one line of ", kMinTokenBytes, " to ",
                       kMaxTokenBytes, " visible characters"));
    }
    const Known known = {HashOf(token), {row.name, row.role, row.service}};
    for (const Known& other : callers.known_) {
      if (other.hash == known.hash) {
        return absl::InvalidArgumentError(
            absl::StrCat("the callers `", other.caller.name, "` and `",
                         row.name, "` have the same token"));
      }
    }
    callers.known_.push_back(known);
  }
  return callers;
}

absl::StatusOr<Caller> Callers::Find(absl::string_view authorization) const {
  if (!absl::ConsumePrefix(&authorization, "Bearer ")) {
    return absl::UnauthenticatedError(
        "no token; send it in the metadata `authorization: Bearer TOKEN`");
  }
  const std::array<uint8_t, 32> hash = HashOf(authorization);
  const Known* found = nullptr;
  for (const Known& known : known_) {
    const int differs =
        CRYPTO_memcmp(known.hash.data(), hash.data(), hash.size());
    if (differs == 0) found = &known;
  }
  if (found == nullptr) {
    return absl::UnauthenticatedError("the token is of no caller");
  }
  return found->caller;
}

}  // namespace tarazy
