// What would have to be true for a permit: facts that, changed together, turn
// a denial into a permit of the decision policies.
//
// The search goes by what the policies did. Each condition is taken apart into
// its clauses, the parts that `&&`, `||`, `!` and `if` join, and the clauses
// are compiled beside the policies, so that one evaluation tells what each of
// them came to. For each permit policy whose scope fits, it asks which clauses
// would have to come out otherwise: those that the permit lacks, those that
// keep each satisfied prohibition standing, and those that make a policy err.
// Where there is a choice, the way with the fewest and nearest facts is taken:
// what is missing before what is stated otherwise, and who the operator is last
// of all. A clause is turned by giving one of its facts another value; what it
// then comes to is found by evaluating again, until the policies permit. What
// is answered has therefore been decided with those facts, and each of them is
// needed: without it the policies deny.
//
// Not each clause can be turned (what a name looks like, which subject it is),
// and the search is bounded; then there is no answer, which is not to say that
// nothing would help.
//
// Thread-safety: immutable after Make; Find may run on any number of threads.

#ifndef TARAZY_SERVER_SERVICE_REMEDY_H_
#define TARAZY_SERVER_SERVICE_REMEDY_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/pack/pack.h"
#include "server/service/facts.h"

namespace tarazy {

// One fact that would have to be otherwise.
struct Requirement {
  std::string path;    // "context.act.userNotice"
  std::string field;   // of the request; empty: a register gives it
  std::string needed;  // as policies write values; "present", "absent"
  std::string given;   // empty: missing
  uint32_t policy;     // index into Pack::decision().policies()
  std::string clause;  // of that policy, as Cedar text: what failed
};

class Remedies {
 public:
  // `pack` outlives the result.
  static absl::StatusOr<std::unique_ptr<const Remedies>> Make(const Pack& pack);

  // For a request that was denied. Empty: none was found. `binding.arena` is
  // used.
  std::vector<Requirement> Find(const Binding& binding) const;

 private:
  friend class RemedySearch;

  struct Rule {
    const Policy* policy;
    uint32_t index;  // in Pack::decision().policies()
    // By expression of the policy: its number among clauses, or -1 where it
    // joins others.
    std::vector<int> clauses;
  };

  Remedies() = default;

  PolicySet policies_;  // what the readings leave of the pack's
  std::vector<Rule> rules_;
  // Rule numbers, then clauses, then scopes of rules.
  std::vector<uint32_t> meaning_;  // by policy of the program
  size_t clause_count_ = 0;
  std::unique_ptr<const Program> program_;
  std::unique_ptr<const ResolvedProgram> resolved_;
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_SERVICE_REMEDY_H_
