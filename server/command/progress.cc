#include "server/command/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace tarazy {
namespace {

constexpr uint64_t kCells = 30;
constexpr std::chrono::milliseconds kBetween(100);

}  // namespace

Progress::Progress(std::string what, uint64_t total)
    : what_(std::move(what)),
      total_(total),
      terminal_(isatty(STDERR_FILENO) != 0) {}

Progress::~Progress() {
  if (drawn_) std::fputs("\r\x1b[K", stderr);
}

void Progress::Show(uint64_t done) {
  if (!terminal_) return;
  const auto now = std::chrono::steady_clock::now();
  if (drawn_ && now < next_) return;
  drawn_ = true;
  next_ = now + kBetween;
  std::fputs("\r", stderr);
  if (total_ > 0) {
    const uint64_t part = std::min(done, total_);
    const auto full = static_cast<int>(part * kCells / total_);
    std::fprintf(
        stderr, "[%.*s%.*s] %3d %%  ", full, "##############################",
        static_cast<int>(kCells) - full, "..............................",
        static_cast<int>(part * 100 / total_));
  }
  std::fprintf(stderr, "%llu %s", static_cast<unsigned long long>(done),
               what_.c_str());
}

}  // namespace tarazy
