// Which policies can apply, judged by their scope alone.
//
// Each policy stands under one triple: its action constraint, its principal
// constraint and its resource constraint, each a small number. A request
// satisfies few constraints: of the principal "any", its type, itself and each
// of its ancestors; likewise the resource; of the action those sets that name
// it or one of its groups. The index is two hash tables, (action, principal)
// to a node and (node, resource) to a leaf of policies, so a request looks up
// the triples that it satisfies and never sees another policy, however many
// there are. No policy is found twice.
//
// `principal is T in E` stands under "in E"; its code tests the type.
//
// Thread-safety: immutable once built.

#ifndef TARAZY_POLICY_PROGRAM_SCOPE_INDEX_H_
#define TARAZY_POLICY_PROGRAM_SCOPE_INDEX_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "policy/cedar/ast.h"

namespace tarazy {

// A principal or resource constraint in numbers; 0 where there is none.
struct ScopePart {
  ScopeConstraint::Kind kind = ScopeConstraint::Kind::kAny;
  uint32_t type = 0;
  uint32_t entity = 0;
};

// A distinct action constraint. Set 0 of a program is "any action".
struct ActionSet {
  ActionConstraint::Kind kind = ActionConstraint::Kind::kAny;
  std::vector<uint32_t> entities;  // sorted, distinct

  bool operator==(const ActionSet& o) const {
    return kind == o.kind && entities == o.entities;
  }
  template <typename H>
  friend H AbslHashValue(H h, const ActionSet& s) {
    return H::combine(std::move(h), s.kind, s.entities);
  }
};

struct PolicyScope {
  ScopePart principal;
  ScopePart resource;
  uint32_t action_set = 0;
};

// What the schema says of action groups: for some entities, all they are in.
class ActionGroups {
 public:
  // `entity_count` entities, numbered from 1; of those in `members`, the
  // ancestors in `ancestors`.
  void Build(size_t entity_count, const std::vector<uint32_t>& members,
             const std::vector<std::vector<uint32_t>>& ancestors);

  bool IsIn(uint32_t entity, uint32_t group) const {
    if (entity >= row_.size() || group >= column_.size()) return false;
    const uint32_t row = row_[entity];
    const uint32_t column = column_[group];
    if (row == 0 || column == 0) return false;
    return bits_[(row - 1) * words_ + (column - 1) / 64] >>
               ((column - 1) % 64) &
           1;
  }
  // Sorted by entity and group.
  const std::vector<std::pair<uint32_t, uint32_t>>& pairs() const {
    return pairs_;
  }

 private:
  std::vector<uint32_t> row_;
  std::vector<uint32_t> column_;
  std::vector<uint64_t> bits_;
  std::vector<std::pair<uint32_t, uint32_t>> pairs_;
  size_t words_ = 0;
};

// An open-addressing table from two numbers to a run [begin, begin + count).
class PairTable {
 public:
  struct Run {
    uint32_t begin = 0;
    uint32_t count = 0;
  };
  void Reserve(size_t entries);
  void Insert(uint32_t x, uint32_t y, Run run);
  // A run of none when absent.
  Run Find(uint32_t x, uint32_t y) const {
    if (cells_.empty()) return {};
    const uint64_t key = uint64_t{x} << 32 | y;
    for (size_t i = Mix(key) & mask_;; i = (i + 1) & mask_) {
      if (cells_[i].key == key) return cells_[i].run;
      if (cells_[i].key == kEmpty) return {};
    }
  }
  size_t bytes() const { return cells_.capacity() * sizeof(Cell); }

 private:
  static constexpr uint64_t kEmpty = ~uint64_t{0};
  struct Cell {
    uint64_t key = kEmpty;
    Run run;
  };
  static uint64_t Mix(uint64_t key) {
    key ^= key >> 33;
    key *= 0xff51afd7ed558ccdu;
    return key ^ key >> 33;
  }
  std::vector<Cell> cells_;
  size_t mask_ = 0;
};

class ScopeIndex {
 public:
  // Keys of the constraints that name an entity or a type; 0: none does.
  struct EntityKeys {
    uint32_t principal_equal = 0;
    uint32_t principal_in = 0;
    uint32_t resource_equal = 0;
    uint32_t resource_in = 0;
  };
  struct TypeKeys {
    uint32_t principal_is = 0;
    uint32_t resource_is = 0;
  };
  // The key of "any principal" and "any resource".
  static constexpr uint32_t kAnyKey = 1;

  void Build(const std::vector<PolicyScope>& scopes,
             const std::vector<ActionSet>& action_sets,
             const ActionGroups& groups, size_t entity_count,
             size_t type_count);

  // `number` 0 is an entity, or a type, that the program has no word for.
  const EntityKeys& entity(uint32_t number) const {
    return entity_keys_[number];
  }
  const TypeKeys& type(uint32_t number) const { return type_keys_[number]; }

  // Action sets that hold of action `number`: set 0, and those by its own name
  // and its groups as compiled.
  absl::Span<const uint32_t> ActionSets(uint32_t number) const {
    const auto sets = Slice(action_sets_, action_begin_, number);
    return sets.empty() ? absl::Span<const uint32_t>(kAnyAction) : sets;
  }
  // Action sets that hold of whatever is in `number`; without set 0.
  absl::Span<const uint32_t> GroupSets(uint32_t number) const {
    return Slice(group_sets_, group_begin_, number);
  }

  // The numbers of nodes and leaves, or kNone.
  static constexpr uint32_t kNone = 0xffffffffu;
  uint32_t Node(uint32_t action_set, uint32_t principal_key) const {
    const PairTable::Run run = nodes_.Find(action_set, principal_key);
    return run.count == 0 ? kNone : run.begin;
  }
  uint32_t Leaf(uint32_t node, uint32_t resource_key) const {
    const PairTable::Run run = leaves_.Find(node, resource_key);
    return run.count == 0 ? kNone : run.begin;
  }
  // What the tables say of kAnyKey, without a search, and whether they say
  // anything of other keys.
  struct Any {
    uint32_t number = kNone;
    bool others = false;
  };
  const Any& AnyPrincipal(uint32_t action_set) const {
    return any_principal_[action_set];
  }
  const Any& AnyResource(uint32_t node) const { return any_resource_[node]; }
  // The policies of each leaf.
  std::vector<absl::Span<const uint32_t>> LeafPolicies() const;

 private:
  static constexpr uint32_t kAnyAction[] = {0};

  static absl::Span<const uint32_t> Slice(const std::vector<uint32_t>& items,
                                          const std::vector<uint32_t>& begin,
                                          uint32_t number) {
    return {items.data() + begin[number], begin[number + 1] - begin[number]};
  }
  uint32_t PrincipalKey(const ScopePart& part, uint32_t* next);
  uint32_t ResourceKey(const ScopePart& part, uint32_t* next);
  void BuildActions(const std::vector<ActionSet>& action_sets,
                    const ActionGroups& groups, size_t entity_count);

  std::vector<EntityKeys> entity_keys_;
  std::vector<TypeKeys> type_keys_;
  std::vector<uint32_t> action_sets_, action_begin_;  // none: set 0 alone
  std::vector<uint32_t> group_sets_, group_begin_;
  std::vector<Any> any_principal_;  // by action set
  std::vector<Any> any_resource_;   // by node
  PairTable nodes_;                 // begin: the node's number; count: 1
  PairTable leaves_;                // begin: the leaf's number; count: 1
  std::vector<uint32_t> policies_, leaf_begin_;
};

}  // namespace tarazy

#endif  // TARAZY_POLICY_PROGRAM_SCOPE_INDEX_H_
