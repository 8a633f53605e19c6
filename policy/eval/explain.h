// Why each policy of a set did or did not apply to a request.
//
// Each policy is evaluated in steps: its scope alone, then with one condition
// more each time. The step that changes the outcome names what decided.
//
// Thread-safety: functions without state.

#ifndef TARAZY_POLICY_EVAL_EXPLAIN_H_
#define TARAZY_POLICY_EVAL_EXPLAIN_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "policy/cedar/ast.h"
#include "policy/cedar/diagnostic.h"
#include "policy/eval/evaluator.h"
#include "policy/eval/request.h"
#include "policy/program/program.h"

namespace tarazy {

struct PolicyExplanation {
  enum class Outcome : uint8_t {
    kOutOfScope,
    kNotSatisfied,
    kSatisfied,
    kError,
  };
  std::string id;
  Effect effect = Effect::kPermit;
  Outcome outcome = Outcome::kOutOfScope;
  // The condition that was not satisfied or erred, counted from 0.
  uint32_t condition = 0;
  std::string error;  // kError
  // Facts that the policy asks for and that were read: path and value.
  std::vector<std::pair<std::string, std::string>> values;
};

// The steps of all policies of a set, compiled together.
class Explainer {
 public:
  // Null, with the reasons in `diagnostics`, when the set can't be compiled.
  // `policies` outlives the explainer.
  static std::unique_ptr<const Explainer> Create(const PolicySet& policies,
                                                 const CompileOptions& options,
                                                 Diagnostics* diagnostics);

  // Entities and requests are to be made for this program.
  const Program& program() const { return *program_; }

  // Static policies and links, in the order of the set.
  std::vector<PolicyExplanation> Explain(const Request& request) const;
  // The same for facts that come from elsewhere.
  std::vector<PolicyExplanation> Explain(const ScopeRequest& scope,
                                         FactReader* facts) const;

 private:
  Explainer() = default;

  struct Entry {
    std::string id;
    const Policy* policy;
  };
  std::vector<Entry> entries_;
  std::unique_ptr<const Program> program_;
};

}  // namespace tarazy

#endif  // TARAZY_POLICY_EVAL_EXPLAIN_H_
