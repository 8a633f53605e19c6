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
    while (end_ < replies_.size() && end_ - next_ < kMost &&
           replies_[end_].first == replies_[next_].first) {
      ++end_;
    }
    if (end_ - next_ >= kLeast) {
      Call* const first = replies_[next_++].second;
      first->SendMessageAhead(&ReplyGroup::OnReleased);
      leading_ = first;
      first->SendHeaders();
    }
    SendRest();
  }
  sending_here = nullptr;
  replies_.clear();
}

void ReplyGroup::SendRest() {
  if (Call* const leading = std::exchange(leading_, nullptr)) {
    leading->SendEnd();
  }
  while (next_ < end_) replies_[next_++].second->SendReply();
}

// On whatever thread lets go of the message of a leading reply: before its
// headers, where the caller is gone, or long after; then it is nothing to us.
void ReplyGroup::OnReleased() {
  ReplyGroup* const group = sending_here;
  if (group != nullptr && group->leading_ != nullptr) group->SendRest();
}

}  // namespace tarazy
