#include "server/audit/zero_ahead.h"

#include <algorithm>
#include <utility>

namespace tarazy {

ZeroAhead::ZeroAhead(FileSystem* files,
                     std::function<void(const absl::Status&)> on_failure)
    : files_(files), on_failure_(std::move(on_failure)) {
  thread_ = std::thread([this] { Run(); });
}

ZeroAhead::~ZeroAhead() {
  {
    std::lock_guard<std::mutex> hold(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

absl::Status ZeroAhead::Begin(const std::string& path, uint64_t begin,
                              uint64_t end) {
  if (begin >= end) return absl::OkStatus();
  auto file = files_->Open(path, FileSystem::Mode::kReadWrite);
  if (!file.ok()) return file.status();
  {
    std::lock_guard<std::mutex> hold(mutex_);
    file_ = *std::move(file);
    claimed_ = zeroed_ = begin;
    wanted_ = true;
    end_ = end;
  }
  changed_.notify_all();
  return absl::OkStatus();
}

void ZeroAhead::Claim(uint64_t end) {
  std::unique_lock<std::mutex> hold(mutex_);
  if (file_ == nullptr || end <= claimed_) return;
  claimed_ = end;
  // Pieces that are begun from now on lie behind.
  changed_.wait(hold, [&] { return !busy_ || zeroed_ >= end; });
}

void ZeroAhead::Refill() {
  {
    std::lock_guard<std::mutex> hold(mutex_);
    if (wanted_ || !HasWork()) return;
    wanted_ = true;
  }
  changed_.notify_all();
}

void ZeroAhead::End() {
  std::unique_lock<std::mutex> hold(mutex_);
  end_ = 0;
  changed_.wait(hold, [&] { return !busy_; });
  file_.reset();
}

bool ZeroAhead::HasWork() const {
  const uint64_t begin = std::max(zeroed_, claimed_);
  return file_ != nullptr && begin < end_ &&
         begin + kPieceBytes <= claimed_ + kAheadBytes;
}

// At the priority of those who may have to wait for it.
void ZeroAhead::Run() {
  const std::string zeros(kPieceBytes, '\0');
  std::unique_lock<std::mutex> hold(mutex_);
  for (;;) {
    changed_.wait(hold, [&] { return stopping_ || (wanted_ && HasWork()); });
    if (stopping_) return;
    zeroed_ = std::max(zeroed_, claimed_);
    const uint64_t bytes = std::min(kPieceBytes, end_ - zeroed_);
    const uint64_t begin = zeroed_;
    File* const file = file_.get();
    busy_ = true;
    hold.unlock();
    absl::Status s =
        WriteAll(file, begin, absl::string_view(zeros).substr(0, bytes));
    if (s.ok()) s = file->Sync();
    if (!s.ok() && !absl::IsResourceExhausted(s)) on_failure_(s);
    hold.lock();
    busy_ = false;
    zeroed_ = begin + bytes;
    if (!s.ok()) end_ = 0;
    if (!HasWork()) wanted_ = false;
    changed_.notify_all();
  }
}

}  // namespace tarazy
