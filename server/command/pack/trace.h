// Why each policy of a pack did or did not apply to one request.
//
// A condition that joins terms by `&&` is taken apart first (of an `unless`,
// by `||`), so that what decided is a single term. That changes nothing of what
// the policy says: conditions are joined by `&&` themselves and are read in
// their order.
//
// Thread-safety: functions without state.

#ifndef TARAZY_SERVER_COMMAND_PACK_TRACE_H_
#define TARAZY_SERVER_COMMAND_PACK_TRACE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/eval/explain.h"
#include "server/command/pack/plain_clause.h"
#include "server/service/pack_in_service.h"

namespace tarazy {

struct PolicyTrace {
  std::string id;
  Effect effect = Effect::kPermit;
  // Of an obligation policy; null: a decision policy.
  const ObligationDef* duty = nullptr;
  const Norm* norm = nullptr;
  PolicyExplanation::Outcome outcome = PolicyExplanation::Outcome::kOutOfScope;
  // kNotSatisfied, kError: the term that decided, as policy text, and what
  // would have had to hold, in words.
  std::string term;
  PlainClause plain;
  std::string error;  // kError
  // Facts that the policy asks for and that were read, instants in Almaty's
  // time. "missing", "present".
  std::vector<std::pair<std::string, std::string>> values;
};

// The decision policies, then the obligation policies, in the pack's order,
// under its readings. What the result points to lives as long as the pack.
absl::StatusOr<std::vector<PolicyTrace>> TracePolicies(
    const PackInService& pack, const Binding& binding, v1::Language language);

}  // namespace tarazy

#endif  // TARAZY_SERVER_COMMAND_PACK_TRACE_H_
