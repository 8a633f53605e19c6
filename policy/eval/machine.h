// Runs the code of a program: the steps of one leaf of the scope index, and
// in them the blocks of its policies.
//
// A block is run by one loop over its instructions. Facts are read when an
// instruction first needs them and kept for the rest of the decision. What the
// verifier has proved is not checked again.
//
// An error ends the block of its policy and nothing else: every policy whose
// scope matches is run, so that decisions, reasons and errors do not depend on
// the order of policies.
//
// Thread-safety: one thread; lives for one decision.

#ifndef TARAZY_POLICY_EVAL_MACHINE_H_
#define TARAZY_POLICY_EVAL_MACHINE_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "policy/eval/entities.h"
#include "policy/eval/evaluation_state.h"
#include "policy/eval/evaluator.h"
#include "policy/program/rep.h"

namespace tarazy {

class Machine {
 public:
  // All outlive it. The buffers of `state` have the sizes of the program.
  Machine(const Program::Rep& program, const ScopeRequest& request,
          FactReader* facts, Evaluation::Rep* state);

  // Decides the policies of leaf `leaf` and adds to the results of the state.
  void RunLeaf(uint32_t leaf);

 private:
  void RunPolicy(const Step& step);
  // Runs the block that begins at `code`, from `inst` on.
  Outcome Run(const Inst* code, const Inst* inst);
  // The same result for each policy of the steps [begin, end).
  void FailAll(uint32_t begin, uint32_t end);
  void AddError(uint32_t policy);

  bool Fail(EvalErrorCode code);
  bool FailSlot(uint32_t slot);
  bool FailTest(uint32_t slot);
  const Value& Fact(uint32_t slot);
  void ReadFact(uint32_t slot);
  // Null, with the error set, when the operand is a fact that is missing.
  const Value* Load(uint32_t operand);
  // Does with a boolean what the instruction says; gives the next one.
  const Inst* Next(const Inst* code, const Inst* inst, bool answer);

  // The answer of a question, or false with the error set.
  bool Ask(const Inst& inst, bool* answer);
  // Whether the policies behind a guard go on, or false with the error set.
  bool AskGuard(const Inst& inst, bool* pass);
  bool AskOperands(const Inst& inst, bool* answer);
  bool AskOperation(const Inst& inst, const Value& a, bool* answer);
  // `has` on a fact that is missing: false, or an error.
  bool AnswerHasMissing(uint32_t slot);
  // A shared condition, run at most once.
  bool AskCondition(uint32_t condition, bool* answer);
  bool AskEntities(const Inst& inst, const Value& a, bool* answer);
  bool In(const Value& a, const Value& b, bool* answer);
  bool EntityIn(const EntityName& entity, const EntityStore::Entity* found,
                const EntityName& group) const;
  bool HasAttribute(const Value& a, absl::string_view name, bool* answer);

  // The value of an instruction that gives one.
  bool Compute(const Inst& inst, Value* result);
  bool GetAttribute(const Value& a, absl::string_view name, Value* result);
  bool GetTag(const Value& a, const Value& tag, Value* result);
  Value NewRecord(const Inst& inst);

  const Program::Rep& program_;
  const Inst* const code_;
  const EntityStore* const entities_;
  FactReader* const reader_;
  Evaluation::Rep& state_;
  Value* const registers_;
  uint64_t* const read_by_;
  const uint64_t decision_;
  const Value variables_[3];
  const Value* const operands_[4];  // by OperandKind
  EvalErrorCode error_ = EvalErrorCode::kTypeError;
  uint32_t error_slot_ = PolicyError::kNoSlot;
};

}  // namespace tarazy

#endif  // TARAZY_POLICY_EVAL_MACHINE_H_
