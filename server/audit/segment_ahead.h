// The file of the next segment, made while the one in use is being filled.
//
// What a file is preallocated with is marked unwritten in its metadata, and the
// first fdatasync after a write there has to wait for the metadata too. So the
// file is filled with zeros before it is used, piece by piece, as far as the
// segment in use is filled: the disk gets them evenly, and a server without
// calls writes none. The file is another one than the records go to, so its
// metadata and its pages are nothing that they wait for.
//
// Nothing rests on it but speed: what is not ready when it is taken is made
// then.
//
// Thread-safety: the methods by one thread at a time.

#ifndef TARAZY_SERVER_AUDIT_SEGMENT_AHEAD_H_
#define TARAZY_SERVER_AUDIT_SEGMENT_AHEAD_H_

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/audit/file_system.h"

namespace tarazy {

class SegmentAhead {
 public:
  // Written at once: for as long as it takes the disk, records may wait. A file
  // that is not longer is made when it is taken.
  static constexpr uint64_t kPieceBytes = 256 << 10;

  // The file is made at `path`. `files` outlives this.
  SegmentAhead(FileSystem* files, std::string path);
  // Removes what was made and not taken.
  ~SegmentAhead();

  // What to make next; the file before was taken.
  void Begin(uint64_t bytes);

  // The segment in use is filled up to `filled` of its `bytes`: lets the thread
  // make as much of the next one, and all of it a little before the end. For
  // when the disk has nothing else to do.
  void Follow(uint64_t filled, uint64_t bytes);

  // The file, of zeros, durable; its name is not. RESOURCE_EXHAUSTED: the disk
  // is full, nothing is left of the file, and the next call begins anew; after
  // any other error nothing more must be expected of the disk.
  absl::StatusOr<std::unique_ptr<File>> Take();

 private:
  void Run();
  bool HasWork() const;
  void MakePiece(std::unique_lock<std::mutex>* hold);
  absl::Status WritePiece(uint64_t begin, uint64_t bytes, uint64_t size);

  FileSystem* const files_;
  const std::string path_;
  std::unique_ptr<File> file_;  // null: nothing is made; of who is `busy_`

  std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t bytes_ = 0;  // of the file; guarded by mutex_, like all below
  uint64_t made_ = 0;
  uint64_t wanted_ = 0;  // of the file, by now
  bool busy_ = false;    // a piece is being made
  bool stopping_ = false;
  absl::Status status_;  // why nothing more is made
  std::thread thread_;
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_AUDIT_SEGMENT_AHEAD_H_
