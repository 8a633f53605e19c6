#include "server/audit/tile_store.h"

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/audit/bytes.h"
#include "server/audit/segment.h"

namespace tarazy {
namespace {

constexpr uint64_t kMaxBundleBytes = kTileWidth * (2 + kMaxRecordBytes);
constexpr uint64_t kMaxNoteBytes = 1u << 20;

std::string Folder(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ReadBundle(absl::string_view bundle,
                                                    uint64_t records,
                                                    const std::string& path) {
  std::vector<std::string> found;
  absl::string_view rest = bundle;
  while (rest.size() >= 2) {
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

absl::StatusOr<std::vector<Hash>> TileStore::ReadTile(const TileId& id) const {
  const std::string path = absl::StrCat(directory_, "/", id.Path());
  const auto text = ReadAll(files_, path, kTileWidth * sizeof(Hash));
  if (!text.ok()) return text.status();
  if (text->size() != id.width * sizeof(Hash)) {
    return absl::DataLossError(
        absl::StrCat("`", path, "` has ", text->size(), " bytes"));
  }
  std::vector<Hash> hashes(id.width);
  std::memcpy(hashes.data(), text->data(), text->size());
  return hashes;
}

absl::StatusOr<std::vector<std::string>> TileStore::ReadEntries(
    const TileId& id) const {
  const std::string path = absl::StrCat(directory_, "/", id.Path());
  const auto text = ReadAll(files_, path, kMaxBundleBytes);
  if (!text.ok()) return text.status();
  return ReadBundle(*text, id.width, path);
}

absl::StatusOr<std::string> TileStore::ReadCheckpoint() const {
  return ReadAll(files_, absl::StrCat(directory_, "/checkpoint"),
                 kMaxNoteBytes);
}

absl::Status TileStore::WriteTile(const TileId& id,
                                  absl::Span<const Hash> hashes) {
  return Write(id.Path(),
               absl::string_view(reinterpret_cast<const char*>(hashes.data()),
                                 hashes.size() * sizeof(Hash)));
}

absl::Status TileStore::WriteEntries(const TileId& id,
                                     absl::string_view bundle) {
  return Write(id.Path(), bundle);
}

void TileStore::RemovePartial(const TileId& id) {
  const std::string folder = absl::StrCat(directory_, "/", id.Path(), ".p");
  const auto names = files_->List(folder);
  if (!names.ok()) return;
  for (const std::string& name : *names) {
    files_->Remove(absl::StrCat(folder, "/", name)).IgnoreError();
  }
  files_->Remove(folder).IgnoreError();
  made_.erase(folder);
}

absl::Status TileStore::Write(const std::string& path, absl::string_view data) {
  const std::string whole = absl::StrCat(directory_, "/", path);
  const std::string folder = Folder(whole);
  if (absl::Status s = MakeDirectories(folder); !s.ok()) return s;
  const std::string temporary = absl::StrCat(whole, ".tmp");
  auto file = files_->Open(temporary, FileSystem::Mode::kCreate);
  if (!file.ok()) return file.status();
  if (absl::Status s = WriteAll(file->get(), 0, data); !s.ok()) return s;
  if (absl::Status s = (*file)->Sync(); !s.ok()) return s;
  touched_.insert(folder);
  return files_->Rename(temporary, whole);
}

absl::Status TileStore::MakeDirectories(const std::string& path) {
  if (made_.count(path) != 0) return absl::OkStatus();
  if (path.size() > directory_.size()) {
    if (absl::Status s = MakeDirectories(Folder(path)); !s.ok()) return s;
  }
  if (absl::Status s = files_->MakeDirectory(path); !s.ok()) return s;
  made_.insert(path);
  return absl::OkStatus();
}

absl::Status TileStore::Sync() {
  while (!touched_.empty()) {
    absl::Status s = files_->SyncDirectory(*touched_.begin());
    if (!s.ok()) return s;
    touched_.erase(touched_.begin());
  }
  return absl::OkStatus();
}

absl::Status TileStore::WriteCheckpoint(absl::string_view note) {
  if (absl::Status s = MakeDirectories(directory_); !s.ok()) return s;
  return ReplaceFile(files_, directory_, "checkpoint", note);
}

void AppendEntry(absl::string_view record, std::string* bundle) {
  char length[2];
  PutBig(static_cast<uint16_t>(record.size()), length);
  bundle->append(length, sizeof length);
  bundle->append(record.data(), record.size());
}

}  // namespace tarazy
