// How types relate: which is part of which, and the least that holds two.
//
// In strict mode records relate only with equal names and optionality, and
// entity types only when they are the same one; in permissive mode a record
// may have more attributes than asked for, and different entity types have
// their union above them.
//
// Thread-safety: functions without state.
// Source: Cedar policy language 4.5, validation.

#ifndef TARAZY_POLICY_CEDAR_VALIDATOR_TYPES_H_
#define TARAZY_POLICY_CEDAR_VALIDATOR_TYPES_H_

#include <vector>

#include "policy/cedar/types.h"
#include "policy/cedar/validator.h"

namespace tarazy {

// Whether each value of type `a` has type `b`.
bool IsSubtype(const Type& a, const Type& b, ValidationMode mode);

// Why two types have nothing above them.
enum class TypeConflict : uint8_t {
  kNone,
  kKind,         // as different as a string and a set
  kEntityTypes,  // two entity types, in strict mode
  kOptionality,  // an attribute is required in one only
  kAttributes,   // other attributes
};

// The least type that has both as subtypes; null, with the reason in
// `*conflict`, when there is none.
TypePtr LeastUpperBound(const TypePtr& a, const TypePtr& b, ValidationMode mode,
                        TypeConflict* conflict);

// Of all of them; `Never` of none.
TypePtr LeastUpperBound(const std::vector<TypePtr>& types, ValidationMode mode,
                        TypeConflict* conflict);

// Whether no value can have both types: entity types without a common one.
// Other types are never said to be disjoint, since an empty set has any set
// type.
bool AreDisjoint(const Type& a, const Type& b);

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_VALIDATOR_TYPES_H_
