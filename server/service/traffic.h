// How many calls are under way, and whether new ones are taken: what a drain
// waits for.
//
// Thread-safety: all methods may be called from any thread.

#ifndef TARAZY_SERVER_SERVICE_TRAFFIC_H_
#define TARAZY_SERVER_SERVICE_TRAFFIC_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace tarazy {

class Traffic {
 public:
  void Begin() { active_.fetch_add(1); }
  void End() {
    if (active_.fetch_sub(1) == 1 && draining()) {
      std::lock_guard<std::mutex> lock(mutex_);
      none_.notify_all();
    }
  }

  bool draining() const { return draining_.load(); }
  void BeginDrain() { draining_.store(true); }

  // After BeginDrain. False when calls are still under way after `limit`.
  bool WaitForNone(std::chrono::milliseconds limit) {
    std::unique_lock<std::mutex> lock(mutex_);
    return none_.wait_for(lock, limit, [this] { return active_.load() == 0; });
  }

 private:
  std::atomic<int64_t> active_{0};
  std::atomic<bool> draining_{false};
  std::mutex mutex_;
  std::condition_variable none_;
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_SERVICE_TRAFFIC_H_
