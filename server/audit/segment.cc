#include "server/audit/segment.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "server/audit/bytes.h"
#include "server/audit/crc32c.h"

namespace tarazy {
namespace {

constexpr absl::string_view kMagic = "TARAZYLG";
constexpr uint32_t kVersion = 1;
constexpr size_t kReadBytes = 1u << 20;
constexpr uint64_t kMaxFrameBytes = FrameBytes(kMaxRecordBytes);

// Places in the header of a segment.
constexpr size_t kVersionAt = 8;
constexpr size_t kFirstIndexAt = 16;
constexpr size_t kPreviousBytesAt = 24;
constexpr size_t kLogIdAt = 32;
constexpr size_t kSaltAt = 48;
constexpr size_t kHeaderSumAt = 60;

// Places in the header of a frame.
constexpr size_t kLengthAt = 4;
constexpr size_t kIndexAt = 8;
constexpr size_t kGroupPositionAt = 16;

uint32_t FrameSum(uint64_t salt, const char* frame, uint64_t frame_bytes) {
  char salt_bytes[8];
  PutLittle(salt, salt_bytes);
  const uint32_t sum = Crc32c(0, absl::string_view(salt_bytes, 8));
  return Crc32c(sum,
                absl::string_view(frame + kLengthAt, frame_bytes - kLengthAt));
}

}  // namespace

std::string SegmentName(uint64_t first_index) {
  return absl::StrFormat("%020d.log", first_index);
}

bool ParseSegmentName(absl::string_view name, uint64_t* first_index) {
  const absl::string_view whole = name;
  return absl::ConsumeSuffix(&name, ".log") && name.size() == 20 &&
         absl::SimpleAtoi(name, first_index) &&
         SegmentName(*first_index) == whole;
}

std::array<char, kSegmentHeaderBytes> EncodeSegmentHeader(
    const SegmentHeader& header) {
  std::array<char, kSegmentHeaderBytes> bytes{};
  std::copy(kMagic.begin(), kMagic.end(), bytes.begin());
  PutLittle(kVersion, &bytes[kVersionAt]);
  PutLittle(header.first_index, &bytes[kFirstIndexAt]);
  PutLittle(header.previous_bytes, &bytes[kPreviousBytesAt]);
  std::memcpy(&bytes[kLogIdAt], header.log_id.data(), header.log_id.size());
  PutLittle(header.salt, &bytes[kSaltAt]);
  PutLittle(Crc32c(0, absl::string_view(bytes.data(), kHeaderSumAt)),
            &bytes[kHeaderSumAt]);
  return bytes;
}

absl::StatusOr<SegmentHeader> DecodeSegmentHeader(absl::string_view bytes) {
  if (bytes.size() < kSegmentHeaderBytes) {
    return absl::DataLossError("the header is cut short");
  }
  const char* const at = bytes.data();
  if (bytes.substr(0, kMagic.size()) != kMagic) {
    return absl::DataLossError("not a segment of a decision log");
  }
  if (GetLittle<uint32_t>(at + kHeaderSumAt) !=
      Crc32c(0, bytes.substr(0, kHeaderSumAt))) {
    return absl::DataLossError("the header's checksum is wrong");
  }
  const uint32_t version = GetLittle<uint32_t>(at + kVersionAt);
  if (version != kVersion) {
    return absl::UnimplementedError(
        absl::StrCat("written in version ", version,
                     " of the format; this program reads ", kVersion));
  }
  SegmentHeader header;
  header.first_index = GetLittle<uint64_t>(at + kFirstIndexAt);
  header.previous_bytes = GetLittle<uint64_t>(at + kPreviousBytesAt);
  std::memcpy(header.log_id.data(), at + kLogIdAt, header.log_id.size());
  header.salt = GetLittle<uint64_t>(at + kSaltAt);
  return header;
}

void AppendFrame(absl::string_view record, std::string* out) {
  char header[kFrameHeaderBytes] = {};
  PutLittle(static_cast<uint32_t>(record.size()), header + kLengthAt);
  out->append(header, kFrameHeaderBytes);
  out->append(record.data(), record.size());
  out->append(FrameBytes(record.size()) - kFrameHeaderBytes - record.size(),
              '\0');
}

uint64_t FrameBytesAt(const char* frame) {
  return FrameBytes(GetLittle<uint32_t>(frame + kLengthAt));
}

absl::string_view FrameRecord(const char* frame) {
  return {frame + kFrameHeaderBytes, GetLittle<uint32_t>(frame + kLengthAt)};
}

uint64_t SealFrame(uint64_t salt, uint64_t index, uint32_t group_position,
                   char* frame) {
  const uint64_t bytes = FrameBytesAt(frame);
  PutLittle(index, frame + kIndexAt);
  PutLittle(group_position, frame + kGroupPositionAt);
  PutLittle(FrameSum(salt, frame, bytes), frame);
  return bytes;
}

absl::optional<Frame> ParseFrame(absl::string_view bytes, uint64_t salt) {
  if (bytes.size() < kFrameHeaderBytes) return absl::nullopt;
  const char* const at = bytes.data();
  const uint32_t length = GetLittle<uint32_t>(at + kLengthAt);
  if (length == 0 || length > kMaxRecordBytes) return absl::nullopt;
  Frame frame;
  frame.bytes = FrameBytes(length);
  if (frame.bytes > bytes.size()) return absl::nullopt;
  frame.index = GetLittle<uint64_t>(at + kIndexAt);
  frame.group_position = GetLittle<uint32_t>(at + kGroupPositionAt);
  if (frame.group_position > frame.index) return absl::nullopt;
  if (GetLittle<uint32_t>(at) != FrameSum(salt, at, frame.bytes)) {
    return absl::nullopt;
  }
  frame.record = bytes.substr(kFrameHeaderBytes, length);
  return frame;
}

SegmentScanner::SegmentScanner(const File* file, const SegmentHeader& header,
                               uint64_t end)
    : file_(file),
      salt_(header.salt),
      end_(end),
      next_index_(header.first_index) {}

absl::Status SegmentScanner::Fill() {
  const uint64_t left = end_ > offset_ ? end_ - offset_ : 0;
  buffer_.resize(static_cast<size_t>(std::min<uint64_t>(kReadBytes, left)));
  const auto n = file_->Read(offset_, &buffer_[0], buffer_.size());
  if (!n.ok()) {
    buffer_.clear();
    return n.status();
  }
  buffer_.resize(*n);
  buffer_offset_ = offset_;
  return absl::OkStatus();
}

absl::StatusOr<bool> SegmentScanner::Jump(uint64_t index, uint64_t offset) {
  SegmentScanner there = *this;
  there.offset_ = offset;
  there.next_index_ = index;
  there.buffer_.clear();
  const auto found = there.Next();
  if (!found.ok() || !*found) return found;
  offset_ = offset;
  next_index_ = index;
  buffer_.clear();
  return true;
}

absl::StatusOr<bool> SegmentScanner::Next() {
  for (const bool fresh : {false, true}) {
    if (fresh) {
      if (absl::Status s = Fill(); !s.ok()) return s;
    }
    const uint64_t skip = offset_ - buffer_offset_;
    if (skip >= buffer_.size()) continue;
    const auto frame = ParseFrame(
        absl::string_view(buffer_).substr(static_cast<size_t>(skip)), salt_);
    if (!frame.has_value() || frame->index != next_index_) continue;
    frame_ = *frame;
    offset_ += frame_.bytes;
    ++next_index_;
    return true;
  }
  return false;
}

absl::StatusOr<absl::optional<uint64_t>> FindLaterGroup(
    const File* file, const SegmentHeader& header, uint64_t offset,
    uint64_t end, uint64_t index) {
  std::string window;
  for (uint64_t at = offset; at < end; at += kReadBytes) {
    // Read so far beyond the step that a frame which begins in it is whole.
    window.resize(static_cast<size_t>(
        std::min<uint64_t>(end - at, kReadBytes + kMaxFrameBytes)));
    const auto n = file->Read(at, &window[0], window.size());
    if (!n.ok()) return n.status();
    const absl::string_view bytes(window.data(), *n);
    for (size_t i = 0; i < bytes.size() && i < kReadBytes; i += 8) {
      if (bytes.size() - i < kFrameHeaderBytes) break;
      // Cheap before the checksum: numbers grow by one a frame at most.
      const uint64_t found = GetLittle<uint64_t>(&bytes[i] + kIndexAt);
      if (found <= index || found - index > (at + i) / 8) continue;
      const auto frame = ParseFrame(bytes.substr(i), header.salt);
      if (frame.has_value() && frame->group_first() > index) {
        return absl::optional<uint64_t>(at + i);
      }
    }
  }
  return absl::optional<uint64_t>();
}

}  // namespace tarazy
