// The evaluator: finds the leaves of the scope index that the request
// satisfies and runs each.

#include "policy/eval/evaluator.h"

#include <algorithm>
#include <functional>
#include <vector>

#include "policy/eval/entities.h"
#include "policy/eval/evaluation_state.h"
#include "policy/eval/machine.h"
#include "policy/program/rep.h"

namespace tarazy {
namespace {

// The keys of the scope index that a request satisfies.
class Scopes {
 public:
  Scopes(const ScopeIndex& index, const ScopeRequest& request,
         Evaluation::Rep* state)
      : index_(index), request_(request), state_(*state) {}

  // Leaves the keys of principal and resource in the state and gives the
  // action sets.
  absl::Span<const uint32_t> Find() {
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
    const absl::Span<const uint32_t> own =
        index_.ActionSets(request_.action->known);
    if (request_.entities == nullptr) return own;
    for (uint32_t group : Ancestors(*request_.principal)) {
      Add(index_.entity(group).principal_in, &state_.principal_keys);
    }
    for (uint32_t group : Ancestors(*request_.resource)) {
      Add(index_.entity(group).resource_in, &state_.resource_keys);
    }
    return AddInherited(own);
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
  // The action sets, with those of the groups that the action is in.
  absl::Span<const uint32_t> AddInherited(absl::Span<const uint32_t> own) {
    std::vector<uint32_t>& sets = state_.action_sets;
    sets.clear();
    for (uint32_t group : Ancestors(*request_.action)) {
      const auto inherited = index_.GroupSets(group);
      sets.insert(sets.end(), inherited.begin(), inherited.end());
    }
    if (sets.empty()) return own;
    sets.insert(sets.end(), own.begin(), own.end());
    // Two groups may be in one set, and the program may know a group too.
    std::sort(sets.begin(), sets.end());
    sets.erase(std::unique(sets.begin(), sets.end()), sets.end());
    return sets;
  }

  const ScopeIndex& index_;
  const ScopeRequest& request_;
  Evaluation::Rep& state_;
};

void Start(const Program::Rep& program, Evaluation::Rep* state) {
  state->permits.clear();
  state->forbids.clear();
  state->errors.clear();
  state->arena.Reset();
  ++state->decision;
  Value* const facts = state->facts.data();
  const Value unread = Value::Unread();
  for (size_t i = 0; i < state->read_count; ++i) {
    facts[state->read[i]] = unread;
  }
  state->read_count = 0;
  if (state->facts.size() < program.facts.size()) {
    state->facts.resize(program.facts.size(), Value::Unread());
    state->read.resize(program.facts.size());
  }
  if (state->conditions.size() < program.conditions.size()) {
    state->conditions.resize(program.conditions.size());
  }
  if (state->registers.size() < program.registers) {
    state->registers.resize(program.registers);
  }
}

// The first key is always kAnyKey, which is looked up without a search.
inline void RunLeaves(const Program::Rep& program, uint32_t node,
                      Evaluation::Rep* state, Machine* machine) {
  const ScopeIndex::Any& any = program.index.AnyResource(node);
  if (any.number != ScopeIndex::kNone) machine->RunLeaf(any.number);
  if (!any.others) return;
  for (size_t i = 1; i < state->resource_keys.size(); ++i) {
    const uint32_t leaf = program.index.Leaf(node, state->resource_keys[i]);
    if (leaf != ScopeIndex::kNone) machine->RunLeaf(leaf);
  }
}

inline void RunNodes(const Program::Rep& program, uint32_t action_set,
                     Evaluation::Rep* state, Machine* machine) {
  const ScopeIndex::Any& any = program.index.AnyPrincipal(action_set);
  if (any.number != ScopeIndex::kNone) {
    RunLeaves(program, any.number, state, machine);
  }
  if (!any.others) return;
  for (size_t i = 1; i < state->principal_keys.size(); ++i) {
    const uint32_t node =
        program.index.Node(action_set, state->principal_keys[i]);
    if (node != ScopeIndex::kNone) RunLeaves(program, node, state, machine);
  }
}

// Mostly there is nothing to do.
template <typename T, typename Less>
void Sort(std::vector<T>* items, Less less) {
  if (items->size() < 2) return;
  if (std::is_sorted(items->begin(), items->end(), less)) return;
  std::sort(items->begin(), items->end(), less);
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
  for (size_t i = 0; i < rep_->read_count; ++i) {
    rep_->readings.push_back({rep_->read[i], rep_->facts[rep_->read[i]]});
  }
  std::sort(rep_->readings.begin(), rep_->readings.end(),
            [](const Reading& a, const Reading& b) { return a.slot < b.slot; });
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
  const absl::Span<const uint32_t> sets =
      Scopes(rep.index, request, &state).Find();
  Machine machine(rep, request, facts, &state);
  for (uint32_t set : sets) RunNodes(rep, set, &state, &machine);
  state.read_count =
      static_cast<size_t>(machine.read_end() - state.read.data());
  const auto by_policy = [](const PolicyError& a, const PolicyError& b) {
    return a.policy < b.policy;
  };
  Sort(&state.permits, std::less<uint32_t>());
  Sort(&state.forbids, std::less<uint32_t>());
  Sort(&state.errors, by_policy);
}

}  // namespace tarazy
