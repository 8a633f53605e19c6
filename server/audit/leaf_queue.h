// The leaves of the log's newest records, from the thread that writes them to
// the one that builds the tree over them.
//
// Who writes a group has its records at hand, and hashes them while the disk is
// at work. The tree's thread then has the nodes left to do, instead of reading
// and hashing a second's records in one go beside those who decide.
//
// Nothing rests on it: leaves that nobody took in time are forgotten, and are
// made from the log again.
//
// Thread-safety: all methods may be called from any thread.

#ifndef TARAZY_SERVER_AUDIT_LEAF_QUEUE_H_
#define TARAZY_SERVER_AUDIT_LEAF_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "absl/types/span.h"
#include "server/audit/merkle.h"

namespace tarazy {

struct Leaf {
  Hash hash;
  // Where the record's frame begins in its segment.
  uint64_t offset = 0;
};

class LeafQueue {
 public:
  // 10 MiB of them: what a second brings, several times.
  static constexpr size_t kMost = 1 << 18;

  explicit LeafQueue(size_t most = kMost) : most_(most) {}

  // Leaves of the records from `first` on. Where they don't go on from those
  // before, or together would be more than `most`, those before are forgotten.
  void Add(uint64_t first, absl::Span<const Leaf> leaves);

  // Puts in `taken` the leaves of the records from `begin` to before `end`;
  // none where they are not all there. All before `end` are forgotten. The
  // memory of `taken` is used again: for a vector to grow takes long.
  void Take(uint64_t begin, uint64_t end, std::vector<Leaf>* taken);

 private:
  // In a row from `first` on.
  struct Run {
    uint64_t first = 0;
    std::vector<Leaf> leaves;
  };

  const size_t most_;
  std::mutex mutex_;
  Run new_;  // guarded by mutex_
  std::mutex taking_;
  Run left_;  // by the last Take; guarded by taking_, like the next
  // Memory for the next leaves.
  std::vector<Leaf> spare_;
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_AUDIT_LEAF_QUEUE_H_
