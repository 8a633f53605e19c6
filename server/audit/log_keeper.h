// Seals old segments of the log while the server runs, and deletes what is
// older than it may be kept, behind the decisions.
//
// A segment is sealed when its last record is old enough, or when the segments
// that are not sealed take more room than they may; the oldest first, never one
// of the last three. What sealing costs stays small: one thread at the lowest
// priority, which after each segment rests four times as long as that took.
// Deletion is that of server/audit/retention.h.
//
// Thread-safety: all methods may be called from any thread.

#ifndef TARAZY_SERVER_AUDIT_LOG_KEEPER_H_
#define TARAZY_SERVER_AUDIT_LOG_KEEPER_H_

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "server/audit/file_system.h"
#include "server/audit/retention.h"
#include "server/audit/sealed_files.h"

namespace tarazy {

struct LogKeeperOptions {
  std::string log_directory;
  // Age in milliseconds at which a segment is sealed; 0: none for its age.
  int64_t seal_after_ms = 0;
  // Bytes that segments may take unsealed; 0: any.
  uint64_t seal_beyond_bytes = 0;
  // Age in milliseconds from which on records are deleted; 0: none are.
  int64_t retain_ms = 0;
  // For what is deleted; see RetentionOptions.
  const NoteSigner* signer = nullptr;
  std::function<absl::Status(const std::vector<uint64_t>& ids)> erase_salts;
  // Milliseconds since 1970 UTC, for sealing; and for deletion, which can't be
  // undone: see RetentionClock.
  std::function<int64_t()> clock;
  std::function<int64_t()> retention_clock;
};

struct KeptLog {
  DeletedRecords deleted;
  SealedSegments sealed;
};

class LogKeeper {
 public:
  // `files` has the segments as they lie on the disk, and outlives the keeper.
  LogKeeper(LogKeeperOptions options, FileSystem* files);
  ~LogKeeper();

  // Deletes and seals what is to be now; seals less where Stop was called.
  absl::StatusOr<KeptLog> Keep();

  // Does that now and each interval on a thread of its own, until Stop.
  // `on_kept` gets what was deleted and sealed, where something was, and what
  // went wrong.
  void Start(std::chrono::milliseconds interval,
             std::function<void(const absl::StatusOr<KeptLog>&)> on_kept);
  void Stop();

 private:
  absl::StatusOr<SealedSegments> Seal();
  // False when Stop was called meanwhile.
  bool Rest(std::chrono::nanoseconds time);

  const LogKeeperOptions options_;
  FileSystem* const files_;
  const std::unique_ptr<FileSystem> shown_;
  std::mutex mutex_;
  bool stopping_ = false;  // guarded by mutex_
  std::condition_variable stop_;
  std::thread thread_;
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_AUDIT_LOG_KEEPER_H_
