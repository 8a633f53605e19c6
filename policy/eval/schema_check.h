// Whether entities and requests are what a schema says they can be.
//
// Entities: their types are declared, attributes and tags are all declared, of
// their types and, where required, there; what they are in is allowed;
// enumerated entities and actions are among those declared, wherever they are
// mentioned; an action is in the groups that the schema puts it in.
// Requests: the action is declared and takes this principal, this resource and
// this context.
//
// Failures: false, with all reasons in `diagnostics`.
// Thread-safety: functions without state.
// Source: Cedar policy language 4.5, entity and request validation.

#ifndef TARAZY_POLICY_EVAL_SCHEMA_CHECK_H_
#define TARAZY_POLICY_EVAL_SCHEMA_CHECK_H_

#include "policy/cedar/diagnostic.h"
#include "policy/cedar/schema.h"
#include "policy/cedar/source.h"
#include "policy/eval/entities.h"
#include "policy/eval/request.h"

namespace tarazy {

// `source` is where the entities were read from.
bool CheckEntities(const EntityStore& store, const Schema& schema,
                   const Source& source, Diagnostics* diagnostics);

bool CheckRequest(const Request& request, const Schema& schema,
                  const Source& source, Diagnostics* diagnostics);

}  // namespace tarazy

#endif  // TARAZY_POLICY_EVAL_SCHEMA_CHECK_H_
