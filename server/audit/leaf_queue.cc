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

void LeafQueue::Take(uint64_t begin, uint64_t end, std::vector<Leaf>* taken) {
  taken->clear();
  std::lock_guard<std::mutex> one(taking_);
  Run fresh;
  fresh.leaves.swap(spare_);
  {
    // As short as can be: who adds must not wait for a thread that has stepped
    // back.
    std::lock_guard<std::mutex> hold(mutex_);
    fresh.first = new_.first + new_.leaves.size();
    std::swap(fresh, new_);
  }
  if (!left_.leaves.empty() &&
      fresh.first == left_.first + left_.leaves.size()) {
    left_.leaves.insert(left_.leaves.end(), fresh.leaves.begin(),
                        fresh.leaves.end());
  } else {
    std::swap(left_, fresh);
  }
  fresh.leaves.clear();
  spare_.swap(fresh.leaves);
  const uint64_t after = left_.first + left_.leaves.size();
  const bool all_there = left_.first <= begin && begin < end && end <= after;
  // All but what comes after is taken or forgotten.
  taken->swap(left_.leaves);
  const auto at = [&](uint64_t index) {
    const uint64_t inside = std::min(std::max(index, left_.first), after);
    return taken->begin() + static_cast<ptrdiff_t>(inside - left_.first);
  };
  const auto rest = at(end);
  left_.leaves.assign(rest, taken->end());
  const uint64_t rest_first =
      left_.first + static_cast<uint64_t>(rest - taken->begin());
  taken->erase(rest, taken->end());
  if (all_there) {
    taken->erase(taken->begin(), at(begin));
  } else {
    taken->clear();
  }
  left_.first = rest_first;
}

}  // namespace tarazy
