#include "policy/cedar/validator_types.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tarazy {

namespace {

bool IsStrict(ValidationMode mode) { return mode == ValidationMode::kStrict; }

bool IsSubtype(const AttributeType& a, const AttributeType& b,
               ValidationMode mode) {
  const bool presence =
      IsStrict(mode) ? a.required == b.required : a.required || !b.required;
  return presence && IsSubtype(*a.type, *b.type, mode);
}

bool SameNames(const Type& a, const Type& b) {
  return std::equal(a.attributes.begin(), a.attributes.end(),
                    b.attributes.begin(), b.attributes.end(),
                    [](const AttributeType& x, const AttributeType& y) {
                      return x.name == y.name;
                    });
}

// Each attribute of `b` is in `a`, with a subtype of its type.
bool HasAttributesOf(const Type& a, const Type& b, ValidationMode mode) {
  for (const AttributeType& wanted : b.attributes) {
    const AttributeType* own = a.FindAttribute(wanted.name);
    if (own == nullptr || !IsSubtype(*own, wanted, mode)) return false;
  }
  return true;
}

bool IsRecordSubtype(const Type& a, const Type& b, ValidationMode mode) {
  if (a.open && !b.open) return false;
  const bool more_allowed = b.open && !IsStrict(mode);
  return (more_allowed || SameNames(a, b)) && HasAttributesOf(a, b, mode);
}

bool IsEntitySubtype(const Type& a, const Type& b, ValidationMode mode) {
  if (b.kind == TypeKind::kAnyEntity) {
    return a.kind == TypeKind::kAnyEntity || !IsStrict(mode);
  }
  if (a.kind == TypeKind::kAnyEntity) return false;
  if (IsStrict(mode)) return a.entity_types == b.entity_types;
  return std::includes(b.entity_types.begin(), b.entity_types.end(),
                       a.entity_types.begin(), a.entity_types.end());
}

TypePtr EntityBound(const Type& a, const Type& b, ValidationMode mode,
                    TypeConflict* conflict) {
  if (IsStrict(mode)) {  // equal ones are subtypes and never come here
    *conflict = TypeConflict::kEntityTypes;
    return nullptr;
  }
  if (a.kind == TypeKind::kAnyEntity || b.kind == TypeKind::kAnyEntity) {
    return Type::Of(TypeKind::kAnyEntity);
  }
  std::vector<std::string> both = a.entity_types;
  both.insert(both.end(), b.entity_types.begin(), b.entity_types.end());
  return Type::EntityOf(std::move(both));
}

// Permissive mode drops the attributes that have no bound and opens the
// record; strict mode refuses.
TypePtr RecordBound(const Type& a, const Type& b, ValidationMode mode,
                    TypeConflict* conflict) {
  if (IsStrict(mode) && !SameNames(a, b)) {
    *conflict = TypeConflict::kAttributes;
    return nullptr;
  }
  std::vector<AttributeType> attributes;
  for (const AttributeType& x : a.attributes) {
    const AttributeType* y = b.FindAttribute(x.name);
    if (y == nullptr) continue;
    TypeConflict inner = TypeConflict::kNone;
    TypePtr bound = LeastUpperBound(x.type, y->type, mode, &inner);
    if (bound != nullptr && IsStrict(mode) && x.required != y->required) {
      inner = TypeConflict::kOptionality;
      bound = nullptr;
    }
    if (bound != nullptr) {
      attributes.push_back({x.name, bound, x.required && y->required});
    } else if (IsStrict(mode)) {
      *conflict = inner;
      return nullptr;
    }
  }
  const bool dropped = attributes.size() != a.attributes.size() ||
                       attributes.size() != b.attributes.size();
  return Type::Record(std::move(attributes), a.open || b.open || dropped);
}

}  // namespace

bool IsSubtype(const Type& a, const Type& b, ValidationMode mode) {
  if (&a == &b || a.kind == TypeKind::kNever) return true;
  if (a.is_bool()) {
    return b.kind == a.kind || b.kind == TypeKind::kBool;
  }
  if (a.is_entity()) return b.is_entity() && IsEntitySubtype(a, b, mode);
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case TypeKind::kSet:
      if (b.element == nullptr) return true;
      return a.element != nullptr && IsSubtype(*a.element, *b.element, mode);
    case TypeKind::kRecord:
      return IsRecordSubtype(a, b, mode);
    case TypeKind::kExtension:
      return a.extension == b.extension;
    default:
      return true;
  }
}

TypePtr LeastUpperBound(const TypePtr& a, const TypePtr& b, ValidationMode mode,
                        TypeConflict* conflict) {
  if (IsSubtype(*a, *b, mode)) return b;
  if (IsSubtype(*b, *a, mode)) return a;
  if (a->is_bool() && b->is_bool()) return Type::Of(TypeKind::kBool);
  if (a->is_entity() && b->is_entity()) {
    return EntityBound(*a, *b, mode, conflict);
  }
  if (a->kind == TypeKind::kRecord && b->kind == TypeKind::kRecord) {
    return RecordBound(*a, *b, mode, conflict);
  }
  // A set of anything is above every set, so both have an element type here.
  if (a->kind == TypeKind::kSet && b->kind == TypeKind::kSet) {
    TypePtr element = LeastUpperBound(a->element, b->element, mode, conflict);
    return element == nullptr ? nullptr : Type::Set(std::move(element));
  }
  *conflict = TypeConflict::kKind;
  return nullptr;
}

TypePtr LeastUpperBound(const std::vector<TypePtr>& types, ValidationMode mode,
                        TypeConflict* conflict) {
  TypePtr bound = Type::Of(TypeKind::kNever);
  for (const TypePtr& type : types) {
    bound = LeastUpperBound(bound, type, mode, conflict);
    if (bound == nullptr) return nullptr;
  }
  return bound;
}

bool AreDisjoint(const Type& a, const Type& b) {
  if (a.kind != TypeKind::kEntity || b.kind != TypeKind::kEntity) return false;
  return std::none_of(a.entity_types.begin(), a.entity_types.end(),
                      [&](const std::string& name) {
                        return std::binary_search(b.entity_types.begin(),
                                                  b.entity_types.end(), name);
                      });
}

}  // namespace tarazy
