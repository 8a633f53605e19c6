#include "policy/program/verifier.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "policy/eval/evaluator.h"

namespace tarazy {
namespace {

// Written registers are always a run from 0, so a count says which they are.
constexpr uint32_t kUnreached = std::numeric_limits<uint32_t>::max();

constexpr uint32_t kMaxRegisters =
    uint32_t{std::numeric_limits<decltype(Inst::dst)>::max()} + 1;

class BlockVerifier {
 public:
  // `shared`: the block is that of a condition.
  BlockVerifier(const Program::Rep& rep, const CodeBlock& block, bool shared)
      : rep_(rep), block_(block), shared_(shared) {}

  absl::Status Run();

 private:
  absl::Status Wrong(uint32_t at, absl::string_view what) const {
    return absl::InternalError(absl::StrCat("instruction ", at, ": ", what));
  }
  // Null, or what is wrong.
  const char* CheckField(Field field, uint32_t value, const Inst& inst,
                         uint32_t written) const;
  const char* CheckOperand(uint32_t operand, uint32_t written) const;
  const char* Flow(const Inst& inst, uint32_t at, uint32_t written);
  void Reach(uint32_t at, uint32_t written) {
    written_[at] = std::min(written_[at], written);
  }

  const Program::Rep& rep_;
  const CodeBlock block_;
  const bool shared_;
  // Registers that are written on every path that reaches an instruction.
  std::vector<uint32_t> written_;
};

const char* BlockVerifier::CheckOperand(uint32_t operand,
                                        uint32_t written) const {
  const uint32_t index = IndexOf(operand);
  switch (KindOf(operand)) {
    case OperandKind::kRegister:
      return index < written ? nullptr : "a register is read unwritten";
    case OperandKind::kConstant:
      return index < rep_.constants.size() ? nullptr : "no such constant";
    case OperandKind::kSlot:
      return index < rep_.facts.size() ? nullptr : "no such slot";
    case OperandKind::kVar:
      return index <= static_cast<uint32_t>(Var::kResource)
                 ? nullptr
                 : "no such variable";
  }
  return "no such kind of operand";
}

const char* BlockVerifier::CheckField(Field field, uint32_t value,
                                      const Inst& inst,
                                      uint32_t written) const {
  switch (field) {
    case Field::kNone:
      return nullptr;
    case Field::kOperand:
      return CheckOperand(value, written);
    case Field::kSlot:
      return value < rep_.facts.size() ? nullptr : "no such slot";
    case Field::kType:
      return value - 1 < rep_.symbols.types().size() ? nullptr : "no such type";
    case Field::kPattern:
      return value < rep_.patterns.size() ? nullptr : "no such pattern";
    case Field::kName:
      return value < rep_.names.size() ? nullptr : "no such name";
    case Field::kErrorCode:
      return value <= static_cast<uint32_t>(EvalErrorCode::kTooDeep)
                 ? nullptr
                 : "no such error";
    case Field::kEntity:
      return value - 1 < rep_.symbols.entities().size() ? nullptr
                                                        : "no such entity";
    case Field::kCondition:
      if (shared_) return "a condition refers to another";
      return value < rep_.conditions.size() ? nullptr : "no such condition";
    case Field::kFirstRegister: {
      uint64_t count = inst.b;
      if (inst.op == Op::kMakeRecord) {
        if (inst.b >= rep_.shapes.size()) return "no such shape";
        count = rep_.shapes[inst.b].size();
      }
      return value + count <= written ? nullptr
                                      : "a register is read unwritten";
    }
    case Field::kShape:
    case Field::kCount:
      return nullptr;  // checked with the first register
  }
  return "no such field";
}

const char* BlockVerifier::Flow(const Inst& inst, uint32_t at,
                                uint32_t written) {
  const uint32_t size = block_.end - block_.begin;
  const Result result = Info(inst.op).result;
  if (result == Result::kEnds) return nullptr;
  const bool branches =
      result == Result::kJumps ||
      (result == Result::kBool && (inst.flags & kBranch) != 0);
  if (branches) {
    if (inst.target <= at || inst.target >= size) {
      return "a jump does not go forwards inside its block";
    }
    Reach(inst.target, written);
    if (result == Result::kJumps) return nullptr;
  } else if (result == Result::kBool || result == Result::kValue) {
    if (inst.dst > written) return "a register is skipped";
    if (inst.dst >= rep_.registers) return "no such register";
    written = std::max(written, inst.dst + uint32_t{1});
  }
  if (at + 1 >= size) return "the block does not end";
  Reach(at + 1, written);
  return nullptr;
}

absl::Status BlockVerifier::Run() {
  if (block_.begin >= block_.end || block_.end > rep_.code.size()) {
    return absl::InternalError("a policy has no code");
  }
  const uint32_t size = block_.end - block_.begin;
  written_.assign(size, kUnreached);
  written_[0] = 0;
  for (uint32_t at = 0; at < size; ++at) {
    const uint32_t written = written_[at];
    const Inst& inst = rep_.code[block_.begin + at];
    if (static_cast<int>(inst.op) >= kOpCount) {
      return Wrong(block_.begin + at, "no such operation");
    }
    const OpInfo& info = Info(inst.op);
    const char* wrong = CheckField(info.a, inst.a, inst, written);
    if (wrong == nullptr) wrong = CheckField(info.b, inst.b, inst, written);
    // What no path reaches is never run, but tools print it.
    if (wrong == nullptr && written != kUnreached) {
      wrong = Flow(inst, at, written);
    }
    if (wrong != nullptr) return Wrong(block_.begin + at, wrong);
  }
  return absl::OkStatus();
}

bool ScopeIsSound(const Program::Rep& rep, const ScopePart& part) {
  using Kind = ScopeConstraint::Kind;
  const bool has_type = part.kind == Kind::kIs || part.kind == Kind::kIsIn;
  const bool has_entity = part.kind == Kind::kEqual || part.kind == Kind::kIn ||
                          part.kind == Kind::kIsIn;
  if (has_type && part.type - 1 >= rep.symbols.types().size()) return false;
  return !has_entity || part.entity - 1 < rep.symbols.entities().size();
}

}  // namespace

absl::Status VerifyProgram(const Program::Rep& rep) {
  if (rep.policies.size() != rep.blocks.size() ||
      rep.policies.size() != rep.scopes.size()) {
    return absl::InternalError("the tables of policies differ in length");
  }
  // An evaluation makes room for all of them.
  if (rep.registers > kMaxRegisters) {
    return absl::InternalError("more registers than instructions can name");
  }
  for (const LikePattern& pattern : rep.patterns) {
    if (pattern.pieces.empty()) {
      return absl::InternalError("a pattern has no piece");
    }
  }
  for (const ActionSet& set : rep.action_sets) {
    for (uint32_t entity : set.entities) {
      if (entity - 1 >= rep.symbols.entities().size()) {
        return absl::InternalError("an action set names no entity");
      }
    }
  }
  for (size_t i = 0; i < rep.blocks.size(); ++i) {
    const PolicyScope& scope = rep.scopes[i];
    if (!ScopeIsSound(rep, scope.principal) ||
        !ScopeIsSound(rep, scope.resource) ||
        scope.action_set >= rep.action_sets.size()) {
      return absl::InternalError(absl::StrCat("policy ", i, ": bad scope"));
    }
    const absl::Status status = BlockVerifier(rep, rep.blocks[i], false).Run();
    if (!status.ok()) return status;
  }
  for (const CodeBlock& block : rep.conditions) {
    const absl::Status status = BlockVerifier(rep, block, true).Run();
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace tarazy
