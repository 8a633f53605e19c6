#include "policy/program/scope_index.h"

#include <algorithm>
#include <tuple>

namespace tarazy {
namespace {

// Lists by number, laid end to end.
void Flatten(const std::vector<std::vector<uint32_t>>& lists,
             std::vector<uint32_t>* items, std::vector<uint32_t>* begin) {
  begin->reserve(lists.size() + 1);
  begin->push_back(0);
  for (const auto& list : lists) {
    items->insert(items->end(), list.begin(), list.end());
    begin->push_back(static_cast<uint32_t>(items->size()));
  }
}

}  // namespace

void ActionGroups::Build(size_t entity_count,
                         const std::vector<uint32_t>& members,
                         const std::vector<std::vector<uint32_t>>& ancestors) {
  for (size_t i = 0; i < members.size(); ++i) {
    for (uint32_t group : ancestors[i]) pairs_.emplace_back(members[i], group);
  }
  if (pairs_.empty()) return;
  std::sort(pairs_.begin(), pairs_.end());
  row_.assign(entity_count + 1, 0);
  column_.assign(entity_count + 1, 0);
  uint32_t rows = 0;
  uint32_t columns = 0;
  for (const auto& pair : pairs_) {
    if (row_[pair.first] == 0) row_[pair.first] = ++rows;
    if (column_[pair.second] == 0) column_[pair.second] = ++columns;
  }
  words_ = (columns + 63) / 64;
  bits_.assign(rows * words_, 0);
  for (const auto& pair : pairs_) {
    const uint32_t column = column_[pair.second] - 1;
    bits_[(row_[pair.first] - 1) * words_ + column / 64] |= uint64_t{1}
                                                            << (column % 64);
  }
}

void PairTable::Reserve(size_t entries) {
  size_t size = 8;
  while (size < entries * 2) size *= 2;
  cells_.assign(size, Cell());
  mask_ = size - 1;
}

void PairTable::Insert(uint32_t x, uint32_t y, Run run) {
  const uint64_t key = uint64_t{x} << 32 | y;
  size_t i = Mix(key) & mask_;
  while (cells_[i].key != kEmpty) i = (i + 1) & mask_;
  cells_[i].key = key;
  cells_[i].run = run;
}

uint32_t ScopeIndex::PrincipalKey(const ScopePart& part, uint32_t* next) {
  uint32_t* key = nullptr;
  switch (part.kind) {
    case ScopeConstraint::Kind::kAny:
      return kAnyKey;
    case ScopeConstraint::Kind::kEqual:
      key = &entity_keys_[part.entity].principal_equal;
      break;
    case ScopeConstraint::Kind::kIs:
      key = &type_keys_[part.type].principal_is;
      break;
    default:
      key = &entity_keys_[part.entity].principal_in;
  }
  if (*key == 0) *key = (*next)++;
  return *key;
}

uint32_t ScopeIndex::ResourceKey(const ScopePart& part, uint32_t* next) {
  uint32_t* key = nullptr;
  switch (part.kind) {
    case ScopeConstraint::Kind::kAny:
      return kAnyKey;
    case ScopeConstraint::Kind::kEqual:
      key = &entity_keys_[part.entity].resource_equal;
      break;
    case ScopeConstraint::Kind::kIs:
      key = &type_keys_[part.type].resource_is;
      break;
    default:
      key = &entity_keys_[part.entity].resource_in;
  }
  if (*key == 0) *key = (*next)++;
  return *key;
}

void ScopeIndex::BuildActions(const std::vector<ActionSet>& action_sets,
                              const ActionGroups& groups, size_t entity_count) {
  std::vector<std::vector<uint32_t>> own(entity_count + 1);
  std::vector<std::vector<uint32_t>> inherited(entity_count + 1);
  for (uint32_t set = 1; set < action_sets.size(); ++set) {
    const bool in = action_sets[set].kind == ActionConstraint::Kind::kIn;
    for (uint32_t entity : action_sets[set].entities) {
      own[entity].push_back(set);
      if (in) inherited[entity].push_back(set);
    }
  }
  for (const auto& pair : groups.pairs()) {
    const std::vector<uint32_t>& from = inherited[pair.second];
    std::vector<uint32_t>& to = own[pair.first];
    to.insert(to.end(), from.begin(), from.end());
  }
  for (auto& list : own) {
    if (list.empty()) continue;
    list.push_back(0);
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
  }
  Flatten(own, &action_sets_, &action_begin_);
  Flatten(inherited, &group_sets_, &group_begin_);
}

void ScopeIndex::Build(const std::vector<PolicyScope>& scopes,
                       const std::vector<ActionSet>& action_sets,
                       const ActionGroups& groups, size_t entity_count,
                       size_t type_count) {
  entity_keys_.assign(entity_count + 1, EntityKeys());
  type_keys_.assign(type_count + 1, TypeKeys());
  BuildActions(action_sets, groups, entity_count);

  // (action set, principal key, resource key, policy)
  std::vector<std::tuple<uint32_t, uint32_t, uint32_t, uint32_t>> rows;
  rows.reserve(scopes.size());
  uint32_t next_principal = kAnyKey + 1;
  uint32_t next_resource = kAnyKey + 1;
  for (uint32_t i = 0; i < scopes.size(); ++i) {
    rows.emplace_back(scopes[i].action_set,
                      PrincipalKey(scopes[i].principal, &next_principal),
                      ResourceKey(scopes[i].resource, &next_resource), i);
  }
  std::sort(rows.begin(), rows.end());
  const auto same_node = [&](size_t i, size_t j) {
    return std::get<0>(rows[i]) == std::get<0>(rows[j]) &&
           std::get<1>(rows[i]) == std::get<1>(rows[j]);
  };
  const auto same_leaf = [&](size_t i, size_t j) {
    return same_node(i, j) && std::get<2>(rows[i]) == std::get<2>(rows[j]);
  };
  size_t node_count = 0;
  size_t leaf_count = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    node_count += i == 0 || !same_node(i, i - 1) ? 1 : 0;
    leaf_count += i == 0 || !same_leaf(i, i - 1) ? 1 : 0;
  }
  nodes_.Reserve(node_count);
  leaves_.Reserve(leaf_count);
  policies_.reserve(rows.size());
  any_principal_.resize(action_sets.size());
  any_resource_.resize(node_count);
  const auto note = [](uint32_t key, uint32_t number, Any* any) {
    if (key == kAnyKey) {
      any->number = number;
    } else {
      any->others = true;
    }
  };
  uint32_t node = kNone;  // the first is 0
  for (size_t i = 0; i < rows.size(); ++i) {
    if (i == 0 || !same_node(i, i - 1)) {
      nodes_.Insert(std::get<0>(rows[i]), std::get<1>(rows[i]), {++node, 1});
      note(std::get<1>(rows[i]), node, &any_principal_[std::get<0>(rows[i])]);
    }
    if (i == 0 || !same_leaf(i, i - 1)) {
      const auto leaf = static_cast<uint32_t>(leaf_begin_.size());
      leaves_.Insert(node, std::get<2>(rows[i]), {leaf, 1});
      note(std::get<2>(rows[i]), leaf, &any_resource_[node]);
      leaf_begin_.push_back(static_cast<uint32_t>(i));
    }
    policies_.push_back(std::get<3>(rows[i]));
  }
}

std::vector<absl::Span<const uint32_t>> ScopeIndex::LeafPolicies() const {
  std::vector<absl::Span<const uint32_t>> leaves;
  leaves.reserve(leaf_begin_.size());
  for (size_t i = 0; i < leaf_begin_.size(); ++i) {
    const size_t end =
        i + 1 < leaf_begin_.size() ? leaf_begin_[i + 1] : policies_.size();
    leaves.emplace_back(policies_.data() + leaf_begin_[i],
                        end - leaf_begin_[i]);
  }
  return leaves;
}

}  // namespace tarazy
