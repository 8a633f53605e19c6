// The queue is two buffers: callers append whole frames to one under a short
// lock while the other is written; then they change places. So a record is
// copied once, and nothing is allocated once both have grown.
//
// One thread at a time writes: one that handed over what it has appended, or
// the writer thread, for all who can't wait and for what comes while another
// writes. A thread that serves calls has nothing better to do than to wait for
// the disk: what came meanwhile is then decided in one go and makes one group,
// where a thread beside it would write half of it and make twice the syncs and
// the switches between threads.
//
// Numbers are given out when a record is queued. When the disk is full, all
// that is queued is refused at once and the numbers begin again at the first
// that is not durable, so that a hole can't arise.

#include "server/audit/decision_log.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/audit/bytes.h"
#include "server/audit/file_system.h"
#include "server/audit/leaf_queue.h"
#include "server/audit/recovery.h"
#include "server/audit/segment.h"
#include "server/audit/segment_ahead.h"

namespace tarazy {
namespace {

// Of a group whose leaves take long enough to be worth a call to the disk.
constexpr size_t kStartBytes = 16 << 10;
// Of the first segment after a start; each next one is twice as long, up to
// what the options say. So a start has little to write, and what is made ahead
// is never much more than what is being filled.
constexpr uint64_t kFirstSegmentBytes = 1 << 20;
// The kernel's, at least: where one is written in part and is not in memory,
// it has to be read first.
constexpr uint64_t kPageBytes = 4096;

struct Waiting {
  size_t end;  // of its last frame in Batch::frames
  AppendListener* listener;
};

struct Batch {
  std::string frames;
  std::vector<Waiting> waiting;
  uint64_t first_index = 0;

  void Clear() {
    frames.clear();
    waiting.clear();
  }
};

absl::Status FullDisk() {
  return absl::UnavailableError(
      "the decision log can't take a record: the disk is full");
}

void PrintFatal(const absl::Status& status) {
  std::fprintf(stderr,
               "tarazy: the decision log failed, the process ends: %s\n",
               status.ToString().c_str());
}

void FillRandom(char* out, size_t size) {
  std::random_device device;
  for (size_t i = 0; i < size; ++i) out[i] = static_cast<char>(device());
}

uint64_t SegmentFloor(const DecisionLogOptions& options) {
  return kSegmentHeaderBytes + FrameBytes(options.max_record_bytes);
}

absl::Status CheckOptions(const DecisionLogOptions& options) {
  if (options.max_record_bytes == 0 ||
      options.max_record_bytes > kMaxRecordBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("max_record_bytes must be 1 to ", kMaxRecordBytes));
  }
  if (options.segment_bytes < SegmentFloor(options)) {
    return absl::InvalidArgumentError(
        absl::StrCat("segment_bytes must be at least ", SegmentFloor(options),
                     " to hold one record"));
  }
  if (options.max_queue_bytes < FrameBytes(options.max_record_bytes)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "max_queue_bytes must be at least ",
        FrameBytes(options.max_record_bytes), " to hold one record"));
  }
  return absl::OkStatus();
}

class LogWriter : public DecisionLog {
 public:
  LogWriter(DecisionLogOptions options, FileSystem* files,
            std::unique_ptr<File> lock, const LogEnd& end)
      : options_(std::move(options)),
        files_(files),
        lock_file_(std::move(lock)),
        tail_index_(end.next_index),
        previous_bytes_(end.previous_bytes),
        next_index_(end.next_index),
        durable_index_(end.next_index) {
    if (end.log_id.has_value()) {
      log_id_ = *end.log_id;
    } else {
      options_.random(reinterpret_cast<char*>(log_id_.data()), log_id_.size());
    }
    queue_.first_index = end.next_index;
    stats_.torn_bytes = end.torn_bytes;
  }

  ~LogWriter() override { Close(); }

  // OK or the reason why the log can't be used; a full disk is none.
  absl::Status Start() {
    ahead_ = std::make_unique<SegmentAhead>(files_, NextPath());
    next_bytes_ = FirstBytes();
    ahead_->Begin(next_bytes_);
    absl::Status begun = BeginSegment();
    if (!begun.ok() && !absl::IsResourceExhausted(begun)) return begun;
    thread_ = std::thread([this] { Run(); });
    return absl::OkStatus();
  }

  absl::StatusOr<uint64_t> Append(absl::string_view record,
                                  AppendListener* listener,
                                  Commit commit) override {
    return AppendAll(absl::MakeConstSpan(&record, 1), listener, commit);
  }

