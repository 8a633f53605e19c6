// Old segments of the log, compressed: a file system in which they look as
// they were.
//
// A sealed segment is `NAME.log.zst` in place of `NAME.log`: zstd frames of
// 256 KiB each and a table of them at the end (the zstd seekable format), so
// that `zstd -d` gives the segment back and a reader can begin anywhere. Only
// segments that are followed by two others are sealed: a start, and so the
// log's writer, looks at the last two as they are.
//
// Thread-safety: as FileSystem.
// Source: zstd seekable format 0.1.0; RFC 8878.

#ifndef TARAZY_SERVER_AUDIT_SEALED_FILES_H_
#define TARAZY_SERVER_AUDIT_SEALED_FILES_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "server/audit/file_system.h"
#include "server/audit/recovery.h"

namespace tarazy {

// Shows `NAME.log.zst` as `NAME.log` to whoever lists a folder or opens a file
// to read it; all else is passed on to `files`, which outlives the result.
std::unique_ptr<FileSystem> ShowSealed(FileSystem* files);

// The real disk, sealed segments shown: what readers of a log use.
FileSystem* LogFiles();

struct SealedSegments {
  uint64_t segments = 0;
  uint64_t bytes_before = 0;
  uint64_t bytes_after = 0;
};

// Seals one segment, which is followed by two others, the next beginning with
// record `next_index`. Nothing is done if it is sealed already.
absl::StatusOr<SealedSegments> SealSegment(FileSystem* files,
                                           const std::string& directory,
                                           const SegmentFile& segment,
                                           uint64_t next_index);

// Seals all segments of a log but the last `keep` (at least 2), the oldest
// first, each durable and compared with what it was before the original goes.
// DATA_LOSS: a segment is not whole; nothing of it is changed. `progress` (may
// be empty) is told how many are done.
absl::StatusOr<SealedSegments> SealSegments(
    FileSystem* files, const std::string& directory, uint64_t keep,
    const std::function<void(uint64_t)>& progress);

}  // namespace tarazy

#endif  // TARAZY_SERVER_AUDIT_SEALED_FILES_H_
