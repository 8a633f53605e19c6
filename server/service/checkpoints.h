// Signed checkpoints of the server's decision log: the key, the publisher and
// what is said of them.
//
// Thread-safety: all methods may be called from any thread.

#ifndef TARAZY_SERVER_SERVICE_CHECKPOINTS_H_
#define TARAZY_SERVER_SERVICE_CHECKPOINTS_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/audit/decision_log.h"
#include "server/audit/file_system.h"
#include "server/audit/leaf_queue.h"
#include "server/audit/note.h"
#include "server/audit/tree_publisher.h"
#include "server/ops/config.h"

namespace tarazy {

class Checkpoints {
 public:
  // Loads the key (or makes it, if the configuration says so), checks the log
  // against what was signed last, and publishes from then on. Beside the key
  // file lie `.pub`, the verifier key for auditors, and `.signed`, what was
  // signed last. `files` and `log` outlive the result. DATA_LOSS when the log
  // is not what was signed; INVALID_ARGUMENT when the key is another log's.
  static absl::StatusOr<std::unique_ptr<Checkpoints>> Start(
      const Config& config, FileSystem* files, const DecisionLog* log,
      LeafQueue* leaves, std::function<void(absl::string_view)> log_line);

  // Returns when a checkpoint covers the record, which is durable. One is
  // signed for all that is durable by then, at most one each
  // kBetweenReceipts, so that many who ask wait for one signature.
  absl::Status SignThrough(uint64_t index);

  const NoteSigner* signer() const { return signer_.get(); }

  // Publishes what is durable a last time; returns when it is done.
  void Stop() { publisher_->Stop(); }

 private:
  Checkpoints() = default;

  std::unique_ptr<const NoteSigner> signer_;
  std::unique_ptr<TreePublisher> publisher_;
  const DecisionLog* log_ = nullptr;
  std::mutex receipts_;
  std::chrono::steady_clock::time_point last_receipt_;  // guarded by receipts_
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_SERVICE_CHECKPOINTS_H_
