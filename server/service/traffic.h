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
#include <thread>

namespace tarazy {

class Traffic {
 public:
  void Begin() {
    active_.fetch_add(1);
    if (draining()) late_.fetch_add(1);
  }
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

  // Until no call has come for `quiet`, or `limit` is over: whoever asks while
  // the server drains is told so, rather than cut off.
  void WaitForQuiet(std::chrono::milliseconds quiet,
                    std::chrono::milliseconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    uint64_t seen;
    do {
      seen = late_.load();
      std::this_thread::sleep_for(quiet);
    } while ((late_.load() != seen || active_.load() != 0) &&
             std::chrono::steady_clock::now() < end);
  }

 private:
  std::atomic<int64_t> active_{0};
  std::atomic<bool> draining_{false};
  std::atomic<uint64_t> late_{0};  // calls that began after BeginDrain
  std::mutex mutex_;
  std::condition_variable none_;
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_SERVICE_TRAFFIC_H_
