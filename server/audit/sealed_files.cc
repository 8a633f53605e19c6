#include "server/audit/sealed_files.h"

#include <zstd.h>

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/audit/bytes.h"
#include "server/audit/recovery.h"
#include "server/audit/segment.h"

namespace tarazy {
namespace {

constexpr absl::string_view kEnding = ".zst";
constexpr uint64_t kFrameBytesOpen = 256u << 10;
constexpr int kLevel = 6;
constexpr uint32_t kSkippable = 0x184D2A5E;
constexpr uint32_t kSeekable = 0x8F92EAB1;
constexpr size_t kFooterBytes = 9;
constexpr size_t kEntryBytes = 8;
constexpr size_t kMaxFrames = 1u << 20;

absl::Status Damaged(const std::string& path, absl::string_view what) {
  return absl::DataLossError(
      absl::StrCat("`", path, "`: the sealed segment is damaged: ", what));
}

struct SealedFrame {
  uint64_t at = 0;        // in the file
  uint64_t opens_at = 0;  // in the segment
  uint32_t bytes = 0;
  uint32_t opens_to = 0;
};

// Reads what was sealed; nothing can be written.
class SealedFile final : public File {
 public:
  static absl::StatusOr<std::unique_ptr<File>> Open(std::unique_ptr<File> file,
                                                    const std::string& path) {
    std::unique_ptr<SealedFile> sealed(new SealedFile(std::move(file), path));
    if (absl::Status s = sealed->ReadTable(); !s.ok()) return s;
    return std::unique_ptr<File>(std::move(sealed));
  }

  absl::StatusOr<size_t> Read(uint64_t offset, char* out,
                              size_t size) const override {
    std::lock_guard<std::mutex> hold(mutex_);
    size_t done = 0;
    while (done < size && offset + done < size_) {
      const uint64_t at = offset + done;
      if (absl::Status s = OpenFrame(at / kFrameBytesOpen); !s.ok()) return s;
      const uint64_t in = at % kFrameBytesOpen;
      const size_t n = std::min<size_t>(size - done, opened_.size() - in);
      std::copy_n(opened_.data() + in, n, out + done);
      done += n;
    }
    return done;
  }
  absl::StatusOr<size_t> Write(uint64_t, absl::string_view) override {
    return ReadOnly();
  }
  absl::Status Preallocate(uint64_t) override { return ReadOnly(); }
  absl::Status Truncate(uint64_t) override { return ReadOnly(); }
  absl::Status Sync() override { return absl::OkStatus(); }
  absl::StatusOr<uint64_t> Size() const override { return size_; }

 private:
  SealedFile(std::unique_ptr<File> file, std::string path)
      : file_(std::move(file)), path_(std::move(path)) {}

  absl::Status ReadOnly() const {
    return absl::PermissionDeniedError(
        absl::StrCat("`", path_, "` is sealed and can't be written"));
  }

  absl::Status ReadTable() {
    const auto size = file_->Size();
    if (!size.ok()) return size.status();
    char footer[kFooterBytes];
    if (*size < kFooterBytes) return Damaged(path_, "too short");
    auto n = file_->Read(*size - kFooterBytes, footer, kFooterBytes);
    if (!n.ok()) return n.status();
    const uint64_t count = GetLittle<uint32_t>(footer);
    const uint64_t table = 8 + count * kEntryBytes + kFooterBytes;
    if (*n != kFooterBytes || footer[4] != 0 ||
        GetLittle<uint32_t>(footer + 5) != kSeekable || count > kMaxFrames ||
        table > *size) {
      return Damaged(path_, "no table of frames");
    }
    std::string bytes(static_cast<size_t>(table), '\0');
    n = file_->Read(*size - table, &bytes[0], bytes.size());
    if (!n.ok()) return n.status();
    if (*n != bytes.size() || GetLittle<uint32_t>(&bytes[0]) != kSkippable ||
        GetLittle<uint32_t>(&bytes[4]) != table - 8) {
      return Damaged(path_, "no table of frames");
    }
    uint64_t at = 0;
    for (uint64_t i = 0; i < count; ++i) {
      const char* entry = &bytes[8 + i * kEntryBytes];
      SealedFrame frame;
      frame.at = at;
      frame.bytes = GetLittle<uint32_t>(entry);
      frame.opens_to = GetLittle<uint32_t>(entry + 4);
      // All frames but the last open to the same size.
      if (frame.opens_to == 0 || frame.opens_to > kFrameBytesOpen ||
          (i + 1 < count && frame.opens_to != kFrameBytesOpen) ||
          frame.bytes > ZSTD_compressBound(kFrameBytesOpen)) {
        return Damaged(path_, "its table of frames");
      }
      at += frame.bytes;
      size_ += frame.opens_to;
      frames_.push_back(frame);
    }
    return at + table == *size ? absl::OkStatus()
                               : Damaged(path_, "its table of frames");
  }

