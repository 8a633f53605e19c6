// What a start makes of the log that it finds.
//
// The last segment may end in a group that was being written when the process
// or the machine stopped. Nothing of that group was answered, so what is not
// whole of it is cut. How that is told from damage: a group is written only
// after the one before is durable, and each frame says where its group begins.
// So if the first frame that is not sound is followed by a frame of a later
// group, it was durable once, and is damage; if not, it is of the last group,
// and is cut. Damage to the last group itself, after it became durable, looks
// like a torn group; a closed log rules it out (a further segment says where
// its last one ended), and so does a signed checkpoint that covers the group.
//
// Thread-safety: the caller holds the log's lock.

#ifndef TARAZY_SERVER_AUDIT_RECOVERY_H_
#define TARAZY_SERVER_AUDIT_RECOVERY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "server/audit/file_system.h"
#include "server/audit/segment.h"

namespace tarazy {

struct SegmentFile {
  std::string path;
  uint64_t bytes = 0;
  SegmentHeader header;
};

// Opens one segment and reads its header.
absl::StatusOr<SegmentFile> ReadSegment(FileSystem* files, std::string path);

// The segments of a directory in order, their headers checked, and each
// against the size of the one before. Those that `PRUNED` says are deleted are
// left out, whether or not they are gone yet. DATA_LOSS names the segment.
absl::StatusOr<std::vector<SegmentFile>> ListSegments(
    FileSystem* files, const std::string& directory);

// Where the log goes on.
struct LogEnd {
  // Empty: there was no log.
  absl::optional<LogId> log_id;
  uint64_t next_index = 0;
  // Size of the segment before the next one.
  uint64_t previous_bytes = 0;
  // Bytes cut from a torn tail that were not zero to the end.
  uint64_t torn_bytes = 0;
};

// Reads the last two segments (one may hold nothing yet) and cuts the torn
// tail, durably. DATA_LOSS names segment and offset, and nothing is changed.
absl::StatusOr<LogEnd> RecoverLog(FileSystem* files,
                                  const std::string& directory);

}  // namespace tarazy

#endif  // TARAZY_SERVER_AUDIT_RECOVERY_H_
