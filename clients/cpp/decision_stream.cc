#include <algorithm>
#include <utility>

#include "absl/time/time.h"
#include "clients/cpp/decision_stream_impl.h"
#include "clients/cpp/grpc_status.h"

namespace tarazy {
namespace {

// Keeps sums of instants and deadlines in range.
constexpr absl::Duration kLongest = absl::Hours(24 * 365);

}  // namespace

DecisionStreamImpl::DecisionStreamImpl(v1::DecisionService::Stub* stub,
                                       absl::Duration deadline)
    : deadline_(absl::ToChronoNanoseconds(std::min(deadline, kLongest))) {
  stub->async()->DecideStream(&context_, this);
  AddHold();
  StartRead(&incoming_);
  StartCall();
}

DecisionStreamImpl::~DecisionStreamImpl() {
  context_.TryCancel();
  std::unique_lock<std::mutex> lock(mutex_);
  EndLocked(absl::CancelledError("the stream is being destroyed"));
  changed_.wait(lock, [this] { return !writing_; });
  if (TakeHoldLocked()) {
    lock.unlock();
    RemoveHold();
    lock.lock();
  }
  changed_.wait(lock, [this] { return done_; });
}

bool DecisionStreamImpl::Send(const v1::DecideRequest& request) {
  {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return !writing_ || over_; });
    if (over_ || sending_closed_) return false;
    writing_ = true;
    pending_.push_back({request.request_id(), Clock::now()});
    changed_.notify_all();
  }
  outgoing_ = request;
  StartWrite(&outgoing_);
  return true;
}

void DecisionStreamImpl::CloseSending() {
  {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return !writing_ || over_; });
    if (std::exchange(sending_closed_, true)) return;
    changed_.notify_all();
    if (over_ || !TakeHoldLocked()) return;
  }
  StartWritesDone();
  RemoveHold();
}

bool DecisionStreamImpl::Receive(Decision* decision) {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(
      lock, [this] { return !pending_.empty() || over_ || sending_closed_; });
  if (pending_.empty()) return false;
  const Clock::time_point until =
      std::max(pending_.front().sent, last_answer_) + deadline_;
  // Over, but the reason is still to come: gRPC gives it last.
  const auto settled = [this] {
    return !arrived_.empty() || (over_ && (done_ || !status_.ok()));
  };
  if (!changed_.wait_until(lock, until, settled)) {
    EndLocked(absl::DeadlineExceededError("no answer in time"));
    context_.TryCancel();
  }
  const Pending request = std::move(pending_.front());
  pending_.pop_front();
  if (arrived_.empty()) {
    *decision = Decision::NoAnswer(
        status_.ok() ? absl::DataLossError("the server ended the stream "
                                           "without answering")
                     : status_);
    return true;
  }
  const bool misplaced = arrived_.front().request_id() != request.request_id;
  *decision = Decision::Of(request.request_id, std::move(arrived_.front()));
  arrived_.pop_front();
  last_answer_ = Clock::now();
  if (misplaced) {
    // Where one answer is out of place, none after it can be trusted.
    arrived_.clear();
    EndLocked(decision->status());
    context_.TryCancel();
  }
  return true;
}

absl::Status DecisionStreamImpl::status() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return status_;
}

void DecisionStreamImpl::OnReadDone(bool ok) {
  bool remove_hold = false;
  bool read_on = false;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!ok) {
      over_ = true;
    } else if (over_) {
      // Late: what was asked is answered as not permitted already.
    } else if (arrived_.size() == pending_.size()) {
      EndLocked(absl::DataLossError("an answer came that nobody asked for"));
      context_.TryCancel();
    } else {
      arrived_.push_back(std::move(incoming_));
      read_on = true;
    }
    // While a write is under way, its end removes the hold.
    remove_hold = !read_on && !writing_ && TakeHoldLocked();
    changed_.notify_all();
  }
  if (read_on) StartRead(&incoming_);
  if (remove_hold) RemoveHold();
}

void DecisionStreamImpl::OnWriteDone(bool ok) {
  bool remove_hold = false;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    writing_ = false;
    // A failed write means that the call is broken; the failing read that
    // follows ends the stream.
    remove_hold = over_ && TakeHoldLocked();
    changed_.notify_all();
  }
  if (remove_hold) RemoveHold();
}

void DecisionStreamImpl::OnDone(const grpc::Status& status) {
  std::lock_guard<std::mutex> lock(mutex_);
  EndLocked(ToAbslStatus(status));
  done_ = true;
  changed_.notify_all();
}

void DecisionStreamImpl::EndLocked(const absl::Status& status) {
  over_ = true;
  if (status_.ok()) status_ = status;
  changed_.notify_all();
}

bool DecisionStreamImpl::TakeHoldLocked() {
  return std::exchange(held_, false);
}

}  // namespace tarazy
