// What the tests that kill the server share: requests under load, and what was
// answered.
//
// TARAZY_BINARY names the server (default: the one that was built).

#ifndef TARAZY_TESTS_SERVER_COMMAND_KILL9_LOAD_H_
#define TARAZY_TESTS_SERVER_COMMAND_KILL9_LOAD_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "tarazy/client.h"

namespace tarazy {

// What the server answered, over all rounds.
class Answers {
 public:
  void Add(const Decision& decision);
  void AddConsent(const std::string& id) {
    std::lock_guard<std::mutex> lock(mutex_);
    consents_.push_back(id);
  }

  const std::map<uint64_t, std::string>& decisions() const {
    return decisions_;
  }
  const std::vector<std::string>& consents() const { return consents_; }

 private:
  std::mutex mutex_;
  std::map<uint64_t, std::string> decisions_;  // by record number
  std::vector<std::string> consents_;
};

v1::DecideRequest KillRequest(const std::string& id, bool labelled);

// Asks until told to stop, alone and in batches; errors are part of the plan.
// Each request is told to `change` first, where there is one.
void KillLoad(const std::string& address, const std::string& name,
              const std::atomic<bool>* stop, Answers* answers,
              const std::function<void(v1::DecideRequest*)>& change = {});

// The size of the checkpoint that readers of the log in `folder` see; 0 before
// the first.
uint64_t SignedRecords(const std::string& folder);

std::string KilledBinary();

// The number of rounds: of the environment variable, or the default.
int KillRounds(const char* variable, int rounds);

}  // namespace tarazy

#endif  // TARAZY_TESTS_SERVER_COMMAND_KILL9_LOAD_H_
