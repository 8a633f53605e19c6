#include "server/audit/published_files.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/audit/bytes.h"
#include "server/audit/note.h"
#include "server/audit/pruned.h"

namespace tarazy {
namespace {

constexpr char kCheckpoint[] = "checkpoint";
constexpr uint64_t kMaxNoteBytes = 1u << 20;

void AppendEntry(absl::string_view record, std::string* bundle) {
  char length[2];
  PutBig(static_cast<uint16_t>(record.size()), length);
  bundle->append(length, sizeof length);
  bundle->append(record.data(), record.size());
}

absl::Status AppendNext(LogReader* reader, std::string* bundle) {
  const auto more = reader->Next();
  if (!more.ok()) return more.status();
  if (!*more) {
    return absl::DataLossError(absl::StrCat("the log ends before record ",
                                            reader->next_index(),
                                            ", which was published"));
  }
  AppendEntry(reader->record(), bundle);
  return absl::OkStatus();
}

absl::StatusOr<Checkpoint> ReadCheckpoint(const TileStore& tiles) {
  const auto note = tiles.ReadCheckpoint();
  if (!note.ok()) return note.status();
  return Checkpoint::FromUncheckedNote(*note);
}

std::string BytesOf(const std::vector<Hash>& hashes) {
  std::string bytes(hashes.size() * sizeof(Hash), '\0');
  std::memcpy(&bytes[0], hashes.data(), bytes.size());
  return bytes;
}

// Writes the files of one log to a folder.
class Copy {
 public:
  Copy(FileSystem* files, std::string to, Checkpoint checkpoint)
      : files_(files), to_(std::move(to)), checkpoint_(std::move(checkpoint)) {}

  absl::Status CheckTarget(const TileSource& tiles) {
    const auto note =
        ReadAll(files_, absl::StrCat(to_, "/", kCheckpoint), kMaxNoteBytes);
    if (absl::IsNotFound(note.status())) return absl::OkStatus();
    if (!note.ok()) return note.status();
    const auto there = Checkpoint::FromUncheckedNote(*note);
    if (!there.ok()) return there.status();
    if (there->origin == checkpoint_.origin &&
        there->size <= checkpoint_.size) {
      const auto root = RootFromTiles(tiles, there->size);
      if (!root.ok()) return root.status();
      if (*root == there->root) return absl::OkStatus();
    }
    return absl::FailedPreconditionError(
        absl::StrCat("`", to_, "` holds the files of another log, `",
                     there->origin, "` of ", there->size, " records"));
  }

  absl::Status CopyTiles(const TileStore& tiles) {
    for (int level = 0;; ++level) {
      const uint64_t full = FullTiles(level, checkpoint_.size);
      const uint64_t width = PartialWidth(level, checkpoint_.size);
      if (full == 0 && width == 0) return absl::OkStatus();
      for (uint64_t number = 0; number < full; ++number) {
        absl::Status s = CopyTile(tiles, {level, number});
        if (!s.ok()) return s;
      }
      if (width == 0) continue;
      absl::Status s = CopyTile(tiles, {level, full, width});
      if (!s.ok()) return s;
    }
  }

  absl::Status CopyBundles(
      LogReader* reader,
      const std::function<void(uint64_t records)>& progress) {
    std::string bundle;
    // Of records that were deleted there are no bundles.
    uint64_t first = FirstWholeBundle(reader->first_index()) * kTileWidth;
    if (absl::Status s = reader->Seek(first); !s.ok()) return s;
    for (; first < checkpoint_.size; first += kTileWidth) {
      TileId id{TileId::kEntries, first / kTileWidth};
      id.width = std::min(kTileWidth, checkpoint_.size - first);
      bundle.clear();
      for (uint64_t i = 0; i < id.width; ++i) {
        absl::Status s = AppendNext(reader, &bundle);
        if (!s.ok()) return s;
      }
      if (absl::Status s = Write(id, bundle); !s.ok()) return s;
      if (progress) progress(first + id.width);
    }
    return absl::OkStatus();
  }

