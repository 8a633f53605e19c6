#include "server/audit/index_follower.h"

#include <chrono>
#include <cstdio>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/audit/crc32c.h"
#include "server/audit/thread_priority.h"

namespace tarazy {
namespace {

// A transaction's worth.
constexpr size_t kMaxRecords = 32768;
constexpr size_t kMaxBytes = 32u << 20;
constexpr uint64_t kMaxForgotten = 4096;
constexpr std::chrono::milliseconds kInterval(500);

std::string Hex(const LogId& id) {
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(id.data()), id.size()));
}

}  // namespace

void RemoveIndex(const std::string& path) {
  for (const char* end : {"", "-wal", "-shm"}) {
    std::remove(absl::StrCat(path, end).c_str());
  }
}

IndexFollower::~IndexFollower() { Stop(); }

absl::StatusOr<std::unique_ptr<IndexFollower>> IndexFollower::Open(
    const IndexFollowerOptions& options, FileSystem* files) {
  std::unique_ptr<IndexFollower> follower(new IndexFollower(options, files));
  std::lock_guard<std::mutex> hold(follower->following_);
  absl::Status loaded = follower->Load();
  if (absl::IsDataLoss(loaded)) loaded = follower->Rebuild(loaded);
  if (!loaded.ok()) return loaded;
  return follower;
}

absl::Status IndexFollower::Load() {
  auto index = AuditIndex::Open(options_.path, AuditIndex::Use::kWrite);
  if (!index.ok()) return index.status();
  index_ = *std::move(index);
  if (absl::Status s = CheckBelongs(); !s.ok()) return s;
  const auto known = index_->indexed();
  if (!known.ok()) return known.status();
  indexed_.store(known->records, std::memory_order_release);
  return absl::OkStatus();
}

// That the index is of this log, whose records all are still there. Damage to
// the log itself is not for the index to tell.
absl::Status IndexFollower::CheckBelongs() {
  const auto known = index_->indexed();
  if (!known.ok()) return known.status();
  if (known->records == known->first) return BeginWithLog();
  auto reader = LogReader::Open(files_, options_.log_directory);
  if (!reader.ok()) return absl::OkStatus();
  if (known->first > (*reader)->first_index()) {
    return absl::DataLossError(
        "the audit index begins with a later record than the log");
  }
  // Deleted, and the process was stopped before their rows were taken out.
  Forget((*reader)->first_index());
  if (known->records <= (*reader)->first_index()) {
    return Hex((*reader)->log_id()) == known->log_id
               ? absl::OkStatus()
               : absl::DataLossError("the audit index is of another log");
  }
  const absl::Status found = (*reader)->Seek(known->records - 1);
  if (!found.ok() && !absl::IsOutOfRange(found)) return absl::OkStatus();
  const absl::StatusOr<bool> last =
      found.ok() ? (*reader)->Next() : absl::StatusOr<bool>(false);
  if (!last.ok()) return absl::OkStatus();
  if (!*last) {
    return absl::DataLossError("the audit index has more records than the log");
  }
  if (Hex((*reader)->log_id()) != known->log_id ||
      Crc32c(0, (*reader)->record()) != known->last_checksum) {
    return absl::DataLossError("the audit index is of another log");
  }
  return absl::OkStatus();
}

// An index without records begins where the log does.
absl::Status IndexFollower::BeginWithLog() {
  const auto reader = LogReader::Open(files_, options_.log_directory);
  return reader.ok() ? index_->BeginWith((*reader)->first_index())
                     : absl::OkStatus();
}

void IndexFollower::Forget(uint64_t first_index) {
  uint64_t known = first_index_.load(std::memory_order_relaxed);
  while (known < first_index &&
         !first_index_.compare_exchange_weak(known, first_index)) {
  }
}

absl::Status IndexFollower::Rebuild(const absl::Status& why) {
  if (options_.on_rebuild) options_.on_rebuild(why);
  index_.reset();
  reader_.reset();
  forgotten_ = 0;
  RemoveIndex(options_.path);
  indexed_.store(0, std::memory_order_release);
  generation_.fetch_add(1, std::memory_order_acq_rel);
  return Load();
}

