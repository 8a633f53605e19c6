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
  if (known->first < (*reader)->first_index()) {
    return absl::DataLossError(
        "the audit index has records that the log's retention has deleted");
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

absl::Status IndexFollower::MakeAgain(const absl::Status& why) {
  std::lock_guard<std::mutex> hold(following_);
  return Rebuild(why);
}

absl::Status IndexFollower::Rebuild(const absl::Status& why) {
  if (options_.on_rebuild) options_.on_rebuild(why);
  index_.reset();
  reader_.reset();
  RemoveIndex(options_.path);
  indexed_.store(0, std::memory_order_release);
  generation_.fetch_add(1, std::memory_order_acq_rel);
  return Load();
}

absl::Status IndexFollower::Follow(
    uint64_t durable_index, const std::function<void(uint64_t)>& progress) {
  std::lock_guard<std::mutex> hold(following_);
  bool rebuilt = false;
  while (indexed() < durable_index) {
    absl::Status added = AddSome(durable_index);
    if (absl::IsDataLoss(index_failed_) && !rebuilt) {
      rebuilt = true;
      added = Rebuild(index_failed_);
    }
    if (!added.ok()) {
      reader_.reset();
      return added;
    }
    if (progress) progress(indexed());
    // Whoever waits for the end waits for one transaction; what is left is
    // added after the next start.
    if (stopping()) break;
  }
  return absl::OkStatus();
}

absl::Status IndexFollower::AddSome(uint64_t durable_index) {
  index_failed_ = absl::OkStatus();
  if (reader_ == nullptr) {
    auto reader = LogReader::Open(files_, options_.log_directory);
    if (!reader.ok()) return reader.status();
    const absl::Status found = (*reader)->Seek(indexed());
    // Deleted before they were indexed: it begins again behind them.
    if (absl::IsNotFound(found)) {
      index_failed_ = absl::DataLossError(found.message());
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
