#include "policy/eval/entities.h"

#include <algorithm>
#include <deque>

#include "absl/strings/str_cat.h"
#include "policy/cedar/ast.h"

namespace tarazy {
namespace {

constexpr uint32_t kNone = 0xffffffffu;

std::string Show(const EntityName& name) {
  EntityUid uid;
  uid.type = std::string(name.type);
  uid.id = std::string(name.id);
  return absl::StrCat("`", ToString(uid), "`");
}

}  // namespace

struct EntityStore::Rep {
  using Key = std::pair<absl::string_view, absl::string_view>;

  const Program* program = nullptr;
  Arena arena{1 << 14};
  std::deque<EntityName> names;  // those that the program does not know
  std::vector<Entity> entities;
  std::vector<uint32_t> by_known;  // entity of a program's number, or kNone
  absl::flat_hash_map<Key, uint32_t> by_text;  // the others

  uint32_t Number(const EntityName& name) const {
    if (name.known != 0) {
      return name.known < by_known.size() ? by_known[name.known] : kNone;
    }
    const auto found = by_text.find(Key(name.type, name.id));
    return found == by_text.end() ? kNone : found->second;
  }
};

EntityStore::EntityStore(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
EntityStore::~EntityStore() = default;

const EntityStore::Entity* EntityStore::Find(const EntityName& name) const {
  const uint32_t number = rep_->Number(name);
  if (number == kNone || !rep_->entities[number].exists) return nullptr;
  return &rep_->entities[number];
}

bool EntityStore::IsIn(const Entity& entity, const EntityName& group) const {
  const absl::Span<const uint32_t> list =
      group.known != 0 ? entity.known_ancestors : entity.ancestors;
  const uint32_t wanted = group.known != 0 ? group.known : rep_->Number(group);
  return std::binary_search(list.begin(), list.end(), wanted);
}

const EntityName* EntityStore::FindName(absl::string_view type,
                                        absl::string_view id) const {
  const EntityName* known = rep_->program->FindEntity(type, id);
  if (known != nullptr) return known;
  const auto found = rep_->by_text.find(Rep::Key(type, id));
  return found == rep_->by_text.end() ? nullptr
                                      : rep_->entities[found->second].name;
}

absl::Span<const EntityStore::Entity> EntityStore::entities() const {
  return rep_->entities;
}

EntityStoreBuilder::EntityStoreBuilder(const Program* program,
                                       const EntityLimits& limits)
    : rep_(std::make_unique<EntityStore::Rep>()), limits_(limits) {
  rep_->program = program;
}
EntityStoreBuilder::~EntityStoreBuilder() = default;

Arena* EntityStoreBuilder::arena() { return &rep_->arena; }

const EntityName* EntityStoreBuilder::Name(absl::string_view type,
                                           absl::string_view id) {
  EntityStore::Rep& rep = *rep_;
  const uint32_t next = static_cast<uint32_t>(rep.entities.size());
  const EntityName* name = rep.program->FindEntity(type, id);
  if (name != nullptr) {
    if (name->known >= rep.by_known.size()) {
      rep.by_known.resize(name->known + 1, kNone);
    }
    if (rep.by_known[name->known] != kNone) return name;
    rep.by_known[name->known] = next;
  } else {
    const auto found = rep.by_text.find(EntityStore::Rep::Key(type, id));
    if (found != rep.by_text.end()) return rep.entities[found->second].name;
    EntityName own;
    own.type = rep.arena.Copy(type);
    own.id = rep.arena.Copy(id);
    own.known_type = rep.program->FindType(type);
    rep.names.push_back(own);
    name = &rep.names.back();
    rep.by_text.emplace(EntityStore::Rep::Key(name->type, name->id), next);
  }
  EntityStore::Entity entity;
  entity.name = name;
  rep.entities.push_back(entity);
  parents_.emplace_back();
  return name;
}

bool EntityStoreBuilder::Has(const EntityName* name) const {
  const uint32_t number = rep_->Number(*name);
  return number != kNone && rep_->entities[number].exists;
}

absl::Status EntityStoreBuilder::Add(const EntityName* name, Value attributes,
                                     Value tags,
                                     std::vector<const EntityName*> parents) {
  if (rep_->entities.size() > limits_.max_entities) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "more than ", limits_.max_entities, " entities are named"));
  }
  std::vector<uint32_t> numbers;
  for (const EntityName* parent : parents) {
    numbers.push_back(rep_->Number(*parent));
  }
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  const uint32_t number = rep_->Number(*name);
  EntityStore::Entity added;
  added.name = name;
  added.exists = true;
  if (!attributes.missing()) added.attributes = attributes.as_record();
  if (!tags.missing()) added.tags = tags.as_record();
  EntityStore::Entity* entity = &rep_->entities[number];
  if (entity->exists) {
    const bool same =
        EqualValues(Value::Record(&entity->attributes),
                    Value::Record(&added.attributes)) &&
        EqualValues(Value::Record(&entity->tags), Value::Record(&added.tags)) &&
        parents_[number] == numbers;
    if (same) return absl::OkStatus();
    return absl::AlreadyExistsError(
        absl::StrCat("entity ", Show(*name), " is there twice"));
  }
  *entity = added;
  parents_[number] = std::move(numbers);
  return absl::OkStatus();
}

