// Keyed pseudonyms: what stands for a person behind the door.
//
// A pseudonym is HMAC-SHA-256 over the 12 digits of the IIN under a key that
// the operator of the server holds. A bare hash could be guessed, since there
// are few IINs; a keyed one can't be without the key.
//
// Thread-safety: immutable after Load.
// Source: RFC 2104, FIPS 180-4.

#ifndef TARAZY_SERVER_REGISTERS_PSEUDONYM_H_
#define TARAZY_SERVER_REGISTERS_PSEUDONYM_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tarazy {

// 32 bytes; as text, 64 lower-case hex digits.
struct Pseudonym {
  std::array<uint8_t, 32> bytes{};

  bool operator==(const Pseudonym& o) const { return bytes == o.bytes; }
  template <typename H>
  friend H AbslHashValue(H h, const Pseudonym& p) {
    return H::combine(std::move(h), p.bytes);
  }
  std::string ToHex() const;
  // False unless `hex` is 64 lower-case hex digits.
  static bool FromHex(absl::string_view hex, Pseudonym* out);
};

class Pseudonymizer {
 public:
  ~Pseudonymizer();

  // The key file holds one line: the key's id (1 to 64 letters, digits, `-`,
  // `.`, `_`), a space, and at least 64 hex digits. Refused when other users
  // may read it.
  static absl::StatusOr<std::unique_ptr<const Pseudonymizer>> Load(
      const std::string& key_file);

  // The same from the values; `key` has at least 32 bytes.
  static absl::StatusOr<std::unique_ptr<const Pseudonymizer>> Make(
      absl::string_view key_id, absl::string_view key);

  // Writes a new random key to `key_file` (mode 0600); ALREADY_EXISTS if it
  // is there.
  static absl::Status CreateKeyFile(const std::string& key_file,
                                    absl::string_view key_id);

  const std::string& key_id() const { return key_id_; }

  // `iin` has been checked. Allocates nothing.
  Pseudonym Of(absl::string_view iin) const;

 private:
  struct State;  // hash states after the two key blocks
  Pseudonymizer();
  std::string key_id_;
  std::unique_ptr<State> state_;
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_REGISTERS_PSEUDONYM_H_
