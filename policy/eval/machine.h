// Runs the code of a program: the steps of one leaf of the scope index, and
// in them the blocks of its policies.
//
// A block is run by one loop over its instructions. Facts are read when an
// instruction first needs them and kept for the rest of the decision, unless
// the reader has them ready. What the verifier has proved is not checked again.
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

  // After the end of the slots that were read.
  const uint32_t* read_end() const { return read_end_; }

 private:
  // Decides the steps [step, end) of a leaf.
  void RunSteps(const Step* step, const Step* end);
  void RunPolicy(const Step& step);
  // Runs what stands behind the guard that a switch finds. False when the
  // fact is none to look up.
  bool RunSwitch(const Step& step);
  // Runs the block that begins at `code`, from `inst` on.
  Answer Run(const Inst* code, const Inst* inst);
  // The same result for each policy of the steps [begin, end).
  void FailAll(const Step* begin, const Step* end);
  void AddError(uint32_t policy);

  bool Fail(EvalErrorCode code);
  bool FailSlot(uint32_t slot);
  void ReadFact(uint32_t slot);
  const Value& Fact(uint32_t slot);
  // What an operand holds: kMissing for a fact that is missing or unread.
  const Value& Peek(uint32_t operand) const {
    return operands_[static_cast<int>(KindOf(operand))][IndexOf(operand)];
  }
  // Reads the fact that an operand names if this decision has not read it.
  bool ReadIfNew(const Value& value, uint32_t operand);
  // Null, with the error set, when the operand is a fact that is missing.
  const Value* Load(uint32_t operand);

  // The answer of a question, and of kRequireSlot; for kError, the error is
  // set. Ask knows what questions mostly are: of facts that have been read and
  // have the right type. All others go to AskSlowly.
  Answer Ask(const Inst& inst);
  Answer AskSlowly(const Inst& inst);
  // Those without an Answer answer in *answer, or are false with the error set.
  bool AskOperation(const Inst& inst, bool* answer);
  // A shared condition, run at most once.
  Answer AskCondition(uint32_t condition);
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
  const Value* const facts_;  // by slot: those of the state, or ready ones
  uint32_t* read_end_;
  Evaluation::Rep::Condition* const conditions_;
  const uint64_t decision_;
  const Value variables_[3];
  const Value* const operands_[4];  // by OperandKind
  EvalErrorCode error_ = EvalErrorCode::kTypeError;
  uint32_t error_slot_ = PolicyError::kNoSlot;
};

}  // namespace tarazy

#endif  // TARAZY_POLICY_EVAL_MACHINE_H_