// Depth first without recursion: an entity's ancestors are its parents and
// theirs, and are known once all its parents are done.
absl::Status EntityStoreBuilder::Close() {
  EntityStore::Rep& rep = *rep_;
  enum class State : uint8_t { kNew, kOpen, kDone };
  std::vector<State> state(parents_.size(), State::kNew);
  std::vector<std::pair<uint32_t, uint32_t>> stack;  // entity, next parent
  std::vector<uint32_t> all;
  uint64_t pairs = 0;
  for (uint32_t root = 0; root < parents_.size(); ++root) {
    if (state[root] != State::kNew) continue;
    stack.emplace_back(root, 0);
    while (!stack.empty()) {
      const uint32_t at = stack.back().first;
      state[at] = State::kOpen;
      if (stack.back().second < parents_[at].size()) {
        const uint32_t parent = parents_[at][stack.back().second++];
        if (state[parent] == State::kOpen) {
          return absl::InvalidArgumentError(absl::StrCat(
              "entity ", Show(*rep.entities[parent].name), " is in itself"));
        }
        if (state[parent] == State::kNew) stack.emplace_back(parent, 0);
        continue;
      }
      all.clear();
      for (uint32_t parent : parents_[at]) {
        const auto& above = rep.entities[parent].ancestors;
        all.push_back(parent);
        all.insert(all.end(), above.begin(), above.end());
      }
      std::sort(all.begin(), all.end());
      all.erase(std::unique(all.begin(), all.end()), all.end());
      pairs += all.size();
      if (pairs > limits_.max_ancestor_pairs) {
        return absl::ResourceExhaustedError(
            absl::StrCat("the entities have more than ",
                         limits_.max_ancestor_pairs, " ancestors together"));
      }
      uint32_t* numbers = rep.arena.Allocate<uint32_t>(all.size());
      std::copy(all.begin(), all.end(), numbers);
      rep.entities[at].ancestors = {numbers, all.size()};
      state[at] = State::kDone;
      stack.pop_back();
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<const EntityStore>> EntityStoreBuilder::Build() {
  const absl::Status closed = Close();
  if (!closed.ok()) return closed;
  EntityStore::Rep& rep = *rep_;
  std::vector<uint32_t> known;
  for (EntityStore::Entity& entity : rep.entities) {
    known.clear();
    for (uint32_t ancestor : entity.ancestors) {
      const uint32_t number = rep.entities[ancestor].name->known;
      if (number != 0) known.push_back(number);
    }
    std::sort(known.begin(), known.end());
    uint32_t* numbers = rep.arena.Allocate<uint32_t>(known.size());
    std::copy(known.begin(), known.end(), numbers);
    entity.known_ancestors = {numbers, known.size()};
  }
  return std::unique_ptr<const EntityStore>(new EntityStore(std::move(rep_)));
}

}  // namespace tarazy
