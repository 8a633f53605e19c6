// Keeps the audit index up with the log, behind the replies.
//
// A thread of its own, at the lowest priority, reads what has become durable
// and adds it to the index, some thousands of records a transaction. An index
// that is damaged, of another log, or ahead of this one (a copy of the log was
// restored) is thrown away and made again from the first record on. Rows of
// records that the log's retention has deleted are taken out, some thousands a
// transaction, in turn with what is added.
//
// Thread-safety: all methods may be called from any thread.

#ifndef TARAZY_SERVER_AUDIT_INDEX_FOLLOWER_H_
#define TARAZY_SERVER_AUDIT_INDEX_FOLLOWER_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/audit/decision_log.h"
#include "server/audit/file_system.h"
#include "server/audit/index.h"
#include "server/audit/log_reader.h"

namespace tarazy {

struct IndexFollowerOptions {
  std::string log_directory;
  // The index's file.
  std::string path;
  // Told why an index was thrown away.
  std::function<void(const absl::Status&)> on_rebuild;
};

class IndexFollower {
 public:
  ~IndexFollower();

  // Opens the index, or makes it. `files` outlives the follower.
  static absl::StatusOr<std::unique_ptr<IndexFollower>> Open(
      const IndexFollowerOptions& options, FileSystem* files);

  // Adds the records before `durable_index`, `progress` (may be empty) told
  // the number that are in. Errors of the log or the disk; the next call goes
  // on where this one stopped.
  absl::Status Follow(uint64_t durable_index,
                      const std::function<void(uint64_t)>& progress = {});

  // The log begins with this record now: from the next Follow on, the rows of
  // those before are taken out.
  void Forget(uint64_t first_index);

  // Follows `log` until Stop, which adds at most one transaction more. `log`
  // must not die before.
  void Start(const DecisionLog* log,
             std::function<void(const absl::Status&)> on_error);
  void Stop();

  // Records in the index.
  uint64_t indexed() const { return indexed_.load(std::memory_order_acquire); }
  // Changes when the file was thrown away: whoever reads it opens it anew.
  uint64_t generation() const {
    return generation_.load(std::memory_order_acquire);
  }

 private:
  IndexFollower(IndexFollowerOptions options, FileSystem* files)
      : options_(std::move(options)), files_(files) {}
  absl::Status Load();
  absl::Status CheckBelongs();
  absl::Status BeginWithLog();
  absl::Status Rebuild(const absl::Status& why);
  absl::Status Step(uint64_t durable_index, bool* done);
  absl::Status AddSome(uint64_t durable_index);
  absl::Status ForgetSome(uint64_t first_index);
  bool stopping();

  const IndexFollowerOptions options_;
  FileSystem* const files_;

  std::mutex following_;
  std::unique_ptr<AuditIndex> index_;  // guarded by following_, like the next
  std::unique_ptr<LogReader> reader_;
  absl::Status index_failed_;  // of the last step, if the index is to blame
  uint64_t forgotten_ = 0;     // rows of records before it are out

  std::atomic<uint64_t> indexed_{0};
  std::atomic<uint64_t> generation_{0};
  std::atomic<uint64_t> first_index_{0};  // of the log, as far as is known
  std::mutex mutex_;
  bool stopping_ = false;  // guarded by mutex_
  std::condition_variable stop_;
  std::thread thread_;
};

// Removes the files of an index.
void RemoveIndex(const std::string& path);

}  // namespace tarazy

#endif  // TARAZY_SERVER_AUDIT_INDEX_FOLLOWER_H_
