// Random cases through this engine and the official one; prints what differs.
// README.md says how to build the official one.

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>

#include "tests/differential/official_run.h"

namespace tarazy {
namespace {

int Main(int argc, char** argv) {
  const std::string first = argc > 1 ? argv[1] : "";
  if (argc == 3 && first == "--case") {
    const uint64_t seed = std::strtoull(argv[2], nullptr, 10);
    std::cout << GenerateCase(seed, CaseStyle::kOdd).ToJson() << "\n";
    return 0;
  }
  if (argc != 4 && argc != 5) {
    std::fputs(
        "usage: differential_official OFFICIAL FIRST_SEED CASES [KEEP]\n"
        "       differential_official OFFICIAL --replay FILE\n"
        "       differential_official --case SEED\n",
        stderr);
    return 1;
  }
  OfficialRun run(first, argc == 5 ? argv[4] : "", &std::cout);
  if (std::string(argv[2]) == "--replay") {
    run.Replay(argv[3]);
  } else {
    run.Seeds(std::strtoull(argv[2], nullptr, 10),
              std::strtoull(argv[3], nullptr, 10));
  }
  return run.differences() == 0 ? 0 : 2;
}

}  // namespace
}  // namespace tarazy

int main(int argc, char** argv) { return tarazy::Main(argc, argv); }
