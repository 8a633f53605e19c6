#include "server/audit/leaf_queue.h"

#include <algorithm>
#include <utility>

namespace tarazy {

void LeafQueue::Add(uint64_t first, absl::Span<const Leaf> leaves) {
  std::lock_guard<std::mutex> hold(mutex_);
  if (first != new_.first + new_.leaves.size() ||
      new_.leaves.size() + leaves.size() > most_) {
    new_.leaves.clear();
    new_.first = first;
  }
  new_.leaves.insert(new_.leaves.end(), leaves.begin(), leaves.end());
}

std::vector<Leaf> LeafQueue::Take(uint64_t begin, uint64_t end) {
  std::lock_guard<std::mutex> one(taking_);
  Run fresh;
  {
    // As short as can be: who adds must not wait for a thread that has stepped
    // back.
    std::lock_guard<std::mutex> hold(mutex_);
    fresh.first = new_.first + new_.leaves.size();
    std::swap(fresh, new_);
  }
  if (fresh.first == left_.first + left_.leaves.size()) {
    left_.leaves.insert(left_.leaves.end(), fresh.leaves.begin(),
                        fresh.leaves.end());
  } else {
    std::swap(left_, fresh);
  }
  std::vector<Leaf>& leaves = left_.leaves;
  const uint64_t after = left_.first + leaves.size();
  const auto at = [&](uint64_t index) {
    const uint64_t inside = std::min(std::max(index, left_.first), after);
    return leaves.begin() + static_cast<ptrdiff_t>(inside - left_.first);
  };
  std::vector<Leaf> taken;
  if (left_.first <= begin && begin < end && end <= after) {
    taken.assign(at(begin), at(end));
  }
  const auto rest = at(end);
  left_.first += static_cast<uint64_t>(rest - leaves.begin());
  leaves.erase(leaves.begin(), rest);
  return taken;
}

}  // namespace tarazy
