// The official engine as a child process: the program of tests/bench/official,
// one case a line in, one verdict a line out.
//
// Thread-safety: one thread at a time.

#ifndef TARAZY_TESTS_DIFFERENTIAL_OFFICIAL_ENGINE_H_
#define TARAZY_TESTS_DIFFERENTIAL_OFFICIAL_ENGINE_H_

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "tests/differential/case_generator.h"
#include "tests/support/line_process.h"

namespace tarazy {

class OfficialEngine {
 public:
  explicit OfficialEngine(std::string program) : program_(std::move(program)) {
    Start();
  }

  // At most kMaxAhead cases may wait for their verdicts: they and the verdicts
  // must fit in the pipes.
  void Ask(const Case& c) { process_->Write(c.ToJson()); }
  // The verdict of the case asked longest ago. {"died": TEXT} when the engine
  // ended instead: it is started again, and the cases asked after that one are
  // lost.
  nlohmann::json Answer() {
    std::string line;
    if (process_->Read(&line)) return nlohmann::json::parse(line);
    Start();
    return {{"died", "the official engine ended without an answer"}};
  }
  nlohmann::json VerdictOf(const Case& c) {
    Ask(c);
    return Answer();
  }

  static constexpr int kMaxAhead = 4;

 private:
  void Start() {
    process_ = std::make_unique<LineProcess>(
        std::vector<std::string>{program_, "decide"});
  }

  const std::string program_;
  std::unique_ptr<LineProcess> process_;
};

}  // namespace tarazy

#endif  // TARAZY_TESTS_DIFFERENTIAL_OFFICIAL_ENGINE_H_
