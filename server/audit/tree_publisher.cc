#include "server/audit/tree_publisher.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/audit/published_files.h"
#include "server/audit/thread_priority.h"

namespace tarazy {
namespace {

constexpr uint64_t kMaxNoteBytes = 1u << 20;

// Leaves between two rests of a thread that steps back: about 0.05 ms, which
// those who decide on the same core can wait without being noticed.
constexpr uint64_t kLeavesAtOnce = 256;
constexpr std::chrono::microseconds kRest(250);

// Hashes of the partial tiles of a tree of `size` leaves.
absl::StatusOr<TreeEdge> ReadEdge(const TileStore& tiles, uint64_t size) {
  std::vector<std::vector<Hash>> partial;
  for (int level = 0;
       FullTiles(level, size) > 0 || PartialWidth(level, size) > 0; ++level) {
    partial.emplace_back();
    const uint64_t width = PartialWidth(level, size);
    if (width == 0) continue;
    auto row = tiles.ReadTile({level, FullTiles(level, size), width});
    if (!row.ok()) return row.status();
    partial.back() = *std::move(row);
  }
  return TreeEdge(size, std::move(partial));
}

}  // namespace

TreePublisher::TreePublisher(TreePublisherOptions options, FileSystem* files,
                             const NoteSigner* signer)
    : options_(std::move(options)),
      files_(files),
      signer_(signer),
      tiles_(files, TreeFolder(options_.log_directory)) {}

TreePublisher::~TreePublisher() { Stop(); }

absl::StatusOr<std::unique_ptr<TreePublisher>> TreePublisher::Open(
    const TreePublisherOptions& options, FileSystem* files,
    const NoteSigner* signer) {
  std::unique_ptr<TreePublisher> publisher(
      new TreePublisher(options, files, signer));
  if (absl::Status s = publisher->Load(); !s.ok()) return s;
  return publisher;
}

absl::Status TreePublisher::Load() {
  auto reader = LogReader::Open(files_, options_.log_directory);
  if (!reader.ok()) return reader.status();
  reader_ = *std::move(reader);
  const auto signed_last = LastSigned();
  if (!signed_last.ok()) return signed_last.status();
  absl::Status found = reader_->Seek(signed_last->size);
  if (!found.ok() && !absl::IsOutOfRange(found)) return found;
  absl::Status loaded = LoadEdge(*signed_last);
  if (absl::IsNotFound(loaded) || absl::IsDataLoss(loaded)) {
    loaded = Rebuild(*signed_last);
  }
  if (!loaded.ok()) return loaded;
  if (!signed_note_.empty()) {
    loaded = tiles_.WriteCheckpoint(signed_note_);
    checkpoint_ = *signed_last;
  }
  return loaded;
}

// What was signed last: beside the key or, if that was lost, as published.
absl::StatusOr<Checkpoint> TreePublisher::LastSigned() {
  Checkpoint last;
  last.origin = signer_->verifier().name();
  const auto kept = ReadAll(
      files_,
      absl::StrCat(options_.signed_directory, "/", options_.signed_name),
      kMaxNoteBytes);
  const auto published = tiles_.ReadCheckpoint();
  for (const auto* note : {&kept, &published}) {
    if (absl::IsNotFound(note->status())) continue;
    if (!note->ok()) return note->status();
    const auto read = Checkpoint::FromNote(**note, signer_->verifier());
    if (!read.ok()) {
      return absl::DataLossError(
          absl::StrCat(note == &kept ? "the checkpoint beside the key"
                                     : "the published checkpoint",
                       " can't be used: ", read.status().message()));
    }
    if (read->size == last.size && !signed_note_.empty() &&
        read->root != last.root) {
      return absl::DataLossError(
          absl::StrCat("two checkpoints of ", last.size,
                       " records were signed, and differ"));
    }
    if (signed_note_.empty() || read->size > last.size) {
      last = *read;
      signed_note_ = **note;
    }
  }
  return last;
}

// The tree at the last signed size, from its tiles.
absl::Status TreePublisher::LoadEdge(const Checkpoint& signed_last) {
  auto edge = ReadEdge(tiles_, signed_last.size);
  if (!edge.ok()) return edge.status();
  if (edge->Root() != signed_last.root) {
    return absl::DataLossError("the tiles are not those that were signed");
  }
  if (reader_->next_index() < signed_last.size) {
    return absl::DataLossError("the log is too short");
  }
  edge_ = *std::move(edge);
  return absl::OkStatus();
}

// The whole tree again from the log's records, which must be those signed.
absl::Status TreePublisher::Rebuild(const Checkpoint& signed_last) {
  if (reader_->first_index() > 0) {
    return absl::DataLossError(absl::StrCat(
        "tiles are lost or damaged, and can't be made again: the records "
        "before ",
        reader_->first_index(),
        " were deleted by the log's retention; put the folder `tlog` back from "
        "a copy"));
  }
  if (absl::Status s = reader_->Seek(0); !s.ok()) return s;
  TreeEdge edge;
  absl::Status grown = Grow(signed_last.size, {}, Pace::kFast, &edge);
  if (absl::IsOutOfRange(grown)) {
    return absl::DataLossError(absl::StrCat(
        "the log has ", edge.size(), " records, its last signed ",
        "checkpoint has ", signed_last.size,
        ": records were lost, or a copy from an earlier time was restored"));
  }
  if (!grown.ok()) return grown;
  if (edge.Root() != signed_last.root) {
    return absl::DataLossError(
        absl::StrCat("the log's first ", signed_last.size,
                     " records are not those of its last signed checkpoint"));
  }
  edge_ = std::move(edge);
  return absl::OkStatus();
}

// The leaves of the running log's newest records come from those who write
// them; so the reader may stand far back, among segments that are gone.
absl::Status TreePublisher::ReadOnAt(uint64_t index) {
  if (reader_->next_index() == index) return absl::OkStatus();
  auto reader = LogReader::Open(files_, options_.log_directory);
  if (!reader.ok()) return reader.status();
  reader_ = *std::move(reader);
  return reader_->Seek(index);
}

absl::StatusOr<Leaf> TreePublisher::ReadLeaf() {
  const auto more = reader_->Next();
  if (!more.ok()) return more.status();
  if (!*more) return absl::OutOfRangeError("the log has no more records");
  return Leaf{LeafHash(reader_->record()), reader_->offset()};
}

// Takes leaves until there are `size`, the log's where `leaves` is empty, and
// makes the hashes durable. OUT_OF_RANGE when the log has fewer.
absl::Status TreePublisher::Grow(uint64_t size, absl::Span<const Leaf> leaves,
                                 Pace pace, TreeEdge* edge) {
  std::vector<TreeEdge::FullTile> full;
  std::vector<uint64_t> offsets;  // of records that begin a bundle
  const bool read = leaves.empty();
  while (edge->size() < size) {
    Leaf leaf;
    if (read) {
      const auto next = ReadLeaf();
      if (!next.ok()) return next.status();
      leaf = *next;
    } else {
      leaf = leaves.front();
      leaves.remove_prefix(1);
    }
    if (edge->size() % kTileWidth == 0) offsets.push_back(leaf.offset);
    edge->Append(leaf.hash, &full);
    for (const TreeEdge::FullTile& tile : full) {
      absl::Status s = tiles_.WriteTile({tile.level, tile.number}, tile.hashes);
      if (!s.ok()) return s;
    }
    full.clear();
    // Who has to read them from the log is late already.
    if (pace == Pace::kBehind && !read && edge->size() % kLeavesAtOnce == 0) {
      std::this_thread::sleep_for(kRest);
    }
  }
  if (!offsets.empty()) {
    const uint64_t bundles = (size + kTileWidth - 1) / kTileWidth;
    absl::Status s = tiles_.WriteOffsets(bundles - offsets.size(), offsets);
    if (!s.ok()) return s;
  }
  const auto& partial = edge->partial();
  for (size_t i = 0; i < partial.size(); ++i) {
    if (partial[i].empty()) continue;
    const int level = static_cast<int>(i);
    absl::Status s = tiles_.WriteTile(
        {level, FullTiles(level, size), partial[i].size()}, partial[i]);
    if (!s.ok()) return s;
  }
  return tiles_.Sync();
}

absl::Status TreePublisher::Publish(uint64_t durable_index, Pace pace) {
  std::lock_guard<std::mutex> hold(publishing_);
  if (aborted_) {
    return absl::AbortedError(
        "somebody else signs with this key; nothing more is published");
  }
  if (durable_index <= edge_.size()) return absl::OkStatus();
  // On a copy, so that an error leaves all as it was.
  TreeEdge edge = edge_;
  if (options_.leaves != nullptr) {
    options_.leaves->Take(edge.size(), durable_index, &leaves_);
  }
  if (leaves_.empty()) {
    if (absl::Status s = ReadOnAt(edge.size()); !s.ok()) return s;
  }
  absl::Status s = Grow(durable_index, leaves_, pace, &edge);
  if (s.ok()) s = Sign(edge);
  if (!s.ok()) return s;
  edge_ = std::move(edge);
  return absl::OkStatus();
}

absl::Status TreePublisher::Sign(const TreeEdge& edge) {
  Checkpoint checkpoint;
  checkpoint.origin = signer_->verifier().name();
  checkpoint.size = edge.size();
  checkpoint.root = edge.Root();
  const auto note = signer_->Sign(checkpoint.ToText());
  if (!note.ok()) return note.status();

  const auto kept = ReadAll(
      files_,
      absl::StrCat(options_.signed_directory, "/", options_.signed_name),
      kMaxNoteBytes);
  if (!kept.ok() && !absl::IsNotFound(kept.status())) return kept.status();
  // Absent is right only before the first, or when it was lost before Load.
  if (kept.ok() && *kept != signed_note_ && *kept != attempted_note_) {
    aborted_ = true;
    return absl::AbortedError(
        "the checkpoint beside the key is not the one that was signed here "
        "last: somebody else signs with this key");
  }
  attempted_note_ = *note;
  absl::Status s = ReplaceFile(files_, options_.signed_directory,
                               options_.signed_name, *note);
  if (!s.ok()) return s;
  signed_note_ = *note;
  s = tiles_.WriteCheckpoint(*note);
  std::lock_guard<std::mutex> hold(mutex_);
  if (s.ok()) checkpoint_ = checkpoint;
  return s;
}

void TreePublisher::Start(const DecisionLog* log,
                          std::chrono::milliseconds interval,
                          std::function<void(const absl::Status&)> on_error) {
  thread_ = std::thread([this, log, interval, on_error = std::move(on_error)] {
    LowerThreadPriority(kBehindPriority);
    bool last = false;
    while (!last) {
      {
        std::unique_lock<std::mutex> hold(mutex_);
        last = stop_.wait_for(hold, interval, [this] { return stopping_; });
      }
      const absl::Status s =
          Publish(log->durable_index(), last ? Pace::kFast : Pace::kBehind);
      if (!s.ok() && on_error) on_error(s);
    }
  });
}

void TreePublisher::Stop() {
  {
    std::lock_guard<std::mutex> hold(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Checkpoint TreePublisher::checkpoint() const {
  std::lock_guard<std::mutex> hold(mutex_);
  return checkpoint_;
}

}  // namespace tarazy
