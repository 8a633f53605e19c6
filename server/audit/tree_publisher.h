// Follows the log, builds its tree and signs checkpoints: behind the answers,
// never before them.
//
// What was signed last is kept beside the signer's key, apart from the log, and
// each new checkpoint is a compare-and-swap on it: it must still be what this
// process signed last. So the tree never goes back: a log that is shorter than
// what was signed (a restored snapshot), or whose records are not those that
// were signed, is refused at the start, and a second signer with the same key
// is found out before it signs.
//
// The order of a publication: the hashes, durable; the signed checkpoint beside
// the key, durable; the checkpoint for readers. A start completes what a crash
// left undone. Hashes can always be made again from the log's records.
//
// Thread-safety: all methods may be called from any thread.

#ifndef TARAZY_SERVER_AUDIT_TREE_PUBLISHER_H_
#define TARAZY_SERVER_AUDIT_TREE_PUBLISHER_H_

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "server/audit/decision_log.h"
#include "server/audit/file_system.h"
#include "server/audit/leaf_queue.h"
#include "server/audit/log_reader.h"
#include "server/audit/merkle.h"
#include "server/audit/note.h"
#include "server/audit/tile_store.h"

namespace tarazy {

struct TreePublisherOptions {
  // Folder of the log; tiles go to its subfolder `tlog`.
  std::string log_directory;
  // Where what was signed last is kept: the key file's path with `.signed`.
  std::string signed_directory;
  std::string signed_name;
  // Where the log puts the leaves of new records, which else are read from it;
  // null: nowhere. Outlives the publisher.
  LeafQueue* leaves = nullptr;
};

class TreePublisher {
 public:
  // kBehind: in small pieces, with rests between them.
  enum class Pace { kFast, kBehind };

  ~TreePublisher();

  // Reads where the tree stands and, where tiles are missing or not what was
  // signed, makes them again from the log. DATA_LOSS when the log is shorter
  // than its last signed checkpoint or holds other records. `files` and
  // `signer` outlive the publisher.
  static absl::StatusOr<std::unique_ptr<TreePublisher>> Open(
      const TreePublisherOptions& options, FileSystem* files,
      const NoteSigner* signer);

  // Publishes the records before `durable_index`: nothing if there are no new
  // ones. ABORTED, now and from then on, when somebody else has signed with
  // the key since; after any other error the next call tries again.
  absl::Status Publish(uint64_t durable_index, Pace pace = Pace::kFast);

  // Publishes what is durable in `log` once each interval, on a thread of its
  // own, until Stop, which publishes a last time. `log` must not die before.
  // `on_error` gets what went wrong.
  void Start(const DecisionLog* log, std::chrono::milliseconds interval,
             std::function<void(const absl::Status&)> on_error);
  void Stop();

  // What was published last.
  Checkpoint checkpoint() const;
  const TileStore& tiles() const { return tiles_; }

 private:
  TreePublisher(TreePublisherOptions options, FileSystem* files,
                const NoteSigner* signer);
  absl::Status Load();
  absl::StatusOr<Checkpoint> LastSigned();
  absl::Status LoadEdge(const Checkpoint& signed_last);
  absl::Status Rebuild(const Checkpoint& signed_last);
  absl::Status ReadOnAt(uint64_t index);
  absl::StatusOr<Leaf> ReadLeaf();
  absl::Status Grow(uint64_t size, absl::Span<const Leaf> leaves, Pace pace,
                    TreeEdge* edge);
  absl::Status Sign(const TreeEdge& edge);

  const TreePublisherOptions options_;
  FileSystem* const files_;
  const NoteSigner* const signer_;
  TileStore tiles_;

  std::mutex publishing_;
  std::unique_ptr<LogReader> reader_;  // guarded by publishing_, like the next
  TreeEdge edge_;                      // of what was published
  std::vector<Leaf> leaves_;           // of what is being published
  std::string signed_note_;            // empty: nothing was signed yet
  std::string attempted_note_;         // perhaps kept, although it failed
  bool aborted_ = false;

  mutable std::mutex mutex_;
  Checkpoint checkpoint_;  // guarded by mutex_, like the next
  bool stopping_ = false;
  std::condition_variable stop_;
  std::thread thread_;
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_AUDIT_TREE_PUBLISHER_H_
