// One file of the log: a header, then a frame for each record. The bytes are
// laid down in server/audit/FORMAT.md.
//
// Thread-safety: functions without state; a SegmentScanner is for one thread.

#ifndef TARAZY_SERVER_AUDIT_SEGMENT_H_
#define TARAZY_SERVER_AUDIT_SEGMENT_H_

#include <array>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "server/audit/file_system.h"

namespace tarazy {

constexpr size_t kSegmentHeaderBytes = 64;
constexpr size_t kFrameHeaderBytes = 20;
// What a length of 16 bits holds: a record is also an entry of a tile.
constexpr uint32_t kMaxRecordBytes = 65535;

using LogId = std::array<uint8_t, 16>;

struct SegmentHeader {
  // Number of its first record.
  uint64_t first_index = 0;
  // Size of the segment before it, 0 if there is none.
  uint64_t previous_bytes = 0;
  // The same in all segments of a log.
  LogId log_id{};
  // Random; part of each frame's checksum.
  uint64_t salt = 0;
};

// "00000000000000012345.log" and back; false for any other name.
std::string SegmentName(uint64_t first_index);
bool ParseSegmentName(absl::string_view name, uint64_t* first_index);

std::array<char, kSegmentHeaderBytes> EncodeSegmentHeader(
    const SegmentHeader& header);
// DATA_LOSS says what is wrong.
absl::StatusOr<SegmentHeader> DecodeSegmentHeader(absl::string_view bytes);

// Bytes that a record of this size takes.
constexpr uint64_t FrameBytes(uint64_t record_bytes) {
  return (kFrameHeaderBytes + record_bytes + 7) / 8 * 8;
}

// Appends a frame whose header is still to be sealed.
void AppendFrame(absl::string_view record, std::string* out);
// Completes the frame at `frame`: the record's number, and how many records of
// its group come before it. Gives the frame's bytes.
uint64_t SealFrame(uint64_t salt, uint64_t index, uint32_t group_position,
                   char* frame);
// Bytes of a frame that AppendFrame made.
uint64_t FrameBytesAt(const char* frame);
// The record in it.
absl::string_view FrameRecord(const char* frame);

struct Frame {
  uint64_t index = 0;
  uint32_t group_position = 0;
  absl::string_view record;
  uint64_t bytes = 0;

  // All records before this one were durable when the frame was written.
  uint64_t group_first() const { return index - group_position; }
};

// The frame that `bytes` begin with; empty if there is none that is whole and
// sound.
absl::optional<Frame> ParseFrame(absl::string_view bytes, uint64_t salt);

// Reads the frames of a segment one after another.
class SegmentScanner {
 public:
  // `file` outlives the scanner. Nothing at or behind `end` is read.
  SegmentScanner(const File* file, const SegmentHeader& header, uint64_t end);

  // True: frame() is the next one, valid until the next call. False: no sound
  // frame with the next number at offset(); a later call looks again, since
  // the log may have grown.
  absl::StatusOr<bool> Next();

  const Frame& frame() const { return frame_; }
  // Where the next frame begins, and its number.
  uint64_t offset() const { return offset_; }
  uint64_t next_index() const { return next_index_; }
  void set_end(uint64_t end) { end_ = end; }
  // Goes on with the record `index` at `offset`, if it stands there; else
  // false, and nothing has changed.
  absl::StatusOr<bool> Jump(uint64_t index, uint64_t offset);

 private:
  absl::Status Fill();

  const File* const file_;
  const uint64_t salt_;
  uint64_t end_;
  uint64_t offset_ = kSegmentHeaderBytes;
  uint64_t next_index_;
  std::string buffer_;
  uint64_t buffer_offset_ = 0;
  Frame frame_;
};

// Looks behind `offset` for a frame which shows that the record `index` was
// durable once: one of a later group. Gives its place.
absl::StatusOr<absl::optional<uint64_t>> FindLaterGroup(
    const File* file, const SegmentHeader& header, uint64_t offset,
    uint64_t end, uint64_t index);

}  // namespace tarazy

#endif  // TARAZY_SERVER_AUDIT_SEGMENT_H_
