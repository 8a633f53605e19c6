// Deletes the records of a log that are older than they may be kept.
//
// Whole segments go, the oldest first, each when all of its records are old
// enough, and only such as a signed checkpoint covers, in whole tiles; never
// one of the last three. In this order, so that a stop at any moment loses
// nothing that was to stay and the next run goes on:
//  1. each record that is to go is held against its hash in the tiles;
//  2. `PRUNED` is signed and put in place, durably: from now on the log begins
//     behind them;
//  3. salts of their personal inputs are erased, then the segments removed.
// The hashes stay: checkpoints and proofs from before hold.
//
// Thread-safety: a function without state; one at a time for a log.

#ifndef TARAZY_SERVER_AUDIT_RETENTION_H_
#define TARAZY_SERVER_AUDIT_RETENTION_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "server/audit/file_system.h"
#include "server/audit/note.h"
#include "server/audit/recovery.h"

namespace tarazy {

// Segments at the end of a log that are neither sealed nor deleted.
constexpr size_t kKeptSegments = 3;

struct RetentionOptions {
  std::string log_directory;
  // Milliseconds since 1970 UTC: records from before may go.
  int64_t before_ms = 0;
  const NoteSigner* signer = nullptr;
  // Erases salts, durably. Empty: there are none.
  std::function<absl::Status(const std::vector<uint64_t>& ids)> erase_salts;
};

struct DeletedRecords {
  uint64_t segments = 0;
  uint64_t records = 0;
  // With which record the log begins now.
  uint64_t first_index = 0;
};

// `files` has the segments as they lie on the disk. DATA_LOSS: a record is not
// what was signed, or `PRUNED` is not; nothing is deleted.
absl::StatusOr<DeletedRecords> DeleteOldRecords(
    FileSystem* files, const RetentionOptions& options);

// When the last record of the log was made; empty: it has none.
absl::StatusOr<absl::optional<int64_t>> NewestRecord(
    FileSystem* files, const std::string& directory);

// When the record was made that a segment begins with; empty: it has none.
absl::StatusOr<absl::optional<int64_t>> BeginOf(FileSystem* files,
                                                const SegmentFile& segment);

}  // namespace tarazy

#endif  // TARAZY_SERVER_AUDIT_RETENTION_H_
