// What stands in a log for records that its retention has deleted.
//
// The file `PRUNED` of the log's folder says with which record the log begins
// now, and is signed with the log's key: so records can be missing at the
// beginning because the holder of the key deleted them, and for no other
// reason. The hashes of the deleted records stay as tiles, so that checkpoints
// and proofs from before hold.
//
// Thread-safety: functions without state.

#ifndef TARAZY_SERVER_AUDIT_PRUNED_H_
#define TARAZY_SERVER_AUDIT_PRUNED_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "server/audit/file_system.h"
#include "server/audit/merkle.h"
#include "server/audit/note.h"
#include "server/audit/segment.h"

namespace tarazy {

struct Pruned {
  // The log's name, as its checkpoints have it.
  std::string origin;
  // Records before this one were deleted.
  uint64_t first_index = 0;
  // Size of the segment before the first that is left.
  uint64_t previous_bytes = 0;
  LogId log_id{};
  // The signed note that says so.
  std::string note;

  // What is signed.
  std::string ToText() const;
};

// The first bundle of which no record was deleted.
constexpr uint64_t FirstWholeBundle(uint64_t first_index) {
  return first_index / kTileWidth + (first_index % kTileWidth == 0 ? 0 : 1);
}

constexpr char kPrunedName[] = "PRUNED";

// DATA_LOSS, naming `path`, when the note is damaged. The signature is not
// checked here.
absl::StatusOr<Pruned> ParsePruned(absl::string_view note,
                                   absl::string_view path);
// Empty when nothing was deleted; else the same of the log's own file.
absl::StatusOr<absl::optional<Pruned>> ReadPruned(FileSystem* files,
                                                  const std::string& directory);
// DATA_LOSS unless `verifier` has signed it, and of its own log.
absl::Status CheckSigned(const Pruned& pruned, const NoteVerifier& verifier);

}  // namespace tarazy

#endif  // TARAZY_SERVER_AUDIT_PRUNED_H_
