#include "server/audit/verify.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/audit/log_reader.h"
#include "server/audit/pruned.h"
#include "server/audit/published_files.h"
#include "server/audit/tile_store.h"

namespace tarazy {
namespace {

constexpr absl::string_view kProofHeader = "c2sp.org/tlog-proof@v1";
constexpr uint64_t kProgressRecords = 1u << 16;
// A proof has a hash for each level of the tree.
constexpr size_t kMaxProofHashes = 64;

TileStore Tiles(FileSystem* files, const std::string& directory) {
  return TileStore(files, TreeFolder(directory));
}

absl::Status Differs(const TileId& id) {
  return absl::DataLossError(absl::StrCat(
      "`", id.Path(), "` does not hold what the log's records give"));
}

// The tree over the log's records, compared with what was published of it.
class Comparison {
 public:
  explicit Comparison(TileStore tiles) : tiles_(std::move(tiles)) {}

  absl::Status AddExpected(const Checkpoint& checkpoint, bool published) {
    const auto [at, added] = roots_.emplace(checkpoint.size, checkpoint.root);
    if (!added && at->second != checkpoint.root) {
      return absl::DataLossError(absl::StrCat(
          "two checkpoints of ", checkpoint.size, " records differ"));
    }
    if (published) published_ = checkpoint.size;
    return absl::OkStatus();
  }

  // A record, and where it begins in its segment.
  absl::Status Add(absl::string_view record, uint64_t offset) {
    if (absl::Status s = CheckOffset(offset); !s.ok()) return s;
    return AddLeaf(LeafHash(record));
  }

  // Records before `first` were deleted: their hashes are taken from the tiles,
  // which the checkpoint's root vouches for.
  absl::Status AddPruned(uint64_t first) {
    if (first > published_) {
      return absl::DataLossError(absl::StrCat(
          "records before ", first,
          " were deleted, and the checkpoint has only ", published_));
    }
    while (edge_.size() < first) {
      TileId id{0, edge_.size() / kTileWidth};
      id.width = std::min(kTileWidth, first - edge_.size());
      const auto hashes = tiles_.ReadTile(id);
      if (!hashes.ok()) return absl::DataLossError(hashes.status().message());
      for (const Hash& hash : *hashes) {
        if (absl::Status s = AddLeaf(hash); !s.ok()) return s;
      }
    }
    return absl::OkStatus();
  }

  absl::Status AddLeaf(const Hash& leaf) {
    if (absl::Status s = CheckRoot(); !s.ok()) return s;
    edge_.Append(leaf, &full_);
    for (const TreeEdge::FullTile& tile : full_) {
      absl::Status s = CheckFull(tile);
      if (!s.ok()) return s;
    }
    full_.clear();
    return absl::OkStatus();
  }

  // After the last record.
  absl::Status Finish() {
    if (absl::Status s = CheckRoot(); !s.ok()) return s;
    if (roots_.empty()) return absl::OkStatus();
    return absl::DataLossError(absl::StrCat(
        "the log has ", edge_.size(), " records, a signed checkpoint has ",
        roots_.rbegin()->first));
  }

  uint64_t compared() const { return compared_; }

 private:
  absl::Status CheckRoot() {
    const auto expected = roots_.find(edge_.size());
    if (expected == roots_.end()) return absl::OkStatus();
    if (edge_.Root() != expected->second) {
      return absl::DataLossError(absl::StrCat("the first ", edge_.size(),
                                              " records are not those of the ",
                                              "checkpoint of that size"));
    }
    roots_.erase(expected);
    if (edge_.size() != published_) return absl::OkStatus();
    return CheckPartial();
  }

  absl::Status CheckFull(const TreeEdge::FullTile& tile) {
    // Only tiles that the published tree has.
    if (tile.number >= FullTiles(tile.level, published_)) {
      return absl::OkStatus();
    }
    return CheckTile({tile.level, tile.number}, tile.hashes);
  }

  absl::Status CheckOffset(uint64_t offset) {
    const uint64_t index = edge_.size();
    if (index >= published_ || index % kTileWidth != 0 ||
        tiles_.ReadOffset(index / kTileWidth) == offset) {
      return absl::OkStatus();
    }
    return absl::DataLossError(absl::StrCat(
        "`tlog/offsets` does not say where record ", index, " begins"));
  }

  absl::Status CheckPartial() {
    for (size_t i = 0; i < edge_.partial().size(); ++i) {
      const auto& row = edge_.partial()[i];
      if (row.empty()) continue;
      const int level = static_cast<int>(i);
      absl::Status s =
          CheckTile({level, FullTiles(level, published_), row.size()}, row);
      if (!s.ok()) return s;
    }
    return absl::OkStatus();
  }

  absl::Status CheckTile(const TileId& id, const std::vector<Hash>& hashes) {
    const auto read = tiles_.ReadTile(id);
    if (!read.ok()) return absl::DataLossError(read.status().message());
    ++compared_;
    return *read == hashes ? absl::OkStatus() : Differs(id);
  }

