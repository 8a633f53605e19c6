// The evaluator: finds the policies whose scope matches and runs the block of
// each.
//
// A block is run by one loop over its instructions. Facts are read when an
// instruction first needs them and kept for the rest of the decision; a number
// of the decision beside each kept fact says whether it is of this one, so
// that starting over costs nothing. What the verifier has proved is not
// checked again.
//
// An error ends the block of its policy and nothing else: every policy whose
// scope matches is run, so that decisions, reasons and errors do not depend on
// the order of policies.

#include "policy/eval/evaluator.h"

#include <algorithm>
#include <vector>

#include "absl/base/attributes.h"
#include "policy/eval/aggregate.h"
#include "policy/eval/arena.h"
#include "policy/eval/entities.h"
#include "policy/eval/operations.h"
#include "policy/program/rep.h"

namespace tarazy {

enum class Outcome : uint8_t { kSatisfied, kUnsatisfied, kError };

struct Evaluation::Rep {
  struct alignas(32) Slot {  // a power of two, to be found by a shift
    Value value;
    uint64_t decision = 0;  // that read it
  };
  std::vector<uint32_t> permits;
  std::vector<uint32_t> forbids;
  std::vector<PolicyError> errors;
  std::vector<Reading> readings;  // made when they are asked for

  // What a shared condition came to.
  struct Condition {
    uint64_t decision = 0;  // that ran it
    Outcome outcome = Outcome::kUnsatisfied;
    EvalErrorCode error = EvalErrorCode::kTypeError;
    uint32_t error_slot = 0;
  };
  std::vector<Slot> slots;
  std::vector<Condition> conditions;
  std::vector<Value> registers;
  std::vector<RecordField> fields;  // of a record being made
  Arena arena;
  uint64_t decision = 0;
  // Keys of the scope index that the request satisfies.
  std::vector<uint32_t> action_sets;
  std::vector<uint32_t> principal_keys;
  std::vector<uint32_t> resource_keys;
};

namespace {

class Machine {
 public:
  Machine(const Program::Rep& program, const ScopeRequest& request,
          FactReader* facts, Evaluation::Rep* state)
      : program_(program),
        entities_(request.entities),
        facts_(facts),
        state_(*state),
        registers_(state->registers.data()),
        slots_(state->slots.data()),
        decision_(state->decision),
        variables_{Value::Entity(request.principal),
                   Value::Entity(request.action),
                   Value::Entity(request.resource)} {}

  Outcome Run(const CodeBlock& block);

  EvalErrorCode error() const { return error_; }
  uint32_t error_slot() const { return error_slot_; }

 private:
  bool Fail(EvalErrorCode code) {
    error_ = code;
    error_slot_ = PolicyError::kNoSlot;
    return false;
  }
  const Value& Slot(uint32_t slot) {
    Evaluation::Rep::Slot& kept = slots_[slot];
    if (kept.decision != decision_) ReadSlot(slot, &kept);
    return kept.value;
  }
  // Out of line: most of the slots that instructions look at have been read.
  ABSL_ATTRIBUTE_NOINLINE void ReadSlot(uint32_t slot,
                                        Evaluation::Rep::Slot* kept) {
    kept->value = facts_->Read(slot);
    kept->decision = decision_;
  }
  bool FailSlot(uint32_t slot) {
    error_ = facts_->WhyMissing(slot);
    error_slot_ = slot;
    return false;
  }
  // Null, with the error set, when the operand is a fact that is missing.
  const Value* Load(uint32_t operand) {
    const uint32_t index = IndexOf(operand);
    if (KindOf(operand) == OperandKind::kSlot) {
      const Value& value = Slot(index);
      if (!value.missing()) return &value;
      FailSlot(index);
      return nullptr;
    }
    switch (KindOf(operand)) {
      case OperandKind::kRegister:
        return &registers_[index];
      case OperandKind::kConstant:
        return &program_.constants[index];
      default:
        return &variables_[index];
    }
  }
  bool FailTest(uint32_t slot) {
    return slots_[slot].value.missing() ? FailSlot(slot)
                                        : Fail(EvalErrorCode::kTypeError);
  }
  // Does with a boolean what the instruction says; gives the next one.
  const Inst* Next(const Inst* code, const Inst* inst, bool answer) {
    if ((inst->flags & kBranch) != 0) {
      return answer == ((inst->flags & kWhen) != 0) ? code + inst->target
                                                    : inst + 1;
    }
    registers_[inst->dst] =
        Value::Bool(answer != ((inst->flags & kInvert) != 0));
    return inst + 1;
  }
  // The boolean of an instruction whose answer is one.
  bool Answer(const Inst& inst, bool* answer);
  // `has` on a fact that is missing: false, or an error.
  bool AnswerHasMissing(uint32_t slot);
  // A shared condition, run at most once.
  Outcome RunCondition(uint32_t condition);
  bool AnswerOnEntities(const Inst& inst, const Value& a, bool* answer);
  bool In(const Value& a, const Value& b, bool* answer);
  bool EntityIn(const EntityName& entity, const EntityStore::Entity* found,
                const EntityName& group) const;
  bool HasAttribute(const Value& a, absl::string_view name, bool* answer);
  // The value of an instruction that writes one.
  bool Compute(const Inst& inst, Value* result);
  bool GetAttribute(const Value& a, absl::string_view name, Value* result);
  bool GetTag(const Value& a, const Value& tag, Value* result);
  Value NewRecord(const Inst& inst);

