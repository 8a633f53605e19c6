// A bounded closed-loop load of one unary method: so many calls in flight,
// each answered call followed by the next, for so long. The request is bytes
// made ahead, so that the client costs the same for every method.
//
// Thread-safety: one thread.

#ifndef TARAZY_TESTS_BENCH_RPC_LOAD_H_
#define TARAZY_TESTS_BENCH_RPC_LOAD_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tests/bench/rpc/process.h"

namespace tarazy {
namespace bench {

struct LoadOptions {
  std::string method;   // "/tarazy.v1.DecisionService/Decide"
  std::string request;  // serialized
  int in_flight = 1;
  double seconds = 1;
};

struct LoadResult {
  double calls_per_second = 0;
  double p50_us = 0;
  double p99_us = 0;
  double server_cpu_us = 0;  // a call
};

// Exits with the status of the first call that fails: a benchmark of errors
// measures nothing.
LoadResult RunLoad(const Process& server, const LoadOptions& options);

// The answer to one call, serialized.
std::string CallOnce(const Process& server, const std::string& method,
                     const std::string& request);

}  // namespace bench
}  // namespace tarazy

#endif  // TARAZY_TESTS_BENCH_RPC_LOAD_H_
