#include "server/audit/leaf_queue.h"

#include <utility>

namespace tarazy {

void LeafQueue::Add(uint64_t first, absl::Span<const Leaf> leaves) {
  std::lock_guard<std::mutex> hold(mutex_);
  if (first != first_ + leaves_.size() ||
      leaves_.size() + leaves.size() > most_) {
    leaves_.clear();
    first_ = first;
  }
  leaves_.insert(leaves_.end(), leaves.begin(), leaves.end());
}

std::vector<Leaf> LeafQueue::Take(uint64_t begin, uint64_t end) {
  std::vector<Leaf> taken;
  uint64_t first;
  {
    std::lock_guard<std::mutex> hold(mutex_);
    if (begin < first_ || begin >= end || end > first_ + leaves_.size()) {
      return {};
    }
    first = first_;
    std::swap(taken, leaves_);
    leaves_.reserve(taken.capacity());
    leaves_.assign(taken.begin() + static_cast<ptrdiff_t>(end - first),
                   taken.end());
    first_ = end;
  }
  taken.resize(end - first);
  taken.erase(taken.begin(),
              taken.begin() + static_cast<ptrdiff_t>(begin - first));
  return taken;
}

}  // namespace tarazy
