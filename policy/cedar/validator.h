// Checks policies against a schema before they run.
//
// A policy without errors here never fails at evaluation, on entities and
// requests that conform to the schema, except by arithmetic overflow and, for
// entities that are missing, attribute access.
//
// A policy is checked once for each kind of request that the schema allows:
// each action with each type of principal and of resource, and for a template
// each type that its slots can take. What holds in all of them holds.
//
// Strict is the default of the language: it also refuses what is safe but
// likely a mistake or hard to analyse (a set of mixed types, an empty set
// literal, an extension value not built from a literal). Permissive accepts
// these. What strict accepts permissive accepts.
//
// Thread-safety: functions without state.
// Source: Cedar policy language 4.5, validation.

#ifndef TARAZY_POLICY_CEDAR_VALIDATOR_H_
#define TARAZY_POLICY_CEDAR_VALIDATOR_H_

#include "policy/cedar/ast.h"
#include "policy/cedar/diagnostic.h"
#include "policy/cedar/schema.h"

namespace tarazy {

enum class ValidationMode : uint8_t { kStrict, kPermissive };

// One static policy or template. False when there is any error; warnings (a
// policy that no request can satisfy, text that may read as something else than
// it is) do not count. Diagnostics are sorted and distinct; their source
// is the policy's, or, for a policy that has none, "policy `ID`".
bool ValidatePolicy(const Policy& policy, const Schema& schema,
                    ValidationMode mode, Diagnostics* diagnostics);

// All static policies, templates and links of the set, in that order.
bool ValidatePolicies(const PolicySet& policies, const Schema& schema,
                      ValidationMode mode, Diagnostics* diagnostics);

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_VALIDATOR_H_
