// One policy to one block of instructions.

#ifndef TARAZY_POLICY_PROGRAM_POLICY_COMPILER_H_
#define TARAZY_POLICY_PROGRAM_POLICY_COMPILER_H_

#include <string>
#include <vector>

#include "absl/types/optional.h"
#include "policy/cedar/ast.h"
#include "policy/eval/evaluator.h"
#include "policy/program/emitter.h"
#include "policy/program/pools.h"

namespace tarazy {

// A static policy, or a template with what fills its slots.
struct PolicyInstance {
  const Policy* policy = nullptr;
  const TemplateLink* link = nullptr;  // null: a static policy

  const std::string& id() const { return link ? link->id : policy->id; }
  // The entity in slot `var`, or null.
  const EntityUid* Filled(Var var) const;
  // The entity that a scope constraint names, or null.
  const EntityUid* Entity(const ScopeConstraint& scope, Var var) const;
};

class SharedConditions;

class PolicyCompiler {
 public:
  // `shared` may be null: then no condition is shared.
  PolicyCompiler(Pools* pools, const PolicyInstance& instance,
                 SharedConditions* shared, const CompileOptions& options)
      : pools_(*pools),
        instance_(instance),
        policy_(*instance.policy),
        shared_(shared),
        keep_value_(options.keep_value),
        emitter_(options.max_instructions_per_policy) {}

  // Appends the block to the program. False when it is over a limit;
  // `problem` then says which.
  bool Run(PolicyScope* scope, CodeBlock* block, std::string* problem);

  // The same for one expression by itself, as a shared condition.
  bool RunCondition(ExprId id, CodeBlock* block, std::string* problem);

 private:
  // Where a boolean goes: to a jump when it is `when`, or into `dst`.
  struct Destination {
    bool branch;
    bool when;
    Emitter::Label target;
    uint16_t dst;
  };

  // CompileBranch for what stands at the top of a condition, parts of which
  // may be shared.
  void CompileCondition(ExprId id, bool when, Emitter::Label target);
  bool Append(CodeBlock* block, std::string* problem);
  // Code that leaves the value of `id` in the operand it returns, which is
  // register `reg` or something that needs no code.
  uint32_t CompileValue(ExprId id, uint32_t reg);
  // Code that jumps to `target` if `id` is `when`, and else goes on.
  void CompileBranch(ExprId id, bool when, Emitter::Label target, uint32_t reg);
  // The same, for either destination; only for expressions that give booleans.
  uint32_t CompileBool(const Expr& e, Destination to, uint32_t reg);

  uint32_t CompileShortCircuit(ExprId id, uint32_t reg);
  uint32_t CompileIf(const Expr& e, uint32_t reg);
  uint32_t CompileAttribute(ExprId id, uint32_t reg);
  uint32_t CompileSet(const Expr& e, uint32_t reg);
  uint32_t CompileRecord(const Expr& e, uint32_t reg);
  uint32_t CompileCall(const Expr& e, Destination to, uint32_t reg);
  uint32_t CompileHas(const Expr& e, Destination to, uint32_t reg);
  uint32_t CompileIsIn(const Expr& e, Destination to, uint32_t reg);

  // Emits an operation on operands, or folds it.
  uint32_t Operate(Op op, bool invert, uint32_t a, uint32_t b, Destination to);
  // The same without folding.
  uint32_t Emit(Op op, bool invert, uint32_t a, uint32_t b, Destination to);
  void Specialise(Inst* inst) const;
  // A boolean that is known.
  uint32_t Known(bool value, Destination to);
  uint32_t Fail(EvalErrorCode code);
  void MoveTo(uint32_t reg, uint32_t operand);

  // Finds the expressions whose value does not depend on the request; their
  // CompileValue emits nothing, unless it is an error, and gives a constant.
  void FindFoldable();
  bool AllFoldable(const Expr& e) const;

  // The attributes of `id` from a variable, if that is all it is.
  bool PathOf(ExprId id, Var* root, std::vector<std::string>* path) const;
  uint32_t SlotOperand(Var root, const std::vector<std::string>& path);
  uint32_t ConstantOperand(const Value& value) {
    return MakeOperand(OperandKind::kConstant, pools_.Constant(value));
  }
  const Value* ConstantOf(uint32_t operand) const {
    return KindOf(operand) == OperandKind::kConstant
               ? &pools_.rep()->constants[IndexOf(operand)]
               : nullptr;
  }
  Value EntityValue(const std::string& type, const std::string& id) const;
  uint16_t Register(uint32_t reg);
  static Destination ToRegister(uint32_t reg) {
    return {false, false, 0, static_cast<uint16_t>(reg)};
  }
  static Destination ToLabel(bool when, Emitter::Label target) {
    return {true, when, target, 0};
  }

  ScopePart ScopeOf(const ScopeConstraint& constraint, Var var) const;
  uint32_t ActionSetOf(const ActionConstraint& constraint);

  Pools& pools_;
  const PolicyInstance instance_;
  const Policy& policy_;
  SharedConditions* shared_;
  const bool keep_value_;
  Emitter emitter_;
  std::vector<bool> foldable_;  // by ExprId
};

}  // namespace tarazy

#endif  // TARAZY_POLICY_PROGRAM_POLICY_COMPILER_H_
