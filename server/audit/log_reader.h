// Reads a log from its files, while it is being written or at rest.
//
// Thread-safety: for one thread; any number of readers may read one log.

#ifndef TARAZY_SERVER_AUDIT_LOG_READER_H_
#define TARAZY_SERVER_AUDIT_LOG_READER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/audit/file_system.h"
#include "server/audit/recovery.h"
#include "server/audit/segment.h"

namespace tarazy {

class LogReader {
 public:
  // Where a record is said to begin in its segment.
  struct Place {
    uint64_t index = 0;
    uint64_t offset = 0;
  };

  // NOT_FOUND when there is no log; DATA_LOSS when a header is damaged.
  static absl::StatusOr<std::unique_ptr<LogReader>> Open(
      FileSystem* files, const std::string& directory);

  // True: index() and record() are the next one, valid until the next call.
  // False: there is none yet; a later call looks again. DATA_LOSS names the
  // segment and the offset of a damaged record.
  //
  // While the log is being written, the last records may not be durable yet;
  // who needs that compares with DecisionLog::durable_index.
  absl::StatusOr<bool> Next();

  // After Next was false: whether that is the log's end, or damage to a record
  // that was durable once (DATA_LOSS). Reads what is left of the segment.
  absl::Status CheckEnd();

  uint64_t index() const { return scanner_->frame().index; }
  absl::string_view record() const { return scanner_->frame().record; }
  // Where the record's frame begins in its segment.
  uint64_t offset() const {
    return scanner_->offset() - scanner_->frame().bytes;
  }
  const LogId& log_id() const { return segments_[current_].header.log_id; }
  // The number that the next record has.
  uint64_t next_index() const { return scanner_->next_index(); }

  // The number of the first record that is left; not 0 where the log's
  // retention has deleted some.
  uint64_t first_index() const { return segments_[0].header.first_index; }

  // Goes on at record `index`; OUT_OF_RANGE when the log ends before it,
  // NOT_FOUND when it was deleted. Reads its segment from the beginning on, or
  // from `near`, a place at or before it, if that is in the same segment and
  // true.
  absl::Status Seek(uint64_t index) { return Seek(index, Place()); }
  absl::Status Seek(uint64_t index, const Place& near);

 private:
  LogReader(FileSystem* files, std::string directory,
            std::vector<SegmentFile> segments)
      : files_(files),
        directory_(std::move(directory)),
        segments_(std::move(segments)) {}
  absl::Status OpenSegment(size_t number);
  absl::Status LookForNewSegment();
  absl::Status Damaged() const;

  FileSystem* const files_;
  const std::string directory_;
  std::vector<SegmentFile> segments_;
  size_t current_ = 0;
  std::unique_ptr<File> file_;
  std::unique_ptr<SegmentScanner> scanner_;
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_AUDIT_LOG_READER_H_
