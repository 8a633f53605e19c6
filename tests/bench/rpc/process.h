// A server under measurement: a child process pinned to one core.
//
// Thread-safety: one thread.

#ifndef TARAZY_TESTS_BENCH_RPC_PROCESS_H_
#define TARAZY_TESTS_BENCH_RPC_PROCESS_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace tarazy {
namespace bench {

// Pins the calling thread, and threads that it starts, to one core.
void PinSelf(int core);

class Process {
 public:
  // Starts `command` on `core`; waits for a line "tcp=HOST:PORT" on its
  // output or, if `ready_file` is set, in that file. Exits with a message when
  // the child ends before.
  Process(const std::vector<std::string>& command, int core,
          const std::string& ready_file);
  // SIGTERM, and waits for the end.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  const std::string& address() const { return address_; }
  // Moves all of its threads to `core`.
  void Pin(int core);
  // CPU time of all its threads since it started, in nanoseconds.
  int64_t CpuNanos() const;

 private:
  pid_t pid_ = -1;
  int output_ = -1;
  std::string address_;
};

}  // namespace bench
}  // namespace tarazy

#endif  // TARAZY_TESTS_BENCH_RPC_PROCESS_H_
