#include "server/audit/recovery.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/audit/pruned.h"

namespace tarazy {
namespace {

absl::Status Named(const absl::Status& status, const std::string& path) {
  return absl::Status(status.code(),
                      absl::StrCat("`", path, "`: ", status.message()));
}

// How many bytes from `offset` on are followed by nothing but zeros.
absl::StatusOr<uint64_t> BytesBeforeZeros(const File* file, uint64_t offset,
                                          uint64_t end) {
  std::string window;
  uint64_t last = offset;
  for (uint64_t at = offset; at < end; at += window.size()) {
    window.resize(static_cast<size_t>(std::min<uint64_t>(end - at, 1u << 20)));
    const auto n = file->Read(at, &window[0], window.size());
    if (!n.ok()) return n.status();
    const size_t found = absl::string_view(window.data(), *n)
                             .find_last_not_of(absl::string_view("\0", 1));
    if (found != absl::string_view::npos) last = at + found + 1;
  }
  return last - offset;
}

uint64_t FirstOf(const absl::optional<Pruned>& pruned) {
  return pruned.has_value() ? pruned->first_index : 0;
}

// The first segment, where nothing or something was deleted.
absl::Status CheckBegins(const absl::optional<Pruned>& pruned,
                         const SegmentFile& segment) {
  const SegmentHeader& header = segment.header;
  const bool begins =
      pruned.has_value()
          ? header.first_index == pruned->first_index &&
                header.previous_bytes == pruned->previous_bytes
          : header.first_index == 0 && header.previous_bytes == 0;
  if (!begins) {
    return absl::DataLossError(
        absl::StrCat("segments before `", segment.path, "` are missing"));
  }
  if (pruned.has_value() && header.log_id != pruned->log_id) {
    return absl::DataLossError(
        absl::StrCat("`", segment.path, "` belongs to another log"));
  }
  return absl::OkStatus();
}

// That a segment goes on where the one before ends.
absl::Status CheckFollows(const SegmentFile& before,
                          const SegmentFile& segment) {
  const SegmentHeader& header = segment.header;
  if (header.log_id != before.header.log_id) {
    return absl::DataLossError(
        absl::StrCat("`", segment.path, "` belongs to another log"));
  }
  if (header.previous_bytes != before.bytes) {
    return absl::DataLossError(absl::StrCat(
        "`", before.path, "` has ", before.bytes, " bytes and had ",
        header.previous_bytes, " when the segment after it was begun"));
  }
  return absl::OkStatus();
}

// All records of a segment that is followed by another.
absl::Status CheckWhole(FileSystem* files, const SegmentFile& segment,
                        uint64_t next_index) {
  auto file = files->Open(segment.path, FileSystem::Mode::kRead);
  if (!file.ok()) return file.status();
  SegmentScanner scanner(file->get(), segment.header, segment.bytes);
  for (;;) {
    const auto more = scanner.Next();
    if (!more.ok()) return more.status();
    if (!*more) break;
  }
  if (scanner.offset() == segment.bytes && scanner.next_index() == next_index) {
    return absl::OkStatus();
  }
  return absl::DataLossError(absl::StrCat("`", segment.path, "`: record ",
                                          scanner.next_index(), " at offset ",
                                          scanner.offset(), " is damaged"));
}

absl::StatusOr<LogEnd> RecoverLast(FileSystem* files, const SegmentFile& last) {
  auto file = files->Open(last.path, FileSystem::Mode::kReadWrite);
  if (!file.ok()) return file.status();
  SegmentScanner scanner(file->get(), last.header, last.bytes);
  for (;;) {
    const auto more = scanner.Next();
    if (!more.ok()) return more.status();
    if (!*more) break;
  }
  const uint64_t offset = scanner.offset();
  const uint64_t index = scanner.next_index();
  const auto proof =
      FindLaterGroup(file->get(), last.header, offset, last.bytes, index);
  if (!proof.ok()) return proof.status();
  if (proof->has_value()) {
    return absl::DataLossError(
        absl::StrCat("`", last.path, "`: record ", index, " at offset ", offset,
                     " is damaged; it was durable, since the record at offset ",
                     **proof, " was written after it"));
  }
  LogEnd end;
  end.log_id = last.header.log_id;
  end.next_index = index;
  const bool empty = index == last.header.first_index;
  end.previous_bytes = empty ? last.header.previous_bytes : offset;
  if (offset < last.bytes) {
    const auto torn = BytesBeforeZeros(file->get(), offset, last.bytes);
    if (!torn.ok()) return torn.status();
    end.torn_bytes = *torn;
    if (absl::Status s = (*file)->Truncate(offset); !s.ok()) return s;
  }
  // Also when nothing is cut: what was read may not have been synced by the
  // process that wrote it, and the next segment will vouch for it.
  if (absl::Status s = (*file)->Sync(); !s.ok()) return s;
  return end;
}

absl::StatusOr<std::vector<SegmentFile>> ListFrom(
    FileSystem* files, const std::string& directory,
    const absl::optional<Pruned>& pruned) {
  const uint64_t begin = FirstOf(pruned);
  const auto names = files->List(directory);
  if (!names.ok()) return names.status();
  std::vector<SegmentFile> segments;
  for (const std::string& name : *names) {
    uint64_t first_index;
    if (!ParseSegmentName(name, &first_index)) continue;
    if (first_index < begin) continue;
    auto segment = ReadSegment(files, absl::StrCat(directory, "/", name));
    if (!segment.ok()) return segment.status();
    if (segment->header.first_index != first_index) {
      return absl::DataLossError(
          absl::StrCat("`", segment->path, "` begins with record ",
                       segment->header.first_index, ", not with its name's"));
    }
    absl::Status follows = segments.empty()
                               ? CheckBegins(pruned, *segment)
                               : CheckFollows(segments.back(), *segment);
    if (!follows.ok()) return follows;
    segments.push_back(*std::move(segment));
  }
  if (segments.empty() && begin > 0) {
    return absl::DataLossError(absl::StrCat(
        "`", directory, "` has no segment that begins with record ", begin,
        ", as `", kPrunedName, "` says"));
  }
  return segments;
}

}  // namespace

absl::StatusOr<SegmentFile> ReadSegment(FileSystem* files, std::string path) {
  auto file = files->Open(path, FileSystem::Mode::kRead);
  if (!file.ok()) return file.status();
  const auto size = (*file)->Size();
  if (!size.ok()) return size.status();
  char bytes[kSegmentHeaderBytes];
  const auto n = (*file)->Read(0, bytes, sizeof bytes);
  if (!n.ok()) return n.status();
  auto header = DecodeSegmentHeader(absl::string_view(bytes, *n));
  if (!header.ok()) return Named(header.status(), path);
  return SegmentFile{std::move(path), *size, *header};
}

absl::StatusOr<std::vector<SegmentFile>> ListSegments(
    FileSystem* files, const std::string& directory) {
  for (;;) {
    const auto pruned = ReadPruned(files, directory);
    if (!pruned.ok()) return pruned.status();
    auto segments = ListFrom(files, directory, *pruned);
    if (segments.ok()) return segments;
    // Where the log begins later now, they were deleted while they were read.
    const auto now = ReadPruned(files, directory);
    if (!now.ok() || FirstOf(*now) == FirstOf(*pruned)) return segments;
  }
}

absl::StatusOr<LogEnd> RecoverLog(FileSystem* files,
                                  const std::string& directory) {
  const auto segments = ListSegments(files, directory);
  if (!segments.ok()) return segments.status();
  if (segments->empty()) return LogEnd();
  const size_t count = segments->size();
  if (count > 1) {
    absl::Status whole = CheckWhole(files, (*segments)[count - 2],
                                    segments->back().header.first_index);
    if (!whole.ok()) return whole;
  }
  return RecoverLast(files, segments->back());
}

}  // namespace tarazy
