#include "policy/eval/machine.h"

#include "absl/base/attributes.h"
#include "policy/eval/aggregate.h"
#include "policy/eval/operations.h"

namespace tarazy {
namespace {

// Of a fact that is missing.
inline bool IsTypeError(const Value& fact) {
  return fact.as_number() == static_cast<int64_t>(EvalErrorCode::kTypeError);
}

// Those that stand ready, or the state's, which are read one by one.
inline const Value* FactsOf(const Program::Rep& program,
                            const FactReader& reader,
                            const Evaluation::Rep& state) {
  const absl::Span<const Value> ready = reader.Ready();
  return ready.empty() || ready.size() < program.facts.size()
             ? state.facts.data()
             : ready.data();
}

inline Answer AnswerOf(bool answer) {
  return answer ? Answer::kYes : Answer::kNo;
}

}  // namespace

Machine::Machine(const Program::Rep& program, const ScopeRequest& request,
                 FactReader* facts, Evaluation::Rep* state)
    : program_(program),
      code_(program.code.data()),
      entities_(request.entities),
      reader_(facts),
      state_(*state),
      registers_(state->registers.data()),
      facts_(FactsOf(program, *facts, *state)),
      read_end_(state->read.data()),
      conditions_(state->conditions.data()),
      decision_(state->decision),
      variables_{Value::Entity(request.principal),
                 Value::Entity(request.action),
                 Value::Entity(request.resource)},
      operands_{registers_, program.constants.data(), facts_, variables_} {}

inline bool Machine::Fail(EvalErrorCode code) {
  error_ = code;
  error_slot_ = PolicyError::kNoSlot;
  return false;
}

bool Machine::FailSlot(uint32_t slot) {
  error_ = static_cast<EvalErrorCode>(facts_[slot].as_number());
  error_slot_ = slot;
  return false;
}

ABSL_ATTRIBUTE_NOINLINE void Machine::ReadFact(uint32_t slot) {
  *read_end_++ = slot;
  Value& fact = state_.facts[slot];
  fact = reader_->Read(slot);
  if (ABSL_PREDICT_TRUE(!fact.missing())) return;
  fact = Value::MissingFor(static_cast<int64_t>(reader_->WhyMissing(slot)));
}

inline const Value& Machine::Fact(uint32_t slot) {
  const Value& fact = facts_[slot];
  if (ABSL_PREDICT_FALSE(fact.unread())) ReadFact(slot);
  return fact;
}

inline bool Machine::ReadIfNew(const Value& value, uint32_t operand) {
  if (!value.unread()) return false;
  ReadFact(IndexOf(operand));
  return true;
}

inline const Value* Machine::Load(uint32_t operand) {
  const Value* const value = &Peek(operand);
  if (ABSL_PREDICT_TRUE(!value->missing())) return value;
  ReadIfNew(*value, operand);
  if (!value->missing()) return value;
  FailSlot(IndexOf(operand));
  return nullptr;
}

bool Machine::AskOperation(const Inst& inst, bool* answer) {
  switch (inst.op) {
    case Op::kRequireSlot:
      *answer = true;
      return Load(MakeOperand(OperandKind::kSlot, inst.a)) != nullptr;
    case Op::kTestSlot:
    case Op::kSlotIs: {
      const Value* const a = Load(MakeOperand(OperandKind::kSlot, inst.a));
      if (a == nullptr) return false;
      if (inst.op == Op::kSlotIs) {
        *answer =
            a->tag() == ValueTag::kEntity && a->as_entity().known == inst.b;
        return true;
      }
      *answer = a->as_bool();
      return a->tag() == ValueTag::kBool || Fail(EvalErrorCode::kTypeError);
    }
    default:
      break;
  }
  const Value* const a = Load(inst.a);
  if (a == nullptr) return false;
  switch (inst.op) {
    case Op::kIs:
      if (a->tag() != ValueTag::kEntity) return Fail(EvalErrorCode::kTypeError);
      *answer = a->as_entity().known_type == inst.b;
      return true;
    case Op::kLike:
      // Ask has answered for strings.
      return Fail(EvalErrorCode::kTypeError);
    case Op::kIn:
    case Op::kHasAttr:
    case Op::kHasTag:
      return AskEntities(inst, *a, answer);
    default:
      break;
  }
  const Value* const b = Info(inst.op).b == Field::kOperand ? Load(inst.b) : a;
  if (b == nullptr) return false;
  Value result;
  EvalErrorCode code;
  if (!ApplyOperation(inst.op, *a, *b, &state_.arena, &result, &code)) {
    return Fail(code);
  }
  *answer = result.as_bool();
  return true;
}

ABSL_ATTRIBUTE_NOINLINE Answer Machine::AskSlowly(const Inst& inst) {
  bool answer = false;
  if (!AskOperation(inst, &answer)) return Answer::kError;
  return AnswerOf(answer);
}

ABSL_ATTRIBUTE_NOINLINE Answer Machine::AskCondition(uint32_t condition) {
  Evaluation::Rep::Condition& kept = conditions_[condition];
  if (kept.decision != decision_) {
    const Inst* const code = code_ + program_.conditions[condition].begin;
    kept.decision = decision_;
    kept.answer = Run(code, code);
    kept.error = error_;
    kept.error_slot = error_slot_;
  }
  error_ = kept.error;
  error_slot_ = kept.error_slot;
  return kept.answer;
}

// A fact that is new is read and the question asked again.
ABSL_ATTRIBUTE_ALWAYS_INLINE inline Answer Machine::Ask(const Inst& inst) {
  for (;;) {
    switch (inst.op) {
      case Op::kCondition: {
        const Evaluation::Rep::Condition& kept = conditions_[inst.a];
        if (kept.decision != decision_ || kept.answer == Answer::kError) {
          return AskCondition(inst.a);
        }
        return kept.answer;
      }
      case Op::kRequireSlot:
        if (!Fact(inst.a).missing()) return Answer::kYes;
        break;
      case Op::kHasSlot: {
        const Value& a = Fact(inst.a);
        if (!a.missing()) return Answer::kYes;
        // `has` on a fact that is missing is false, or an error.
        if (!IsTypeError(a)) return Answer::kNo;
        FailSlot(inst.a);
        return Answer::kError;
      }
      case Op::kTestSlot: {
        const Value& a = Fact(inst.a);
        if (a.tag() != ValueTag::kBool) break;
        return AnswerOf(a.as_bool());
      }
      case Op::kSlotIs: {
        const Value& a = Fact(inst.a);
        if (a.tag() != ValueTag::kEntity) break;
        return AnswerOf(a.as_entity().known == inst.b);
      }
      case Op::kEqual: {
        const Value& a = Peek(inst.a);
        const Value& b = Peek(inst.b);
        if (!a.missing() && !b.missing()) return AnswerOf(EqualValues(a, b));
        if (ReadIfNew(a, inst.a)) continue;
        if (!a.missing() && ReadIfNew(b, inst.b)) continue;
        break;
      }
      case Op::kLess:
      case Op::kLessEqual: {
        const Value& a = Peek(inst.a);
        const Value& b = Peek(inst.b);
        if (a.tag() == b.tag() && IsOrdered(a.tag())) {
          return AnswerOf(inst.op == Op::kLess
                              ? a.as_number() < b.as_number()
                              : a.as_number() <= b.as_number());
        }
        if (ReadIfNew(a, inst.a)) continue;
        if (!a.missing() && ReadIfNew(b, inst.b)) continue;
        break;
      }
      case Op::kContains: {
        const Value& a = Peek(inst.a);
        const Value& b = Peek(inst.b);
        if (a.tag() == ValueTag::kSet && !b.missing()) {
          return AnswerOf(Contains(a.as_set(), b));
        }
        if (ReadIfNew(a, inst.a)) continue;
        if (!a.missing() && ReadIfNew(b, inst.b)) continue;
        break;
      }
      case Op::kIsEmpty: {
        const Value& a = Peek(inst.a);
        if (a.tag() == ValueTag::kSet) return AnswerOf(a.as_set().size == 0);
        if (ReadIfNew(a, inst.a)) continue;
        break;
      }
      case Op::kLike: {
        const Value& a = Peek(inst.a);
        if (a.tag() == ValueTag::kString) {
          return AnswerOf(program_.patterns[inst.b].Matches(a.as_string()));
        }
        if (ReadIfNew(a, inst.a)) continue;
        break;
      }
      default:
        break;
    }
    return AskSlowly(inst);
  }
}

Answer Machine::Run(const Inst* code, const Inst* inst) {
  for (;;) {
    // The ends are the smallest, and what half of the tests lead to.
    if (inst->op <= Op::kUnsatisfied)
      return AnswerOf(inst->op == Op::kSatisfied);
    if (inst->op >= Op::kCondition &&
        (inst->op < Op::kFirstFunction || IsQuestion(inst->op))) {
      const Answer answer = Ask(*inst);
      if (ABSL_PREDICT_FALSE(answer == Answer::kError)) return answer;
      const bool yes = answer == Answer::kYes;
      if (ABSL_PREDICT_TRUE((inst->flags & kBranch) != 0)) {
        inst = yes == ((inst->flags & kWhen) != 0) ? code + inst->target
                                                   : inst + 1;
        continue;
      }
      registers_[inst->dst] =
          Value::Bool(yes != ((inst->flags & kInvert) != 0));
      ++inst;
      continue;
    }
    switch (inst->op) {
      case Op::kError:
        Fail(static_cast<EvalErrorCode>(inst->a));
        return Answer::kError;
      case Op::kJump:
        inst = code + inst->target;
        continue;
      case Op::kRequireSlot:
        if (Ask(*inst) == Answer::kError) return Answer::kError;
        break;
      default: {
        Value result;
        if (!Compute(*inst, &result)) return Answer::kError;
        registers_[inst->dst] = result;
      }
    }
    ++inst;
  }
}

void Machine::AddError(uint32_t policy) {
  PolicyError error;
  error.policy = policy;
  error.code = error_;
  error.slot = error_slot_;
  state_.errors.push_back(error);
}

ABSL_ATTRIBUTE_NOINLINE void Machine::FailAll(const Step* begin,
                                              const Step* end) {
  for (const Step* step = begin; step != end; ++step) {
    if (step->runs_policy()) AddError(step->policy);
  }
}

ABSL_ATTRIBUTE_NOINLINE void Machine::RunPolicy(const Step& step) {
  const Answer answer =
      step.test.op == Op::kSatisfied
          ? Answer::kYes
          : Run(code_ + program_.blocks[step.policy].begin, code_ + step.next);
  if (answer == Answer::kYes) {
    (program_.policies[step.policy].effect == Effect::kPermit ? state_.permits
                                                              : state_.forbids)
        .push_back(step.policy);
  } else if (answer == Answer::kError) {
    AddError(step.policy);
  }
}

bool Machine::RunSwitch(const Step& step) {
  const Value& fact = Fact(IndexOf(step.test.a));
  if (fact.tag() != ValueTag::kString) return false;
  const uint32_t guard =
      program_.guards.Find(step, fact.as_string(), program_.constants.data());
  if (guard == Guards::kNoGuard) return true;
  const Step* const steps = program_.guards.steps().data();
  RunSteps(steps + guard + 1, steps + steps[guard].next);
  return true;
}

void Machine::RunSteps(const Step* step, const Step* end) {
  const Step* const steps = program_.guards.steps().data();
  while (step != end) {
    bool holds = false;
    switch (step->policy) {
      case Step::Of(StepKind::kHas): {
        const Value& fact = Fact(step->test.a);
        if (!fact.missing()) {
          ++step;
          continue;
        }
        if (ABSL_PREDICT_FALSE(IsTypeError(fact))) break;
        step = steps + step->next;
        continue;
      }
      case Step::Of(StepKind::kHasNot): {
        const Value& fact = Fact(step->test.a);
        if (!fact.missing()) {
          step = steps + step->next;
          continue;
        }
        if (ABSL_PREDICT_FALSE(IsTypeError(fact))) break;
        ++step;
        continue;
      }
      case Step::Of(StepKind::kTrue): {
        const Value& fact = Fact(step->test.a);
        if (ABSL_PREDICT_FALSE(fact.tag() != ValueTag::kBool)) break;
        step = fact.as_bool() ? step + 1 : steps + step->next;
        continue;
      }
      case Step::Of(StepKind::kFalse): {
        const Value& fact = Fact(step->test.a);
        if (ABSL_PREDICT_FALSE(fact.tag() != ValueTag::kBool)) break;
        step = fact.as_bool() ? steps + step->next : step + 1;
        continue;
      }
      case Step::Of(StepKind::kIs): {
        const Value& fact = Fact(step->test.a);
        if (ABSL_PREDICT_FALSE(fact.tag() != ValueTag::kEntity)) break;
        step = fact.as_entity().known == step->test.b ? step + 1
                                                      : steps + step->next;
        continue;
      }
      case Step::Of(StepKind::kIsNot): {
        const Value& fact = Fact(step->test.a);
        if (ABSL_PREDICT_FALSE(fact.tag() != ValueTag::kEntity)) break;
        step = fact.as_entity().known == step->test.b ? steps + step->next
                                                      : step + 1;
        continue;
      }
      case Step::Of(StepKind::kSwitch):
        // The guards themselves know what to say of other facts.
        step = RunSwitch(*step) ? steps + step->next : step + 1;
        continue;
      case Step::Of(StepKind::kAsk):
        break;
      default:
        RunPolicy(*step);
        ++step;
        continue;
    }
    const Answer answer = Ask(step->test);
    if (ABSL_PREDICT_FALSE(answer == Answer::kError)) {
      FailAll(step + 1, steps + step->next);
    } else {
      holds = (answer == Answer::kYes) != ((step->test.flags & kWhen) != 0);
    }
    step = holds ? step + 1 : steps + step->next;
  }
}

void Machine::RunLeaf(uint32_t leaf) {
  const Step* const steps = program_.guards.steps().data();
  RunSteps(steps + program_.guards.begin(leaf),
           steps + program_.guards.begin(leaf + 1));
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
