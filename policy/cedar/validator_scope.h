// The checks of a policy that need no types: that the entity types, actions
// and enumerated ids it names exist, and that its scope leaves some action of
// the schema to apply to.
//
// Thread-safety: functions without state.
// Source: Cedar policy language 4.5, validation.

#ifndef TARAZY_POLICY_CEDAR_VALIDATOR_SCOPE_H_
#define TARAZY_POLICY_CEDAR_VALIDATOR_SCOPE_H_

#include "policy/cedar/ast.h"
#include "policy/cedar/schema.h"
#include "policy/cedar/validator_findings.h"

namespace tarazy {

void CheckNames(const Policy& policy, const Schema& schema, Findings* findings);

void CheckApplicable(const Policy& policy, const Schema& schema,
                     Findings* findings);

// A link: the types of what it fills in, and its scope.
void CheckLink(const Policy& policy, const TemplateLink& link,
               const Schema& schema, Findings* findings);

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_VALIDATOR_SCOPE_H_