  absl::StatusOr<uint64_t> AppendAll(
      absl::Span<const absl::string_view> records, AppendListener* listener,
      Commit commit) override {
    uint64_t bytes = 0;
    if (absl::Status s = CheckRecords(records, &bytes); !s.ok()) return s;
    bool wake;
    uint64_t index;
    {
      std::lock_guard<std::mutex> hold(mutex_);
      if (closing_) {
        return absl::UnavailableError("the decision log is closed");
      }
      if (queue_.frames.size() + bytes > options_.max_queue_bytes) {
        ++stats_.refused_full_queue;
        return absl::UnavailableError(
            "the decision log can't take a record: its queue is full");
      }
      for (absl::string_view record : records) {
        AppendFrame(record, &queue_.frames);
      }
      queue_.waiting.push_back({queue_.frames.size(), listener});
      index = next_index_;
      next_index_ += records.size();
      if (commit == Commit::kSoon) wanted_ = true;
      wake = wanted_ && !committing_ && WakesWriter();
    }
    if (wake) queued_.notify_one();
    return index;
  }

  void CommitQueued() override {
    std::unique_lock<std::mutex> hold(mutex_);
    if (queue_.frames.empty()) return;
    if (committing_) {
      wanted_ = true;
      return;
    }
    CommitBatch(&hold);
    // What has come since is the writer's, so that this thread can go on.
    const bool wake = (wanted_ || closing_) && WakesWriter();
    hold.unlock();
    if (wake) queued_.notify_one();
  }

  uint64_t next_index() const override {
    std::lock_guard<std::mutex> hold(mutex_);
    return next_index_;
  }

  uint64_t durable_index() const override {
    return durable_index_.load(std::memory_order_acquire);
  }

  DecisionLogStats stats() const override {
    std::lock_guard<std::mutex> hold(mutex_);
    return stats_;
  }

  void Close() override {
    {
      std::lock_guard<std::mutex> hold(mutex_);
      closing_ = true;
    }
    queued_.notify_one();
    std::lock_guard<std::mutex> hold(close_mutex_);
    if (!thread_.joinable()) return;
    thread_.join();
    EndLog();
    lock_file_.reset();
  }

 private:
  // Under the lock. True, once: the writer sleeps.
  bool WakesWriter() {
    const bool sleeping = sleeping_;
    sleeping_ = false;
    return sleeping;
  }

  absl::Status CheckRecords(absl::Span<const absl::string_view> records,
                            uint64_t* bytes) const {
    if (records.empty()) {
      return absl::InvalidArgumentError("no record to append");
    }
    for (absl::string_view record : records) {
      if (record.empty() || record.size() > options_.max_record_bytes) {
        return absl::InvalidArgumentError(absl::StrCat(
            "a record has ", record.size(), " bytes and must have 1 to ",
            options_.max_record_bytes));
      }
      *bytes += FrameBytes(record.size());
    }
    if (*bytes > options_.max_queue_bytes) {
      return absl::InvalidArgumentError(
          absl::StrCat("the records take ", *bytes, " bytes, the queue holds ",
                       options_.max_queue_bytes));
    }
    return absl::OkStatus();
  }

  // The writer thread.
  void Run() {
    std::unique_lock<std::mutex> hold(mutex_);
    for (;;) {
      while (committing_ || !(wanted_ || closing_)) {
        sleeping_ = true;
        queued_.wait(hold);
        sleeping_ = false;
      }
      if (!queue_.frames.empty()) {
        CommitBatch(&hold);
      } else if (closing_) {
        return;
      } else {
        wanted_ = false;
      }
    }
  }

  // Commits all that is queued; `hold`, of mutex_, is let go meanwhile. No
  // other thread commits.
  void CommitBatch(std::unique_lock<std::mutex>* hold) {
    committing_ = true;
    wanted_ = false;
    std::swap(work_, queue_);
    queue_.first_index = next_index_;
    hold->unlock();
    CommitWork(&work_);
    work_.Clear();
    hold->lock();
    committing_ = false;
  }

  // Writes what is in `work`, in as many groups as segments take.
  void CommitWork(Batch* work) {
    size_t begin = 0;
    size_t told = 0;
    uint64_t index = work->first_index;
    while (begin < work->frames.size()) {
      absl::Status room = MakeRoom(FrameBytesAt(work->frames.data() + begin));
      if (!room.ok()) return Refuse(*work, told);
      uint32_t records = 0;
      const size_t end = SealGroup(begin, index, work, &records);
      const absl::string_view group =
          absl::string_view(work->frames).substr(begin, end - begin);
      if (!WriteGroup(group, index, records)) return Refuse(*work, told);
      begin = end;
      index += records;
      while (told < work->waiting.size() && work->waiting[told].end <= end) {
        work->waiting[told++].listener->OnAppended(absl::OkStatus());
      }
    }
  }

