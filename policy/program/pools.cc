#include "policy/program/pools.h"

#include "absl/strings/str_cat.h"

namespace tarazy {

uint32_t Pools::Constant(const Value& value) {
  const auto found = constants_.find(value);
  if (found != constants_.end()) return found->second;
  const uint32_t index = static_cast<uint32_t>(rep_->constants.size());
  const Value kept = DeepCopy(value, arena());
  rep_->constants.push_back(kept);
  constants_.emplace(kept, index);
  return index;
}

uint32_t Pools::Fact(Var root, const std::vector<std::string>& attributes,
                     bool value_read) {
  // Lengths keep {"a", "b"} and {"ab"} apart.
  std::string key(1, static_cast<char>(root));
  for (const std::string& attribute : attributes) {
    absl::StrAppend(&key, attribute.size(), ":", attribute);
  }
  const auto inserted =
      facts_.emplace(key, static_cast<uint32_t>(rep_->facts.size()));
  const uint32_t slot = inserted.first->second;
  if (inserted.second) {
    FactPath path;
    path.root = root;
    path.attributes = attributes;
    path.presence_only = true;
    rep_->facts.push_back(std::move(path));
  }
  if (value_read) rep_->facts[slot].presence_only = false;
  return slot;
}

uint32_t Pools::Pattern(const std::vector<PatternElement>& elements) {
  LikePattern pattern = MakeLikePattern(elements);
  const auto inserted = patterns_.emplace(
      pattern.pieces, static_cast<uint32_t>(rep_->patterns.size()));
  if (inserted.second) rep_->patterns.push_back(std::move(pattern));
  return inserted.first->second;
}

uint32_t Pools::Name(absl::string_view name) {
  const auto found = names_.find(name);
  if (found != names_.end()) return found->second;
  const uint32_t index = static_cast<uint32_t>(rep_->names.size());
  rep_->names.push_back(arena()->Copy(name));
  names_.emplace(rep_->names.back(), index);
  return index;
}

uint32_t Pools::Shape(const std::vector<absl::string_view>& names) {
  const auto inserted =
      shapes_.emplace(names, static_cast<uint32_t>(rep_->shapes.size()));
  if (inserted.second) rep_->shapes.push_back(names);
  return inserted.first->second;
}

uint32_t Pools::Actions(const ActionSet& set) {
  const auto inserted =
      actions_.emplace(set, static_cast<uint32_t>(rep_->action_sets.size()));
  if (inserted.second) rep_->action_sets.push_back(set);
  return inserted.first->second;
}

}  // namespace tarazy
