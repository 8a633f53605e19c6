#include "server/audit/merkle.h"

// As for pseudonyms: EVP would allocate a context for each hash.
#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/sha.h>

#include <map>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace tarazy {
namespace {

// Folds perfect subtrees of a tree's right side, from the smallest on.
class RightFold {
 public:
  void Add(const Hash& left) {
    hash_ = empty_ ? left : NodeHash(left, hash_);
    empty_ = false;
  }
  Hash hash() const { return hash_; }
  bool empty() const { return empty_; }

 private:
  Hash hash_{};
  bool empty_ = true;
};

// The root over a power of two of hashes.
Hash PerfectRoot(absl::Span<const Hash> hashes) {
  std::vector<Hash> row(hashes.begin(), hashes.end());
  while (row.size() > 1) {
    for (size_t i = 0; i < row.size() / 2; ++i) {
      row[i] = NodeHash(row[2 * i], row[2 * i + 1]);
    }
    row.resize(row.size() / 2);
  }
  return row[0];
}

// Largest power of two below n, n > 1.
uint64_t Split(uint64_t n) {
  uint64_t k = 1;
  while (k < n - k) k *= 2;
  return k;
}

bool IsPowerOfTwo(uint64_t n) { return n != 0 && (n & (n - 1)) == 0; }

// Hashes of ranges of leaves, from the tiles of a tree of `size` leaves.
class RangeHasher {
 public:
  RangeHasher(const TileSource& tiles, uint64_t size)
      : tiles_(tiles), size_(size) {}

  absl::StatusOr<Hash> Range(uint64_t begin, uint64_t end) {
    const uint64_t leaves = end - begin;
    if (leaves == 0) return EmptyRoot();
    if (IsPowerOfTwo(leaves) && begin % leaves == 0) {
      return Perfect(begin, leaves);
    }
    const uint64_t middle = begin + Split(leaves);
    const auto left = Range(begin, middle);
    if (!left.ok()) return left.status();
    const auto right = Range(middle, end);
    if (!right.ok()) return right.status();
    return NodeHash(*left, *right);
  }

 private:
  absl::StatusOr<Hash> Perfect(uint64_t begin, uint64_t leaves) {
    int level = 0;
    uint64_t step = 1;  // leaves under one hash of the tile
    while (leaves / step >= kTileWidth && level < 7) {
      step *= kTileWidth;
      ++level;
    }
    const uint64_t first = begin / step;
    const uint64_t count = leaves / step;
    const TileId id{level, first / kTileWidth,
                    TileHashes(level, first / kTileWidth)};
    const auto tile = Tile(id);
    if (!tile.ok()) return tile.status();
    return PerfectRoot(
        absl::MakeConstSpan(**tile).subspan(first % kTileWidth, count));
  }

  uint64_t TileHashes(int level, uint64_t number) const {
    return number < FullTiles(level, size_) ? kTileWidth
                                            : PartialWidth(level, size_);
  }

  absl::StatusOr<const std::vector<Hash>*> Tile(const TileId& id) {
    auto& cached = cache_[{id.level, id.number}];
    if (cached.empty()) {
      auto read = tiles_(id);
      if (!read.ok()) return read.status();
      if (read->size() != id.width) {
        return absl::DataLossError(
            absl::StrCat("`", id.Path(), "` has ", read->size(), " hashes"));
      }
      cached = *std::move(read);
    }
    return &cached;
  }

  const TileSource& tiles_;
  const uint64_t size_;
  std::map<std::pair<int, uint64_t>, std::vector<Hash>> cache_;
};

absl::Status DoesNotHold(absl::string_view what) {
  return absl::DataLossError(
      absl::StrCat("the ", what, " proof does not hold"));
}

}  // namespace

Hash LeafHash(absl::string_view record) {
  const uint8_t prefix = 0;
  Hash hash;
  SHA256_CTX state;
  SHA256_Init(&state);
  SHA256_Update(&state, &prefix, 1);
  SHA256_Update(&state, record.data(), record.size());
  SHA256_Final(hash.data(), &state);
  return hash;
}

