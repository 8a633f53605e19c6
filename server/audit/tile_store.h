// The tiles of a log, its bundles of records and its checkpoint, as files in
// the layout that C2SP tlog-tiles serves over HTTP.
//
// Thread-safety: reads from any thread; writes from one.

#ifndef TARAZY_SERVER_AUDIT_TILE_STORE_H_
#define TARAZY_SERVER_AUDIT_TILE_STORE_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "server/audit/file_system.h"
#include "server/audit/merkle.h"

namespace tarazy {

class TileStore {
 public:
  TileStore(FileSystem* files, std::string directory)
      : files_(files), directory_(std::move(directory)) {}

  const std::string& directory() const { return directory_; }

  // NOT_FOUND; DATA_LOSS when the file's size is wrong.
  absl::StatusOr<std::vector<Hash>> ReadTile(const TileId& id) const;
  TileSource Source() const {
    return [this](const TileId& id) { return ReadTile(id); };
  }
  // The records of a bundle; DATA_LOSS when it is not made of `id.width`.
  absl::StatusOr<std::vector<std::string>> ReadEntries(const TileId& id) const;
  // The note, as it was published.
  absl::StatusOr<std::string> ReadCheckpoint() const;

  // Writes a file; durable only after the next Sync. Readers see all of it or
  // nothing.
  absl::Status WriteTile(const TileId& id, absl::Span<const Hash> hashes);
  absl::Status WriteEntries(const TileId& id, absl::string_view bundle);
  // Removes the partial forms of a tile that is full now; readers turn to the
  // full one. What can't be removed stays, and does no harm.
  void RemovePartial(const TileId& id);
  // Makes the names of what was written durable.
  absl::Status Sync();
  // Durable when it returns.
  absl::Status WriteCheckpoint(absl::string_view note);

 private:
  absl::Status Write(const std::string& path, absl::string_view data);
  absl::Status MakeDirectories(const std::string& path);

  FileSystem* const files_;
  const std::string directory_;
  std::set<std::string> made_;     // folders that are known to be there
  std::set<std::string> touched_;  // folders whose names are to be synced
};

// The records of a bundle; DATA_LOSS, naming `path`, when it is not made of
// `records`.
absl::StatusOr<std::vector<std::string>> ReadBundle(absl::string_view bundle,
                                                    uint64_t records,
                                                    const std::string& path);

// A record as it stands in a bundle: its length in two bytes, big-endian, and
// the record.
void AppendEntry(absl::string_view record, std::string* bundle);

}  // namespace tarazy

#endif  // TARAZY_SERVER_AUDIT_TILE_STORE_H_
