// A published log, checked from outside: nothing is known of it but what is
// given out, and whoever gives it out may lie.
//
// The records are read bundle by bundle and the tree over them is grown; each
// tile that it gives is held against the published one, the root against the
// checkpoint. What is kept meanwhile is the tree's right edge, so memory does
// not grow with the log.

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/audit/pruned.h"
#include "server/audit/published_files.h"
#include "server/audit/verify.h"

namespace tarazy {
namespace {

using Read =
    std::function<absl::StatusOr<std::string>(const std::string& path)>;

absl::StatusOr<std::vector<Hash>> LeavesOf(const std::string& bundle,
                                           const TileId& id) {
  const auto records = ReadBundle(bundle, id.width, id.Path());
  if (!records.ok()) return records.status();
  std::vector<Hash> leaves;
  for (const std::string& record : *records) leaves.push_back(LeafHash(record));
  return leaves;
}

absl::Status Damaged(absl::string_view what, absl::string_view reason) {
  return absl::DataLossError(absl::StrCat(what, ": ", reason));
}

// Where the hashes of some records come from.
enum class From { kRecords, kDeleted, kWithheld };

// The files of one log.
class Published {
 public:
  Published(const Read& read, const VerifyOptions& options, Checkpoint tree)
      : read_(read), options_(options), tree_(std::move(tree)) {}

  // The hashes of the records of a bundle: of the records or, where the log's
  // key says that some of them were deleted and where they are withheld, of the
  // tile. `from` says which.
  absl::StatusOr<std::vector<Hash>> Leaves(const TileId& id, From* from) {
    *from = id.number < first_bundle_ ? From::kDeleted
            : withheld_               ? From::kWithheld
                                      : From::kRecords;
    if (*from == From::kRecords) {
      const auto bundle = read_(id.Path());
      if (bundle.ok()) return LeavesOf(*bundle, id);
      if (absl::IsNotFound(bundle.status())) {
        // Asked for only now: records may be deleted while others are read.
        if (absl::Status s = ReadDeletion(id); !s.ok()) return s;
        *from = From::kDeleted;
      } else if (options_.allow_withheld &&
                 (absl::IsUnauthenticated(bundle.status()) ||
                  absl::IsPermissionDenied(bundle.status()))) {
        withheld_ = true;
        *from = From::kWithheld;
      } else {
        return bundle.status();
      }
    }
    return ReadTile({0, id.number, id.width});
  }

  // That the published tile holds these hashes.
  absl::Status Compare(const TileId& id, const std::vector<Hash>& hashes) {
    const auto published = ReadTile(id);
    if (!published.ok()) return published.status();
    if (*published == hashes) return absl::OkStatus();
    return absl::DataLossError(absl::StrCat(
        "`", id.Path(), "` does not hold what the log's records give"));
  }

 private:
  absl::StatusOr<std::vector<Hash>> ReadTile(const TileId& id) const {
    const auto bytes = read_(id.Path());
    if (absl::IsNotFound(bytes.status())) {
      return absl::DataLossError(absl::StrCat("`", id.Path(), "` is missing"));
    }
    if (!bytes.ok()) return bytes.status();
    std::vector<Hash> hashes(id.width);
    if (bytes->size() != hashes.size() * sizeof(Hash)) {
      return absl::DataLossError(absl::StrCat("`", id.Path(), "` has ",
                                              bytes->size(), " bytes, not ",
                                              hashes.size() * sizeof(Hash)));
    }
    std::memcpy(hashes.data(), bytes->data(), bytes->size());
    return hashes;
  }

  // That the bundle is missing because its records were deleted.
  absl::Status ReadDeletion(const TileId& id) {
    const auto note = read_(kPrunedName);
    if (absl::IsNotFound(note.status())) {
      return absl::DataLossError(
          absl::StrCat("`", id.Path(), "` is missing, and no signed `",
                       kPrunedName, "` says that its records were deleted"));
    }
    if (!note.ok()) return note.status();
    const auto pruned = ParsePruned(*note, kPrunedName);
    if (!pruned.ok()) return pruned.status();
    if (options_.verifier != nullptr) {
      absl::Status s = CheckSigned(*pruned, *options_.verifier);
      if (!s.ok()) return s;
    }
    if (pruned->origin != tree_.origin) {
      return absl::DataLossError(
          absl::StrCat("`", kPrunedName, "` is of the log `", pruned->origin,
                       "`, the checkpoint of `", tree_.origin, "`"));
    }
    first_bundle_ = FirstWholeBundle(pruned->first_index);
    if (id.number < first_bundle_) return absl::OkStatus();
    return absl::DataLossError(
        absl::StrCat("`", id.Path(), "` is missing, and `", kPrunedName,
                     "` says that only records before ", pruned->first_index,
                     " were deleted"));
  }

