// The Merkle tree over the log's records: hashes, proofs, tiles.
//
// A leaf is SHA-256(0x00 || record), a node SHA-256(0x01 || left || right), and
// the tree over n leaves splits at the largest power of two below n. Tiles cut
// the tree into pieces of 8 levels: tile N of level L holds the hashes of the
// perfect subtrees of height 8L over the leaves from N * 256^(L+1) on, up to
// 256 of them. All other hashes follow from these.
//
// Thread-safety: functions without state; the classes are for one thread.
// Source: RFC 6962, RFC 9162 (2.1.3, 2.1.4), C2SP tlog-tiles.

#ifndef TARAZY_SERVER_AUDIT_MERKLE_H_
#define TARAZY_SERVER_AUDIT_MERKLE_H_

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "absl/types/span.h"

namespace tarazy {

using Hash = std::array<uint8_t, 32>;

constexpr int kTileHeight = 8;
constexpr uint64_t kTileWidth = 256;

Hash LeafHash(absl::string_view record);
Hash NodeHash(const Hash& left, const Hash& right);
// The root of a tree without leaves.
Hash EmptyRoot();

// Where a tile lies: "tile/0/x001/067" and, of less than 256 hashes,
// "tile/0/x001/067.p/3". Level -1 is the bundle of the records themselves,
// "tile/entries/…".
struct TileId {
  static constexpr int kEntries = -1;
  int level = 0;
  uint64_t number = 0;
  // 1 to 256.
  uint64_t width = kTileWidth;

  std::string Path() const;
};

// The tile that a path names; empty for a text that is no tile's path.
absl::optional<TileId> ParseTilePath(absl::string_view path);

// The tiles of one level that a tree of `size` leaves has: how many are full,
// and the width of the partial one (0: none).
uint64_t FullTiles(int level, uint64_t size);
uint64_t PartialWidth(int level, uint64_t size);

// The right edge of a tree that grows: what is needed to append.
class TreeEdge {
 public:
  struct FullTile {
    int level;
    uint64_t number;
    std::vector<Hash> hashes;
  };

  TreeEdge() = default;
  // `partial[L]` are the hashes of the partial tile of level L.
  TreeEdge(uint64_t size, std::vector<std::vector<Hash>> partial)
      : size_(size), partial_(std::move(partial)) {}

  // Appends a leaf; tiles that became full go to `full`.
  void Append(const Hash& leaf, std::vector<FullTile>* full);
  uint64_t size() const { return size_; }
  Hash Root() const;
  // Hashes of the partial tile of each level; some may be empty.
  const std::vector<std::vector<Hash>>& partial() const { return partial_; }

 private:
  uint64_t size_ = 0;
  std::vector<std::vector<Hash>> partial_;
};

// Reads hashes of tiles: all `width` hashes of a tile that the tree has.
using TileSource =
    std::function<absl::StatusOr<std::vector<Hash>>(const TileId& tile)>;

// Proofs for the tree of the first `size` leaves, from its tiles.
absl::StatusOr<std::vector<Hash>> InclusionProof(const TileSource& tiles,
                                                 uint64_t index, uint64_t size);
absl::StatusOr<std::vector<Hash>> ConsistencyProof(const TileSource& tiles,
                                                   uint64_t old_size,
                                                   uint64_t size);
absl::StatusOr<Hash> RootFromTiles(const TileSource& tiles, uint64_t size);

// OK, or DATA_LOSS: the proof does not hold.
absl::Status VerifyInclusion(const Hash& leaf, uint64_t index, uint64_t size,
                             const Hash& root, absl::Span<const Hash> proof);
absl::Status VerifyConsistency(uint64_t old_size, const Hash& old_root,
                               uint64_t size, const Hash& root,
                               absl::Span<const Hash> proof);

}  // namespace tarazy

#endif  // TARAZY_SERVER_AUDIT_MERKLE_H_
