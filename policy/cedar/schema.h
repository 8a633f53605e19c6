// A Cedar schema: which entities, actions and contexts exist, names resolved.
//
// A schema is read from the human syntax, from the JSON syntax, or from
// several sources of either kind together, which may refer to each other's
// declarations. All names here are fully qualified (`App::User`); common
// types have been replaced by what they stand for; hierarchies are
// transitively closed.
//
// Failures: null, with every reason in `diagnostics`; never a partial schema.
// Thread-safety: immutable after parsing.
// Source: Cedar policy language 4.5, schema grammar and JSON schema format.

#ifndef TARAZY_POLICY_CEDAR_SCHEMA_H_
#define TARAZY_POLICY_CEDAR_SCHEMA_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "policy/cedar/ast.h"
#include "policy/cedar/diagnostic.h"
#include "policy/cedar/source.h"
#include "policy/cedar/types.h"

namespace tarazy {

// An entity type that the schema declares. Action types are not among them.
struct SchemaEntityType {
  std::string name;
  // A record type.
  TypePtr shape;
  TypePtr tags;  // null: entities of this type have no tags
  // Types that entities of this type may be in, directly and through others;
  // sorted.
  std::vector<std::string> parents;
  std::vector<std::string> ancestors;
  // The converse of `ancestors`; sorted. A type is its own descendant only
  // where its entities may nest in each other.
  std::vector<std::string> descendants;
  // The only ids of an enumerated type, in the order written.
  std::vector<std::string> enum_ids;
  std::vector<Annotation> annotations;
  std::string source;
  Span span;

  bool is_enum() const { return !enum_ids.empty(); }
  bool HasAncestor(absl::string_view type) const;
  bool HasEnumId(absl::string_view id) const;
};

struct SchemaAction {
  EntityUid uid;
  // Groups that this action is in, directly and through others; sorted.
  std::vector<EntityUid> parents;
  std::vector<EntityUid> ancestors;
  // The converse of `ancestors`; sorted.
  std::vector<EntityUid> descendants;
  // Sorted. A request with this action needs a principal and a resource of
  // these types: where either list is empty, no request can have it.
  std::vector<std::string> principals;
  std::vector<std::string> resources;
  TypePtr context;  // a record type
  std::vector<Annotation> annotations;
  std::string source;
  Span span;

  bool HasAncestor(const EntityUid& action) const;
};

enum class SchemaSyntax { kText, kJson };

struct SchemaSource {
  const Source* source;
  SchemaSyntax syntax;
};

struct SchemaLimits {
  // Bytes of one source.
  uint32_t max_bytes = 16u << 20;
  // Levels of sets, records and common types inside each other.
  uint32_t max_type_depth = 200;
  // Sets, records and leaves of one type, common types expanded.
  uint32_t max_type_size = 100000;
  // Ancestors, counted over all entity types, and over all actions.
  uint32_t max_ancestors = 1u << 20;
  // Diagnostics of one call; one more says that the rest was cut.
  uint32_t max_diagnostics = 100;
};

class Schema {
 public:
  static std::unique_ptr<const Schema> ParseText(const Source& source,
                                                 Diagnostics* diagnostics);
  static std::unique_ptr<const Schema> ParseJson(const Source& source,
                                                 Diagnostics* diagnostics);
  // The sources merged; a declaration in two of them is an error.
  static std::unique_ptr<const Schema> Parse(
      absl::Span<const SchemaSource> sources, const SchemaLimits& limits,
      Diagnostics* diagnostics);

  Schema(const Schema&) = delete;
  Schema& operator=(const Schema&) = delete;

  // Sorted by name and by uid.
  const std::vector<SchemaEntityType>& entity_types() const {
    return entity_types_;
  }
  const std::vector<SchemaAction>& actions() const { return actions_; }

  // Null when not declared.
  const SchemaEntityType* FindEntityType(absl::string_view name) const;
  const SchemaAction* FindAction(const EntityUid& uid) const;

  // Whether some action has this type, such as `App::Action`.
  bool IsActionType(absl::string_view type) const;

 private:
  friend class SchemaBuilder;
  Schema() = default;

  std::vector<SchemaEntityType> entity_types_;
  std::vector<SchemaAction> actions_;
  absl::flat_hash_map<std::string, uint32_t> entity_type_index_;
  absl::flat_hash_map<EntityUid, uint32_t> action_index_;
};

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_SCHEMA_H_
