// What a pack asks of its policies beyond being Cedar: annotations that tie
// each to the catalogues.
//
// Annotations, all with a value except @breach:
//   @id           1 to 128 characters, unique in the pack
//   @norm         an id of norms.yaml
//   @reason       decision policies: a stable code, CAPITALS_AND_DIGITS
//   @retry_after  decision policies, optional: a fact that the policy reads
//   @obligation   obligation policies: an id of obligations.yaml
//   @on           obligation policies, optional: permit (default), deny, any
//   @breach       obligation policies, optional
// Any other annotation is refused. Templates are refused: a pack links none.
//
// Thread-safety: functions without state.

#ifndef TARAZY_POLICY_PACK_POLICY_CHECKS_H_
#define TARAZY_POLICY_PACK_POLICY_CHECKS_H_

#include <set>
#include <string>

#include "policy/cedar/ast.h"
#include "policy/cedar/diagnostic.h"
#include "policy/pack/pack.h"

namespace tarazy {

enum class PolicyRole { kDecision, kObligation };

// The fact paths whose value, not only presence, the policy reads, such as
// "context.objection.due" and the paths that lead there.
std::set<std::string> FactsRead(const Policy& policy);

// Checks the policies and gives each its @id as id. `ids` holds the ids of the
// pack's policies so far, with the file of each. Links are resolved later, by
// LinkPolicy.
void CheckPolicies(PolicyRole role, const Pack& catalogues, PolicySet* set,
                   std::set<std::string>* ids, Diagnostics* diagnostics);

// The links of a policy that CheckPolicies found nothing wrong with.
PolicyLinks LinkPolicy(const PolicyInfo& policy, const Pack& catalogues,
                       const Program& program);

}  // namespace tarazy

#endif  // TARAZY_POLICY_PACK_POLICY_CHECKS_H_
