#include "server/audit/index_token.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/audit/bytes.h"

namespace tarazy {
namespace {

constexpr size_t kPlaceBytes = 32;
constexpr size_t kCheckBytes = 32;

std::string Check(absl::string_view key, absl::string_view question,
                  absl::string_view place) {
  const std::string text = absl::StrCat(place, question);
  std::string check(kCheckBytes, '\0');
  unsigned int bytes = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const uint8_t*>(text.data()), text.size(),
       reinterpret_cast<uint8_t*>(&check[0]), &bytes);
  return check;
}

}  // namespace

std::string MakeIndexToken(absl::string_view key, absl::string_view question,
                           const IndexToken& token) {
  char place[kPlaceBytes];
  PutLittle<uint64_t>(token.upto, place);
  PutLittle<uint64_t>(static_cast<uint64_t>(token.now_ms), place + 8);
  PutLittle<uint64_t>(static_cast<uint64_t>(token.after.at_ms), place + 16);
  PutLittle<uint64_t>(static_cast<uint64_t>(token.after.index), place + 24);
  const absl::string_view bytes(place, sizeof place);
  return absl::WebSafeBase64Escape(
      absl::StrCat(bytes, Check(key, question, bytes)));
}

absl::StatusOr<IndexToken> ReadIndexToken(absl::string_view key,
                                          absl::string_view question,
                                          absl::string_view text) {
  std::string bytes;
  if (!absl::WebSafeBase64Unescape(text, &bytes) ||
      bytes.size() != kPlaceBytes + kCheckBytes ||
      CRYPTO_memcmp(Check(key, question, bytes.substr(0, kPlaceBytes)).data(),
                    bytes.data() + kPlaceBytes, kCheckBytes) != 0) {
    return absl::InvalidArgumentError(
        "`page_token`: is not one that this index gave for this question; "
        "begin without it");
  }
  IndexToken token;
  token.upto = GetLittle<uint64_t>(bytes.data());
  token.now_ms = static_cast<int64_t>(GetLittle<uint64_t>(bytes.data() + 8));
  token.after.at_ms =
      static_cast<int64_t>(GetLittle<uint64_t>(bytes.data() + 16));
  token.after.index =
      static_cast<int64_t>(GetLittle<uint64_t>(bytes.data() + 24));
  return token;
}

}  // namespace tarazy
