// Checks a whole log: each record's checksum, and everything that was
// published of it: the checkpoint's signature, its root over the records, each
// byte of the tiles. And proofs of single records, as files.
//
// Thread-safety: functions without state.
// Source: C2SP tlog-tiles and tlog-proof.

#ifndef TARAZY_SERVER_AUDIT_VERIFY_H_
#define TARAZY_SERVER_AUDIT_VERIFY_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "server/audit/file_system.h"
#include "server/audit/merkle.h"
#include "server/audit/note.h"

namespace tarazy {

struct VerifiedLog {
  uint64_t records = 0;
  // Records before those, deleted by the log's retention: of them the hashes
  // were checked.
  uint64_t pruned = 0;
  // Records that were not given out (see VerifyOptions::allow_withheld): of
  // them, too.
  uint64_t withheld = 0;
  // What was published; empty when nothing was.
  absl::optional<Checkpoint> checkpoint;
  // Tiles that were compared.
  uint64_t tiles = 0;
};

struct VerifyOptions {
  std::string directory;
  // Null: the checkpoint's signature is not checked, and so nobody vouches for
  // it; the rest is compared all the same.
  const NoteVerifier* verifier = nullptr;
  // Notes of earlier checkpoints of this log, whose records must still be
  // there.
  std::vector<std::string> earlier;
  // Of a published log: a bundle that may not be read (UNAUTHENTICATED,
  // PERMISSION_DENIED) is taken by its hashes, like all bundles after it.
  bool allow_withheld = false;
  // Told the number of records now and then.
  std::function<void(uint64_t)> progress;
};

// DATA_LOSS names the first thing that is wrong.
absl::StatusOr<VerifiedLog> VerifyLog(FileSystem* files,
                                      const VerifyOptions& options);

// Checks what was published of a log, as others are given it: reads the
// checkpoint, every bundle of records and every tile, and holds the tree over
// the records against the tiles and the checkpoint's root. Bundles may be
// missing at the log's beginning, where the signed `PRUNED` says that some of
// their records were deleted; their hashes are checked then. `read` gives a
// file by its path in C2SP tlog-tiles, NOT_FOUND where there is none;
// `options.directory` means nothing here. NOT_FOUND: there is no checkpoint.
absl::StatusOr<VerifiedLog> VerifyPublished(
    const std::function<absl::StatusOr<std::string>(const std::string& path)>&
        read,
    const VerifyOptions& options);

// That a record is in a log, to be checked without the log.
struct RecordProof {
  uint64_t index = 0;
  std::vector<Hash> hashes;
  std::string checkpoint;  // the signed note
  // Of a receipt: the record's leaf hash, in the line `extra`.
  absl::optional<Hash> leaf;

  std::string ToText() const;
  static absl::StatusOr<RecordProof> FromText(absl::string_view text);
  // OK, or DATA_LOSS says what does not hold.
  absl::Status Verify(absl::string_view record,
                      const NoteVerifier& verifier) const;
  // The same of the record with the leaf hash that a receipt names.
  // INVALID_ARGUMENT: it names none. Gives the tree that was signed.
  absl::StatusOr<Checkpoint> VerifyReceipt(const NoteVerifier& verifier) const;
};

// The proof for the published checkpoint. OUT_OF_RANGE when the record is not
// in it yet; NOT_FOUND when nothing was published.
absl::StatusOr<RecordProof> ProveRecord(FileSystem* files,
                                        const std::string& directory,
                                        uint64_t index);

}  // namespace tarazy

#endif  // TARAZY_SERVER_AUDIT_VERIFY_H_
