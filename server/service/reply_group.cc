#include "server/service/reply_group.h"

#include <algorithm>

#include "server/service/call.h"

namespace tarazy {
namespace {

// The group that this thread is sending.
thread_local ReplyGroup* sending_here = nullptr;

}  // namespace

void ReplyGroup::Add(Call* call) {
  replies_.emplace_back(call->Connection(), call);
}

void ReplyGroup::Send() {
  if (replies_.empty()) return;
  const auto by_connection = [](const auto& a, const auto& b) {
    return a.first < b.first;
  };
  if (!std::is_sorted(replies_.begin(), replies_.end(), by_connection)) {
    std::stable_sort(replies_.begin(), replies_.end(), by_connection);
  }
  sending_here = this;
  for (next_ = 0; next_ < replies_.size();) {
    end_ = next_ + 1;
    while (end_ < replies_.size() &&
           replies_[end_].first == replies_[next_].first) {
      ++end_;
    }
    if (end_ - next_ >= kLeast) {
      replies_[next_++].second->SendLeadingReply(&ReplyGroup::OnReleased);
    }
    SendRest();
  }
  sending_here = nullptr;
  replies_.clear();
}

void ReplyGroup::SendRest() {
  while (next_ < end_) replies_[next_++].second->SendReply();
}

// On whatever thread lets go of the bytes of a leading reply, perhaps long
// after: then there is nothing to do, or as well now as later.
void ReplyGroup::OnReleased() {
  if (sending_here != nullptr) sending_here->SendRest();
}

}  // namespace tarazy
