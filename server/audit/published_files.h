// A published log as the static files that C2SP tlog-tiles names: the signed
// checkpoint, the tiles of hashes, the bundles of records; and `PRUNED` where
// records were deleted. They are made when they are asked for, from the tile
// store and the log's segments, so that a record is kept once.
//
// Only what the published checkpoint covers is there. A bundle of records is
// `tile/entries/<N>[.p/<W>]`: each record with its length before it, two bytes,
// big-endian.
//
// Thread-safety: all methods may be called from any thread.
// Source: C2SP tlog-tiles.

#ifndef TARAZY_SERVER_AUDIT_PUBLISHED_FILES_H_
#define TARAZY_SERVER_AUDIT_PUBLISHED_FILES_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/audit/file_system.h"
#include "server/audit/log_reader.h"
#include "server/audit/merkle.h"
#include "server/audit/tile_store.h"

namespace tarazy {

// Where a log's folder has its tree.
std::string TreeFolder(const std::string& log_directory);

class PublishedFiles {
 public:
  // `files` outlives the object.
  PublishedFiles(FileSystem* files, std::string log_directory);

  // INVALID_ARGUMENT: `path` is neither `checkpoint` nor `PRUNED` (see
  // server/audit/pruned.h) nor a tile's. NOT_FOUND: nothing of that name was
  // published. DATA_LOSS: the log is damaged there.
  absl::StatusOr<std::string> Read(absl::string_view path) const;

  // A record of the log. NOT_FOUND: it is kept no longer. OUT_OF_RANGE: it was
  // not written yet.
  absl::StatusOr<std::string> ReadRecord(uint64_t index) const;

 private:
  absl::StatusOr<std::string> ReadBundleOf(const TileId& id) const;
  absl::StatusOr<std::unique_ptr<LogReader>> ReaderAt(uint64_t index) const;

  FileSystem* const files_;
  const std::string log_directory_;
  const TileStore tiles_;
};

// Writes all files of a published log to the folder `to`, for a web server or
// for tools that read files; the checkpoint when all else is durable. Full
// tiles that are there stay, so that a later call adds what is new; bundles
// with records that the log's retention has deleted since go, behind `PRUNED`
// and the checkpoint. FAILED_PRECONDITION: `to` holds
// another log, or more of this one. `progress` may be empty.
absl::StatusOr<uint64_t> WritePublishedFiles(
    FileSystem* files, const std::string& log_directory, const std::string& to,
    const std::function<void(uint64_t records)>& progress);

// The records of a bundle; DATA_LOSS, naming `path`, when it is not made of
// `records`.
absl::StatusOr<std::vector<std::string>> ReadBundle(absl::string_view bundle,
                                                    uint64_t records,
                                                    const std::string& path);

}  // namespace tarazy

#endif  // TARAZY_SERVER_AUDIT_PUBLISHED_FILES_H_
