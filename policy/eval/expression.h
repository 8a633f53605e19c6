// One expression by itself, for tools.
//
// Thread-safety: functions without state.

#ifndef TARAZY_POLICY_EVAL_EXPRESSION_H_
#define TARAZY_POLICY_EVAL_EXPRESSION_H_

#include <memory>
#include <string>

#include "policy/cedar/ast.h"
#include "policy/cedar/diagnostic.h"
#include "policy/eval/evaluator.h"
#include "policy/eval/request.h"
#include "policy/program/program.h"

namespace tarazy {

// A program whose one policy leaves the value of the expression, which is the
// last node of `exprs`. Null, with the reasons in `diagnostics`, on failure.
std::unique_ptr<const Program> CompileExpression(const ExprPool& exprs,
                                                 const CompileOptions& options,
                                                 Diagnostics* diagnostics);

// The value, which lives until `scratch` is used again; missing, with `error`
// set, where evaluation errs. The request belongs to that program.
Value EvaluateExpression(const Request& request, Evaluation* scratch,
                         PolicyError* error);

}  // namespace tarazy

#endif  // TARAZY_POLICY_EVAL_EXPRESSION_H_
