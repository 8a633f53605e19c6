// Signed notes, and the checkpoints of a log as notes.
//
// A note is text that ends in a newline, an empty line, and signature lines:
//   — <name> base64(key id, 4 bytes || Ed25519 signature, 64 bytes)
// A checkpoint's text is the log's origin, the number of its records and the
// root of its tree in base64, a line each.
//
// Thread-safety: immutable after construction.
// Source: C2SP signed-note and tlog-checkpoint; keys as in Go's sumdb/note.

#ifndef TARAZY_SERVER_AUDIT_NOTE_H_
#define TARAZY_SERVER_AUDIT_NOTE_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/audit/merkle.h"

namespace tarazy {

class NoteVerifier {
 public:
  // "name+8 hex digits+base64": the public half of a key, as one line.
  static absl::StatusOr<NoteVerifier> Parse(absl::string_view verifier_key);

  const std::string& name() const { return name_; }
  std::string ToString() const;

  // The text of a note, after one of its signatures was found to be of this
  // key and good. DATA_LOSS otherwise; NOT_FOUND when this key has not signed.
  absl::StatusOr<std::string> Open(absl::string_view note) const;

 private:
  friend class NoteSigner;
  NoteVerifier(std::string name, const std::array<uint8_t, 32>& key);

  std::string name_;
  std::array<uint8_t, 32> key_;
  uint32_t key_id_;
};

class NoteSigner {
 public:
  ~NoteSigner();

  // The key file holds one line, "PRIVATE+KEY+name+8 hex digits+base64", and
  // is refused when other users may use it.
  static absl::StatusOr<std::unique_ptr<const NoteSigner>> Load(
      const std::string& key_file);
  // Makes a key file; `name` is 1 to 64 bytes without white space and plus
  // signs, for example "tarazy.example.kz/log-1".
  static absl::Status CreateKeyFile(const std::string& key_file,
                                    absl::string_view name);

  const NoteVerifier& verifier() const { return verifier_; }

  // The note of `text`, which ends in a newline.
  absl::StatusOr<std::string> Sign(absl::string_view text) const;

 private:
  NoteSigner(NoteVerifier verifier, const std::array<uint8_t, 32>& seed);

  const NoteVerifier verifier_;
  std::array<uint8_t, 32> seed_;
};

struct Checkpoint {
  std::string origin;
  uint64_t size = 0;
  Hash root = EmptyRoot();

  std::string ToText() const;
  // Lines after the third are extensions and are left out.
  static absl::StatusOr<Checkpoint> FromText(absl::string_view text);
  // The checkpoint of a note that `verifier` has signed and is the origin of.
  static absl::StatusOr<Checkpoint> FromNote(absl::string_view note,
                                             const NoteVerifier& verifier);
  // The same; null: signatures are not checked.
  static absl::StatusOr<Checkpoint> FromNote(absl::string_view note,
                                             const NoteVerifier* verifier);
  // The checkpoint of a note whose signatures nobody has checked.
  static absl::StatusOr<Checkpoint> FromUncheckedNote(absl::string_view note);
};

// Base64 with padding, and nothing else; false for any other text.
std::string HashToBase64(const Hash& hash);
bool HashFromBase64(absl::string_view text, Hash* hash);

}  // namespace tarazy

#endif  // TARAZY_SERVER_AUDIT_NOTE_H_
