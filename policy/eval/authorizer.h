// Decisions on general requests by Cedar's own rule: some permit is satisfied
// and no forbid; a policy that errs is skipped and reported.
//
// Thread-safety: Authorize may run on any number of threads; a scratch
// Evaluation belongs to one at a time.
// Source: Cedar policy language 4.5, authorization.

#ifndef TARAZY_POLICY_EVAL_AUTHORIZER_H_
#define TARAZY_POLICY_EVAL_AUTHORIZER_H_

#include <string>
#include <vector>

#include "policy/eval/evaluator.h"
#include "policy/eval/request.h"
#include "policy/program/program.h"

namespace tarazy {

// Answers the facts of a general request from its context and entities.
class GeneralFacts : public FactReader {
 public:
  explicit GeneralFacts(const Request* request) : request_(*request) {}

  Value Read(uint32_t slot) override;
  EvalErrorCode WhyMissing(uint32_t slot) override;

 private:
  // The value of the slot's path, or missing with `*why`.
  Value Walk(uint32_t slot, EvalErrorCode* why) const;

  const Request& request_;
};

struct Authorization {
  struct Error {
    std::string policy;
    std::string message;
  };
  bool allow = false;
  // Ids of the policies that determined the decision: the satisfied forbids
  // if there are any, else the satisfied permits. Sorted.
  std::vector<std::string> reasons;
  std::vector<Error> errors;  // by policy, sorted
};

ScopeRequest ScopeOf(const Request& request);

// Evaluates with a scratch buffer that may be used again.
Authorization Authorize(const Request& request, Evaluation* scratch);

// "policy `p`: missing attribute: `context.a`".
std::string ErrorText(const Program& program, const PolicyError& error);

}  // namespace tarazy

#endif  // TARAZY_POLICY_EVAL_AUTHORIZER_H_
