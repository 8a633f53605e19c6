// The part of PolicyCompiler that makes operands: constants and their folding,
// sets, records, calls, scopes.

#include <algorithm>
#include <numeric>

#include "policy/eval/aggregate.h"
#include "policy/eval/operations.h"
#include "policy/program/policy_compiler.h"

namespace tarazy {
namespace {

constexpr uint32_t kMaxRegister = 0xfffe;

bool FoldsWithItsOperands(ExprKind kind) {
  switch (kind) {
    case ExprKind::kNegate:
    case ExprKind::kAdd:
    case ExprKind::kSubtract:
    case ExprKind::kMultiply:
    case ExprKind::kEqual:
    case ExprKind::kNotEqual:
    case ExprKind::kLess:
    case ExprKind::kLessEqual:
    case ExprKind::kGreater:
    case ExprKind::kGreaterEqual:
    case ExprKind::kContains:
    case ExprKind::kContainsAll:
    case ExprKind::kContainsAny:
    case ExprKind::kIsEmpty:
    case ExprKind::kSet:
    case ExprKind::kRecord:
    case ExprKind::kCall:
      return true;
    default:
      return false;
  }
}

}  // namespace

void PolicyCompiler::FindFoldable() {
  foldable_.assign(policy_.exprs.size(), false);
  for (size_t i = 0; i < policy_.exprs.size(); ++i) {
    const Expr& e = policy_.exprs[i];
    switch (e.kind) {
      case ExprKind::kBool:
      case ExprKind::kLong:
      case ExprKind::kString:
      case ExprKind::kEntity:
      case ExprKind::kSlot:
        foldable_[i] = true;
        break;
      default:
        foldable_[i] = FoldsWithItsOperands(e.kind) && AllFoldable(e);
    }
  }
}

bool PolicyCompiler::AllFoldable(const Expr& e) const {
  return std::all_of(e.args.begin(), e.args.end(),
                     [this](ExprId arg) { return foldable_[arg]; });
}

uint16_t PolicyCompiler::Register(uint32_t reg) {
  if (reg > kMaxRegister) {
    emitter_.Overflow("registers");
    return 0;
  }
  uint32_t* most = &pools_.rep()->registers;
  *most = std::max(*most, reg + 1);
  return static_cast<uint16_t>(reg);
}

Value PolicyCompiler::EntityValue(const std::string& type,
                                  const std::string& id) const {
  return Value::Entity(pools_.rep()->symbols.Find(type, id));
}

uint32_t PolicyCompiler::Fail(EvalErrorCode code) {
  emitter_.End(Op::kError, static_cast<uint32_t>(code));
  return ConstantOperand(Value::Bool(false));  // nothing will read it
}

void PolicyCompiler::MoveTo(uint32_t reg, uint32_t operand) {
  if (operand == MakeOperand(OperandKind::kRegister, reg)) return;
  Emit(Op::kMove, false, operand, 0, ToRegister(Register(reg)));
}

uint32_t PolicyCompiler::Known(bool value, Destination to) {
  if (to.branch && value == to.when) emitter_.Jump(to.target);
  return ConstantOperand(Value::Bool(value));
}

// Most conditions test a fact, or compare one with an entity that is written
// there: these have instructions of their own, which need not look at kinds.
void PolicyCompiler::Specialise(Inst* inst) const {
  if (inst->op == Op::kTest && KindOf(inst->a) == OperandKind::kSlot) {
    inst->op = Op::kTestSlot;
    inst->a = IndexOf(inst->a);
  }
  if (inst->op != Op::kEqual || KindOf(inst->a) != OperandKind::kSlot) return;
  const Value* constant = ConstantOf(inst->b);
  if (constant == nullptr || constant->tag() != ValueTag::kEntity) return;
  inst->op = Op::kSlotIs;
  inst->a = IndexOf(inst->a);
  inst->b = constant->as_entity().known;
}

uint32_t PolicyCompiler::Emit(Op op, bool invert, uint32_t a, uint32_t b,
                              Destination to) {
  Inst inst;
  inst.op = op;
  inst.a = a;
  inst.b = b;
  Specialise(&inst);
  if (to.branch) {
    inst.flags = kBranch | (to.when != invert ? kWhen : 0);
    emitter_.EmitJump(inst, to.target);
    return 0;
  }
  inst.flags = invert ? kInvert : 0;
  inst.dst = to.dst;
  emitter_.Emit(inst);
  return MakeOperand(OperandKind::kRegister, to.dst);
}

uint32_t PolicyCompiler::Operate(Op op, bool invert, uint32_t a, uint32_t b,
                                 Destination to) {
  const Value* x = ConstantOf(a);
  if (x == nullptr) return Emit(op, invert, a, b, to);
  if (op == Op::kIs) {
    if (x->tag() != ValueTag::kEntity) return Fail(EvalErrorCode::kTypeError);
    return Known(x->as_entity().known_type == b, to);
  }
  if (op == Op::kLike) {
    if (x->tag() != ValueTag::kString) return Fail(EvalErrorCode::kTypeError);
    return Known(pools_.rep()->patterns[b].Matches(x->as_string()), to);
  }
  const bool binary = Info(op).b == Field::kOperand;
  const Value* y = binary ? ConstantOf(b) : x;
  if (!IsPureOperation(op) || y == nullptr) return Emit(op, invert, a, b, to);
  Value result;
  EvalErrorCode error;
  if (!ApplyOperation(op, *x, *y, pools_.arena(), &result, &error)) {
    return Fail(error);
  }
  if (Info(op).result == Result::kBool) {
    return Known(result.as_bool() != invert, to);
  }
  return ConstantOperand(result);
}

uint32_t PolicyCompiler::CompileSet(const Expr& e, uint32_t reg) {
  if (AllFoldable(e)) {
    std::vector<Value> items;
    items.reserve(e.args.size());
    for (ExprId arg : e.args) {
      items.push_back(*ConstantOf(CompileValue(arg, reg)));
    }
    return ConstantOperand(MakeSet(items.data(), items.size(), pools_.arena()));
  }
  const uint32_t count = static_cast<uint32_t>(e.args.size());
  for (uint32_t i = 0; i < count; ++i) {
    MoveTo(reg + i, CompileValue(e.args[i], reg + i));
  }
  return Emit(Op::kMakeSet, false, reg, count, ToRegister(Register(reg)));
}

uint32_t PolicyCompiler::CompileRecord(const Expr& e, uint32_t reg) {
  std::vector<uint32_t> order(e.args.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](uint32_t a, uint32_t b) { return e.path[a] < e.path[b]; });
  if (AllFoldable(e)) {
    std::vector<RecordField> fields;
    fields.reserve(order.size());
    for (uint32_t i : order) {
      fields.push_back({e.path[i], *ConstantOf(CompileValue(e.args[i], reg))});
    }
    return ConstantOperand(
        MakeRecord(fields.data(), fields.size(), pools_.arena()));
  }
  std::vector<absl::string_view> names;
  for (uint32_t i : order) {
    names.push_back(pools_.rep()->names[pools_.Name(e.path[i])]);
    const uint32_t to = reg + static_cast<uint32_t>(names.size()) - 1;
    MoveTo(to, CompileValue(e.args[i], to));
  }
  return Emit(Op::kMakeRecord, false, reg, pools_.Shape(names),
              ToRegister(Register(reg)));
}

