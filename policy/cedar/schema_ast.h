// A schema as written: what the readers of both syntaxes produce and the
// printers of both print. Names are not resolved, common types not expanded.
//
// The syntaxes say nearly the same. What only JSON can say is kept too (a
// reference that must be an entity type, or must be a common type), so that
// JSON translates to itself.
//
// Thread-safety: plain values.
// Source: Cedar policy language 4.5, schema grammar and JSON schema format.

#ifndef TARAZY_POLICY_CEDAR_SCHEMA_AST_H_
#define TARAZY_POLICY_CEDAR_SCHEMA_AST_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/optional.h"
#include "policy/cedar/ast.h"
#include "policy/cedar/source.h"

namespace tarazy {

// A name or an id and where it stands.
struct SchemaName {
  std::string text;
  Span span;
};

enum class SchemaTypeKind : uint8_t {
  kBool,  // the primitives themselves, whatever their names mean
  kLong,
  kString,
  kExtension,       // `name`, such as "ipaddr"
  kEntity,          // `name` must be an entity type
  kCommon,          // `name` must be a common type
  kEntityOrCommon,  // `name` is either; a common type goes first
  kSet,             // of element[0]
  kRecord,
};

struct SchemaAttribute;

struct SchemaTypeExpr {
  SchemaTypeKind kind = SchemaTypeKind::kRecord;
  SchemaName name;
  std::vector<SchemaTypeExpr> element;      // kSet: exactly one
  std::vector<SchemaAttribute> attributes;  // no name twice
  Span span;
};

struct SchemaAttribute {
  SchemaName name;
  bool required = true;
  SchemaTypeExpr type;
  std::vector<Annotation> annotations;
};

struct CommonTypeDecl {
  SchemaName name;
  SchemaTypeExpr type;
  std::vector<Annotation> annotations;
};

struct EntityTypeDecl {
  SchemaName name;
  // An enumerated type has ids and nothing else.
  std::vector<SchemaName> enum_ids;
  std::vector<SchemaName> member_of;
  SchemaTypeExpr shape;  // a record, or in JSON a reference to one
  absl::optional<SchemaTypeExpr> tags;
  std::vector<Annotation> annotations;
};

// A group that an action is in; the type is empty for the default, `Action`.
struct ActionRef {
  SchemaName type;
  SchemaName id;
};

struct AppliesTo {
  std::vector<SchemaName> principals;
  std::vector<SchemaName> resources;
  SchemaTypeExpr context;  // a record or a reference to one
};

struct ActionDecl {
  SchemaName id;
  std::vector<ActionRef> member_of;
  absl::optional<AppliesTo> applies_to;
  std::vector<Annotation> annotations;
};

struct SchemaNamespace {
  SchemaName name;  // empty: the empty namespace
  std::vector<CommonTypeDecl> common_types;
  std::vector<EntityTypeDecl> entity_types;
  std::vector<ActionDecl> actions;
  std::vector<Annotation> annotations;
};

// What one source declares.
struct SchemaFragment {
  std::string source;  // its name
  std::vector<SchemaNamespace> namespaces;
};

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_SCHEMA_AST_H_
