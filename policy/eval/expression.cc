#include "policy/eval/expression.h"

#include "policy/eval/authorizer.h"

namespace tarazy {

std::unique_ptr<const Program> CompileExpression(const ExprPool& exprs,
                                                 const CompileOptions& options,
                                                 Diagnostics* diagnostics) {
  PolicySet set;
  Policy policy;
  policy.id = "expression";
  policy.exprs = exprs;
  Condition condition;
  condition.body = static_cast<ExprId>(exprs.size() - 1);
  policy.conditions.push_back(condition);
  set.policies.push_back(std::move(policy));
  CompileOptions keeping = options;
  keeping.keep_value = true;
  return Program::Compile(set, keeping, diagnostics);
}

Value EvaluateExpression(const Request& request, Evaluation* scratch,
                         PolicyError* error) {
  GeneralFacts facts(&request);
  Evaluate(request.program(), ScopeOf(request), &facts, scratch);
  if (!scratch->errors().empty()) {
    *error = scratch->errors()[0];
    return Value::Missing();
  }
  return scratch->kept_value();
}

}  // namespace tarazy
