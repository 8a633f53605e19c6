// The operators that need nothing but their operands: for the evaluator and
// for the compiler, which folds them on constants, so that both mean the same.
//
// Thread-safety: functions without state.

#ifndef TARAZY_POLICY_EVAL_OPERATIONS_H_
#define TARAZY_POLICY_EVAL_OPERATIONS_H_

#include "policy/eval/arena.h"
#include "policy/eval/evaluator.h"
#include "policy/eval/value.h"
#include "policy/program/instruction.h"

namespace tarazy {

// Whether ApplyOperation computes `op`.
bool IsPureOperation(Op op);

// False with `error`, or true with `result`. `b` counts where `op` has two
// operands. Neither is kMissing.
bool ApplyOperation(Op op, const Value& a, const Value& b, Arena* arena,
                    Value* result, EvalErrorCode* error);

// `a < b` or, with `or_equal`, `a <= b`.
bool ApplyLess(const Value& a, const Value& b, bool or_equal, bool* result);

}  // namespace tarazy

#endif  // TARAZY_POLICY_EVAL_OPERATIONS_H_
