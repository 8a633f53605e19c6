// Entities and requests in Cedar's JSON form.
//
// Entities: an array of `{"uid", "attrs", "parents", "tags"?}`. A request:
// `{"principal", "action", "resource", "context"?}`, each of the first three as
// `"User::\"alice\""` or as `{"type", "id"}`.
//
// With a schema, its types say what may be written short, its actions join the
// store, and everything is checked against it (see schema_check.h).
//
// Failures: false or null, with the reasons in `diagnostics`.
// Thread-safety: functions without state.
// Source: Cedar policy language 4.5, entities JSON.

#ifndef TARAZY_POLICY_EVAL_ENTITIES_JSON_H_
#define TARAZY_POLICY_EVAL_ENTITIES_JSON_H_

#include <memory>

#include "policy/cedar/json.h"
#include "policy/cedar/schema.h"
#include "policy/cedar/source.h"
#include "policy/eval/entities.h"
#include "policy/eval/request.h"

namespace tarazy {

struct EntitiesJsonOptions {
  const Schema* schema = nullptr;  // may be null
  // Check against the schema, or only be guided by it.
  bool check = true;
  JsonOptions json;
  EntityLimits limits;
  uint32_t max_diagnostics = 100;
};

// `program` outlives the store.
std::unique_ptr<const EntityStore> ReadEntities(
    const Source& source, const Program& program,
    const EntitiesJsonOptions& options, Diagnostics* diagnostics);

// The store of a request without entities: only the schema's actions.
std::unique_ptr<const EntityStore> NoEntities(
    const Program& program, const EntitiesJsonOptions& options,
    Diagnostics* diagnostics);

bool ReadRequest(const Source& source, const EntitiesJsonOptions& options,
                 Request* request, Diagnostics* diagnostics);
// The same from a part of a larger text.
bool ReadRequest(const Source& source, const JsonValue& json,
                 const EntitiesJsonOptions& options, Request* request,
                 Diagnostics* diagnostics);

// A context alone; the request's names are set.
bool ReadContext(const Source& source, const JsonValue& json,
                 const EntitiesJsonOptions& options, Request* request,
                 Diagnostics* diagnostics);

}  // namespace tarazy

#endif  // TARAZY_POLICY_EVAL_ENTITIES_JSON_H_
