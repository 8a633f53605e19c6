// What the disk itself takes: the reference for everything that waits for it.

#ifndef TARAZY_TESTS_BENCH_RPC_DISK_H_
#define TARAZY_TESTS_BENCH_RPC_DISK_H_

#include <string>

namespace tarazy {
namespace bench {

struct DiskProbe {
  double p50_us = 0;
  double p99_us = 0;
};

// Writes 512 bytes and calls fdatasync, over and over in a preallocated file
// of `directory`, for `seconds`.
DiskProbe ProbeDisk(const std::string& directory, double seconds);

}  // namespace bench
}  // namespace tarazy

#endif  // TARAZY_TESTS_BENCH_RPC_DISK_H_
