// The evaluator: finds the leaves of the scope index that the request
// satisfies and runs each.

#include "policy/eval/evaluator.h"

#include <algorithm>
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

void Start(const Program::Rep& program, Evaluation::Rep* state) {
  state->permits.clear();
  state->forbids.clear();
  state->errors.clear();
  state->arena.Reset();
  ++state->decision;
  if (state->facts.size() < program.facts.size()) {
    state->facts.resize(program.facts.size());
    state->read_by.resize(program.facts.size());
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
  if (rep_->decision == 0) return {};
  for (uint32_t slot = 0; slot < rep_->facts.size(); ++slot) {
    if (rep_->read_by[slot] == rep_->decision) {
      rep_->readings.push_back({slot, rep_->facts[slot]});
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
        const uint32_t leaf = rep.index.Leaf(node.begin, resource);
        if (leaf != ScopeIndex::kNoLeaf) machine.RunLeaf(leaf);
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
