#include "policy/eval/machine.h"

#include "absl/base/attributes.h"
#include "policy/eval/aggregate.h"
#include "policy/eval/operations.h"

namespace tarazy {

Machine::Machine(const Program::Rep& program, const ScopeRequest& request,
                 FactReader* facts, Evaluation::Rep* state)
    : program_(program),
      code_(program.code.data()),
      entities_(request.entities),
      reader_(facts),
      state_(*state),
      registers_(state->registers.data()),
      read_by_(state->read_by.data()),
      decision_(state->decision),
      variables_{Value::Entity(request.principal),
                 Value::Entity(request.action),
                 Value::Entity(request.resource)},
      operands_{registers_, program.constants.data(), state->facts.data(),
                variables_} {}

inline bool Machine::Fail(EvalErrorCode code) {
  error_ = code;
  error_slot_ = PolicyError::kNoSlot;
  return false;
}

inline bool Machine::FailSlot(uint32_t slot) {
  error_ = reader_->WhyMissing(slot);
  error_slot_ = slot;
  return false;
}

inline bool Machine::FailTest(uint32_t slot) {
  return state_.facts[slot].missing() ? FailSlot(slot)
                                      : Fail(EvalErrorCode::kTypeError);
}

// Out of line: most of the facts that instructions look at have been read.
ABSL_ATTRIBUTE_NOINLINE void Machine::ReadFact(uint32_t slot) {
  state_.facts[slot] = reader_->Read(slot);
  read_by_[slot] = decision_;
}

inline const Value& Machine::Fact(uint32_t slot) {
  if (ABSL_PREDICT_FALSE(read_by_[slot] != decision_)) ReadFact(slot);
  return operands_[static_cast<int>(OperandKind::kSlot)][slot];
}

inline const Value* Machine::Load(uint32_t operand) {
  const uint32_t index = IndexOf(operand);
  const OperandKind kind = KindOf(operand);
  if (kind == OperandKind::kSlot && Fact(index).missing()) {
    FailSlot(index);
    return nullptr;
  }
  return operands_[static_cast<int>(kind)] + index;
}

inline const Inst* Machine::Next(const Inst* code, const Inst* inst,
                                 bool answer) {
  if (ABSL_PREDICT_TRUE((inst->flags & kBranch) != 0)) {
    return answer == ((inst->flags & kWhen) != 0) ? code + inst->target
                                                  : inst + 1;
  }
  registers_[inst->dst] = Value::Bool(answer != ((inst->flags & kInvert) != 0));
  return inst + 1;
}

bool Machine::AnswerHasMissing(uint32_t slot) {
  if (reader_->WhyMissing(slot) == EvalErrorCode::kTypeError) {
    return FailSlot(slot);
  }
  return true;
}

bool Machine::AskOperands(const Inst& inst, bool* answer) {
  const Value* const a = Load(inst.a);
  if (ABSL_PREDICT_FALSE(a == nullptr)) return false;
  switch (inst.op) {
    case Op::kTest:
      *answer = a->as_bool();
      return a->tag() == ValueTag::kBool || Fail(EvalErrorCode::kTypeError);
    case Op::kIs:
      if (a->tag() != ValueTag::kEntity) return Fail(EvalErrorCode::kTypeError);
      *answer = a->as_entity().known_type == inst.b;
      return true;
    case Op::kIsEmpty:
      if (a->tag() != ValueTag::kSet) return Fail(EvalErrorCode::kTypeError);
      *answer = a->as_set().size == 0;
      return true;
    case Op::kLike:
      if (a->tag() != ValueTag::kString) return Fail(EvalErrorCode::kTypeError);
      *answer = program_.patterns[inst.b].Matches(a->as_string());
      return true;
    case Op::kEqual: {
      const Value* const b = Load(inst.b);
      if (b == nullptr) return false;
      *answer = EqualValues(*a, *b);
      return true;
    }
    case Op::kLess:
    case Op::kLessEqual: {
      const Value* const b = Load(inst.b);
      if (b == nullptr) return false;
      return ApplyLess(*a, *b, inst.op == Op::kLessEqual, answer) ||
             Fail(EvalErrorCode::kTypeError);
    }
    case Op::kContains: {
      const Value* const b = Load(inst.b);
      if (b == nullptr) return false;
      if (a->tag() != ValueTag::kSet) return Fail(EvalErrorCode::kTypeError);
      *answer = a->as_set().size != 0 && Contains(a->as_set(), *b);
      return true;
    }
    case Op::kIn:
    case Op::kHasAttr:
    case Op::kHasTag:
      return AskEntities(inst, *a, answer);
    default:
      return AskOperation(inst, *a, answer);
  }
}

bool Machine::AskOperation(const Inst& inst, const Value& a, bool* answer) {
  const Value* b = &a;
  if (Info(inst.op).b == Field::kOperand) {
    b = Load(inst.b);
    if (b == nullptr) return false;
  }
  Value result;
  EvalErrorCode code;
  if (!ApplyOperation(inst.op, a, *b, &state_.arena, &result, &code)) {
    return Fail(code);
  }
  *answer = result.as_bool();
  return true;
}

ABSL_ATTRIBUTE_ALWAYS_INLINE inline bool Machine::Ask(const Inst& inst,
                                                      bool* answer) {
  switch (inst.op) {
    case Op::kCondition:
      return AskCondition(inst.a, answer);
    case Op::kTestSlot: {
      const Value& value = Fact(inst.a);
      *answer = value.as_bool();
      return value.tag() == ValueTag::kBool || FailTest(inst.a);
    }
    case Op::kSlotIs: {
      const Value& value = Fact(inst.a);
      if (value.missing()) return FailSlot(inst.a);
      *answer =
          value.tag() == ValueTag::kEntity && value.as_entity().known == inst.b;
      return true;
    }
    case Op::kHasSlot:
      *answer = !Fact(inst.a).missing();
      return *answer || AnswerHasMissing(inst.a);
    default:
      return AskOperands(inst, answer);
  }
}

Outcome Machine::Run(const Inst* code, const Inst* inst) {
  for (;;) {
    if (IsQuestion(inst->op)) {
      bool answer;
      if (!Ask(*inst, &answer)) return Outcome::kError;
      inst = Next(code, inst, answer);
      continue;
    }
    switch (inst->op) {
      case Op::kSatisfied:
        return Outcome::kSatisfied;
      case Op::kUnsatisfied:
        return Outcome::kUnsatisfied;
      case Op::kError:
        Fail(static_cast<EvalErrorCode>(inst->a));
        return Outcome::kError;
      case Op::kJump:
        inst = code + inst->target;
        continue;
      case Op::kRequireSlot:
        if (Fact(inst->a).missing()) {
          FailSlot(inst->a);
          return Outcome::kError;
        }
        break;
      default: {
        Value result;
        if (!Compute(*inst, &result)) return Outcome::kError;
        registers_[inst->dst] = result;
      }
    }
    ++inst;
  }
}

bool Machine::AskCondition(uint32_t condition, bool* answer) {
  Evaluation::Rep::Condition& kept = state_.conditions[condition];
  if (kept.decision != decision_) {
    const Inst* const code = code_ + program_.conditions[condition].begin;
    kept.decision = decision_;
    kept.outcome = Run(code, code);
    kept.error = error_;
    kept.error_slot = error_slot_;
  }
  *answer = kept.outcome == Outcome::kSatisfied;
  if (kept.outcome != Outcome::kError) return true;
  error_ = kept.error;
  error_slot_ = kept.error_slot;
  return false;
}

ABSL_ATTRIBUTE_ALWAYS_INLINE inline bool Machine::AskGuard(const Inst& inst,
                                                           bool* pass) {
  if (inst.op == Op::kRequireSlot) {
    *pass = !Fact(inst.a).missing();
    return *pass || FailSlot(inst.a);
  }
  bool answer;
  if (!Ask(inst, &answer)) return false;
  *pass = answer != ((inst.flags & kWhen) != 0);
  return true;
}

void Machine::AddError(uint32_t policy) {
  PolicyError error;
  error.policy = policy;
  error.code = error_;
  error.slot = error_slot_;
  state_.errors.push_back(error);
}

void Machine::FailAll(uint32_t begin, uint32_t end) {
  for (uint32_t at = begin; at < end; ++at) {
    const uint32_t policy = program_.guards.steps()[at].policy;
    if (policy != Step::kGuard) AddError(policy);
  }
}

inline void Machine::RunPolicy(const Step& step) {
  const Inst* const inst = code_ + step.inst;
  Outcome outcome = Outcome::kSatisfied;
  if (inst->op != Op::kSatisfied) {
    outcome = Run(code_ + program_.blocks[step.policy].begin, inst);
  }
  if (outcome == Outcome::kSatisfied) {
    (program_.policies[step.policy].effect == Effect::kPermit ? state_.permits
                                                              : state_.forbids)
        .push_back(step.policy);
  } else if (outcome == Outcome::kError) {
    AddError(step.policy);
  }
}

void Machine::RunLeaf(uint32_t leaf) {
  const Step* const steps = program_.guards.steps().data();
  const uint32_t end = program_.guards.begin(leaf + 1);
  for (uint32_t at = program_.guards.begin(leaf); at < end;) {
    const Step& step = steps[at];
    if (step.policy != Step::kGuard) {
      RunPolicy(step);
      ++at;
      continue;
    }
    bool pass = false;
    if (ABSL_PREDICT_FALSE(!AskGuard(code_[step.inst], &pass))) {
      FailAll(at + 1, step.end);
    }
    at = pass ? at + 1 : step.end;
  }
}

bool Machine::AskEntities(const Inst& inst, const Value& a, bool* answer) {
  if (inst.op == Op::kHasAttr) {
    return HasAttribute(a, program_.names[inst.b], answer);
  }
  const Value* b = Load(inst.b);
  if (b == nullptr) return false;
  if (inst.op == Op::kIn) return In(a, *b, answer);
  if (a.tag() != ValueTag::kEntity || b->tag() != ValueTag::kString) {
    return Fail(EvalErrorCode::kTypeError);
  }
  const EntityStore::Entity* entity =
      entities_ == nullptr ? nullptr : entities_->Find(a.as_entity());
  *answer = entity != nullptr && entity->tags.Find(b->as_string()) != nullptr;
  return true;
}

bool Machine::EntityIn(const EntityName& entity,
                       const EntityStore::Entity* found,
                       const EntityName& group) const {
  if (SameEntity(entity, group)) return true;
  if (program_.groups.IsIn(entity.known, group.known)) return true;
  return found != nullptr && entities_->IsIn(*found, group);
}

bool Machine::In(const Value& a, const Value& b, bool* answer) {
  if (a.tag() != ValueTag::kEntity) return Fail(EvalErrorCode::kTypeError);
  const EntityName& entity = a.as_entity();
  const EntityStore::Entity* found =
      entities_ == nullptr ? nullptr : entities_->Find(entity);
  if (b.tag() == ValueTag::kEntity) {
    *answer = EntityIn(entity, found, b.as_entity());
    return true;
  }
  if (b.tag() != ValueTag::kSet) return Fail(EvalErrorCode::kTypeError);
  *answer = false;
  for (const Value& group : b.as_set()) {
    // An element that is no entity is an error even after one that matched.
    if (group.tag() != ValueTag::kEntity) {
      return Fail(EvalErrorCode::kTypeError);
    }
    if (!*answer) *answer = EntityIn(entity, found, group.as_entity());
  }
  return true;
}

bool Machine::HasAttribute(const Value& a, absl::string_view name,
                           bool* answer) {
  if (a.tag() == ValueTag::kRecord) {
    *answer = a.as_record().Find(name) != nullptr;
    return true;
  }
  if (a.tag() != ValueTag::kEntity) return Fail(EvalErrorCode::kTypeError);
  const EntityStore::Entity* entity =
      entities_ == nullptr ? nullptr : entities_->Find(a.as_entity());
  *answer = entity != nullptr && entity->attributes.Find(name) != nullptr;
  return true;
}

bool Machine::GetAttribute(const Value& a, absl::string_view name,
                           Value* result) {
  const RecordValue* record = nullptr;
  if (a.tag() == ValueTag::kRecord) {
    record = &a.as_record();
  } else if (a.tag() == ValueTag::kEntity) {
    const EntityStore::Entity* entity =
        entities_ == nullptr ? nullptr : entities_->Find(a.as_entity());
    if (entity == nullptr) return Fail(EvalErrorCode::kMissingEntity);
    record = &entity->attributes;
  } else {
    return Fail(EvalErrorCode::kTypeError);
  }
  const Value* found = record->Find(name);
  if (found == nullptr) return Fail(EvalErrorCode::kMissingAttribute);
  *result = *found;
  return true;
}

bool Machine::GetTag(const Value& a, const Value& tag, Value* result) {
  if (a.tag() != ValueTag::kEntity || tag.tag() != ValueTag::kString) {
    return Fail(EvalErrorCode::kTypeError);
  }
  const EntityStore::Entity* entity =
      entities_ == nullptr ? nullptr : entities_->Find(a.as_entity());
  if (entity == nullptr) return Fail(EvalErrorCode::kMissingEntity);
  const Value* found = entity->tags.Find(tag.as_string());
  if (found == nullptr) return Fail(EvalErrorCode::kMissingTag);
  *result = *found;
  return true;
}

Value Machine::NewRecord(const Inst& inst) {
  const std::vector<absl::string_view>& names = program_.shapes[inst.b];
  state_.fields.resize(names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    state_.fields[i] = {names[i], registers_[inst.a + i]};
  }
  return MakeRecord(state_.fields.data(), names.size(), &state_.arena);
}

bool Machine::Compute(const Inst& inst, Value* result) {
  if (inst.op == Op::kMakeSet) {
    *result = MakeSet(registers_ + inst.a, inst.b, &state_.arena);
    return true;
  }
  if (inst.op == Op::kMakeRecord) {
    *result = NewRecord(inst);
    return true;
  }
  const Value* a = Load(inst.a);
  if (a == nullptr) return false;
  if (inst.op == Op::kMove) {
    *result = *a;
    return true;
  }
  if (inst.op == Op::kGetAttr) {
    return GetAttribute(*a, program_.names[inst.b], result);
  }
  const Value* b = a;
  if (Info(inst.op).b == Field::kOperand) {
    b = Load(inst.b);
    if (b == nullptr) return false;
  }
  if (inst.op == Op::kGetTag) return GetTag(*a, *b, result);
  EvalErrorCode code;
  return ApplyOperation(inst.op, *a, *b, &state_.arena, result, &code) ||
         Fail(code);
}

}  // namespace tarazy