  // Seals the frames from `begin` on that fit in the segment; gives their end.
  size_t SealGroup(size_t begin, uint64_t index, Batch* work,
                   uint32_t* records) const {
    const uint64_t room = bytes_ - offset_;
    size_t end = begin;
    while (end < work->frames.size()) {
      char* const frame = &work->frames[end];
      if (end - begin + FrameBytesAt(frame) > room) break;
      end += SealFrame(salt_, index + *records, *records, frame);
      ++*records;
    }
    return end;
  }

  // False when the disk is full; then nothing of the group is in the log.
  bool WriteGroup(absl::string_view group, uint64_t index, uint32_t records) {
    const absl::Status written = WritePages(group);
    if (absl::IsResourceExhausted(written)) {
      // A part may have been written. The segment ends before it, durably, so
      // that it can't come back to life.
      MustSucceed(EndSegment());
      return false;
    }
    MustSucceed(written);
    if (options_.leaves != nullptr) {
      if (group.size() >= kStartBytes) {
        segment_->StartWriting(offset_, group.size());
      }
      AddLeaves(group, index);
    }
    const auto start = std::chrono::steady_clock::now();
    MustSucceed(segment_->Sync());
    const uint64_t took = static_cast<uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(
            std::chrono::steady_clock::now() - start)
            .count());
    offset_ += group.size();
    ahead_->Follow(offset_, bytes_);
    tail_index_ += records;
    durable_index_.store(tail_index_, std::memory_order_release);
    std::lock_guard<std::mutex> hold(mutex_);
    stats_.records += records;
    ++stats_.groups;
    stats_.bytes += group.size();
    stats_.sync_nanoseconds += took;
    stats_.max_sync_nanoseconds = std::max(stats_.max_sync_nanoseconds, took);
    return true;
  }

  // Writes bytes from offset_ on, and what is in the same pages before and
  // behind them.
  absl::Status WritePages(absl::string_view data) {
    const uint64_t begin = offset_ - page_.size();
    page_.append(data.data(), data.size());
    const size_t bytes = page_.size();
    const uint64_t whole = (bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
    page_.resize(static_cast<size_t>(std::min(whole, bytes_ - begin)));
    absl::Status s = WriteAll(segment_.get(), begin, page_);
    page_.resize(bytes);
    page_.erase(0, bytes / kPageBytes * kPageBytes);
    return s;
  }

  void AddLeaves(absl::string_view group, uint64_t index) {
    leaves_.clear();
    for (size_t at = 0; at < group.size();) {
      leaves_.push_back(
          {LeafHash(FrameRecord(group.data() + at)), offset_ + at});
      at += FrameBytesAt(group.data() + at);
    }
    options_.leaves->Add(index, leaves_);
  }

  // A segment with room for `bytes`. RESOURCE_EXHAUSTED: the disk is full.
  absl::Status MakeRoom(uint64_t bytes) {
    if (segment_ != nullptr && offset_ + bytes > bytes_) {
      MustSucceed(EndSegment());
    }
    if (segment_ != nullptr) return absl::OkStatus();
    absl::Status begun = BeginSegment();
    if (!absl::IsResourceExhausted(begun)) MustSucceed(begun);
    return begun;
  }

  // Cuts what was made and not used, durably.
  absl::Status EndSegment() {
    if (absl::Status s = segment_->Truncate(offset_); !s.ok()) return s;
    if (absl::Status s = segment_->Sync(); !s.ok()) return s;
    if (offset_ > kSegmentHeaderBytes) previous_bytes_ = offset_;
    segment_.reset();
    return absl::OkStatus();
  }

  uint64_t FirstBytes() const {
    return std::min(options_.segment_bytes,
                    std::max(kFirstSegmentBytes, SegmentFloor(options_)));
  }

  // In the file that was made for it. RESOURCE_EXHAUSTED: the disk is full.
  absl::Status BeginSegment() {
    auto file = ahead_->Take();
    absl::Status s = file.ok() ? StartSegment(*std::move(file), next_bytes_)
                               : std::move(file).status();
    next_bytes_ =
        s.ok() ? std::min(2 * bytes_, options_.segment_bytes) : FirstBytes();
    ahead_->Begin(next_bytes_);
    return s;
  }

  std::string NextPath() const {
    return absl::StrCat(options_.directory, "/next.tmp");
  }

  // Makes the file at NextPath the segment that begins with the next record.
  // Its header is written first: a name that counts has a whole one.
  absl::Status StartSegment(std::unique_ptr<File> file, uint64_t bytes) {
    SegmentHeader header;
    header.first_index = tail_index_;
    header.previous_bytes = previous_bytes_;
    header.log_id = log_id_;
    char salt[8];
    options_.random(salt, sizeof salt);
    header.salt = GetLittle<uint64_t>(salt);
    const auto encoded = EncodeSegmentHeader(header);
    segment_ = std::move(file);
    bytes_ = bytes;
    offset_ = 0;
    page_.clear();
    absl::Status s = WritePages({encoded.data(), encoded.size()});
    if (s.ok()) s = segment_->Sync();
    const std::string path =
        absl::StrCat(options_.directory, "/", SegmentName(tail_index_));
    if (s.ok()) s = files_->Rename(NextPath(), path);
    if (!s.ok()) {
      segment_.reset();
      // The reason why it was not made counts more than the leftover.
      files_->Remove(NextPath()).IgnoreError();
      return s;
    }
    // Opened anew, so that errors are told by its name.
    auto named = files_->Open(path, FileSystem::Mode::kReadWrite);
    segment_.reset();
    if (!named.ok()) return named.status();
    s = files_->SyncDirectory(options_.directory);
    if (s.ok()) segment_ = *std::move(named);
    salt_ = header.salt;
    offset_ = kSegmentHeaderBytes;
    return s;
  }

  // Tells the listeners of `work` from `told` on, and of all that is queued,
  // that their records are lost.
  void Refuse(const Batch& work, size_t told) {
    Batch queued;
    {
      std::lock_guard<std::mutex> hold(mutex_);
      stats_.lost_full_disk += next_index_ - tail_index_;
      std::swap(queued, queue_);
      next_index_ = tail_index_;
      queue_.first_index = tail_index_;
    }
    const absl::Status full = FullDisk();
    for (size_t i = told; i < work.waiting.size(); ++i) {
      work.waiting[i].listener->OnAppended(full);
    }
    for (const Waiting& waiting : queued.waiting) {
      waiting.listener->OnAppended(full);
    }
  }

  // Ends the log so that its last group can't be taken for a torn one: a
  // segment without records says where it ended. A full disk only means that
  // the next start has less to go by.
  void EndLog() {
    if (segment_ != nullptr) MustSucceed(EndSegment());
    ahead_.reset();
    auto file = files_->Open(NextPath(), FileSystem::Mode::kCreate);
    const absl::Status started =
        file.ok() ? StartSegment(*std::move(file), kSegmentHeaderBytes)
                  : std::move(file).status();
    if (!absl::IsResourceExhausted(started)) MustSucceed(started);
    segment_.reset();
  }

  // After a failed write or sync nobody knows what the disk holds.
  void MustSucceed(const absl::Status& status) {
    if (status.ok()) return;
    // The thread that writes and the one that zeroes may both find out.
    std::call_once(failed_, [&] { options_.on_fatal(status); });
    std::abort();
  }

  DecisionLogOptions options_;
  std::once_flag failed_;
  FileSystem* const files_;
  std::unique_ptr<File> lock_file_;
  LogId log_id_;

  // Of the thread that commits.
  Batch work_;
  std::unique_ptr<File> segment_;  // null: the disk was full
  uint64_t salt_ = 0;
  uint64_t bytes_ = 0;   // of the segment
  uint64_t offset_ = 0;  // where the next group goes
  std::string page_;     // what its page holds before that
  std::unique_ptr<SegmentAhead> ahead_;
  uint64_t next_bytes_ = 0;   // of the segment that `ahead_` makes
  std::vector<Leaf> leaves_;  // of the group that is being written
  uint64_t tail_index_;       // its first record
  uint64_t previous_bytes_;   // of the segment before the next one

  mutable std::mutex mutex_;
  std::condition_variable queued_;
  Batch queue_;  // guarded by mutex_, like all below
  uint64_t next_index_;
  bool wanted_ = false;  // what is queued is not handed over by its caller
  bool committing_ = false;
  bool sleeping_ = false;
  bool closing_ = false;
  DecisionLogStats stats_;

  std::atomic<uint64_t> durable_index_;
  std::mutex close_mutex_;
  std::thread thread_;  // guarded by close_mutex_
};

}  // namespace

absl::StatusOr<std::unique_ptr<DecisionLog>> DecisionLog::Open(
    const DecisionLogOptions& options, FileSystem* files) {
  if (absl::Status s = CheckOptions(options); !s.ok()) return s;
  if (absl::Status s = files->MakeDirectory(options.directory); !s.ok()) {
    return s;
  }
  auto lock = files->Lock(absl::StrCat(options.directory, "/LOCK"));
  if (!lock.ok()) return lock.status();
  const auto end = RecoverLog(files, options.directory);
  if (!end.ok()) return end.status();
  DecisionLogOptions filled = options;
  if (!filled.on_fatal) filled.on_fatal = PrintFatal;
  if (!filled.random) filled.random = FillRandom;
  auto log = std::make_unique<LogWriter>(std::move(filled), files,
                                         *std::move(lock), *end);
  if (absl::Status s = log->Start(); !s.ok()) return s;
  return log;
}

}  // namespace tarazy
