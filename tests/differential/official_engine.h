// The official engine as a child process on pipes: the program of
// tests/bench/official, one case a line in, one verdict a line out.
//
// Thread-safety: one thread at a time.

#ifndef TARAZY_TESTS_DIFFERENTIAL_OFFICIAL_ENGINE_H_
#define TARAZY_TESTS_DIFFERENTIAL_OFFICIAL_ENGINE_H_

#include <sys/types.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/differential/case_generator.h"

namespace tarazy {

class OfficialEngine {
 public:
  // Starts the program, and again after it has died.
  explicit OfficialEngine(std::string program);
  ~OfficialEngine();
  OfficialEngine(const OfficialEngine&) = delete;
  OfficialEngine& operator=(const OfficialEngine&) = delete;

  // Writes a case. No more than kMaxAhead may wait for their verdicts: what
  // neither side has read yet must fit in the pipes.
  void Ask(const Case& c);
  // The verdict of the case asked longest ago; {"died": TEXT} when the engine
  // ends instead of answering, and the cases asked after it are lost.
  nlohmann::json Answer();
  nlohmann::json VerdictOf(const Case& c) {
    Ask(c);
    return Answer();
  }

  static constexpr int kMaxAhead = 4;

 private:
  void Start();
  void Stop();

  const std::string program_;
  pid_t child_ = -1;
  FILE* to_ = nullptr;
  FILE* from_ = nullptr;
  char* line_ = nullptr;
  size_t line_size_ = 0;
};

}  // namespace tarazy

#endif  // TARAZY_TESTS_DIFFERENTIAL_OFFICIAL_ENGINE_H_
