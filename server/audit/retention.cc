#include "server/audit/retention.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/audit/pruned.h"
#include "server/audit/published_files.h"
#include "server/audit/record_text.h"
#include "server/audit/sealed_files.h"
#include "server/audit/tile_store.h"

namespace tarazy {
namespace {

// When a record was made.
absl::StatusOr<int64_t> TimeOf(const Frame& frame) {
  const auto record = ParseRecord(frame.record);
  if (record.ok()) return ToMilliseconds(record->recorded_at());
  return absl::DataLossError(
      absl::StrCat("record ", frame.index, " ", record.status().message()));
}

class Retention {
 public:
  Retention(FileSystem* files, const RetentionOptions& options)
      : files_(files),
        options_(options),
        shown_(ShowSealed(files)),
        tiles_(files, TreeFolder(options.log_directory)) {}

  absl::StatusOr<DeletedRecords> Run() {
    auto pruned = ReadPruned(files_, options_.log_directory);
    if (!pruned.ok()) return pruned.status();
    if (pruned->has_value()) {
      absl::Status s = CheckSigned(**pruned, options_.signer->verifier());
      if (!s.ok()) return s;
    }
    const uint64_t before =
        pruned->has_value() ? (*pruned)->first_index : uint64_t{0};
    auto next = FindEnd();
    if (!next.ok()) return next.status();
    if (next->has_value()) {
      absl::Status s = Sign(**next);
      if (!s.ok()) return s;
      pruned = *std::move(next);
    }
    if (pruned->has_value()) {
      // Those of a run that was stopped, too.
      absl::Status s = RemoveSegments((*pruned)->first_index);
      if (!s.ok()) return s;
      deleted_.first_index = (*pruned)->first_index;
      deleted_.records = deleted_.first_index - before;
    }
    return deleted_;
  }

 private:
  // Where the log is to begin; empty: where it does.
  absl::StatusOr<absl::optional<Pruned>> FindEnd() {
    const absl::optional<Pruned> none;
    const auto note = tiles_.ReadCheckpoint();
    if (absl::IsNotFound(note.status())) return none;
    if (!note.ok()) return note.status();
    const auto signed_tree =
        Checkpoint::FromNote(*note, options_.signer->verifier());
    if (!signed_tree.ok()) return signed_tree.status();
    const uint64_t covered = signed_tree->size - signed_tree->size % kTileWidth;
    const auto segments = ListSegments(shown_.get(), options_.log_directory);
    if (!segments.ok()) return segments.status();
    size_t count = 0;
    while (count + kKeptSegments < segments->size()) {
      const SegmentFile& after = (*segments)[count + 1];
      if (after.header.first_index > covered) break;
      // Cheap to see before its records are read: mostly they are older than
      // the first of the next.
      const auto ended = BeginOf(shown_.get(), after);
      if (!ended.ok()) return ended.status();
      if (!ended->has_value() || **ended >= options_.before_ms) break;
      const auto old =
          CheckRecords((*segments)[count], after.header.first_index);
      if (!old.ok()) return old.status();
      if (!*old) break;
      ++count;
    }
    if (count == 0) return none;
    const SegmentHeader& header = (*segments)[count].header;
    Pruned pruned;
    pruned.origin = signed_tree->origin;
    pruned.first_index = header.first_index;
    pruned.previous_bytes = header.previous_bytes;
    pruned.log_id = header.log_id;
    return absl::make_optional(std::move(pruned));
  }

  // That the tiles have what is to be deleted. False: one of the records is too
  // young, since a clock was set back behind it.
  absl::StatusOr<bool> CheckRecords(const SegmentFile& segment, uint64_t end) {
    auto file = shown_->Open(segment.path, FileSystem::Mode::kRead);
    if (!file.ok()) return file.status();
    SegmentScanner scanner(file->get(), segment.header, segment.bytes);
    std::vector<Hash> tile;
    uint64_t number = 0;
    while (scanner.next_index() < end) {
      const uint64_t index = scanner.next_index();
      const auto more = scanner.Next();
      if (!more.ok()) return more.status();
      if (tile.empty() || number != index / kTileWidth) {
        number = index / kTileWidth;
        auto read = tiles_.ReadTile({0, number});
        if (!read.ok()) return read.status();
        tile = *std::move(read);
      }
      if (!*more ||
          LeafHash(scanner.frame().record) != tile[index % kTileWidth]) {
        return absl::DataLossError(
            absl::StrCat("`", segment.path, "`: record ", index,
                         " is not what was signed, and is not deleted"));
      }
      const auto made = TimeOf(scanner.frame());
      if (!made.ok()) return made.status();
      if (*made >= options_.before_ms) return false;
    }
    return true;
  }

