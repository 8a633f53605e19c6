// A few threads for work that waits for the disk, with a bounded queue.
//
// Thread-safety: all methods may be called from any thread.

#ifndef TARAZY_SERVER_SERVICE_WORKERS_H_
#define TARAZY_SERVER_SERVICE_WORKERS_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace tarazy {

class Workers {
 public:
  Workers(int threads, size_t max_waiting);
  ~Workers();

  size_t max_waiting() const { return max_waiting_; }

  // False, and nothing is queued, when max_waiting tasks wait already.
  bool Run(std::function<void()> task);
  // Runs what is queued and ends the threads.
  void Stop();

 private:
  void Work();

  const size_t max_waiting_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_SERVICE_WORKERS_H_
