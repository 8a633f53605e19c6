// Zeros ahead of the records, so that a record is written to bytes of the disk
// that were written before.
//
// What a segment is preallocated with is marked unwritten in the file's
// metadata, and the first fdatasync after a write there has to wait for the
// metadata too. A thread of its own pays that beforehand, piece by piece, a
// little ahead of where the records are: whoever writes records has none of it.
//
// No zero is ever written over a record: who is going to write claims the bytes
// first, and from then on only bytes behind them are zeroed.
//
// Nothing rests on it but speed: where it falls behind or finds the disk full,
// records go to unwritten bytes.
//
// Thread-safety: Begin, Claim, Refill and End by one thread at a time.

#ifndef TARAZY_SERVER_AUDIT_ZERO_AHEAD_H_
#define TARAZY_SERVER_AUDIT_ZERO_AHEAD_H_

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "server/audit/file_system.h"

namespace tarazy {

class ZeroAhead {
 public:
  // Written and synced at once.
  static constexpr uint64_t kPieceBytes = 128 << 10;
  // How far ahead of what is claimed.
  static constexpr uint64_t kAheadBytes = 1 << 20;

  // `on_failure` gets what can't be gone on after, on the thread that zeroes:
  // a write or a sync that failed for another reason than a full disk.
  // `files` outlives this.
  ZeroAhead(FileSystem* files,
            std::function<void(const absl::Status&)> on_failure);
  ~ZeroAhead();

  // Zeroes the file from `begin` to `end`, as far as needed. The file before
  // was ended. Statuses are those of FileSystem::Open; then nothing is zeroed.
  absl::Status Begin(const std::string& path, uint64_t begin, uint64_t end);

  // Returns when bytes before `end` are not being zeroed, and won't be.
  void Claim(uint64_t end);

  // Lets the thread catch up. For when the disk has nothing else to do: a piece
  // that is written beside records delays them.
  void Refill();

  // Returns when nothing is being written to the file, and won't be.
  void End();

 private:
  void Run();
  bool HasWork() const;

  FileSystem* const files_;
  const std::function<void(const absl::Status&)> on_failure_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::unique_ptr<File> file_;  // null: none; guarded by mutex_, like all below
  uint64_t claimed_ = 0;
  uint64_t zeroed_ = 0;  // where the next piece begins
  uint64_t end_ = 0;
  bool wanted_ = false;  // there may be work
  bool busy_ = false;    // a piece is being written, from zeroed_ on
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_AUDIT_ZERO_AHEAD_H_
