#include "server/audit/log_reader.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"

namespace tarazy {

absl::StatusOr<std::unique_ptr<LogReader>> LogReader::Open(
    FileSystem* files, const std::string& directory) {
  auto segments = ListSegments(files, directory);
  if (!segments.ok()) return segments.status();
  if (segments->empty()) {
    return absl::NotFoundError(
        absl::StrCat("`", directory, "` holds no decision log"));
  }
  std::unique_ptr<LogReader> reader(
      new LogReader(files, directory, *std::move(segments)));
  if (absl::Status s = reader->OpenSegment(0); !s.ok()) return s;
  return reader;
}

absl::Status LogReader::OpenSegment(size_t number) {
  auto file = files_->Open(segments_[number].path, FileSystem::Mode::kRead);
  if (!file.ok()) return file.status();
  file_ = *std::move(file);
  current_ = number;
  // No end: the segment may grow.
  scanner_ =
      std::make_unique<SegmentScanner>(file_.get(), segments_[number].header,
                                       std::numeric_limits<uint64_t>::max());
  return absl::OkStatus();
}

absl::StatusOr<bool> LogReader::Next() {
  for (;;) {
    auto more = scanner_->Next();
    if (!more.ok() || *more) return more;
    if (current_ + 1 == segments_.size()) {
      if (absl::Status s = LookForNewSegment(); !s.ok()) return s;
      if (current_ + 1 == segments_.size()) return false;
      // The log went on, so this segment is complete now.
      more = scanner_->Next();
      if (!more.ok() || *more) return more;
    }
    const SegmentHeader& next = segments_[current_ + 1].header;
    if (scanner_->next_index() != next.first_index ||
        scanner_->offset() != next.previous_bytes) {
      return Damaged();
    }
    if (absl::Status s = OpenSegment(current_ + 1); !s.ok()) return s;
  }
}

// A segment without records may have been replaced since; one with records
// may have been followed by another, whose name then is the next number.
absl::Status LogReader::LookForNewSegment() {
  const SegmentFile& last = segments_[current_];
  const bool empty = scanner_->next_index() == last.header.first_index;
  auto found = ReadSegment(
      files_,
      absl::StrCat(directory_, "/", SegmentName(scanner_->next_index())));
  if (absl::IsNotFound(found.status())) return absl::OkStatus();
  if (!found.ok()) return found.status();
  if (!empty) {
    segments_.push_back(*std::move(found));
    return absl::OkStatus();
  }
  if (found->header.salt == last.header.salt) return absl::OkStatus();
  segments_[current_] = *std::move(found);
  return OpenSegment(current_);
}

absl::Status LogReader::Damaged() const {
  return absl::DataLossError(absl::StrCat(
      "`", segments_[current_].path, "`: record ", scanner_->next_index(),
      " at offset ", scanner_->offset(), " is damaged"));
}

absl::Status LogReader::CheckEnd() {
  const auto size = file_->Size();
  if (!size.ok()) return size.status();
  const auto proof =
      FindLaterGroup(file_.get(), segments_[current_].header,
                     scanner_->offset(), *size, scanner_->next_index());
  if (!proof.ok()) return proof.status();
  if (!proof->has_value()) return absl::OkStatus();
  // It may have been written since Next looked.
  SegmentScanner again = *scanner_;
  const auto more = again.Next();
  if (!more.ok()) return more.status();
  return *more ? absl::OkStatus() : Damaged();
}

absl::Status LogReader::Seek(uint64_t index, const Place& near) {
  if (index < first_index()) {
    return absl::NotFoundError(
        absl::StrCat("record ", index,
                     " was deleted by the log's retention; the log begins "
                     "with record ",
                     first_index()));
  }
  const auto after = std::upper_bound(segments_.begin(), segments_.end(), index,
                                      [](uint64_t i, const SegmentFile& s) {
                                        return i < s.header.first_index;
                                      });
  const size_t number = static_cast<size_t>(after - segments_.begin()) - 1;
  if (absl::Status s = OpenSegment(number); !s.ok()) return s;
  if (near.index <= index && near.index > scanner_->next_index()) {
    const auto jumped = scanner_->Jump(near.index, near.offset);
    if (!jumped.ok()) return jumped.status();
  }
  while (scanner_->next_index() < index) {
    const auto more = Next();
    if (!more.ok()) return more.status();
    if (!*more) {
      return absl::OutOfRangeError(absl::StrCat("the log has no record ", index,
                                                "; it ends before ",
                                                scanner_->next_index()));
    }
  }
  return absl::OkStatus();
}

}  // namespace tarazy
