#include "server/audit/record_source.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace tarazy {
namespace {

constexpr size_t kMaxOpen = 16;
// What is read at first: most frames fit.
constexpr size_t kFirstRead = 2048;

}  // namespace

const SegmentFile* RecordSource::Find(uint64_t index) const {
  const auto after =
      std::upper_bound(segments_.begin(), segments_.end(), index,
                       [](uint64_t i, const SegmentFile& segment) {
                         return i < segment.header.first_index;
                       });
  return after == segments_.begin() ? nullptr : &*(after - 1);
}

absl::StatusOr<const File*> RecordSource::Open(const SegmentFile& segment) {
  const auto kept = open_.find(segment.path);
  if (kept != open_.end()) return kept->second.get();
  if (open_.size() == kMaxOpen) open_.clear();
  auto file = files_->Open(segment.path, FileSystem::Mode::kRead);
  if (!file.ok()) return file.status();
  return open_.emplace(segment.path, *std::move(file)).first->second.get();
}

absl::StatusOr<std::string> RecordSource::Read(uint64_t index,
                                               uint64_t offset) {
  // A second look at the folder: the log may have gone on since the first, in
  // a new segment.
  for (int look = 0; look < 2; ++look) {
    if (look > 0 || segments_.empty()) {
      auto segments = ListSegments(files_, directory_);
      if (!segments.ok()) return segments.status();
      segments_ = *std::move(segments);
      open_.clear();
    }
    const SegmentFile* segment = Find(index);
    if (segment == nullptr) {
      if (look == 0 || segments_.empty()) continue;
      return absl::NotFoundError(absl::StrCat(
          "record ", index, " was deleted by the log's retention"));
    }
    const auto file = Open(*segment);
    if (absl::IsNotFound(file.status())) continue;
    if (!file.ok()) return file.status();
    std::string bytes(kFirstRead, '\0');
    for (;;) {
      const auto n = (*file)->Read(offset, &bytes[0], bytes.size());
      if (!n.ok()) return n.status();
      const auto frame =
          ParseFrame(absl::string_view(bytes.data(), *n), segment->header.salt);
      if (frame.has_value() && frame->index == index) {
        return std::string(frame->record);
      }
      const size_t most = FrameBytes(kMaxRecordBytes);
      if (frame.has_value() || bytes.size() >= most) break;
      bytes.resize(most);
    }
  }
  return absl::DataLossError(absl::StrCat(
      "`", directory_, "`: record ", index,
      " does not stand where the audit index says; `tarazy audit verify` "
      "checks the log, `tarazy audit reindex` makes the index again"));
}

}  // namespace tarazy
