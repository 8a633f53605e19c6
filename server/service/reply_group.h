// Replies that are ready together, sent with few writes.
//
// gRPC starts a write as soon as there is something to write, so each reply
// would be a write of its own, and that is the dearest part of a small call.
// What is started while a connection writes waits for that write's end and then
// goes out whole, in one more. So the first reply to a connection leads: its
// message is given to gRPC ahead of its headers and waits for them
// (GRPC_WRITE_BUFFER_HINT), so that the two are written as soon as the headers
// are there. Within that write gRPC lets go of the message, which tells us: its
// end and all of the other replies are started then. Two writes do for all, and
// no caller has its answer before the second: one that had would ask again, and
// be a group by itself.
//
// Nothing depends on when gRPC lets go, or whether it does: what was not
// started within that write is started right after it.
//
// Cost: a reply that leads takes two more operations and two more events.
//
// Thread-safety: of one thread, that of its queue.

#ifndef TARAZY_SERVER_SERVICE_REPLY_GROUP_H_
#define TARAZY_SERVER_SERVICE_REPLY_GROUP_H_

#include <cstddef>
#include <utility>
#include <vector>

namespace tarazy {

class Call;

class ReplyGroup {
 public:
  // To fewer replies than this no reply leads.
  static constexpr size_t kLeast = 4;
  // Of more than this, each so many have one that leads: the first callers go
  // on while the next are answered.
  static constexpr size_t kMost = 32;

  // Call::SendReply can be called, and nothing was sent yet.
  void Add(Call* call);
  // Sends all and forgets them.
  void Send();

 private:
  static void OnReleased();
  void SendRest();

  // With what tells connections apart.
  std::vector<std::pair<const void*, Call*>> replies_;
  Call* leading_ = nullptr;  // its end is still to be sent
  // Those to one connection that are still to be started.
  size_t next_ = 0;
  size_t end_ = 0;
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_SERVICE_REPLY_GROUP_H_
