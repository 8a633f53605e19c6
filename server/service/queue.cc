#include "server/service/queue.h"

#include <grpc/support/time.h>

#include <algorithm>

#include "server/service/call.h"

namespace tarazy {
namespace {

// Call objects that a queue keeps for one method when they are not in use.
constexpr size_t kMaxIdle = 1024;
// Messages that are handled before the first of their replies is sent.
constexpr size_t kMaxReadTogether = 64;
// Bounds of MostUnsettled: fewer would be settled too often, and of more the
// first would wait long for the last.
constexpr size_t kLeastUnsettled = 32;
constexpr size_t kMaxUnsettled = 256;

// The queue whose thread this is.
thread_local Queue* running_here = nullptr;

gpr_timespec Now() { return gpr_inf_past(GPR_CLOCK_MONOTONIC); }

}  // namespace

Queue::Queue(MethodTable* table, Traffic* traffic, std::function<void()> settle)
    : table_(table), traffic_(traffic), settle_(std::move(settle)) {
  idle_.resize(table->methods().size());
}

Queue::~Queue() { Join(); }

void Queue::Start() {
  for (const Method& method : table_->methods()) {
    for (int i = 0; i < method.waiting; ++i) Post(method);
  }
  thread_ = std::thread([this] { Run(); });
}

void Queue::BeginDrain() { drain_alarm_.Set(&queue_, Now(), &drain_alarm_); }

void Queue::Stop() { stop_alarm_.Set(&queue_, Now(), &stop_alarm_); }

void Queue::Join() {
  if (thread_.joinable()) thread_.join();
}

void Queue::Post(const Method& method) {
  std::vector<std::unique_ptr<Call>>& idle = idle_[method.index];
  Call* call;
  if (idle.empty()) {
    call = method.make(this, &method).release();
  } else {
    call = idle.back().release();
    idle.pop_back();
  }
  call->Wait();
}

void Queue::Run() {
  running_here = this;
  void* tag = nullptr;
  bool ok = false;
  for (;;) {
    // While there is something to do, only what has come already is taken.
    const gpr_timespec until = read_.empty() && unsettled_ == 0
                                   ? gpr_inf_future(GPR_CLOCK_REALTIME)
                                   : gpr_inf_past(GPR_CLOCK_REALTIME);
    switch (queue_.AsyncNext(&tag, &ok, until)) {
      case grpc::CompletionQueue::SHUTDOWN:
        return;
      case grpc::CompletionQueue::TIMEOUT:
        if (read_.empty()) {
          Settle();
        } else {
          RunRead();
        }
        break;
      case grpc::CompletionQueue::GOT_EVENT:
        Handle(tag, ok);
        if (read_.size() >= kMaxReadTogether ||
            unsettled_ + read_.size() >= MostUnsettled()) {
          RunRead();
        }
        break;
    }
    if (stop_told_ && live_ == 0 && !shut_down_) {
      shut_down_ = true;
      queue_.Shutdown();
    }
  }
}

void Queue::Handle(void* tag, bool ok) {
  if (tag == &resume_alarm_) {
    RunResumed();
    return;
  }
  if (tag == &drain_alarm_) {
    drain_told_ = true;
    const std::vector<Call*> listeners(drain_listeners_.begin(),
                                       drain_listeners_.end());
    for (Call* call : listeners) call->OnDrain();
    return;
  }
  if (tag == &stop_alarm_) {
    stop_told_ = true;
    return;
  }
  const Call::Tag& event = *static_cast<Call::Tag*>(tag);
  Call* call = event.call;
  if (event.event == Call::Event::kRead) {
    read_.emplace_back(call, ok);
    return;
  }
  if (event.event == Call::Event::kStart) {
    if (!ok) {  // the server is shutting down; nobody came
      delete call;
      return;
    }
    ++live_;
    may_wait_ += call->method_->in_flight;
    if (call->method_->traffic) traffic_->Begin();
    Post(*call->method_);
  }
  call->Proceed(event.event, ok);
}

void Queue::RunRead() {
  gathering_ = true;
  for (const auto& [call, ok] : read_) call->Proceed(Call::Event::kRead, ok);
  gathering_ = false;
  if (settle_ != nullptr) unsettled_ += read_.size();
  read_.clear();
  replies_.Send();
  if (unsettled_ >= MostUnsettled()) Settle();
}

size_t Queue::MostUnsettled() const {
  return std::clamp(may_wait_ / 2, kLeastUnsettled, kMaxUnsettled);
}

void Queue::Settle() {
  unsettled_ = 0;
  settling_ = true;
  settle_();
  settling_ = false;
  gathering_ = true;
  for (Resumable* what : resumed_here_) what->OnResumed();
  gathering_ = false;
  resumed_here_.clear();
  replies_.Send();
}

void Queue::Over(Call* call) {
  call->OnOver();
  drain_listeners_.erase(call);
  --live_;
  may_wait_ -= call->method_->in_flight;
  if (call->method_->traffic) traffic_->End();
  std::unique_ptr<Call> owner(call);
  call->Release();
  call->arena_.Reset();
  call->headers_sent_ = call->finished_ = call->ended_ = call->read_end_ =
      false;
  std::vector<std::unique_ptr<Call>>& idle = idle_[call->method_->index];
  if (idle.size() < kMaxIdle) idle.push_back(std::move(owner));
}

void Queue::Resume(Resumable* what) {
  if (running_here == this && settling_) {
    resumed_here_.push_back(what);
    return;
  }
  Resumable* head = resumed_.load(std::memory_order_relaxed);
  do {
    what->next_resumed_ = head;
  } while (!resumed_.compare_exchange_weak(
      head, what, std::memory_order_release, std::memory_order_relaxed));
  if (head == nullptr) {
    resume_alarm_.Set(&queue_, Now(), &resume_alarm_);
  }
}

void Queue::RunResumed() {
  Resumable* newest = resumed_.exchange(nullptr, std::memory_order_acquire);
  Resumable* oldest = nullptr;
  while (newest != nullptr) {
    Resumable* next = newest->next_resumed_;
    newest->next_resumed_ = oldest;
    oldest = newest;
    newest = next;
  }
  gathering_ = true;
  while (oldest != nullptr) {
    Resumable* what = oldest;
    oldest = what->next_resumed_;  // before `what` may be used again
    what->OnResumed();
  }
  gathering_ = false;
  replies_.Send();
}

}  // namespace tarazy
