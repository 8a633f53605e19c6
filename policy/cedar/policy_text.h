// Policies as text that parses to the same tree: for policies that came as
// JSON, and for explanations.
//
// One policy is one line; the formatter lays it out. Parentheses stand where
// the grammar needs them and nowhere else. `has` with names that are no
// identifiers, which only JSON can say at length, becomes a chain of `&&`.
//
// Failures: InvalidArgument for what text can't say (a method without a
// receiver) and for text over kMaxPolicyText bytes.
// Thread-safety: functions without state.
// Source: Cedar policy language 4.5, grammar.

#ifndef TARAZY_POLICY_CEDAR_POLICY_TEXT_H_
#define TARAZY_POLICY_CEDAR_POLICY_TEXT_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "policy/cedar/ast.h"

namespace tarazy {

constexpr size_t kMaxPolicyText = 16u << 20;

absl::StatusOr<std::string> ExprToText(const ExprPool& pool, ExprId root);

// A policy or template, with its annotations, without its id.
absl::StatusOr<std::string> PolicyToText(const Policy& policy);

// The static policies, then the templates, each on a line of its own. Links
// have no text: a set that has some is refused.
absl::StatusOr<std::string> PolicySetToText(const PolicySet& set);

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_POLICY_TEXT_H_