  const Program::Rep& program_;
  const EntityStore* entities_;
  FactReader* facts_;
  Evaluation::Rep& state_;
  Value* registers_;
  Evaluation::Rep::Slot* slots_;
  const uint64_t decision_;
  const Value variables_[3];
  EvalErrorCode error_ = EvalErrorCode::kTypeError;
  uint32_t error_slot_ = PolicyError::kNoSlot;
};

Outcome Machine::Run(const CodeBlock& block) {
  const Inst* const code = program_.code.data() + block.begin;
  const Inst* inst = code;
  for (;;) {
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
        if (Slot(inst->a).missing()) {
          FailSlot(inst->a);
          return Outcome::kError;
        }
        break;
      case Op::kTestSlot: {
        const Value& value = Slot(inst->a);
        if (value.tag() != ValueTag::kBool) {
          FailTest(inst->a);
          return Outcome::kError;
        }
        inst = Next(code, inst, value.as_bool());
        continue;
      }
      case Op::kSlotIs: {
        const Value& value = Slot(inst->a);
        if (value.missing()) {
          FailSlot(inst->a);
          return Outcome::kError;
        }
        inst = Next(code, inst,
                    value.tag() == ValueTag::kEntity &&
                        value.as_entity().known == inst->b);
        continue;
      }
      case Op::kHasSlot: {
        const bool answer = !Slot(inst->a).missing();
        if (!answer && !AnswerHasMissing(inst->a)) {
          return Outcome::kError;
        }
        inst = Next(code, inst, answer);
        continue;
      }
      case Op::kCondition: {
        const Outcome outcome = RunCondition(inst->a);
        if (outcome == Outcome::kError) return Outcome::kError;
        inst = Next(code, inst, outcome == Outcome::kSatisfied);
        continue;
      }
      case Op::kTest:
      case Op::kEqual:
      case Op::kLess:
      case Op::kLessEqual:
      case Op::kIn:
      case Op::kIs:
      case Op::kContains:
      case Op::kContainsAll:
      case Op::kContainsAny:
      case Op::kIsEmpty:
      case Op::kLike:
      case Op::kHasAttr:
      case Op::kHasTag:
      case Op::kCallIsIpv4:
      case Op::kCallIsIpv6:
      case Op::kCallIsLoopback:
      case Op::kCallIsMulticast:
      case Op::kCallIsInRange:
      case Op::kCallLessThan:
      case Op::kCallLessThanOrEqual:
      case Op::kCallGreaterThan:
      case Op::kCallGreaterThanOrEqual: {
        bool answer;
        if (!Answer(*inst, &answer)) return Outcome::kError;
        inst = Next(code, inst, answer);
        continue;
      }
      default: {
        Value result;
        if (!Compute(*inst, &result)) return Outcome::kError;
        registers_[inst->dst] = result;
      }
    }
    ++inst;
  }
}

bool Machine::AnswerHasMissing(uint32_t slot) {
  if (facts_->WhyMissing(slot) == EvalErrorCode::kTypeError) {
    return FailSlot(slot);
  }
  return true;
}

Outcome Machine::RunCondition(uint32_t condition) {
  Evaluation::Rep::Condition& kept = state_.conditions[condition];
  if (kept.decision != decision_) {
    kept.decision = decision_;
    kept.outcome = Run(program_.conditions[condition]);
    kept.error = error_;
    kept.error_slot = error_slot_;
  }
  if (kept.outcome == Outcome::kError) {
    error_ = kept.error;
    error_slot_ = kept.error_slot;
  }
  return kept.outcome;
}

inline bool Machine::Answer(const Inst& inst, bool* answer) {
  const Value* a = Load(inst.a);
  if (a == nullptr) return false;
  switch (inst.op) {
    case Op::kTest:
      *answer = a->as_bool();
      return a->tag() == ValueTag::kBool || Fail(EvalErrorCode::kTypeError);
    case Op::kEqual: {
      const Value* b = Load(inst.b);
      if (b == nullptr) return false;
      *answer = EqualValues(*a, *b);
      return true;
    }
    case Op::kLess:
    case Op::kLessEqual: {
      const Value* b = Load(inst.b);
      if (b == nullptr) return false;
      return ApplyLess(*a, *b, inst.op == Op::kLessEqual, answer) ||
             Fail(EvalErrorCode::kTypeError);
    }
    case Op::kIs:
      if (a->tag() != ValueTag::kEntity) return Fail(EvalErrorCode::kTypeError);
      *answer = a->as_entity().known_type == inst.b;
      return true;
    case Op::kLike:
      if (a->tag() != ValueTag::kString) return Fail(EvalErrorCode::kTypeError);
      *answer = program_.patterns[inst.b].Matches(a->as_string());
      return true;
    case Op::kIn:
    case Op::kHasAttr:
    case Op::kHasTag:
      return AnswerOnEntities(inst, *a, answer);
    default: {
      const Value* b = a;
      if (Info(inst.op).b == Field::kOperand) {
        b = Load(inst.b);
        if (b == nullptr) return false;
      }
      Value result;
      EvalErrorCode code;
      if (!ApplyOperation(inst.op, *a, *b, &state_.arena, &result, &code)) {
        return Fail(code);
      }
      *answer = result.as_bool();
      return true;
    }
  }
}

bool Machine::AnswerOnEntities(const Inst& inst, const Value& a, bool* answer) {
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

// The keys of the scope index that a request satisfies.
class Scopes {
 public:
  Scopes(const ScopeIndex& index, const ScopeRequest& request,
         Evaluation::Rep* state)
      : index_(index), request_(request), state_(*state) {}

  void Find() {
    FindActions();
    const ScopeIndex::EntityKeys& principal =
        index_.entity(request_.principal->known);
    AddAll(index_.type(request_.principal->known_type).principal_is,
           principal.principal_equal, principal.principal_in,
           &state_.principal_keys);
    const ScopeIndex::EntityKeys& resource =
        index_.entity(request_.resource->known);
    AddAll(index_.type(request_.resource->known_type).resource_is,
           resource.resource_equal, resource.resource_in,
           &state_.resource_keys);
    if (request_.entities == nullptr) return;
    for (uint32_t group : Ancestors(*request_.principal)) {
      Add(index_.entity(group).principal_in, &state_.principal_keys);
    }
    for (uint32_t group : Ancestors(*request_.resource)) {
      Add(index_.entity(group).resource_in, &state_.resource_keys);
    }
  }

 private:
  static void Add(uint32_t key, std::vector<uint32_t>* keys) {
    if (key != 0) keys->push_back(key);
  }
  static void AddAll(uint32_t is, uint32_t equal, uint32_t in,
                     std::vector<uint32_t>* keys) {
    keys->clear();
    keys->push_back(ScopeIndex::kAnyKey);
    Add(is, keys);
    Add(equal, keys);
    Add(in, keys);
  }
  absl::Span<const uint32_t> Ancestors(const EntityName& name) const {
    const EntityStore::Entity* entity = request_.entities->Find(name);
    if (entity == nullptr) return {};
    return entity->known_ancestors;
  }
  void FindActions() {
    std::vector<uint32_t>& sets = state_.action_sets;
    const auto own = index_.ActionSets(request_.action->known);
    sets.assign(1, 0);
    sets.insert(sets.end(), own.begin(), own.end());
    if (request_.entities == nullptr) return;
    bool more = false;
    for (uint32_t group : Ancestors(*request_.action)) {
      const auto inherited = index_.GroupSets(group);
      sets.insert(sets.end(), inherited.begin(), inherited.end());
      more = more || !inherited.empty();
    }
    if (!more) return;
    // Two groups may be in one set, and the program may know a group too.
    std::sort(sets.begin(), sets.end());
    sets.erase(std::unique(sets.begin(), sets.end()), sets.end());
  }

  const ScopeIndex& index_;
  const ScopeRequest& request_;
  Evaluation::Rep& state_;
};

void RunPolicy(const Program::Rep& program, uint32_t policy, Machine* machine,
               Evaluation::Rep* state) {
  switch (machine->Run(program.blocks[policy])) {
    case Outcome::kUnsatisfied:
      return;
    case Outcome::kSatisfied:
      (program.policies[policy].effect == Effect::kPermit ? state->permits
                                                          : state->forbids)
          .push_back(policy);
      return;
    case Outcome::kError: {
      PolicyError error;
      error.policy = policy;
      error.code = machine->error();
      error.slot = machine->error_slot();
      state->errors.push_back(error);
    }
  }
}

void Start(const Program::Rep& program, Evaluation::Rep* state) {
  state->permits.clear();
  state->forbids.clear();
  state->errors.clear();
  state->arena.Reset();
  ++state->decision;
  if (state->slots.size() < program.facts.size()) {
    state->slots.resize(program.facts.size());
  }
  if (state->conditions.size() < program.conditions.size()) {
    state->conditions.resize(program.conditions.size());
  }
  if (state->registers.size() < program.registers) {
    state->registers.resize(program.registers);
  }
}

}  // namespace

absl::string_view Describe(EvalErrorCode code) {
  switch (code) {
    case EvalErrorCode::kMissingAttribute:
      return "missing attribute";
    case EvalErrorCode::kMissingEntity:
      return "missing entity";
    case EvalErrorCode::kMissingTag:
      return "missing tag";
    case EvalErrorCode::kTypeError:
      return "type error";
    case EvalErrorCode::kOverflow:
      return "integer overflow";
    case EvalErrorCode::kExtension:
      return "extension function refused its argument";
    case EvalErrorCode::kUnlinkedSlot:
      return "template slot without an entity";
    case EvalErrorCode::kTooDeep:
      return "value nested too deeply";
  }
  return "unknown error";
}

Evaluation::Evaluation() : rep_(std::make_unique<Rep>()) {}
Evaluation::~Evaluation() = default;

absl::Span<const uint32_t> Evaluation::permits() const { return rep_->permits; }
absl::Span<const uint32_t> Evaluation::forbids() const { return rep_->forbids; }
absl::Span<const PolicyError> Evaluation::errors() const {
  return rep_->errors;
}
absl::Span<const Evaluation::Reading> Evaluation::readings() const {
  rep_->readings.clear();
  for (uint32_t slot = 0; slot < rep_->slots.size(); ++slot) {
    const Rep::Slot& kept = rep_->slots[slot];
    if (kept.decision != 0 && kept.decision == rep_->decision) {
      rep_->readings.push_back({slot, kept.value});
    }
  }
  return rep_->readings;
}

Value Evaluation::kept_value() const { return rep_->registers[0]; }

bool Evaluation::CedarAllows() const {
  return !rep_->permits.empty() && rep_->forbids.empty();
}

bool Evaluation::FailClosedAllows() const {
  return CedarAllows() && rep_->errors.empty();
}

void Evaluate(const Program& program, const ScopeRequest& request,
              FactReader* facts, Evaluation* evaluation) {
  const Program::Rep& rep = program.rep();
  Evaluation::Rep& state = evaluation->rep();
  Start(rep, &state);
  Scopes(rep.index, request, &state).Find();
  Machine machine(rep, request, facts, &state);
  for (uint32_t set : state.action_sets) {
    for (uint32_t principal : state.principal_keys) {
      const PairTable::Run node = rep.index.Node(set, principal);
      if (node.count == 0) continue;
      for (uint32_t resource : state.resource_keys) {
        for (uint32_t policy : rep.index.Policies(node.begin, resource)) {
          RunPolicy(rep, policy, &machine, &state);
        }
      }
    }
  }
  std::sort(state.permits.begin(), state.permits.end());
  std::sort(state.forbids.begin(), state.forbids.end());
  std::sort(state.errors.begin(), state.errors.end(),
            [](const PolicyError& a, const PolicyError& b) {
              return a.policy < b.policy;
            });
}

}  // namespace tarazy