uint32_t PolicyCompiler::CompileCall(const Expr& e, Destination to,
                                     uint32_t reg) {
  const auto function = FindFunction(e.text);
  if (!function || Info(*function).arguments != e.args.size()) {
    return Fail(EvalErrorCode::kExtension);
  }
  const uint32_t a = CompileValue(e.args[0], reg);
  uint32_t b = 0;
  if (e.args.size() == 2) {
    const bool in_register = a == MakeOperand(OperandKind::kRegister, reg);
    b = CompileValue(e.args[1], in_register ? reg + 1 : reg);
  }
  return Operate(FunctionOp(*function), false, a, b, to);
}

ScopePart PolicyCompiler::ScopeOf(const ScopeConstraint& constraint,
                                  Var var) const {
  const Symbols& symbols = pools_.rep()->symbols;
  ScopePart part;
  part.kind = constraint.kind;
  if (constraint.kind == ScopeConstraint::Kind::kIs ||
      constraint.kind == ScopeConstraint::Kind::kIsIn) {
    part.type = symbols.FindType(constraint.type);
  }
  const EntityUid* uid = instance_.Entity(constraint, var);
  if (uid != nullptr) part.entity = symbols.Find(uid->type, uid->id)->known;
  return part;
}

uint32_t PolicyCompiler::ActionSetOf(const ActionConstraint& constraint) {
  ActionSet set;
  set.kind = constraint.kind;
  for (const EntityUid& uid : constraint.entities) {
    set.entities.push_back(pools_.rep()->symbols.Find(uid.type, uid.id)->known);
  }
  std::sort(set.entities.begin(), set.entities.end());
  set.entities.erase(std::unique(set.entities.begin(), set.entities.end()),
                     set.entities.end());
  return pools_.Actions(set);
}

}  // namespace tarazy
