// The decision log: nothing is answered before its record is durable.
//
// Callers on any thread append a record and are told, once, when it is
// durable. All that is queued is written together, by the log's writer thread
// or by a caller that hands over what it has appended; then fdatasync is called
// once, and the callers are told: groups grow by themselves while the disk is
// busy, so there is no timer. A failed write or fsync is final:
// nothing that was not durable is ever reported so, and the process ends
// rather than try again, because the kernel may have dropped the pages.
//
// The format on disk is server/audit/FORMAT.md.
//
// Thread-safety: all methods may be called from any thread.

#ifndef TARAZY_SERVER_AUDIT_DECISION_LOG_H_
#define TARAZY_SERVER_AUDIT_DECISION_LOG_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace tarazy {

class FileSystem;  // server/audit/file_system.h
class LeafQueue;   // server/audit/leaf_queue.h

// Told once, on the thread that wrote them, when all records of one Append or
// AppendAll are durable or will never be. Must be quick, must not block, and
// must not call the log.
class AppendListener {
 public:
  virtual ~AppendListener() = default;

  // OK: durable. Otherwise UNAVAILABLE: the records must be taken as lost.
  virtual void OnAppended(const absl::Status& status) = 0;
};

struct DecisionLogOptions {
  // Folder of the log; made if absent.
  std::string directory;
  // The log's name, in receipts.
  std::string name = "tarazy";
  // Of a segment, at most. The first after a start has 1 MiB, each next one
  // twice as many as the one before. As much again is made for the next one.
  uint64_t segment_bytes = 64u << 20;
  // A record's limit, and the queue's, in bytes.
  uint32_t max_record_bytes = 65535;
  uint64_t max_queue_bytes = 16u << 20;
  // Gets the leaf of each record before it is durable, if not null. Outlives
  // the log.
  LeafQueue* leaves = nullptr;
  // Called once when the disk has failed, and then the process is aborted. By
  // default one line goes to stderr. Tests and structured logs replace it.
  std::function<void(const absl::Status&)> on_fatal;
  // Fills with random bytes; by default from the operating system.
  std::function<void(char* out, size_t size)> random;
};

// Counted since Open.
struct DecisionLogStats {
  uint64_t records = 0;
  uint64_t groups = 0;
  uint64_t bytes = 0;
  // Spent in fdatasync after a group, all in all and at most.
  uint64_t sync_nanoseconds = 0;
  uint64_t max_sync_nanoseconds = 0;
  // Appends refused because the queue was full, and records lost because the
  // disk was.
  uint64_t refused_full_queue = 0;
  uint64_t lost_full_disk = 0;
  // Bytes cut from a torn tail at Open.
  uint64_t torn_bytes = 0;
};

enum class Commit {
  // The writer thread commits as soon as it can.
  kSoon,
  // The caller may have more to append, and then calls CommitQueued. It may
  // happen before that, with what others append.
  kWithMore,
};

class DecisionLog {
 public:
  virtual ~DecisionLog() = default;

  // Opens, and recovers: a torn tail (a group that was being written when the
  // process or the machine stopped) is cut; other damage in the headers or in
  // the last two segments is DATA_LOSS, named by segment and offset, and
  // nothing is changed. Older segments are read by the log's readers alone.
  // FAILED_PRECONDITION when another process has the log open. A full disk is
  // no error here: appends are refused until there is room.
  static absl::StatusOr<std::unique_ptr<DecisionLog>> Open(
      const DecisionLogOptions& options, FileSystem* files);

  // Queues one record and gives its number. UNAVAILABLE, and nothing is
  // queued, when the queue is full, the disk is full or the log is closed;
  // INVALID_ARGUMENT when the record is empty or over its limit. `listener`
  // is not null and lives until it is told. The number holds only if the
  // listener is told OK.
  virtual absl::StatusOr<uint64_t> Append(absl::string_view record,
                                          AppendListener* listener,
                                          Commit commit = Commit::kSoon) = 0;

  // The same for at least one record: numbered in a row from the number given,
  // queued all or none, the listener told once for all. INVALID_ARGUMENT also
  // when together they could never fit in the queue.
  virtual absl::StatusOr<uint64_t> AppendAll(
      absl::Span<const absl::string_view> records, AppendListener* listener,
      Commit commit = Commit::kSoon) = 0;

  // After appends that said kWithMore: makes durable, on this thread, all that
  // is queued, and tells the listeners, whosever they are. While another thread
  // does so this returns at once, and the writer thread takes what is queued.
  virtual void CommitQueued() = 0;

  // The number that the next record gets.
  virtual uint64_t next_index() const = 0;

  // Records before this one are durable.
  virtual uint64_t durable_index() const = 0;

  virtual DecisionLogStats stats() const = 0;

  // Makes all that is queued durable, tells its listeners, and refuses what
  // comes after.
  virtual void Close() = 0;
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_AUDIT_DECISION_LOG_H_
