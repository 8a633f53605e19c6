// Keyed pseudonyms: what stands for a person behind the door.
//
// A pseudonym is HMAC-SHA-256 over the 12 digits of the IIN under a key that
// the operator of the server holds. A bare hash could be guessed, since there
// are few IINs; a keyed one can't be without the key.
//
// Keys of the log can be changed. The first key of the file makes the
// pseudonym that registers and answers know a person by, and stays. Where
// further keys follow, records of the log hold HMAC-SHA-256 over the 32 bytes
// of that pseudonym under the last of them: so records from before and after a
// new key can't be matched without the keys, while consents and objections
// stay found. Whoever holds all keys finds a subject's records by all of them.
//
// Thread-safety: immutable after Load.
// Source: RFC 2104, FIPS 180-4.

#ifndef TARAZY_SERVER_REGISTERS_PSEUDONYM_H_
#define TARAZY_SERVER_REGISTERS_PSEUDONYM_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
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

  // The key file holds a line for each key: the key's id (1 to 64 letters,
  // digits, `-`, `.`, `_`), a space, and at least 64 hex digits. Refused when
  // other users may read it, when a key is too short or does not look random,
  // and when an id or a key stands in it twice.
  static absl::StatusOr<std::unique_ptr<const Pseudonymizer>> Load(
      const std::string& key_file);
  // The same from the text of such a file; `what` names it in messages.
  static absl::StatusOr<std::unique_ptr<const Pseudonymizer>> Parse(
      absl::string_view text, absl::string_view what);

  // The same from the values; `key` has at least 32 bytes.
  static absl::StatusOr<std::unique_ptr<const Pseudonymizer>> Make(
      absl::string_view key_id, absl::string_view key);

  // Writes a new random key to `key_file` (mode 0600); ALREADY_EXISTS if it
  // is there.
  static absl::Status CreateKeyFile(const std::string& key_file,
                                    absl::string_view key_id);

  // Appends a new random key, which records of the log are made with from the
  // next start of the server on. Durable; the file is replaced as a whole.
  static absl::Status AddKey(const std::string& key_file,
                             absl::string_view key_id);

  // Of the key that records are made with: the last one.
  const std::string& key_id() const;
  // Of the key that registers know people by.
  const std::string& first_key_id() const;
  bool Holds(absl::string_view key_id) const;

  // `iin` has been checked. Allocates nothing.
  Pseudonym Of(absl::string_view iin) const;

  // Whether records hold another pseudonym than registers and answers.
  bool rotated() const { return keys_.size() > 1; }
  // What stands in records for who is `subject` to registers and answers.
  Pseudonym InLog(const Pseudonym& subject) const;
  // What stands or stood in records for it, under any key.
  std::vector<Pseudonym> EverInLog(const Pseudonym& subject) const;

 private:
  struct Key;  // its id, and hash states after the two key blocks
  Pseudonymizer();
  static absl::Status AddTo(absl::string_view key_id, absl::string_view key,
                            Pseudonymizer* keys);
  std::vector<std::unique_ptr<const Key>> keys_;
};

// The same as text, without `subject` itself (64 hex digits, otherwise there
// are none): what AuditQueriesOptions asks for.
std::vector<std::string> OtherPseudonyms(const Pseudonymizer& keys,
                                         absl::string_view subject);

}  // namespace tarazy

#endif  // TARAZY_SERVER_REGISTERS_PSEUDONYM_H_