  // Names of what was written, also by a run before that was stopped.
  absl::Status SyncFolders() {
    for (const std::string& folder : folders_) {
      absl::Status s = files_->SyncDirectory(folder);
      if (!s.ok()) return s;
    }
    return absl::OkStatus();
  }

  // Of a bundle with deleted records nothing stays published.
  absl::Status RemoveBundles(const Pruned& pruned) {
    std::set<std::string> changed;
    const uint64_t end = FirstWholeBundle(pruned.first_index);
    for (uint64_t number = 0; number < end; ++number) {
      const std::string path =
          absl::StrCat(to_, "/", TileId{TileId::kEntries, number}.Path());
      const std::string partial = absl::StrCat(path, ".p");
      absl::Status s = files_->Remove(path);
      if (s.ok()) changed.insert(path.substr(0, path.rfind('/')));
      const auto widths = files_->List(partial);
      if (s.ok() || absl::IsNotFound(s)) s = absl::OkStatus();
      for (size_t i = 0; s.ok() && widths.ok() && i < widths->size(); ++i) {
        s = files_->Remove(absl::StrCat(partial, "/", (*widths)[i]));
        changed.insert(partial);
      }
      if (!s.ok()) return s;
    }
    for (const std::string& folder : changed) {
      absl::Status s = files_->SyncDirectory(folder);
      if (!s.ok()) return s;
    }
    return absl::OkStatus();
  }

 private:
  absl::Status CopyTile(const TileStore& tiles, const TileId& id) {
    const auto hashes = tiles.ReadTile(id);
    return hashes.ok() ? Write(id, BytesOf(*hashes)) : hashes.status();
  }

  absl::Status Write(const TileId& id, absl::string_view content) {
    const std::string path = absl::StrCat(to_, "/", id.Path());
    if (absl::Status s = MakeFolder(path.substr(0, path.rfind('/'))); !s.ok()) {
      return s;
    }
    if (files_->Open(path, FileSystem::Mode::kRead).ok()) {
      return absl::OkStatus();
    }
    const std::string temporary = absl::StrCat(path, ".tmp");
    auto file = files_->Open(temporary, FileSystem::Mode::kCreate);
    if (!file.ok()) return file.status();
    absl::Status s = WriteAll(file->get(), 0, content);
    if (s.ok()) s = (*file)->Sync();
    return s.ok() ? files_->Rename(temporary, path) : s;
  }

  absl::Status MakeFolder(const std::string& path) {
    if (!folders_.insert(path).second) return absl::OkStatus();
    if (path.size() > to_.size()) {
      absl::Status s = MakeFolder(path.substr(0, path.rfind('/')));
      if (!s.ok()) return s;
    }
    return files_->MakeDirectory(path);
  }

