#include "server/audit/log_keeper.h"

#include <utility>

#include "server/audit/thread_priority.h"

namespace tarazy {
namespace {

// How long is rested, in times of what a segment took.
constexpr int kRest = 4;

}  // namespace

LogKeeper::LogKeeper(LogKeeperOptions options, FileSystem* files)
    : options_(std::move(options)), files_(files), shown_(ShowSealed(files)) {}

LogKeeper::~LogKeeper() { Stop(); }

absl::StatusOr<KeptLog> LogKeeper::Keep() {
  KeptLog kept;
  if (options_.retain_ms != 0) {
    RetentionOptions retention;
    retention.log_directory = options_.log_directory;
    retention.before_ms = options_.retention_clock() - options_.retain_ms;
    retention.signer = options_.signer;
    retention.erase_salts = options_.erase_salts;
    const auto deleted = DeleteOldRecords(files_, retention);
    if (!deleted.ok()) return deleted.status();
    kept.deleted = *deleted;
  }
  if (options_.seal_after_ms == 0 && options_.seal_beyond_bytes == 0) {
    return kept;
  }
  const auto sealed = Seal();
  if (!sealed.ok()) return sealed.status();
  kept.sealed = *sealed;
  return kept;
}

absl::StatusOr<SealedSegments> LogKeeper::Seal() {
  SealedSegments all;
  const auto segments = ListSegments(shown_.get(), options_.log_directory);
  if (!segments.ok()) return segments.status();
  // Those that are not sealed come after those that are.
  size_t first = segments->size();
  uint64_t unsealed = 0;
  while (first > 0) {
    const SegmentFile& segment = (*segments)[first - 1];
    const auto original = files_->Open(segment.path, FileSystem::Mode::kRead);
    if (absl::IsNotFound(original.status())) break;
    if (!original.ok()) return original.status();
    unsealed += segment.bytes;
    --first;
  }
  for (size_t i = first; i + kKeptSegments < segments->size(); ++i) {
    const SegmentFile& segment = (*segments)[i];
    const SegmentFile& next = (*segments)[i + 1];
    bool wanted = options_.seal_beyond_bytes != 0 &&
                  unsealed > options_.seal_beyond_bytes;
    if (!wanted && options_.seal_after_ms != 0) {
      // All of its records are older than the next one's first.
      const auto ended = BeginOf(shown_.get(), next);
      if (!ended.ok()) return ended.status();
      wanted = ended->has_value() &&
               options_.clock() - **ended > options_.seal_after_ms;
    }
    if (!wanted) break;
    const auto start = std::chrono::steady_clock::now();
    const auto sealed = SealSegment(files_, options_.log_directory, segment,
                                    next.header.first_index);
    if (!sealed.ok()) return sealed.status();
    unsealed -= segment.bytes;
    all.segments += sealed->segments;
    all.bytes_before += sealed->bytes_before;
    all.bytes_after += sealed->bytes_after;
    if (!Rest(kRest * (std::chrono::steady_clock::now() - start))) break;
  }
  return all;
}

void LogKeeper::Start(
    std::chrono::milliseconds interval,
    std::function<void(const absl::StatusOr<KeptLog>&)> on_kept) {
  thread_ = std::thread([this, interval, on_kept] {
    LowerThreadPriority(kIdlePriority);
    do {
      const auto kept = Keep();
      if (!kept.ok() || kept->sealed.segments > 0 ||
          kept->deleted.segments > 0) {
        on_kept(kept);
      }
    } while (Rest(interval));
  });
}

bool LogKeeper::Rest(std::chrono::nanoseconds time) {
  std::unique_lock<std::mutex> hold(mutex_);
  return !stop_.wait_for(hold, time, [this] { return stopping_; });
}

void LogKeeper::Stop() {
  {
    std::lock_guard<std::mutex> hold(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  if (thread_.joinable()) thread_.join();
}

}  // namespace tarazy
