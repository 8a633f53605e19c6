// Cedar text to tree.
//
// The parser reports all errors of a source, not only the first: it resumes at
// the next policy. It never crashes and uses bounded stack; input over a limit
// gets a diagnostic that names the limit.
//
// Thread-safety: functions without state.
// Source: Cedar policy language 4.5, grammar.

#ifndef TARAZY_POLICY_CEDAR_PARSER_H_
#define TARAZY_POLICY_CEDAR_PARSER_H_

#include "absl/types/optional.h"
#include "policy/cedar/ast.h"
#include "policy/cedar/diagnostic.h"
#include "policy/cedar/source.h"

namespace tarazy {

struct ParseOptions {
  // Bytes of one source.
  uint32_t max_bytes = 64u << 20;
  // Height of an expression tree. Parentheses count while parsing.
  uint32_t max_depth = 1000;
  // Diagnostics per source; one more says that the rest was cut.
  uint32_t max_diagnostics = 100;
  // Ids of policies are this text and a number counted from `first_id`.
  std::string id_prefix = "policy";
  uint32_t first_id = 0;
};

// Appends the policies and templates of `source` to `set`, in order. Returns
// false, with the reasons in `diagnostics`, when there was any error; what did
// parse is appended all the same.
bool ParsePolicies(const Source& source, const ParseOptions& options,
                   PolicySet* set, Diagnostics* diagnostics);

// One expression, as in a condition; the root is the last node of the pool.
absl::optional<ExprPool> ParseExpression(const Source& source,
                                         const ParseOptions& options,
                                         Diagnostics* diagnostics);

// `Type::"id"`; nothing else on either side.
absl::optional<EntityUid> ParseEntityUid(absl::string_view text);

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_PARSER_H_
