// What an Evaluation keeps: the result of the last decision and the buffers of
// the next. For the evaluator alone; others use evaluator.h.
//
// Starting over costs little: of the facts, those that were read are forgotten,
// and a shared condition is kept with the number of the decision that ran it.
//
// Thread-safety: one thread at a time.

#ifndef TARAZY_POLICY_EVAL_EVALUATION_STATE_H_
#define TARAZY_POLICY_EVAL_EVALUATION_STATE_H_

#include <cstdint>
#include <vector>

#include "policy/eval/aggregate.h"
#include "policy/eval/arena.h"
#include "policy/eval/evaluator.h"

namespace tarazy {

// The answer of a question, and what a block came to: kYes is "satisfied".
enum class Answer : uint8_t { kNo, kYes, kError };

struct Evaluation::Rep {
  // What a shared condition came to.
  struct Condition {
    uint64_t decision = 0;  // that ran it
    Answer answer = Answer::kNo;
    EvalErrorCode error = EvalErrorCode::kTypeError;
    uint32_t error_slot = 0;
  };

  std::vector<uint32_t> permits;
  std::vector<uint32_t> forbids;
  std::vector<PolicyError> errors;
  std::vector<Reading> readings;  // made when they are asked for

  uint64_t decision = 0;  // number of this one
  // By slot; Value::Unread() unless this decision has read it.
  std::vector<Value> facts;
  // The slots that it has read, in that order; the first `read_count` count.
  std::vector<uint32_t> read;
  size_t read_count = 0;
  std::vector<Condition> conditions;
  std::vector<Value> registers;
  std::vector<RecordField> fields;  // of a record being made
  Arena arena;
  // Keys of the scope index that the request satisfies.
  std::vector<uint32_t> action_sets;
  std::vector<uint32_t> principal_keys;
  std::vector<uint32_t> resource_keys;
};

}  // namespace tarazy

#endif  // TARAZY_POLICY_EVAL_EVALUATION_STATE_H_
