// Instructions of one block while it is written: labels, and no code where
// none can be reached.

#ifndef TARAZY_POLICY_PROGRAM_EMITTER_H_
#define TARAZY_POLICY_PROGRAM_EMITTER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "policy/program/instruction.h"

namespace tarazy {

class Emitter {
 public:
  using Label = uint32_t;

  explicit Emitter(uint32_t max_instructions) : max_(max_instructions) {}

  Label NewLabel() {
    jumps_.emplace_back();
    return static_cast<Label>(jumps_.size() - 1);
  }
  // Code from here on is where `label` leads.
  void Bind(Label label);
  bool IsUsed(Label label) const { return !jumps_[label].empty(); }

  // Dropped where it could not be reached.
  void Emit(const Inst& inst);
  // An instruction that jumps to `label`.
  void EmitJump(Inst inst, Label label);
  void Jump(Label label);
  void End(Op op, uint32_t a = 0);

  // Whether code that goes on from here has just asked for the fact of `slot`
  // and found it present.
  bool IsPresent(uint32_t slot) const;

  bool reachable() const { return reachable_; }
  const std::vector<Inst>& code() const { return code_; }

  // Limits met on the way; the code is then useless.
  void Overflow(const char* problem) {
    if (problem_.empty()) problem_ = problem;
  }
  const std::string& problem() const { return problem_; }

 private:
  std::vector<Inst> code_;
  std::vector<std::vector<uint32_t>> jumps_;  // by label
  bool reachable_ = true;
  uint32_t last_bound_ = 0;  // where a label was last bound
  uint32_t max_;
  std::string problem_;
};

}  // namespace tarazy

#endif  // TARAZY_POLICY_PROGRAM_EMITTER_H_
