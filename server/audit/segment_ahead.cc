#include "server/audit/segment_ahead.h"

#include <algorithm>
#include <utility>

namespace tarazy {
namespace {

// The share of a segment that is filled when the next one is to be ready.
constexpr double kReadyAt = 0.875;

}  // namespace

SegmentAhead::SegmentAhead(FileSystem* files, std::string path)
    : files_(files), path_(std::move(path)) {
  thread_ = std::thread([this] { Run(); });
}

SegmentAhead::~SegmentAhead() {
  {
    std::lock_guard<std::mutex> hold(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
  if (file_ != nullptr) files_->Remove(path_).IgnoreError();
}

void SegmentAhead::Begin(uint64_t bytes) {
  std::lock_guard<std::mutex> hold(mutex_);
  bytes_ = bytes;
}

void SegmentAhead::Follow(uint64_t filled, uint64_t bytes) {
  {
    std::lock_guard<std::mutex> hold(mutex_);
    const double share =
        static_cast<double>(filled) / (kReadyAt * static_cast<double>(bytes));
    wanted_ = static_cast<uint64_t>(share * static_cast<double>(bytes_));
    if (!HasWork()) return;
  }
  changed_.notify_all();
}

absl::StatusOr<std::unique_ptr<File>> SegmentAhead::Take() {
  std::unique_lock<std::mutex> hold(mutex_);
  changed_.wait(hold, [&] { return !busy_; });
  // There may be room by now.
  if (absl::IsResourceExhausted(status_)) status_ = absl::OkStatus();
  while (status_.ok() && made_ < bytes_) MakePiece(&hold);
  made_ = wanted_ = 0;
  absl::Status status = std::exchange(status_, absl::OkStatus());
  if (!status.ok()) return status;
  return std::move(file_);
}

bool SegmentAhead::HasWork() const {
  return !busy_ && status_.ok() && bytes_ > kPieceBytes && made_ < bytes_ &&
         std::min(made_ + kPieceBytes, bytes_) <= wanted_;
}

void SegmentAhead::Run() {
  std::unique_lock<std::mutex> hold(mutex_);
  for (;;) {
    changed_.wait(hold, [&] { return stopping_ || HasWork(); });
    if (stopping_) return;
    MakePiece(&hold);
  }
}

void SegmentAhead::MakePiece(std::unique_lock<std::mutex>* hold) {
  busy_ = true;
  const uint64_t begin = made_;
  const uint64_t size = bytes_;
  const uint64_t end = std::min(begin + kPieceBytes, size);
  hold->unlock();
  absl::Status s = WritePiece(begin, end - begin, size);
  if (!s.ok() && file_ != nullptr) {
    file_.reset();
    files_->Remove(path_).IgnoreError();  // the reason counts more
  }
  hold->lock();
  busy_ = false;
  made_ = s.ok() ? end : 0;
  status_ = std::move(s);
  changed_.notify_all();
}

absl::Status SegmentAhead::WritePiece(uint64_t begin, uint64_t bytes,
                                      uint64_t size) {
  if (begin == 0) {
    auto file = files_->Open(path_, FileSystem::Mode::kCreate);
    if (!file.ok()) return file.status();
    file_ = *std::move(file);
    if (absl::Status s = file_->Preallocate(size); !s.ok()) return s;
  }
  if (absl::Status s = file_->WriteZeros(begin, bytes); !s.ok()) return s;
  // Once is enough: the metadata of a whole file is little.
  return begin + bytes == size ? file_->Sync() : absl::OkStatus();
}

}  // namespace tarazy
