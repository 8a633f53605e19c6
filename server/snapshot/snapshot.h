// One immutable value in service, replaced as a whole.
//
// A reader keeps the value that it saw last and asks only whether there is a
// newer one: one atomic load a call, and no count that threads contend for. A
// replaced value lives until the last reader has let go of it: at its next
// Get, or when it ends.
//
// Thread-safety: Snapshot from any thread; a Reader belongs to one thread.

#ifndef TARAZY_SERVER_SNAPSHOT_SNAPSHOT_H_
#define TARAZY_SERVER_SNAPSHOT_SNAPSHOT_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace tarazy {

template <typename T>
class Snapshot {
 public:
  explicit Snapshot(std::shared_ptr<const T> value)
      : value_(std::move(value)) {}

  void Replace(std::shared_ptr<const T> value) {
    std::lock_guard<std::mutex> lock(mutex_);
    value_ = std::move(value);
    version_.fetch_add(1, std::memory_order_release);
  }

  std::shared_ptr<const T> Get() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return value_;
  }

  class Reader {
   public:
    // `snapshot` outlives the reader.
    explicit Reader(const Snapshot* snapshot) : snapshot_(snapshot) {}

    // The value in service; lives until the next Get.
    const T& Get() {
      const uint64_t version =
          snapshot_->version_.load(std::memory_order_acquire);
      if (value_ == nullptr || version != version_) {
        value_ = snapshot_->Get();
        version_ = version;
      }
      return *value_;
    }

   private:
    const Snapshot* snapshot_;
    std::shared_ptr<const T> value_;
    uint64_t version_ = 0;
  };

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
  std::atomic<uint64_t> version_{0};
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_SNAPSHOT_SNAPSHOT_H_
