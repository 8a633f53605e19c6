// A policy as the type checker reads it: one pool of expressions without
// sugar, the scope among them, and the shape of each expression numbered.
//
// Sugar is replaced by what the language says it means: `a != b` by
// `!(a == b)`, `a > b` by `!(a <= b)`, `a >= b` by `!(a < b)`,
// `x is T in e` by `x is T && x in e`, `x has a.b` by `x has a && x.a has b`,
// `unless { c }` by `when { !c }`. So of ExprKind there remain no kNotEqual,
// kGreater, kGreaterEqual and kIsIn, and kHas has one name.
//
// Two expressions have one shape when they are the same but for places and
// sugar: what the checker learned of one (`context has consent`) holds for
// the other.
//
// Thread-safety: plain values.

#ifndef TARAZY_POLICY_CEDAR_VALIDATOR_CORE_H_
#define TARAZY_POLICY_CEDAR_VALIDATOR_CORE_H_

#include <cstdint>
#include <vector>

#include "policy/cedar/ast.h"

namespace tarazy {

struct CorePolicy {
  ExprPool exprs;
  // Parallel to `exprs`.
  std::vector<uint32_t> shapes;
  // Of kHas and kGetAttr: the shape of the attribute's name as a string.
  std::vector<uint32_t> name_shapes;
  // The policy holds when all of these do: the constraints of principal,
  // action and resource, as far as there are any, then the conditions.
  std::vector<ExprId> conjuncts;
};

CorePolicy MakeCore(const Policy& policy);

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_VALIDATOR_CORE_H_
