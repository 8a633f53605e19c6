// A bar on standard error for work that takes long; nothing where that is no
// terminal.
//
// Thread-safety: for one thread.

#ifndef TARAZY_SERVER_COMMAND_PROGRESS_H_
#define TARAZY_SERVER_COMMAND_PROGRESS_H_

#include <chrono>
#include <cstdint>
#include <string>

namespace tarazy {

class Progress {
 public:
  // `total` 0: not known, only a number is shown. `what` is what is counted,
  // for example "records".
  Progress(std::string what, uint64_t total);
  // Clears the line.
  ~Progress();
  Progress(const Progress&) = delete;

  // Draws at most ten times a second.
  void Show(uint64_t done);

 private:
  const std::string what_;
  const uint64_t total_;
  const bool terminal_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_COMMAND_PROGRESS_H_