  const Read& read_;
  const VerifyOptions& options_;
  const Checkpoint tree_;
  uint64_t first_bundle_ = 0;  // of those that are not deleted
  bool withheld_ = false;
};

// Grows the tree over the records and compares.
class Walk {
 public:
  Walk(const VerifyOptions& options, std::map<uint64_t, Hash> roots,
       Published* published, VerifiedLog* verified)
      : options_(options),
        roots_(std::move(roots)),
        published_(published),
        verified_(verified) {}

  absl::Status Run(uint64_t size) {
    if (absl::Status s = CheckRoot(); !s.ok()) return s;
    From from = From::kRecords;
    while (edge_.size() < size) {
      TileId id{TileId::kEntries, edge_.size() / kTileWidth};
      id.width = std::min(kTileWidth, size - edge_.size());
      const auto leaves = published_->Leaves(id, &from);
      if (!leaves.ok()) return leaves.status();
      absl::Status s = Add(*leaves, from);
      if (!s.ok()) return s;
      if (options_.progress) options_.progress(edge_.size());
    }
    for (size_t i = 0; i < edge_.partial().size(); ++i) {
      const auto& row = edge_.partial()[i];
      if (row.empty()) continue;
      const int level = static_cast<int>(i);
      absl::Status s =
          Compare({level, FullTiles(level, size), row.size()}, row, from);
      if (!s.ok()) return s;
    }
    return absl::OkStatus();
  }

 private:
  // The hashes of a bundle.
  absl::Status Add(const std::vector<Hash>& leaves, From from) {
    (from == From::kRecords   ? verified_->records
     : from == From::kDeleted ? verified_->pruned
                              : verified_->withheld) += leaves.size();
    for (const Hash& leaf : leaves) {
      edge_.Append(leaf, &full_);
      if (absl::Status s = CheckRoot(); !s.ok()) return s;
    }
    for (const TreeEdge::FullTile& tile : full_) {
      absl::Status s = Compare({tile.level, tile.number}, tile.hashes, from);
      if (!s.ok()) return s;
    }
    full_.clear();
    return absl::OkStatus();
  }

  absl::Status Compare(const TileId& id, const std::vector<Hash>& hashes,
                       From from) {
    ++verified_->tiles;
    // Hashes that came from the tile can't differ from it.
    return id.level == 0 && from != From::kRecords
               ? absl::OkStatus()
               : published_->Compare(id, hashes);
  }

  absl::Status CheckRoot() const {
    const auto expected = roots_.find(edge_.size());
    if (expected == roots_.end() || expected->second == edge_.Root()) {
      return absl::OkStatus();
    }
    return absl::DataLossError(absl::StrCat(
        "the first ", edge_.size(), " records are not those that were signed"));
  }

  const VerifyOptions& options_;
  const std::map<uint64_t, Hash> roots_;
  Published* const published_;
  VerifiedLog* const verified_;
  TreeEdge edge_;
  std::vector<TreeEdge::FullTile> full_;
};

}  // namespace

absl::StatusOr<VerifiedLog> VerifyPublished(const Read& read,
                                            const VerifyOptions& options) {
  const auto note = read("checkpoint");
  if (!note.ok()) return note.status();
  VerifiedLog verified;
  const auto tree = Checkpoint::FromNote(*note, options.verifier);
  if (!tree.ok()) return Damaged("`checkpoint`", tree.status().message());
  verified.checkpoint = *tree;
  std::map<uint64_t, Hash> roots = {{tree->size, tree->root}};
  for (const std::string& text : options.earlier) {
    const auto earlier = Checkpoint::FromNote(text, options.verifier);
    if (!earlier.ok()) {
      return Damaged("the earlier checkpoint", earlier.status().message());
    }
    if (earlier->origin != tree->origin) {
      return Damaged("the earlier checkpoint",
                     absl::StrCat("is of the log `", earlier->origin,
                                  "`, this one of `", tree->origin, "`"));
    }
    const auto [at, added] = roots.emplace(earlier->size, earlier->root);
    if (!added && at->second != earlier->root) {
      return absl::DataLossError(absl::StrCat(
          "two checkpoints of ", earlier->size, " records differ"));
    }
  }
  const uint64_t size = verified.checkpoint->size;
  if (roots.rbegin()->first != size) {
    return absl::DataLossError(absl::StrCat(
        "the log has ", size, " records, an earlier checkpoint has ",
        roots.rbegin()->first));
  }
  Published published(read, options, *verified.checkpoint);
  absl::Status s =
      Walk(options, std::move(roots), &published, &verified).Run(size);
  if (!s.ok()) return s;
  return verified;
}

}  // namespace tarazy