  TileStore tiles_;
  std::map<uint64_t, Hash> roots_;  // still to be met
  uint64_t published_ = 0;
  TreeEdge edge_;
  std::vector<TreeEdge::FullTile> full_;
  uint64_t compared_ = 0;
};

}  // namespace

absl::StatusOr<VerifiedLog> VerifyLog(FileSystem* files,
                                      const VerifyOptions& options) {
  auto reader = LogReader::Open(files, options.directory);
  if (!reader.ok()) return reader.status();
  VerifiedLog verified;
  TileStore tiles = Tiles(files, options.directory);
  const auto note = tiles.ReadCheckpoint();
  Comparison comparison(std::move(tiles));
  if (note.ok()) {
    const auto checkpoint = Checkpoint::FromNote(*note, options.verifier);
    if (!checkpoint.ok()) {
      return absl::DataLossError(checkpoint.status().message());
    }
    verified.checkpoint = *checkpoint;
    absl::Status s = comparison.AddExpected(*checkpoint, true);
    if (!s.ok()) return s;
  } else if (!absl::IsNotFound(note.status())) {
    return note.status();
  }
  for (const std::string& earlier : options.earlier) {
    const auto checkpoint = Checkpoint::FromNote(earlier, options.verifier);
    if (!checkpoint.ok()) {
      return absl::DataLossError(absl::StrCat("the earlier checkpoint: ",
                                              checkpoint.status().message()));
    }
    absl::Status s = comparison.AddExpected(*checkpoint, false);
    if (!s.ok()) return s;
  }
  const auto pruned = ReadPruned(files, options.directory);
  if (!pruned.ok()) return pruned.status();
  if (pruned->has_value()) {
    verified.pruned = (*pruned)->first_index;
    absl::Status s = options.verifier == nullptr
                         ? absl::OkStatus()
                         : CheckSigned(**pruned, *options.verifier);
    if (s.ok()) s = comparison.AddPruned(verified.pruned);
    if (!s.ok()) return s;
  }
  for (;;) {
    const auto more = (*reader)->Next();
    if (!more.ok()) return more.status();
    if (!*more) break;
    absl::Status s = comparison.Add((*reader)->record(), (*reader)->offset());
    if (!s.ok()) return s;
    ++verified.records;
    if (options.progress && verified.records % kProgressRecords == 0) {
      options.progress(verified.records);
    }
  }
  if (absl::Status s = (*reader)->CheckEnd(); !s.ok()) return s;
  if (absl::Status s = comparison.Finish(); !s.ok()) return s;
  verified.tiles = comparison.compared();
  return verified;
}

std::string RecordProof::ToText() const {
  std::string text = absl::StrCat(kProofHeader, "\n");
  if (leaf.has_value()) {
    absl::StrAppend(&text, "extra ", HashToBase64(*leaf), "\n");
  }
  absl::StrAppend(&text, "index ", index, "\n");
  for (const Hash& hash : hashes) {
    absl::StrAppend(&text, HashToBase64(hash), "\n");
  }
  return absl::StrCat(text, "\n", checkpoint);
}

absl::StatusOr<RecordProof> RecordProof::FromText(absl::string_view text) {
  const absl::Status bad =
      absl::InvalidArgumentError("not a proof of the form tlog-proof@v1");
  const size_t empty_line = text.find("\n\n");
  if (empty_line == absl::string_view::npos) return bad;
  RecordProof proof;
  proof.checkpoint = std::string(text.substr(empty_line + 2));
  std::vector<absl::string_view> lines =
      absl::StrSplit(text.substr(0, empty_line), '\n');
  if (lines[0] != kProofHeader) return bad;
  size_t at = 1;
  if (at < lines.size() && absl::ConsumePrefix(&lines[at], "extra ")) {
    // Whatever else others put there is theirs.
    Hash hash;
    if (HashFromBase64(lines[at], &hash)) proof.leaf = hash;
    ++at;
  }
  if (at == lines.size() || !absl::ConsumePrefix(&lines[at], "index ") ||
      !absl::SimpleAtoi(lines[at], &proof.index) ||
      absl::StrCat(proof.index) != lines[at] ||
      lines.size() - at > kMaxProofHashes + 1) {
    return bad;
  }
  for (++at; at < lines.size(); ++at) {
    proof.hashes.emplace_back();
    if (!HashFromBase64(lines[at], &proof.hashes.back())) return bad;
  }
  return proof;
}

absl::Status RecordProof::Verify(absl::string_view record,
                                 const NoteVerifier& verifier) const {
  const auto signed_tree = Checkpoint::FromNote(checkpoint, verifier);
  if (!signed_tree.ok()) {
    return absl::DataLossError(signed_tree.status().message());
  }
  return VerifyInclusion(LeafHash(record), index, signed_tree->size,
                         signed_tree->root, hashes);
}

absl::StatusOr<Checkpoint> RecordProof::VerifyReceipt(
    const NoteVerifier& verifier) const {
  if (!leaf.has_value()) {
    return absl::InvalidArgumentError(
        "this proof names no leaf hash and so is no receipt; check it with the "
        "record's bytes, with --proof and --record");
  }
  const auto signed_tree = Checkpoint::FromNote(checkpoint, verifier);
  if (!signed_tree.ok()) {
    return absl::DataLossError(signed_tree.status().message());
  }
  absl::Status s = VerifyInclusion(*leaf, index, signed_tree->size,
                                   signed_tree->root, hashes);
  if (!s.ok()) return s;
  return *signed_tree;
}

absl::StatusOr<RecordProof> ProveRecord(FileSystem* files,
                                        const std::string& directory,
                                        uint64_t index) {
  const TileStore tiles = Tiles(files, directory);
  RecordProof proof;
  proof.index = index;
  auto note = tiles.ReadCheckpoint();
  if (absl::IsNotFound(note.status())) {
    return absl::NotFoundError(absl::StrCat(
        "`", directory, "` has no checkpoint: nothing was published yet"));
  }
  if (!note.ok()) return note.status();
  proof.checkpoint = *std::move(note);
  const auto checkpoint = Checkpoint::FromUncheckedNote(proof.checkpoint);
  if (!checkpoint.ok()) return checkpoint.status();
  auto hashes = InclusionProof(tiles.Source(), index, checkpoint->size);
  if (!hashes.ok()) return hashes.status();
  proof.hashes = *std::move(hashes);
  return proof;
}

}  // namespace tarazy