Hash NodeHash(const Hash& left, const Hash& right) {
  const uint8_t prefix = 1;
  Hash hash;
  SHA256_CTX state;
  SHA256_Init(&state);
  SHA256_Update(&state, &prefix, 1);
  SHA256_Update(&state, left.data(), left.size());
  SHA256_Update(&state, right.data(), right.size());
  SHA256_Final(hash.data(), &state);
  return hash;
}

Hash EmptyRoot() {
  Hash hash;
  SHA256(nullptr, 0, hash.data());
  return hash;
}

std::string TileId::Path() const {
  std::string path = level == kEntries ? std::string("tile/entries/")
                                       : absl::StrCat("tile/", level, "/");
  std::vector<uint64_t> groups = {number % 1000};
  for (uint64_t rest = number / 1000; rest > 0; rest /= 1000) {
    groups.push_back(rest % 1000);
  }
  for (size_t i = groups.size(); i-- > 0;) {
    absl::StrAppendFormat(&path, i > 0 ? "x%03d/" : "%03d", groups[i]);
  }
  if (width < kTileWidth) absl::StrAppend(&path, ".p/", width);
  return path;
}

absl::optional<TileId> ParseTilePath(absl::string_view path) {
  const absl::string_view whole = path;
  TileId id;
  if (!absl::ConsumePrefix(&path, "tile/")) return absl::nullopt;
  if (absl::ConsumePrefix(&path, "entries/")) {
    id.level = TileId::kEntries;
  } else {
    const size_t slash = path.find('/');
    if (slash == absl::string_view::npos || slash > 2 ||
        !absl::SimpleAtoi(path.substr(0, slash), &id.level)) {
      return absl::nullopt;
    }
    path.remove_prefix(slash + 1);
  }
  const size_t partial = path.find(".p/");
  if (partial != absl::string_view::npos) {
    if (!absl::SimpleAtoi(path.substr(partial + 3), &id.width) ||
        id.width == 0 || id.width >= kTileWidth) {
      return absl::nullopt;
    }
    path = path.substr(0, partial);
  }
  std::string digits;
  for (absl::string_view group : absl::StrSplit(path, '/')) {
    absl::ConsumePrefix(&group, "x");
    absl::StrAppend(&digits, group);
  }
  // Whatever was read loosely above, only the one way to write it counts.
  if (digits.size() > 21 || !absl::SimpleAtoi(digits, &id.number) ||
      id.Path() != whole) {
    return absl::nullopt;
  }
  return id;
}

uint64_t FullTiles(int level, uint64_t size) {
  for (int l = level < 0 ? 0 : level; l >= 0; --l) size /= kTileWidth;
  return size;
}

uint64_t PartialWidth(int level, uint64_t size) {
  for (int l = level < 0 ? 0 : level; l > 0; --l) size /= kTileWidth;
  return size % kTileWidth;
}

void TreeEdge::Append(const Hash& leaf, std::vector<FullTile>* full) {
  Hash hash = leaf;
  ++size_;
  for (size_t level = 0;; ++level) {
    if (level == partial_.size()) partial_.emplace_back();
    partial_[level].push_back(hash);
    if (partial_[level].size() < kTileWidth) return;
    hash = PerfectRoot(partial_[level]);
    full->push_back({static_cast<int>(level),
                     FullTiles(static_cast<int>(level), size_) - 1,
                     std::move(partial_[level])});
    partial_[level].clear();
  }
}

Hash TreeEdge::Root() const {
  RightFold fold;
  for (const std::vector<Hash>& row : partial_) {
    // The perfect subtrees of a row, from the right.
    size_t end = row.size();
    for (size_t width = 1; end > 0; width *= 2) {
      if ((end & width) == 0) continue;
      fold.Add(
          PerfectRoot(absl::MakeConstSpan(row).subspan(end - width, width)));
      end -= width;
    }
  }
  return fold.empty() ? EmptyRoot() : fold.hash();
}

absl::StatusOr<Hash> RootFromTiles(const TileSource& tiles, uint64_t size) {
  return RangeHasher(tiles, size).Range(0, size);
}

