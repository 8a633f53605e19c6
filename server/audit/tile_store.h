// The hashes of a log's tree and its signed checkpoint, as files in a folder.
//
// A level of tiles is one file, `hashes.L`: the hashes of the perfect subtrees
// of height 8L, 32 bytes each, one after the other. Tile N of the level is the
// file's bytes from 8192 N on, and a partial tile is the beginning of a full
// one. So a second's records cost one write and one sync a level, however many
// tiles they fill. published_files.h gives them out as C2SP tlog-tiles names
// them.
//
// Thread-safety: reads from any thread; writes from one.

#ifndef TARAZY_SERVER_AUDIT_TILE_STORE_H_
#define TARAZY_SERVER_AUDIT_TILE_STORE_H_

#include <map>
#include <memory>
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

  // A tile of hashes. NOT_FOUND when there is nothing of its level; DATA_LOSS
  // when the level ends before it.
  absl::StatusOr<std::vector<Hash>> ReadTile(const TileId& id) const;
  TileSource Source() const {
    return [this](const TileId& id) { return ReadTile(id); };
  }
  // The note, as it was published.
  absl::StatusOr<std::string> ReadCheckpoint() const;

  // Where the first record of a bundle begins in its segment: a hint, to be
  // checked there. 0: not known.
  uint64_t ReadOffset(uint64_t bundle) const;

  // Durable only after the next Sync.
  absl::Status WriteTile(const TileId& id, absl::Span<const Hash> hashes);
  absl::Status Sync();
  // Of the bundle `first` and those after it. Durable only after the next Sync.
  absl::Status WriteOffsets(uint64_t first, absl::Span<const uint64_t> offsets);
  // Durable when it returns.
  absl::Status WriteCheckpoint(absl::string_view note);

 private:
  std::string PathOf(int level) const;
  // kEntries: the file of offsets.
  absl::StatusOr<File*> OpenToWrite(int level);

  FileSystem* const files_;
  const std::string directory_;
  std::map<int, std::unique_ptr<File>> levels_;  // open for writing
  std::set<int> written_;                        // since the last Sync
  bool made_ = false;                            // the folder
  bool names_synced_ = true;
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_AUDIT_TILE_STORE_H_
