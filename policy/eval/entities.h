// The entities of a general request: attributes, tags, and what each is in.
//
// A store is built for one program and names entities as the program does, so
// that the evaluator compares numbers. It holds each entity that was added and
// has a word for each that was only mentioned, as a parent or in an attribute;
// of those it knows nothing but the name.
//
// Thread-safety: a store is immutable; a builder belongs to one thread. A store
// may not outlive its program.
// Source: Cedar policy language 4.5, entities.

#ifndef TARAZY_POLICY_EVAL_ENTITIES_H_
#define TARAZY_POLICY_EVAL_ENTITIES_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "policy/eval/aggregate.h"
#include "policy/eval/arena.h"
#include "policy/eval/value.h"
#include "policy/program/program.h"

namespace tarazy {

struct EntityLimits {
  uint32_t max_entities = 1u << 24;
  // Pairs of an entity and one of its ancestors.
  uint64_t max_ancestor_pairs = uint64_t{1} << 26;
};

class EntityStore {
 public:
  struct Entity {
    const EntityName* name = nullptr;
    bool exists = false;  // false: only mentioned
    RecordValue attributes;
    RecordValue tags;
    // Numbers in this store of all that it is in, sorted.
    absl::Span<const uint32_t> ancestors;
    // Those that the program knows, as the program numbers them, sorted.
    absl::Span<const uint32_t> known_ancestors;
  };

  ~EntityStore();
  EntityStore(const EntityStore&) = delete;
  EntityStore& operator=(const EntityStore&) = delete;

  // Null when there is no such entity, or it is only mentioned.
  const Entity* Find(const EntityName& name) const;

  // Whether `group` is among what `entity` is in.
  bool IsIn(const Entity& entity, const EntityName& group) const;

  // The name of an entity as this store and its program have it, or null.
  const EntityName* FindName(absl::string_view type,
                             absl::string_view id) const;

  // In the order added or first mentioned.
  absl::Span<const Entity> entities() const;

 private:
  friend class EntityStoreBuilder;
  struct Rep;
  explicit EntityStore(std::unique_ptr<Rep> rep);
  std::unique_ptr<Rep> rep_;
};

class EntityStoreBuilder {
 public:
  // `program` outlives the store.
  explicit EntityStoreBuilder(const Program* program,
                              const EntityLimits& limits = {});
  ~EntityStoreBuilder();

  // For what attributes and tags point to.
  Arena* arena();

  // The one name of this entity; lives as long as the store.
  const EntityName* Name(absl::string_view type, absl::string_view id);

  // ALREADY_EXISTS when it was added before with other content. `attributes`
  // and `tags` are records whose parts live in arena(), or missing.
  absl::Status Add(const EntityName* name, Value attributes, Value tags,
                   std::vector<const EntityName*> parents);

  // Whether `name` was added.
  bool Has(const EntityName* name) const;

  // INVALID_ARGUMENT names an entity that is in itself; RESOURCE_EXHAUSTED, a
  // limit.
  absl::StatusOr<std::unique_ptr<const EntityStore>> Build();

 private:
  absl::Status Close();

  std::unique_ptr<EntityStore::Rep> rep_;
  EntityLimits limits_;
  std::vector<std::vector<uint32_t>> parents_;
};

}  // namespace tarazy

#endif  // TARAZY_POLICY_EVAL_ENTITIES_H_