// RFC 6962, 2.1.1, from the root down; the proof lists the leaf's side last to
// first, so it is turned round.
absl::StatusOr<std::vector<Hash>> InclusionProof(const TileSource& tiles,
                                                 uint64_t index,
                                                 uint64_t size) {
  if (index >= size) {
    return absl::OutOfRangeError(absl::StrCat(
        "record ", index, " is not among the first ", size, " records"));
  }
  RangeHasher hasher(tiles, size);
  std::vector<Hash> proof;
  uint64_t begin = 0, end = size;
  while (end - begin > 1) {
    const uint64_t middle = begin + Split(end - begin);
    const bool left = index < middle;
    const auto sibling =
        left ? hasher.Range(middle, end) : hasher.Range(begin, middle);
    if (!sibling.ok()) return sibling.status();
    proof.push_back(*sibling);
    (left ? end : begin) = middle;
  }
  return std::vector<Hash>(proof.rbegin(), proof.rend());
}

// RFC 6962, 2.1.2.
absl::StatusOr<std::vector<Hash>> ConsistencyProof(const TileSource& tiles,
                                                   uint64_t old_size,
                                                   uint64_t size) {
  if (old_size > size) {
    return absl::OutOfRangeError(
        absl::StrCat("the log has ", size, " records, fewer than ", old_size));
  }
  std::vector<Hash> proof;
  if (old_size == 0 || old_size == size) return proof;
  RangeHasher hasher(tiles, size);
  uint64_t begin = 0, end = size;
  bool whole = true;  // the old tree is the left edge of what is looked at
  while (old_size != end) {
    const uint64_t middle = begin + Split(end - begin);
    const bool left = old_size <= middle;
    const auto sibling =
        left ? hasher.Range(middle, end) : hasher.Range(begin, middle);
    if (!sibling.ok()) return sibling.status();
    proof.push_back(*sibling);
    if (left) {
      end = middle;
    } else {
      begin = middle;
      whole = false;
    }
  }
  if (!whole) {
    const auto last = hasher.Range(begin, end);
    if (!last.ok()) return last.status();
    proof.push_back(*last);
  }
  return std::vector<Hash>(proof.rbegin(), proof.rend());
}

// RFC 9162, 2.1.3.2.
absl::Status VerifyInclusion(const Hash& leaf, uint64_t index, uint64_t size,
                             const Hash& root, absl::Span<const Hash> proof) {
  if (index >= size) return DoesNotHold("inclusion");
  uint64_t fn = index, sn = size - 1;
  Hash hash = leaf;
  for (const Hash& p : proof) {
    if (sn == 0) return DoesNotHold("inclusion");
    if ((fn & 1) != 0 || fn == sn) {
      hash = NodeHash(p, hash);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      hash = NodeHash(hash, p);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return sn == 0 && hash == root ? absl::OkStatus() : DoesNotHold("inclusion");
}

// RFC 9162, 2.1.4.2.
absl::Status VerifyConsistency(uint64_t old_size, const Hash& old_root,
                               uint64_t size, const Hash& root,
                               absl::Span<const Hash> proof) {
  const absl::Status bad = DoesNotHold("consistency");
  if (old_size > size) return bad;
  if (old_size == 0) {
    return proof.empty() && old_root == EmptyRoot() ? absl::OkStatus() : bad;
  }
  if (old_size == size) {
    return proof.empty() && old_root == root ? absl::OkStatus() : bad;
  }
  std::vector<Hash> path(proof.begin(), proof.end());
  if (IsPowerOfTwo(old_size)) path.insert(path.begin(), old_root);
  if (path.empty()) return bad;
  uint64_t fn = old_size - 1, sn = size - 1;
  while ((fn & 1) != 0) {
    fn >>= 1;
    sn >>= 1;
  }
  Hash old_hash = path[0], hash = path[0];
  for (size_t i = 1; i < path.size(); ++i) {
    if (sn == 0) return bad;
    if ((fn & 1) != 0 || fn == sn) {
      old_hash = NodeHash(path[i], old_hash);
      hash = NodeHash(path[i], hash);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      hash = NodeHash(hash, path[i]);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return sn == 0 && old_hash == old_root && hash == root ? absl::OkStatus()
                                                         : bad;
}

}  // namespace tarazy
