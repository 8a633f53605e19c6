// The instant that retention goes by: the clock's, unless the clock has run
// ahead. A clock that jumps would make young records old, and what is deleted
// does not come back; so in doubt records stay longer, never shorter.
//
// While the process runs, the instant grows no faster than the time that has
// passed. At its start the clock is believed as far as a limit beyond the
// newest record; a log that nothing was recorded in for longer than that is
// kept so much longer, until the limit is set higher or a later start.
//
// Thread-safety: all methods may be called from any thread.

#ifndef TARAZY_SERVER_AUDIT_RETENTION_CLOCK_H_
#define TARAZY_SERVER_AUDIT_RETENTION_CLOCK_H_

#include <cstdint>
#include <functional>

#include "absl/types/optional.h"

namespace tarazy {

class RetentionClock {
 public:
  struct Options {
    // The clock, in milliseconds since 1970 UTC.
    std::function<int64_t()> clock;
    // Milliseconds that have passed since any instant, also while the machine
    // slept; by default the operating system's.
    std::function<int64_t()> elapsed;
    // How far the clock may be ahead of the newest record at the start.
    int64_t max_jump_ms = 0;
    // When the newest record was made; empty: there is none.
    absl::optional<int64_t> newest_ms;
  };

  // Starts now.
  explicit RetentionClock(Options options);

  int64_t NowMs() const;
  // How far the clock is ahead of NowMs, in milliseconds; 0: not at all.
  int64_t AheadMs() const;

 private:
  const Options options_;
  const int64_t start_ms_;
  const int64_t elapsed_at_start_ms_;
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_AUDIT_RETENTION_CLOCK_H_
