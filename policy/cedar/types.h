// The types of Cedar's type checker.
//
// A schema gives attributes, tags and contexts these types; the validator
// computes them for expressions. Types are immutable and shared by pointer;
// two pointers may name equal types, so compare with `==` on the types.
//
// Besides the types that a schema can name there are those that only the
// checker meets: the two single-valued booleans, the type without values
// (`kNever`), a set of unknown element type, an entity of one of several types
// and an entity of any type.
//
// Thread-safety: immutable values.
// Source: Cedar policy language 4.5, validation.

#ifndef TARAZY_POLICY_CEDAR_TYPES_H_
#define TARAZY_POLICY_CEDAR_TYPES_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace tarazy {

struct Type;
using TypePtr = std::shared_ptr<const Type>;

// An attribute of an entity or a field of a record.
struct AttributeType {
  std::string name;
  TypePtr type;
  bool required = true;

  bool operator==(const AttributeType& o) const;
};

enum class TypeKind : uint8_t {
  kNever,  // no value has it; subtype of all
  kTrue,   // only `true`
  kFalse,  // only `false`
  kBool,
  kLong,
  kString,
  kEntity,  // one of `entity_types`
  kAnyEntity,
  kSet,        // of `element`; null: a set of anything
  kRecord,     // with `attributes`; more are possible when `open`
  kExtension,  // `extension`: "ipaddr", "decimal", "datetime", "duration"
};

struct Type {
  TypeKind kind = TypeKind::kNever;
  // kEntity: fully qualified, sorted, distinct, at least one. A schema always
  // gives one; several come from permissive checking.
  std::vector<std::string> entity_types;
  TypePtr element;
  std::vector<AttributeType> attributes;  // sorted by name
  bool open = false;
  std::string extension;

  bool is_bool() const {
    return kind == TypeKind::kBool || kind == TypeKind::kTrue ||
           kind == TypeKind::kFalse;
  }
  bool is_entity() const {
    return kind == TypeKind::kEntity || kind == TypeKind::kAnyEntity;
  }
  // The attribute `name` of a record type, or null.
  const AttributeType* FindAttribute(absl::string_view name) const;

  bool operator==(const Type& o) const;
  bool operator!=(const Type& o) const { return !(*this == o); }

  // Types without parts are shared constants.
  static TypePtr Of(TypeKind kind);
  static TypePtr Entity(absl::string_view name);
  static TypePtr EntityOf(std::vector<std::string> names);
  static TypePtr Set(TypePtr element);
  static TypePtr Record(std::vector<AttributeType> attributes,
                        bool open = false);
  static TypePtr Extension(absl::string_view name);
};

// As a schema would write it: `Set<{a: Long, b?: App::User}>`.
std::string ToString(const Type& type);

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_TYPES_H_
