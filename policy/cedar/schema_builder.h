// From what schema sources declare to a Schema.
//
// Steps: collect the declarations of all fragments under their full names;
// check what may not stand beside each other; expand the common types in
// order of dependence; resolve every reference; close the hierarchies. Every
// error of every step is reported; a later step runs only when the earlier
// ones found none, so that one mistake is not reported twice.
//
// Resolution of a name written in namespace NS: a name with `::` is itself.
// A bare name is NS::name if that is declared, else the name in the empty
// namespace; a common type goes before an entity type of the same full name.
// The primitives and extension types are common types `__cedar::Bool` and so
// on, with an alias in the empty namespace unless the schema declares a type
// of that name there.
//
// Thread-safety: a function without state.
// Source: Cedar policy language 4.5, schema; RFC 24, RFC 70.

#ifndef TARAZY_POLICY_CEDAR_SCHEMA_BUILDER_H_
#define TARAZY_POLICY_CEDAR_SCHEMA_BUILDER_H_

#include <memory>
#include <vector>

#include "policy/cedar/diagnostic.h"
#include "policy/cedar/schema.h"
#include "policy/cedar/schema_ast.h"

namespace tarazy {

// Null, with the reasons in `diagnostics`, when anything is wrong.
std::unique_ptr<const Schema> BuildSchema(
    const std::vector<SchemaFragment>& fragments, const SchemaLimits& limits,
    Diagnostics* diagnostics);

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_SCHEMA_BUILDER_H_
