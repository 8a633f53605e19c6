// A completion queue of gRPC and the one thread that polls it and runs what
// there is to do: the calls of the server (server/service/call.h).
//
// For each method a queue keeps some calls waiting, so that arrivals are never
// kept waiting for an object.
//
// Messages that have arrived together are handled one after the other before
// the first of their replies is sent: decisions and gRPC each find their code
// and data in the caches, which is worth more than the wait. What is to be done
// once for many messages, such as to make their records durable, is done when
// no more have come: the queue is settled. It is settled, too, when half of the
// calls that are open wait for it: their callers go on while the other half is
// handled, and all wait equally long. Otherwise the halves get out of step, and
// some wait for two rounds.
//
// Thread-safety: what is marked "any thread" may be called from any; the rest
// is the queue's own.

#ifndef TARAZY_SERVER_SERVICE_QUEUE_H_
#define TARAZY_SERVER_SERVICE_QUEUE_H_

#include <grpcpp/alarm.h>
#include <grpcpp/completion_queue.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

#include "server/service/reply_group.h"
#include "server/service/traffic.h"

namespace tarazy {

class Call;
class MethodTable;
class Queue;
struct Method;

// Something that another thread hands back to a queue's thread, by
// Queue::Resume: once at a time.
class Resumable {
 public:
  virtual ~Resumable() = default;

 private:
  friend class Queue;
  // On the queue's thread.
  virtual void OnResumed() = 0;
  Resumable* next_resumed_ = nullptr;
};

class Queue {
 public:
  // `table` and `traffic` outlive the queue. `settle`, if any, is called on the
  // queue's thread when messages have been handled and no other has come, or
  // half of those that there may be were handled; it may block. What it resumes
  // goes on right behind it.
  Queue(MethodTable* table, Traffic* traffic,
        std::function<void()> settle = nullptr);
  ~Queue();

  // For GrpcServer::AddQueue.
  grpc::CompletionQueue* completions() { return &queue_; }
  // After the gRPC server has been started.
  void Start();
  // Any thread: OnResumed will run soon on the queue's thread.
  void Resume(Resumable* what);
  // Any thread: calls that listen are told.
  void BeginDrain();
  // Any thread, after the gRPC server has been shut down: ends when all calls
  // are over.
  void Stop();
  void Join();

  Traffic* traffic() const { return traffic_; }

 private:
  friend class Call;

  void Run();
  void Handle(void* tag, bool ok);
  void RunRead();
  size_t MostUnsettled() const;
  void Settle();
  void Post(const Method& method);
  void Over(Call* call);
  void RunResumed();

  grpc::CompletionQueue queue_;
  MethodTable* const table_;
  Traffic* const traffic_;
  std::thread thread_;

  // What to resume, newest first. Whoever makes the list non-empty sets the
  // alarm, so that a group costs one wake-up.
  std::atomic<Resumable*> resumed_{nullptr};
  grpc::Alarm resume_alarm_;
  grpc::Alarm drain_alarm_;
  grpc::Alarm stop_alarm_;

  // The thread's own.
  std::vector<std::vector<std::unique_ptr<Call>>> idle_;  // by method
  std::unordered_set<Call*> drain_listeners_;
  // Calls whose messages are read and wait to be handled.
  std::vector<std::pair<Call*, bool>> read_;
  ReplyGroup replies_;
  bool gathering_ = false;  // replies wait there
  bool drain_told_ = false;
  // By the alarm itself: no other event may end the queue before it is set.
  bool stop_told_ = false;
  bool shut_down_ = false;
  size_t live_ = 0;
  size_t may_wait_ = 0;  // messages for an answer, of the calls that live
  const std::function<void()> settle_;
  size_t unsettled_ = 0;  // messages handled since
  bool settling_ = false;
  std::vector<Resumable*> resumed_here_;  // while settling
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_SERVICE_QUEUE_H_
