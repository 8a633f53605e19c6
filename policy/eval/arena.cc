#include "policy/eval/arena.h"

#include <algorithm>

namespace tarazy {

void Arena::Grow(size_t bytes) {
  const size_t size = std::max(bytes, next_size_);
  blocks_.emplace_back(new char[size]);
  next_ = blocks_.back().get();
  end_ = next_ + size;
  last_size_ = size;
  capacity_ += size;
  next_size_ = size * 2;
}

void Arena::Reset() {
  if (blocks_.size() > 1) {
    const size_t all = capacity_;
    blocks_.clear();
    capacity_ = 0;
    next_size_ = all;
    Grow(all);
    return;
  }
  if (blocks_.empty()) return;
  next_ = blocks_.back().get();
  end_ = next_ + last_size_;
}

}  // namespace tarazy
