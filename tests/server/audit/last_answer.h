// Waits for what the log says of one append after the other.

#ifndef TARAZY_TESTS_SERVER_AUDIT_LAST_ANSWER_H_
#define TARAZY_TESTS_SERVER_AUDIT_LAST_ANSWER_H_

#include <condition_variable>
#include <mutex>

#include "absl/status/status.h"
#include "server/audit/decision_log.h"

namespace tarazy {

class LastAnswer : public AppendListener {
 public:
  void OnAppended(const absl::Status& status) override {
    std::lock_guard<std::mutex> hold(mutex_);
    status_ = status;
    told_ = true;
    changed_.notify_all();
  }
  absl::Status Wait() {
    std::unique_lock<std::mutex> hold(mutex_);
    changed_.wait(hold, [this] { return told_; });
    told_ = false;
    return status_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  absl::Status status_;
  bool told_ = false;
};

}  // namespace tarazy

#endif  // TARAZY_TESTS_SERVER_AUDIT_LAST_ANSWER_H_