absl::Status IndexFollower::Follow(
    uint64_t durable_index, const std::function<void(uint64_t)>& progress) {
  std::lock_guard<std::mutex> hold(following_);
  bool rebuilt = false;
  for (;;) {
    bool done = false;
    absl::Status stepped = Step(durable_index, &done);
    if (done) break;
    if (absl::IsDataLoss(index_failed_) && !rebuilt) {
      rebuilt = true;
      stepped = Rebuild(index_failed_);
    }
    if (!stepped.ok()) {
      reader_.reset();
      return stepped;
    }
    if (progress) progress(indexed());
    // Whoever waits for the end waits for one transaction; what is left is
    // added after the next start.
    if (stopping()) break;
  }
  return absl::OkStatus();
}

// One transaction of each kind that there is to do.
absl::Status IndexFollower::Step(uint64_t durable_index, bool* done) {
  index_failed_ = absl::OkStatus();
  const uint64_t first_index = first_index_.load();
  const bool forget = forgotten_ < first_index;
  const bool add =
      indexed() < durable_index && !(forget && indexed() < first_index);
  *done = !forget && !add;
  absl::Status s;
  if (forget) s = ForgetSome(first_index);
  if (s.ok() && add) s = AddSome(durable_index);
  return s;
}

absl::Status IndexFollower::ForgetSome(uint64_t first_index) {
  const auto left = index_->RemoveBefore(first_index, kMaxForgotten);
  index_failed_ = left.status();
  if (!left.ok() || *left > 0) return index_failed_;
  if (indexed() < first_index) {
    // Deleted before they were indexed.
    index_failed_ = index_->BeginWith(first_index);
    if (!index_failed_.ok()) return index_failed_;
    reader_.reset();
    indexed_.store(first_index, std::memory_order_release);
  }
  forgotten_ = first_index;
  return absl::OkStatus();
}

absl::Status IndexFollower::AddSome(uint64_t durable_index) {
  if (reader_ == nullptr) {
    auto reader = LogReader::Open(files_, options_.log_directory);
    if (!reader.ok()) return reader.status();
    const absl::Status found = (*reader)->Seek(indexed());
    if (absl::IsNotFound(found)) {
      Forget((*reader)->first_index());
      return absl::OkStatus();
    }
    if (!found.ok()) return found;
    reader_ = *std::move(reader);
  }
  struct Place {
    uint64_t offset;
    size_t end;  // in `bytes`
  };
  std::string bytes;
  std::vector<Place> places;
  uint64_t index = indexed();
  const uint64_t first = index;
  while (index < durable_index && places.size() < kMaxRecords &&
         bytes.size() < kMaxBytes) {
    const auto more = reader_->Next();
    if (absl::IsNotFound(more.status())) {
      // A segment that was there has been deleted: another look will tell.
      reader_.reset();
      return absl::OkStatus();
    }
    if (!more.ok()) return more.status();
    if (!*more) {
      return absl::DataLossError(
          absl::StrCat("the log has no record ", index, ", which was durable"));
    }
    bytes.append(reader_->record().data(), reader_->record().size());
    places.push_back({reader_->offset(), bytes.size()});
    ++index;
  }
  std::vector<AuditIndex::Entry> entries;
  size_t begin = 0;
  for (const Place& place : places) {
    entries.push_back(
        {first + entries.size(), place.offset,
         absl::string_view(bytes).substr(begin, place.end - begin)});
    begin = place.end;
  }
  index_failed_ = index_->Add(reader_->log_id(), entries);
  if (!index_failed_.ok()) return index_failed_;
  indexed_.store(index, std::memory_order_release);
  return absl::OkStatus();
}

void IndexFollower::Start(const DecisionLog* log,
                          std::function<void(const absl::Status&)> on_error) {
  thread_ = std::thread([this, log, on_error] {
    LowerThreadPriority(kIdlePriority);
    bool last = false;
    while (!last) {
      {
        std::unique_lock<std::mutex> hold(mutex_);
        last = stop_.wait_for(hold, kInterval, [this] { return stopping_; });
      }
      const absl::Status s = Follow(log->durable_index());
      if (!s.ok() && on_error) on_error(s);
    }
  });
}

bool IndexFollower::stopping() {
  std::lock_guard<std::mutex> hold(mutex_);
  return stopping_;
}

void IndexFollower::Stop() {
  {
    std::lock_guard<std::mutex> hold(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  if (thread_.joinable()) thread_.join();
}

}  // namespace tarazy
