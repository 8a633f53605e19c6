#include "policy/program/policy_compiler.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "policy/eval/operations.h"
#include "policy/program/shared_conditions.h"

namespace tarazy {
namespace {

bool IsRegister(uint32_t operand, uint32_t reg) {
  return operand == MakeOperand(OperandKind::kRegister, reg);
}

// The register that is free after `operand` was left at `reg`.
uint32_t After(uint32_t operand, uint32_t reg) {
  return IsRegister(operand, reg) ? reg + 1 : reg;
}

bool AnswersBool(ExprKind kind) {
  switch (kind) {
    case ExprKind::kLike:
    case ExprKind::kIs:
    case ExprKind::kIsIn:
    case ExprKind::kIsEmpty:
    case ExprKind::kHas:
    case ExprKind::kEqual:
    case ExprKind::kNotEqual:
    case ExprKind::kLess:
    case ExprKind::kLessEqual:
    case ExprKind::kGreater:
    case ExprKind::kGreaterEqual:
    case ExprKind::kIn:
    case ExprKind::kContains:
    case ExprKind::kContainsAll:
    case ExprKind::kContainsAny:
    case ExprKind::kHasTag:
      return true;
    default:
      return false;
  }
}

struct Operator {
  Op op;
  bool invert;
};

// Operators of two operands; `>` is "not <=", as the language defines it.
Operator OperatorOf(ExprKind kind) {
  switch (kind) {
    case ExprKind::kNotEqual:
      return {Op::kEqual, true};
    case ExprKind::kLess:
      return {Op::kLess, false};
    case ExprKind::kLessEqual:
      return {Op::kLessEqual, false};
    case ExprKind::kGreater:
      return {Op::kLessEqual, true};
    case ExprKind::kGreaterEqual:
      return {Op::kLess, true};
    case ExprKind::kIn:
      return {Op::kIn, false};
    case ExprKind::kContains:
      return {Op::kContains, false};
    case ExprKind::kContainsAll:
      return {Op::kContainsAll, false};
    case ExprKind::kContainsAny:
      return {Op::kContainsAny, false};
    case ExprKind::kHasTag:
      return {Op::kHasTag, false};
    case ExprKind::kGetTag:
      return {Op::kGetTag, false};
    case ExprKind::kAdd:
      return {Op::kAdd, false};
    case ExprKind::kSubtract:
      return {Op::kSubtract, false};
    case ExprKind::kMultiply:
      return {Op::kMultiply, false};
    default:
      return {Op::kEqual, false};
  }
}

}  // namespace

const EntityUid* PolicyInstance::Filled(Var var) const {
  if (link == nullptr) return nullptr;
  return var == Var::kPrincipal ? link->principal.get() : link->resource.get();
}

const EntityUid* PolicyInstance::Entity(const ScopeConstraint& scope,
                                        Var var) const {
  if (scope.kind == ScopeConstraint::Kind::kAny ||
      scope.kind == ScopeConstraint::Kind::kIs) {
    return nullptr;
  }
  return scope.slot ? Filled(var) : &scope.entity;
}

bool PolicyCompiler::Run(PolicyScope* scope, CodeBlock* block,
                         std::string* problem) {
  FindFoldable();
  scope->principal = ScopeOf(policy_.principal, Var::kPrincipal);
  scope->resource = ScopeOf(policy_.resource, Var::kResource);
  scope->action_set = ActionSetOf(policy_.action);
  const Emitter::Label unsatisfied = emitter_.NewLabel();
  for (const auto& part : {std::make_pair(scope->principal, Var::kPrincipal),
                           std::make_pair(scope->resource, Var::kResource)}) {
    // The index has matched the entity, this matches the type.
    if (part.first.kind != ScopeConstraint::Kind::kIsIn) continue;
    const uint32_t var =
        MakeOperand(OperandKind::kVar, static_cast<uint32_t>(part.second));
    Emit(Op::kIs, false, var, part.first.type, ToLabel(false, unsatisfied));
  }
  for (const Condition& condition : policy_.conditions) {
    if (keep_value_) {
      MoveTo(0, CompileValue(condition.body, 0));
      continue;
    }
    CompileCondition(condition.body, condition.unless, unsatisfied);
  }
  emitter_.End(Op::kSatisfied);
  emitter_.Bind(unsatisfied);
  emitter_.End(Op::kUnsatisfied);
  return Append(block, problem);
}

bool PolicyCompiler::RunCondition(ExprId id, CodeBlock* block,
                                  std::string* problem) {
  FindFoldable();
  const Emitter::Label unsatisfied = emitter_.NewLabel();
  CompileBranch(id, false, unsatisfied, 0);
  emitter_.End(Op::kSatisfied);
  emitter_.Bind(unsatisfied);
  emitter_.End(Op::kUnsatisfied);
  return Append(block, problem);
}

void PolicyCompiler::CompileCondition(ExprId id, bool when,
                                      Emitter::Label target) {
  const Expr& e = policy_.exprs[id];
  // Each part jumps to `target` by itself.
  const ExprKind splits = when ? ExprKind::kOr : ExprKind::kAnd;
  if (e.kind == splits) {
    CompileCondition(e.args[0], when, target);
    return CompileCondition(e.args[1], when, target);
  }
  const absl::optional<uint32_t> condition =
      shared_ == nullptr ? absl::nullopt : shared_->Find(instance_, id);
  if (!condition) return CompileBranch(id, when, target, 0);
  Emit(Op::kCondition, false, *condition, 0, ToLabel(when, target));
}

bool PolicyCompiler::Append(CodeBlock* block, std::string* problem) {
  if (!emitter_.problem().empty()) {
    *problem = emitter_.problem();
    return false;
  }
  std::vector<Inst>& code = pools_.rep()->code;
  block->begin = static_cast<uint32_t>(code.size());
  code.insert(code.end(), emitter_.code().begin(), emitter_.code().end());
  block->end = static_cast<uint32_t>(code.size());
  return true;
}

uint32_t PolicyCompiler::CompileValue(ExprId id, uint32_t reg) {
  const Expr& e = policy_.exprs[id];
  switch (e.kind) {
    case ExprKind::kBool:
      return ConstantOperand(Value::Bool(e.number != 0));
    case ExprKind::kLong:
      return ConstantOperand(Value::Long(e.number));
    case ExprKind::kString:
      return ConstantOperand(Value::String(e.text));
    case ExprKind::kEntity:
      return ConstantOperand(EntityValue(e.text, e.text2));
    case ExprKind::kVar:
      if (static_cast<Var>(e.number) == Var::kContext) {
        return SlotOperand(Var::kContext, {});
      }
      return MakeOperand(OperandKind::kVar, static_cast<uint32_t>(e.number));
    case ExprKind::kSlot: {
      const EntityUid* uid = instance_.Filled(static_cast<Var>(e.number));
      if (uid == nullptr) return Fail(EvalErrorCode::kUnlinkedSlot);
      return ConstantOperand(EntityValue(uid->type, uid->id));
    }
    case ExprKind::kNot:
    case ExprKind::kAnd:
    case ExprKind::kOr:
      return CompileShortCircuit(id, reg);
    case ExprKind::kIf:
      return CompileIf(e, reg);
    case ExprKind::kGetAttr:
      return CompileAttribute(id, reg);
    case ExprKind::kSet:
      return CompileSet(e, reg);
    case ExprKind::kRecord:
      return CompileRecord(e, reg);
    case ExprKind::kCall:
      return CompileCall(e, ToRegister(Register(reg)), reg);
    case ExprKind::kNegate: {
      const uint32_t a = CompileValue(e.args[0], reg);
      return Operate(Op::kNegate, false, a, 0, ToRegister(Register(reg)));
    }
    case ExprKind::kAdd:
    case ExprKind::kSubtract:
    case ExprKind::kMultiply:
    case ExprKind::kGetTag: {
      const uint32_t a = CompileValue(e.args[0], reg);
      const uint32_t b = CompileValue(e.args[1], After(a, reg));
      return Operate(OperatorOf(e.kind).op, false, a, b,
                     ToRegister(Register(reg)));
    }
    default:
      return CompileBool(e, ToRegister(Register(reg)), reg);
  }
}

void PolicyCompiler::CompileBranch(ExprId id, bool when, Emitter::Label target,
                                   uint32_t reg) {
  const Expr& e = policy_.exprs[id];
  switch (e.kind) {
    case ExprKind::kNot:
      return CompileBranch(e.args[0], !when, target, reg);
    case ExprKind::kAnd:
    case ExprKind::kOr: {
      // The left side decides alone when it is false (and) or true (or).
      const bool decides = e.kind == ExprKind::kOr;
      if (when == decides) {
        CompileBranch(e.args[0], decides, target, reg);
        return CompileBranch(e.args[1], decides, target, reg);
      }
      const Emitter::Label over = emitter_.NewLabel();
      CompileBranch(e.args[0], decides, over, reg);
      CompileBranch(e.args[1], when, target, reg);
      return emitter_.Bind(over);
    }
    case ExprKind::kIf: {
      const Emitter::Label otherwise = emitter_.NewLabel();
      const Emitter::Label end = emitter_.NewLabel();
      CompileBranch(e.args[0], false, otherwise, reg);
      CompileBranch(e.args[1], when, target, reg);
      emitter_.Jump(end);
      emitter_.Bind(otherwise);
      CompileBranch(e.args[2], when, target, reg);
      return emitter_.Bind(end);
    }
    case ExprKind::kCall: {
      const auto function = FindFunction(e.text);
      if (function && Info(FunctionOp(*function)).result == Result::kBool) {
        CompileCall(e, ToLabel(when, target), reg);
        return;
      }
      break;
    }
    default:
      if (AnswersBool(e.kind)) {
        CompileBool(e, ToLabel(when, target), reg);
        return;
      }
  }
  const uint32_t value = CompileValue(id, reg);
  Operate(Op::kTest, false, value, 0, ToLabel(when, target));
}

uint32_t PolicyCompiler::CompileBool(const Expr& e, Destination to,
                                     uint32_t reg) {
  switch (e.kind) {
    case ExprKind::kHas:
      return CompileHas(e, to, reg);
    case ExprKind::kIsIn:
      return CompileIsIn(e, to, reg);
    case ExprKind::kIs: {
      const uint32_t a = CompileValue(e.args[0], reg);
      return Operate(Op::kIs, false, a, pools_.rep()->symbols.FindType(e.text),
                     to);
    }
    case ExprKind::kLike: {
      const uint32_t a = CompileValue(e.args[0], reg);
      return Operate(Op::kLike, false, a, pools_.Pattern(e.pattern), to);
    }
    case ExprKind::kIsEmpty: {
      const uint32_t a = CompileValue(e.args[0], reg);
      return Operate(Op::kIsEmpty, false, a, 0, to);
    }
    default: {
      const Operator op = OperatorOf(e.kind);
      const uint32_t a = CompileValue(e.args[0], reg);
      const uint32_t b = CompileValue(e.args[1], After(a, reg));
      return Operate(op.op, op.invert, a, b, to);
    }
  }
}

uint32_t PolicyCompiler::CompileShortCircuit(ExprId id, uint32_t reg) {
  const Emitter::Label is_false = emitter_.NewLabel();
  const Emitter::Label end = emitter_.NewLabel();
  const size_t before = emitter_.code().size();
  CompileBranch(id, false, is_false, reg);
  if (emitter_.code().size() == before && emitter_.reachable()) {
    return ConstantOperand(Value::Bool(true));
  }
  MoveTo(reg, ConstantOperand(Value::Bool(true)));
  emitter_.Jump(end);
  emitter_.Bind(is_false);
  MoveTo(reg, ConstantOperand(Value::Bool(false)));
  emitter_.Bind(end);
  return MakeOperand(OperandKind::kRegister, reg);
}

uint32_t PolicyCompiler::CompileIf(const Expr& e, uint32_t reg) {
  const Emitter::Label otherwise = emitter_.NewLabel();
  const Emitter::Label end = emitter_.NewLabel();
  CompileBranch(e.args[0], false, otherwise, reg);
  MoveTo(reg, CompileValue(e.args[1], reg));
  emitter_.Jump(end);
  emitter_.Bind(otherwise);
  MoveTo(reg, CompileValue(e.args[2], reg));
  emitter_.Bind(end);
  return MakeOperand(OperandKind::kRegister, reg);
}

bool PolicyCompiler::PathOf(ExprId id, Var* root,
                            std::vector<std::string>* path) const {
  const Expr* e = &policy_.exprs[id];
  while (e->kind == ExprKind::kGetAttr) {
    path->push_back(e->text);
    e = &policy_.exprs[e->args[0]];
  }
  if (e->kind != ExprKind::kVar) return false;
  std::reverse(path->begin(), path->end());
  *root = static_cast<Var>(e->number);
  return true;
}

uint32_t PolicyCompiler::SlotOperand(Var root,
                                     const std::vector<std::string>& path) {
  return MakeOperand(OperandKind::kSlot, pools_.Fact(root, path, true));
}

uint32_t PolicyCompiler::CompileAttribute(ExprId id, uint32_t reg) {
  Var root;
  std::vector<std::string> path;
  if (PathOf(id, &root, &path)) return SlotOperand(root, path);
  const Expr& e = policy_.exprs[id];
  const uint32_t base = CompileValue(e.args[0], reg);
  const Value* known = ConstantOf(base);
  if (known != nullptr && known->tag() == ValueTag::kRecord) {
    const Value* field = known->as_record().Find(e.text);
    if (field == nullptr) return Fail(EvalErrorCode::kMissingAttribute);
    return ConstantOperand(*field);
  }
  return Emit(Op::kGetAttr, false, base, pools_.Name(e.text),
              ToRegister(Register(reg)));
}

uint32_t PolicyCompiler::CompileHas(const Expr& e, Destination to,
                                    uint32_t reg) {
  Var root;
  std::vector<std::string> path;
  if (PathOf(e.args[0], &root, &path)) {
    // `has` is false of what is not there, but what stands left of it is an
    // attribute access, which errs.
    if (!path.empty()) {
      Inst require;
      require.op = Op::kRequireSlot;
      require.a = pools_.Fact(root, path, false);
      if (!emitter_.IsPresent(require.a)) emitter_.Emit(require);
    }
    path.insert(path.end(), e.path.begin(), e.path.end());
    return Emit(Op::kHasSlot, false, pools_.Fact(root, path, false), 0, to);
  }
  uint32_t base = CompileValue(e.args[0], reg);
  const Emitter::Label absent =
      to.branch && !to.when ? to.target : emitter_.NewLabel();
  for (size_t i = 0; i + 1 < e.path.size(); ++i) {
    const uint32_t name = pools_.Name(e.path[i]);
    Emit(Op::kHasAttr, false, base, name, ToLabel(false, absent));
    base = Emit(Op::kGetAttr, false, base, name, ToRegister(Register(reg)));
  }
  const uint32_t last = pools_.Name(e.path.back());
  const uint32_t result = Emit(Op::kHasAttr, false, base, last, to);
  if (!emitter_.IsUsed(absent) || (to.branch && !to.when)) return result;
  if (to.branch) {
    emitter_.Bind(absent);
    return result;
  }
  const Emitter::Label end = emitter_.NewLabel();
  emitter_.Jump(end);
  emitter_.Bind(absent);
  MoveTo(to.dst, ConstantOperand(Value::Bool(false)));
  emitter_.Bind(end);
  return MakeOperand(OperandKind::kRegister, to.dst);
}

uint32_t PolicyCompiler::CompileIsIn(const Expr& e, Destination to,
                                     uint32_t reg) {
  const uint32_t a = CompileValue(e.args[0], reg);
  const uint32_t type = pools_.rep()->symbols.FindType(e.text);
  if (to.branch && !to.when) {
    Operate(Op::kIs, false, a, type, ToLabel(false, to.target));
    const uint32_t b = CompileValue(e.args[1], After(a, reg));
    return Operate(Op::kIn, false, a, b, to);
  }
  const Emitter::Label other = emitter_.NewLabel();
  const Emitter::Label end = emitter_.NewLabel();
  Operate(Op::kIs, false, a, type, ToLabel(false, other));
  const uint32_t b = CompileValue(e.args[1], After(a, reg));
  const uint32_t result = Operate(Op::kIn, false, a, b, to);
  if (to.branch) {
    emitter_.Bind(other);
    return result;
  }
  MoveTo(to.dst, result);
  emitter_.Jump(end);
  emitter_.Bind(other);
  MoveTo(to.dst, ConstantOperand(Value::Bool(false)));
  emitter_.Bind(end);
  return MakeOperand(OperandKind::kRegister, to.dst);
}

}  // namespace tarazy