  absl::Status OpenFrame(uint64_t number) const {
    if (number == opened_number_ && !opened_.empty()) return absl::OkStatus();
    const SealedFrame& frame = frames_[number];
    std::string bytes(frame.bytes, '\0');
    const auto n = file_->Read(frame.at, &bytes[0], bytes.size());
    if (!n.ok()) return n.status();
    opened_.resize(frame.opens_to);
    // Checks the frame's own checksum.
    const size_t opened =
        ZSTD_decompress(&opened_[0], opened_.size(), bytes.data(), *n);
    if (ZSTD_isError(opened) || opened != opened_.size()) {
      opened_.clear();
      return Damaged(path_, absl::StrCat("frame ", number));
    }
    opened_number_ = number;
    return absl::OkStatus();
  }

  const std::unique_ptr<File> file_;
  const std::string path_;
  std::vector<SealedFrame> frames_;
  uint64_t size_ = 0;
  mutable std::mutex mutex_;
  mutable uint64_t opened_number_ = 0;  // guarded by mutex_, like the next
  mutable std::string opened_;
};

bool IsSealedName(absl::string_view name) {
  uint64_t index;
  return absl::ConsumeSuffix(&name, kEnding) && ParseSegmentName(name, &index);
}

class SealedFileSystem final : public FileSystem {
 public:
  explicit SealedFileSystem(FileSystem* files) : files_(files) {}

  absl::StatusOr<std::unique_ptr<File>> Open(const std::string& path,
                                             Mode mode) override {
    auto file = files_->Open(path, mode);
    if (mode != Mode::kRead || !absl::IsNotFound(file.status())) return file;
    const std::string sealed = absl::StrCat(path, kEnding);
    if (!IsSealedName(sealed.substr(sealed.rfind('/') + 1))) return file;
    auto compressed = files_->Open(sealed, mode);
    if (absl::IsNotFound(compressed.status())) return file;
    if (!compressed.ok()) return compressed.status();
    return SealedFile::Open(*std::move(compressed), sealed);
  }
  absl::StatusOr<std::vector<std::string>> List(
      const std::string& directory) override {
    auto names = files_->List(directory);
    if (!names.ok()) return names;
    for (std::string& name : *names) {
      if (IsSealedName(name)) name.resize(name.size() - kEnding.size());
    }
    // Between the sealing and the end of the original both are there.
    std::sort(names->begin(), names->end());
    names->erase(std::unique(names->begin(), names->end()), names->end());
    return names;
  }
  absl::Status MakeDirectory(const std::string& directory) override {
    return files_->MakeDirectory(directory);
  }
  absl::Status Rename(const std::string& from, const std::string& to) override {
    return files_->Rename(from, to);
  }
  absl::Status Remove(const std::string& path) override {
    return files_->Remove(path);
  }
  absl::Status SyncDirectory(const std::string& directory) override {
    return files_->SyncDirectory(directory);
  }
  absl::StatusOr<std::unique_ptr<File>> Lock(const std::string& path) override {
    return files_->Lock(path);
  }

