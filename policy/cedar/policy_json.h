// Policies, templates, links and policy sets in Cedar's JSON form, both ways.
//
// Writing gives what the official engine writes: `has a.b.c` as its chain of
// `&&` (unless that would be large: then as a list of names), a list of one
// action as that action, records with their names in order. Reading is as
// strict as the official engine, and a little more: unknown, missing and
// doubled keys are errors everywhere, an entity is an object, `__extn` names a
// function that there is, and numbers are 64-bit integers. Reading what was
// written gives the same policy, but for that sugar.
//
// Failures: readers report all errors that they find, sorted, with places in
// the JSON text, and give back what was in order.
// Thread-safety: functions without state. Bounded stack: an expression higher
// than the limit is refused.
// Source: Cedar policy language 4.5, JSON policy format.

#ifndef TARAZY_POLICY_CEDAR_POLICY_JSON_H_
#define TARAZY_POLICY_CEDAR_POLICY_JSON_H_

#include <cstdint>
#include <string>

#include "absl/types/optional.h"
#include "policy/cedar/ast.h"
#include "policy/cedar/diagnostic.h"
#include "policy/cedar/json_writer.h"
#include "policy/cedar/source.h"

namespace tarazy {

struct PolicyJsonOptions {
  // Bytes of one source.
  uint32_t max_bytes = 64u << 20;
  // Height of an expression tree.
  uint32_t max_depth = 1000;
  // Diagnostics per source; one more says that the rest was cut.
  uint32_t max_diagnostics = 100;
};

// A policy or template, without its id.
std::string PolicyToJson(const Policy& policy, JsonStyle style);

// `{"templates", "staticPolicies", "templateLinks"}`.
std::string PolicySetToJson(const PolicySet& set, JsonStyle style);

// A policy or template named `id`. Nothing after any error.
absl::optional<Policy> PolicyFromJson(const Source& source,
                                      const std::string& id,
                                      const PolicyJsonOptions& options,
                                      Diagnostics* diagnostics);

// Appends to `set`; false after any error. Ids that the set has already, links
// to templates that it has not, and links with a slot too few or too many are
// errors.
bool PolicySetFromJson(const Source& source, const PolicyJsonOptions& options,
                       PolicySet* set, Diagnostics* diagnostics);

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_POLICY_JSON_H_
