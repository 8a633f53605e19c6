// Decide, DecideBatch and DecideStream.
//
// A decision runs on the queue's thread as soon as its request is read. With
// the log on, its record is then handed to the log and the answer waits,
// already serialised, until the log says that the record is durable.
//
// Thread-safety: as in call.h; DecisionContext is shared by all queues, a
// DecisionThread belongs to one.

#ifndef TARAZY_SERVER_SERVICE_DECISION_CALLS_H_
#define TARAZY_SERVER_SERVICE_DECISION_CALLS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "server/audit/decision_log.h"
#include "server/ops/metrics.h"
#include "server/service/call.h"
#include "server/service/decider.h"
#include "server/snapshot/snapshot.h"

namespace tarazy {

struct DecisionContext {
  const Snapshot<LawInService>* law = nullptr;
  DecisionLog* log = nullptr;  // null: nothing is recorded
  std::string log_name;
  DeciderOptions decider;
  uint32_t batch_requests = 1000;
  uint32_t message_bytes = 4u << 20;
  Metrics* metrics = nullptr;
};

// What one queue's thread decides with.
class DecisionThread {
 public:
  explicit DecisionThread(const DecisionContext* context);

  // As Decider::Decide, under the law in service; counts the result.
  absl::Status Decide(v1::DecideRequest* request, EncodedDecision* decision);

  const DecisionContext& context() const { return *context_; }
  // For the call at hand.
  EncodedDecision* decision() { return &decision_; }

 private:
  const DecisionContext* const context_;
  Snapshot<LawInService>::Reader law_;
  Decider decider_;
  EncodedDecision decision_;
  Counter* permits_;
  Counter* denies_;
  Counter* refused_;
};

// The three methods. `thread` gives the DecisionThread of a queue.
std::vector<Method> DecisionMethods(
    std::function<DecisionThread*(Queue*)> thread);

}  // namespace tarazy

#endif  // TARAZY_SERVER_SERVICE_DECISION_CALLS_H_
