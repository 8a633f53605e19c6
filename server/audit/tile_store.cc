#include "server/audit/tile_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/audit/bytes.h"

namespace tarazy {
namespace {

constexpr uint64_t kOffsetBytes = sizeof(uint64_t);
constexpr uint64_t kTileBytes = kTileWidth * sizeof(Hash);
constexpr uint64_t kMaxNoteBytes = 1u << 20;

}  // namespace

std::string TileStore::PathOf(int level) const {
  if (level == TileId::kEntries) return absl::StrCat(directory_, "/offsets");
  return absl::StrCat(directory_, "/hashes.", level);
}

absl::StatusOr<std::vector<Hash>> TileStore::ReadTile(const TileId& id) const {
  const std::string path = PathOf(id.level);
  const auto file = files_->Open(path, FileSystem::Mode::kRead);
  if (!file.ok()) return file.status();
  std::vector<Hash> hashes(id.width);
  const size_t bytes = hashes.size() * sizeof(Hash);
  const auto read = (*file)->Read(
      id.number * kTileBytes, reinterpret_cast<char*>(hashes.data()), bytes);
  if (!read.ok()) return read.status();
  if (*read != bytes) {
    return absl::DataLossError(
        absl::StrCat("`", path, "` ends before `", id.Path(), "`"));
  }
  return hashes;
}

uint64_t TileStore::ReadOffset(uint64_t bundle) const {
  const auto file =
      files_->Open(PathOf(TileId::kEntries), FileSystem::Mode::kRead);
  if (!file.ok()) return 0;
  char bytes[kOffsetBytes];
  const auto read = (*file)->Read(bundle * kOffsetBytes, bytes, sizeof(bytes));
  return read.ok() && *read == sizeof(bytes) ? GetLittle<uint64_t>(bytes) : 0;
}

absl::Status TileStore::WriteOffsets(uint64_t first,
                                     absl::Span<const uint64_t> offsets) {
  const auto file = OpenToWrite(TileId::kEntries);
  if (!file.ok()) return file.status();
  written_.insert(TileId::kEntries);
  std::string bytes(offsets.size() * kOffsetBytes, '\0');
  for (size_t i = 0; i < offsets.size(); ++i) {
    PutLittle(offsets[i], &bytes[i * kOffsetBytes]);
  }
  return WriteAll(*file, first * kOffsetBytes, bytes);
}

absl::StatusOr<std::string> TileStore::ReadCheckpoint() const {
  return ReadAll(files_, absl::StrCat(directory_, "/checkpoint"),
                 kMaxNoteBytes);
}

absl::StatusOr<File*> TileStore::OpenToWrite(int level) {
  const auto open = levels_.find(level);
  if (open != levels_.end()) return open->second.get();
  if (!made_) {
    if (absl::Status s = files_->MakeDirectory(directory_); !s.ok()) return s;
    made_ = true;
  }
  auto file = files_->Open(PathOf(level), FileSystem::Mode::kReadWrite);
  if (absl::IsNotFound(file.status())) {
    file = files_->Open(PathOf(level), FileSystem::Mode::kCreate);
    names_synced_ = false;
  }
  if (!file.ok()) return file.status();
  return levels_.emplace(level, *std::move(file)).first->second.get();
}

absl::Status TileStore::WriteTile(const TileId& id,
                                  absl::Span<const Hash> hashes) {
  const auto file = OpenToWrite(id.level);
  if (!file.ok()) return file.status();
  written_.insert(id.level);
  return WriteAll(
      *file, id.number * kTileBytes,
      absl::string_view(reinterpret_cast<const char*>(hashes.data()),
                        hashes.size() * sizeof(Hash)));
}

absl::Status TileStore::Sync() {
  while (!written_.empty()) {
    const auto level = written_.begin();
    if (absl::Status s = levels_[*level]->Sync(); !s.ok()) return s;
    written_.erase(level);
  }
  if (names_synced_) return absl::OkStatus();
  absl::Status s = files_->SyncDirectory(directory_);
  names_synced_ = s.ok();
  return s;
}

absl::Status TileStore::WriteCheckpoint(absl::string_view note) {
  if (absl::Status s = files_->MakeDirectory(directory_); !s.ok()) return s;
  return ReplaceFile(files_, directory_, "checkpoint", note);
}

}  // namespace tarazy
