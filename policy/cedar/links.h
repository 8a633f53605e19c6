// Policy sets as a whole: unique ids, and templates with their slots filled.
//
// Thread-safety: functions without state.
// Source: Cedar policy language 4.5.

#ifndef TARAZY_POLICY_CEDAR_LINKS_H_
#define TARAZY_POLICY_CEDAR_LINKS_H_

#include <string>

#include "absl/status/statusor.h"
#include "policy/cedar/ast.h"
#include "policy/cedar/diagnostic.h"

namespace tarazy {

// Static policies, templates and links have different ids; each link names a
// template of the set and fills each slot of it, and no other. False, with the
// reasons in `diagnostics`, when not.
bool CheckPolicySet(const PolicySet& set, Diagnostics* diagnostics);

// What keeps `link` from filling the slots of its template, "" when nothing
// does: "lacks a value for `?principal`".
std::string LinkProblem(const Policy& policy_template,
                        const TemplateLink& link);

// `policy_template` with the slots filled by `link`, under the link's id.
// Fails with InvalidArgument on a slot too few or too many.
absl::StatusOr<Policy> LinkTemplate(const Policy& policy_template,
                                    const TemplateLink& link);

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_LINKS_H_
