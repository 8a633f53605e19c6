#include "policy/program/emitter.h"

namespace tarazy {

void Emitter::Bind(Label label) {
  std::vector<uint32_t>& jumps = jumps_[label];
  if (jumps.empty()) return;
  // A jump to the next instruction is none, unless another label led past it.
  if (jumps.back() + 1 == code_.size() && code_.back().op == Op::kJump &&
      last_bound_ != code_.size()) {
    code_.pop_back();
    jumps.pop_back();
  }
  last_bound_ = static_cast<uint32_t>(code_.size());
  for (uint32_t jump : jumps) code_[jump].target = last_bound_;
  reachable_ = true;
}

bool Emitter::IsPresent(uint32_t slot) const {
  constexpr size_t kLookBack = 16;  // or long policies take quadratic time
  // No jump leads between what is looked at and here.
  for (size_t i = code_.size(), n = 0; i > last_bound_ && n < kLookBack; ++n) {
    const Inst& inst = code_[--i];
    const bool found = inst.op == Op::kRequireSlot ||
                       (inst.op == Op::kHasSlot && inst.flags == kBranch);
    if (found && inst.a == slot) return true;
  }
  return false;
}

void Emitter::Emit(const Inst& inst) {
  if (!reachable_) return;
  if (code_.size() >= max_) return Overflow("instructions");
  code_.push_back(inst);
}

void Emitter::EmitJump(Inst inst, Label label) {
  if (!reachable_) return;
  if (code_.size() >= max_) return Overflow("instructions");
  jumps_[label].push_back(static_cast<uint32_t>(code_.size()));
  code_.push_back(inst);
}

void Emitter::Jump(Label label) {
  Inst inst;
  inst.op = Op::kJump;
  EmitJump(inst, label);
  reachable_ = false;
}

void Emitter::End(Op op, uint32_t a) {
  Inst inst;
  inst.op = op;
  inst.a = a;
  Emit(inst);
  reachable_ = false;
}

}  // namespace tarazy
