#include "server/audit/retention_clock.h"

#include <time.h>

#include <algorithm>
#include <utility>

namespace tarazy {
namespace {

int64_t ElapsedMs() {
  timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1000000;
}

RetentionClock::Options Filled(RetentionClock::Options options) {
  if (!options.elapsed) options.elapsed = ElapsedMs;
  return options;
}

int64_t StartMs(const RetentionClock::Options& options) {
  const int64_t clock_ms = options.clock();
  if (!options.newest_ms.has_value()) return clock_ms;
  return std::min(clock_ms, *options.newest_ms + options.max_jump_ms);
}

}  // namespace

RetentionClock::RetentionClock(Options options)
    : options_(Filled(std::move(options))),
      start_ms_(StartMs(options_)),
      elapsed_at_start_ms_(options_.elapsed()) {}

int64_t RetentionClock::NowMs() const {
  return std::min(options_.clock(),
                  start_ms_ + options_.elapsed() - elapsed_at_start_ms_);
}

int64_t RetentionClock::AheadMs() const {
  return std::max<int64_t>(0, options_.clock() - NowMs());
}

}  // namespace tarazy
