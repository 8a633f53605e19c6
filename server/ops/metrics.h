// Counters of what the server did: a name and labels, as scrapers know them.
//
//   tarazy_calls_total{code="OK",method="/tarazy.v1.DecisionService/Decide"}
//
// A counter is looked up once and then counted without a lock. No label holds
// what a caller sent.
//
// Thread-safety: all methods may be called from any thread.

#ifndef TARAZY_SERVER_OPS_METRICS_H_
#define TARAZY_SERVER_OPS_METRICS_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace tarazy {

class Counter {
 public:
  void Add(uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

class Metrics {
 public:
  using Labels = std::map<std::string, std::string>;

  struct Sample {
    std::string name;
    Labels labels;
    uint64_t value;
  };

  // The counter of this name and these labels, made at first; lives as long
  // as the metrics.
  Counter* Get(absl::string_view name, const Labels& labels);

  // 0 for a counter that nobody has made.
  uint64_t Value(absl::string_view name, const Labels& labels) const;

  // The sum over all counters of this name that have these labels.
  uint64_t Sum(absl::string_view name, const Labels& labels) const;

  // All counters, sorted.
  std::vector<Sample> Samples() const;

 private:
  using Key = std::pair<std::string, Labels>;
  mutable std::mutex mutex_;
  std::map<Key, std::unique_ptr<Counter>> counters_;
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_OPS_METRICS_H_