 private:
  FileSystem* const files_;
};

// All records of a segment are sound and it ends where it should.
absl::Status CheckWhole(const File& file, const SegmentFile& segment,
                        uint64_t next_index) {
  SegmentScanner scanner(&file, segment.header, segment.bytes);
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

absl::StatusOr<std::string> Compress(const File& file, uint64_t size) {
  std::string sealed, table, open(kFrameBytesOpen, '\0');
  uint32_t frames = 0;
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, kLevel);
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  absl::Status failed;
  for (uint64_t at = 0; at < size && failed.ok(); at += open.size()) {
    open.resize(static_cast<size_t>(std::min(kFrameBytesOpen, size - at)));
    const auto n = file.Read(at, &open[0], open.size());
    if (!n.ok()) failed = n.status();
    std::string frame(ZSTD_compressBound(open.size()), '\0');
    const size_t bytes = ZSTD_compress2(context, &frame[0], frame.size(),
                                        open.data(), open.size());
    if (failed.ok() && (*n != open.size() || ZSTD_isError(bytes))) {
      failed = absl::InternalError("a segment could not be compressed");
    }
    if (!failed.ok()) break;
    sealed.append(frame.data(), bytes);
    char entry[kEntryBytes];
    PutLittle(static_cast<uint32_t>(bytes), entry);
    PutLittle(static_cast<uint32_t>(open.size()), entry + 4);
    table.append(entry, sizeof entry);
    ++frames;
  }
  ZSTD_freeCCtx(context);
  if (!failed.ok()) return failed;
  char head[8], footer[kFooterBytes];
  PutLittle(kSkippable, head);
  PutLittle(static_cast<uint32_t>(table.size() + kFooterBytes), head + 4);
  PutLittle(frames, footer);
  footer[4] = 0;
  PutLittle(kSeekable, footer + 5);
  return absl::StrCat(sealed, absl::string_view(head, sizeof head), table,
                      absl::string_view(footer, sizeof footer));
}

absl::Status Compare(const File& a, const File& b, uint64_t size) {
  std::string one(kFrameBytesOpen, '\0'), other(kFrameBytesOpen, '\0');
  for (uint64_t at = 0; at < size; at += kFrameBytesOpen) {
    const auto n = a.Read(at, &one[0], one.size());
    const auto m = b.Read(at, &other[0], other.size());
    if (!n.ok()) return n.status();
    if (!m.ok()) return m.status();
    if (*n != *m || one.compare(0, *n, other, 0, *m) != 0) {
      return absl::InternalError("what was sealed is not what was there");
    }
  }
  return absl::OkStatus();
}

absl::Status SealOne(FileSystem* files, const std::string& directory,
                     const SegmentFile& segment, uint64_t next_index,
                     SealedSegments* result) {
  auto file = files->Open(segment.path, FileSystem::Mode::kRead);
  if (!file.ok()) return file.status();
  absl::Status s = CheckWhole(**file, segment, next_index);
  if (!s.ok()) return s;
  const auto sealed = Compress(**file, segment.bytes);
  if (!sealed.ok()) return sealed.status();
  const std::string name =
      absl::StrCat(segment.path.substr(segment.path.rfind('/') + 1), kEnding);
  s = ReplaceFile(files, directory, name, *sealed);
  if (!s.ok()) return s;
  const std::string path = absl::StrCat(directory, "/", name);
  auto again = files->Open(path, FileSystem::Mode::kRead);
  if (!again.ok()) return again.status();
  auto opened = SealedFile::Open(*std::move(again), path);
  if (!opened.ok()) return opened.status();
  s = Compare(**file, **opened, segment.bytes);
  if (!s.ok()) {
    files->Remove(path).IgnoreError();
    return s;
  }
  s = files->Remove(segment.path);
  if (!s.ok()) return s;
  ++result->segments;
  result->bytes_before += segment.bytes;
  result->bytes_after += sealed->size();
  return files->SyncDirectory(directory);
}

}  // namespace

std::unique_ptr<FileSystem> ShowSealed(FileSystem* files) {
  return std::make_unique<SealedFileSystem>(files);
}

FileSystem* LogFiles() {
  static FileSystem* const files = ShowSealed(FileSystem::Posix()).release();
  return files;
}

absl::StatusOr<SealedSegments> SealSegment(FileSystem* files,
                                           const std::string& directory,
                                           const SegmentFile& segment,
                                           uint64_t next_index) {
  SealedSegments result;
  // Sealed already: the original is not there.
  const auto original = files->Open(segment.path, FileSystem::Mode::kRead);
  if (absl::IsNotFound(original.status())) return result;
  if (!original.ok()) return original.status();
  absl::Status s = SealOne(files, directory, segment, next_index, &result);
  if (!s.ok()) return s;
  return result;
}

absl::StatusOr<SealedSegments> SealSegments(
    FileSystem* files, const std::string& directory, uint64_t keep,
    const std::function<void(uint64_t)>& progress) {
  if (keep < 2) {
    return absl::InvalidArgumentError(
        "at least the last two segments stay as they are");
  }
  const std::unique_ptr<FileSystem> shown = ShowSealed(files);
  const auto segments = ListSegments(shown.get(), directory);
  if (!segments.ok()) return segments.status();
  SealedSegments result;
  for (size_t i = 0; i + keep < segments->size(); ++i) {
    const auto sealed = SealSegment(files, directory, (*segments)[i],
                                    (*segments)[i + 1].header.first_index);
    if (!sealed.ok()) return sealed.status();
    result.segments += sealed->segments;
    result.bytes_before += sealed->bytes_before;
    result.bytes_after += sealed->bytes_after;
    if (progress) progress(i + 1);
  }
  return result;
}

}  // namespace tarazy
