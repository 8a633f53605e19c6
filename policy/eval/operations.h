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

// Whether values of this type are compared by `<`.
constexpr bool IsOrdered(ValueTag tag) {
  return tag == ValueTag::kLong || tag == ValueTag::kDatetime ||
         tag == ValueTag::kDuration;
}

}  // namespace tarazy

#endif  // TARAZY_POLICY_EVAL_OPERATIONS_H_
