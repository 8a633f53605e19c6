#include "policy/program/symbols.h"

#include <algorithm>

namespace tarazy {

void Symbols::AddType(absl::string_view type) {
  if (type_index_.contains(type)) return;
  type_index_.emplace(text_.Copy(type), 0);
}

void Symbols::AddEntity(absl::string_view type, absl::string_view id) {
  if (pending_.contains(Key(type, id))) return;
  AddType(type);
  pending_.emplace(type_index_.find(type)->first, text_.Copy(id));
}

void Symbols::Seal() {
  types_.reserve(type_index_.size());
  for (const auto& entry : type_index_) types_.push_back(entry.first);
  std::sort(types_.begin(), types_.end());
  for (size_t i = 0; i < types_.size(); ++i) {
    type_index_[types_[i]] = static_cast<uint32_t>(i + 1);
  }
  std::vector<Key> sorted(pending_.begin(), pending_.end());
  absl::flat_hash_set<Key>().swap(pending_);
  std::sort(sorted.begin(), sorted.end());
  entities_.reserve(sorted.size());
  index_.reserve(sorted.size());
  for (const Key& key : sorted) {
    EntityName name;
    name.type = key.first;
    name.id = key.second;
    name.known = static_cast<uint32_t>(entities_.size() + 1);
    name.known_type = type_index_[key.first];
    entities_.push_back(name);
    index_.insert(name.known - 1);
  }
}

const EntityName* Symbols::Find(absl::string_view type,
                                absl::string_view id) const {
  const auto found = index_.find(Key(type, id));
  return found == index_.end() ? nullptr : &entities_[*found];
}

uint32_t Symbols::FindType(absl::string_view type) const {
  const auto found = type_index_.find(type);
  return found == type_index_.end() ? 0 : found->second;
}

}  // namespace tarazy
