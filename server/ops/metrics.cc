#include "server/ops/metrics.h"

#include <algorithm>

namespace tarazy {

Counter* Metrics::Get(absl::string_view name, const Labels& labels) {
  std::lock_guard<std::mutex> lock(mutex_);
  std::unique_ptr<Counter>& counter = counters_[Key(std::string(name), labels)];
  if (counter == nullptr) counter = std::make_unique<Counter>();
  return counter.get();
}

uint64_t Metrics::Value(absl::string_view name, const Labels& labels) const {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto it = counters_.find(Key(std::string(name), labels));
  return it == counters_.end() ? 0 : it->second->value();
}

uint64_t Metrics::Sum(absl::string_view name, const Labels& labels) const {
  uint64_t sum = 0;
  for (const Sample& sample : Samples()) {
    // Both are sorted.
    if (sample.name == name &&
        std::includes(sample.labels.begin(), sample.labels.end(),
                      labels.begin(), labels.end())) {
      sum += sample.value;
    }
  }
  return sum;
}

std::vector<Metrics::Sample> Metrics::Samples() const {
  std::lock_guard<std::mutex> lock(mutex_);
  std::vector<Sample> samples;
  samples.reserve(counters_.size());
  for (const auto& entry : counters_) {
    samples.push_back(
        {entry.first.first, entry.first.second, entry.second->value()});
  }
  return samples;
}

}  // namespace tarazy
