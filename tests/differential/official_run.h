// Runs of random cases through both engines.
//
// Thread-safety: one thread.

#ifndef TARAZY_TESTS_DIFFERENTIAL_OFFICIAL_RUN_H_
#define TARAZY_TESTS_DIFFERENTIAL_OFFICIAL_RUN_H_

#include <cstdint>
#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "tests/differential/official_engine.h"
#include "tests/differential/verdict.h"

namespace tarazy {

class OfficialRun {
 public:
  // Prints to `out`; a case that differs is made small and printed, and kept
  // in the folder `keep` with the official verdict unless that is empty.
  OfficialRun(const std::string& official, std::string keep, std::ostream* out)
      : engine_(official), keep_(std::move(keep)), out_(*out) {}

  // The last line is "seeds A to B: N cases, M differences, S seconds, R cases
  // a second". Ends early after kMaxDifferences.
  void Seeds(uint64_t first, uint64_t count);
  // A kept case; the official verdict is asked for anew.
  void Replay(const std::string& path);

  uint64_t differences() const { return found_.size(); }
  // How often the official engine had this outcome.
  uint64_t Count(const std::string& outcome) const;

  static constexpr size_t kMaxDifferences = 20;

 private:
  struct Found {
    Case c;
    std::string key;
  };

  void Check(const Case& c, const nlohmann::json& official);
  void Tally(const nlohmann::json& verdict);
  void ShrinkFound();
  void PrintTally();

  OfficialEngine engine_;
  OurEngine ours_;
  const std::string keep_;
  std::ostream& out_;
  std::map<std::string, uint64_t> counts_;
  std::vector<Found> found_;
};

}  // namespace tarazy

#endif  // TARAZY_TESTS_DIFFERENTIAL_OFFICIAL_RUN_H_