  absl::Status Sign(const Pruned& pruned) {
    const auto note = options_.signer->Sign(pruned.ToText());
    if (!note.ok()) return note.status();
    return ReplaceFile(files_, options_.log_directory, kPrunedName, *note);
  }

  absl::Status RemoveSegments(uint64_t first_index) {
    const auto names = files_->List(options_.log_directory);
    if (!names.ok()) return names.status();
    bool removed = false;
    std::string erased;  // whose salts are gone
    for (const std::string& name : *names) {
      uint64_t index;
      const std::string segment = name.substr(0, SegmentName(0).size());
      if (!ParseSegmentName(segment, &index) || index >= first_index) continue;
      // It may be there sealed and unsealed; and what a process that was
      // killed while it sealed it left behind has its records, too.
      const std::string ending = name.substr(segment.size());
      const bool whole = ending.empty() || ending == ".zst";
      if (!whole && ending != ".zst.tmp") continue;
      const std::string folder = absl::StrCat(options_.log_directory, "/");
      absl::Status s;
      if (whole && erased != segment) {
        s = EraseSalts(folder + segment);
        erased = segment;
        ++deleted_.segments;
      }
      if (s.ok()) s = files_->Remove(folder + name);
      if (!s.ok()) return s;
      removed = true;
    }
    return removed ? files_->SyncDirectory(options_.log_directory)
                   : absl::OkStatus();
  }

  absl::Status EraseSalts(const std::string& path) {
    if (!options_.erase_salts) return absl::OkStatus();
    const auto segment = ReadSegment(shown_.get(), path);
    if (!segment.ok()) return segment.status();
    auto file = shown_->Open(path, FileSystem::Mode::kRead);
    if (!file.ok()) return file.status();
    SegmentScanner scanner(file->get(), segment->header, segment->bytes);
    std::vector<uint64_t> ids;
    for (;;) {
      const auto more = scanner.Next();
      if (!more.ok()) return more.status();
      if (!*more) break;
      const auto record = ParseRecord(scanner.frame().record);
      if (record.ok() && record->has_sealed_inputs()) {
        ids.push_back(record->sealed_inputs().salt());
      }
    }
    return ids.empty() ? absl::OkStatus() : options_.erase_salts(ids);
  }

  FileSystem* const files_;
  const RetentionOptions& options_;
  const std::unique_ptr<FileSystem> shown_;
  const TileStore tiles_;
  DeletedRecords deleted_;
};

}  // namespace

absl::StatusOr<DeletedRecords> DeleteOldRecords(
    FileSystem* files, const RetentionOptions& options) {
  return Retention(files, options).Run();
}

absl::StatusOr<absl::optional<int64_t>> NewestRecord(
    FileSystem* files, const std::string& directory) {
  const auto segments = ListSegments(files, directory);
  if (!segments.ok()) return segments.status();
  for (auto segment = segments->rbegin(); segment != segments->rend();
       ++segment) {
    auto file = files->Open(segment->path, FileSystem::Mode::kRead);
    if (!file.ok()) return file.status();
    SegmentScanner scanner(file->get(), segment->header, segment->bytes);
    absl::optional<int64_t> newest;
    for (;;) {
      const auto more = scanner.Next();
      if (!more.ok()) return more.status();
      if (!*more) break;
      const auto made = TimeOf(scanner.frame());
      if (!made.ok()) return made.status();
      newest = *made;
    }
    if (newest.has_value()) return newest;
  }
  return absl::optional<int64_t>();
}

absl::StatusOr<absl::optional<int64_t>> BeginOf(FileSystem* files,
                                                const SegmentFile& segment) {
  auto file = files->Open(segment.path, FileSystem::Mode::kRead);
  if (!file.ok()) return file.status();
  SegmentScanner scanner(file->get(), segment.header, segment.bytes);
  const auto more = scanner.Next();
  if (!more.ok()) return more.status();
  if (!*more) return absl::optional<int64_t>();
  const auto made = TimeOf(scanner.frame());
  if (!made.ok()) return made.status();
  return absl::make_optional(*made);
}

}  // namespace tarazy