  FileSystem* const files_;
  const std::string to_;
  const Checkpoint checkpoint_;
  std::set<std::string> folders_;
};

}  // namespace

std::string TreeFolder(const std::string& log_directory) {
  return absl::StrCat(log_directory, "/tlog");
}

PublishedFiles::PublishedFiles(FileSystem* files, std::string log_directory)
    : files_(files),
      log_directory_(std::move(log_directory)),
      tiles_(files, TreeFolder(log_directory_)) {}

absl::StatusOr<std::string> PublishedFiles::Read(absl::string_view path) const {
  if (path == kCheckpoint) return tiles_.ReadCheckpoint();
  if (path == kPrunedName) {
    auto pruned = ReadPruned(files_, log_directory_);
    if (!pruned.ok()) return pruned.status();
    if (pruned->has_value()) return std::move((*pruned)->note);
    return absl::NotFoundError("no record of this log was deleted");
  }
  const auto id = ParseTilePath(path);
  if (!id.has_value()) {
    return absl::InvalidArgumentError(
        "`path`: is neither `checkpoint` nor `PRUNED` nor a tile's, for "
        "example `tile/0/x001/067`");
  }
  const auto checkpoint = ReadCheckpoint(tiles_);
  if (!checkpoint.ok()) return checkpoint.status();
  const uint64_t full = FullTiles(id->level, checkpoint->size);
  const uint64_t partial = PartialWidth(id->level, checkpoint->size);
  if (id->number > full || (id->number == full && id->width > partial)) {
    return absl::NotFoundError(
        absl::StrCat("nothing was published as `", path, "`"));
  }
  if (id->level == TileId::kEntries) return ReadBundleOf(*id);
  const auto hashes = tiles_.ReadTile(*id);
  if (!hashes.ok()) return hashes.status();
  return BytesOf(*hashes);
}

absl::StatusOr<std::string> PublishedFiles::ReadBundleOf(
    const TileId& id) const {
  auto reader = ReaderAt(id.number * kTileWidth);
  if (!reader.ok()) return reader.status();
  std::string bundle;
  for (uint64_t i = 0; i < id.width; ++i) {
    absl::Status s = AppendNext(reader->get(), &bundle);
    if (!s.ok()) return s;
  }
  return bundle;
}

absl::StatusOr<std::string> PublishedFiles::ReadRecord(uint64_t index) const {
  const auto reader = ReaderAt(index);
  if (!reader.ok()) return reader.status();
  const auto more = (*reader)->Next();
  if (!more.ok()) return more.status();
  if (*more) return std::string((*reader)->record());
  return absl::OutOfRangeError(absl::StrCat("the log has no record ", index));
}

absl::StatusOr<std::unique_ptr<LogReader>> PublishedFiles::ReaderAt(
    uint64_t index) const {
  auto reader = LogReader::Open(files_, log_directory_);
  if (!reader.ok()) return reader.status();
  const uint64_t bundle = index / kTileWidth;
  const LogReader::Place near{bundle * kTileWidth, tiles_.ReadOffset(bundle)};
  if (absl::Status s = (*reader)->Seek(index, near); !s.ok()) return s;
  return reader;
}

absl::StatusOr<uint64_t> WritePublishedFiles(
    FileSystem* files, const std::string& log_directory, const std::string& to,
    const std::function<void(uint64_t records)>& progress) {
  const TileStore tiles(files, TreeFolder(log_directory));
  const auto note = tiles.ReadCheckpoint();
  if (absl::IsNotFound(note.status())) {
    return absl::NotFoundError(absl::StrCat(
        "`", log_directory, "` has no checkpoint: nothing was published yet"));
  }
  if (!note.ok()) return note.status();
  const auto checkpoint = Checkpoint::FromUncheckedNote(*note);
  if (!checkpoint.ok()) return checkpoint.status();
  auto reader = LogReader::Open(files, log_directory);
  if (!reader.ok()) return reader.status();
  // Read after the log was opened: it says no less than is missing there.
  const auto pruned = ReadPruned(files, log_directory);
  if (!pruned.ok()) return pruned.status();
  absl::Status s = files->MakeDirectory(to);
  Copy copy(files, to, *checkpoint);
  if (s.ok()) s = copy.CheckTarget(tiles.Source());
  if (s.ok()) s = copy.CopyTiles(tiles);
  if (s.ok()) s = copy.CopyBundles(reader->get(), progress);
  if (s.ok()) s = copy.SyncFolders();
  if (s.ok() && pruned->has_value()) {
    s = ReplaceFile(files, to, kPrunedName, (*pruned)->note);
  }
  if (s.ok()) s = ReplaceFile(files, to, kCheckpoint, *note);
  if (s.ok() && pruned->has_value()) s = copy.RemoveBundles(**pruned);
  if (!s.ok()) return s;
  return checkpoint->size;
}

absl::StatusOr<std::vector<std::string>> ReadBundle(absl::string_view bundle,
                                                    uint64_t records,
                                                    const std::string& path) {
  std::vector<std::string> found;
  absl::string_view rest = bundle;
  while (rest.size() >= 2 && found.size() < records) {
    const size_t length = GetBig<uint16_t>(rest.data());
    if (rest.size() - 2 < length) break;
    found.emplace_back(rest.substr(2, length));
    rest.remove_prefix(2 + length);
  }
  if (!rest.empty() || found.size() != records) {
    return absl::DataLossError(
        absl::StrCat("`", path, "` is no bundle of ", records, " records"));
  }
  return found;
}

}  // namespace tarazy
