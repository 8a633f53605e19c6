// Memory of one evaluation: handed out by moving a pointer, taken back all at
// once. What it hands out is never destroyed, so only plain values go in.
//
// Thread-safety: one thread at a time.

#ifndef TARAZY_POLICY_EVAL_ARENA_H_
#define TARAZY_POLICY_EVAL_ARENA_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <type_traits>
#include <vector>

#include "absl/strings/string_view.h"

namespace tarazy {

class Arena {
 public:
  explicit Arena(size_t first_block = 4096) : next_size_(first_block) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // `count` uninitialised elements.
  template <typename T>
  T* Allocate(size_t count) {
    static_assert(std::is_trivially_destructible<T>::value,
                  "the arena runs no destructors");
    static_assert(alignof(T) <= kAlign, "over-aligned type");
    return static_cast<T*>(AllocateBytes(count * sizeof(T)));
  }

  absl::string_view Copy(absl::string_view text) {
    if (text.empty()) return {};
    char* bytes = Allocate<char>(text.size());
    std::memcpy(bytes, text.data(), text.size());
    return {bytes, text.size()};
  }

  // Takes all memory back and keeps it for later use: after a run that needed
  // several blocks there is one that is as large as all of them.
  void Reset();

  // Bytes held, used or not.
  size_t capacity() const { return capacity_; }

 private:
  static constexpr size_t kAlign = 16;

  void* AllocateBytes(size_t bytes) {
    bytes = (bytes + kAlign - 1) & ~(kAlign - 1);
    if (bytes > static_cast<size_t>(end_ - next_)) Grow(bytes);
    char* result = next_;
    next_ += bytes;
    return result;
  }
  void Grow(size_t bytes);

  std::vector<std::unique_ptr<char[]>> blocks_;
  size_t next_size_;
  size_t last_size_ = 0;
  size_t capacity_ = 0;
  char* next_ = nullptr;
  char* end_ = nullptr;
};

}  // namespace tarazy

#endif  // TARAZY_POLICY_EVAL_ARENA_H_
