#include "tests/bench/rpc/disk.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace tarazy {
namespace bench {
namespace {

constexpr off_t kFileBytes = 16 << 20;
constexpr size_t kWriteBytes = 512;

}  // namespace

DiskProbe ProbeDisk(const std::string& directory, double seconds) {
  using Clock = std::chrono::steady_clock;
  const std::string path = directory + "/disk-probe";
  const int file = open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0 || posix_fallocate(file, 0, kFileBytes) != 0 ||
      fsync(file) != 0) {
    std::fprintf(stderr, "rpc_bench: cannot write `%s`\n", path.c_str());
    std::exit(1);
  }
  const std::vector<char> bytes(kWriteBytes, 'x');
  std::vector<double> micros;
  const Clock::time_point begun = Clock::now();
  off_t offset = 0;
  while (std::chrono::duration<double>(Clock::now() - begun).count() <
         seconds) {
    const Clock::time_point before = Clock::now();
    if (pwrite(file, bytes.data(), bytes.size(), offset) !=
            static_cast<ssize_t>(bytes.size()) ||
        fdatasync(file) != 0) {
      std::exit(1);
    }
    micros.push_back(
        std::chrono::duration<double, std::micro>(Clock::now() - before)
            .count());
    offset = (offset + kWriteBytes) % kFileBytes;
  }
  close(file);
  unlink(path.c_str());
  std::sort(micros.begin(), micros.end());
  DiskProbe probe;
  probe.p50_us = micros[micros.size() / 2];
  probe.p99_us = micros[micros.size() * 99 / 100];
  return probe;
}

}  // namespace bench
}  // namespace tarazy
