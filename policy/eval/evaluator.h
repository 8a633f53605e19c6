// The fast evaluator: one request against one compiled program.
//
// All policies whose scope matches are evaluated, in every case: a decision
// lists each policy that was satisfied and each that erred, and does not
// depend on the order of policies. What follows from them is the caller's
// choice of rule: Cedar's (an erring policy is skipped) or the fail-closed one
// (any error denies).
//
// Thread-safety: Evaluate may run on any number of threads with one program;
// an Evaluation belongs to one thread at a time. Memory: an Evaluation keeps
// its buffers between calls, so that a decision allocates nothing once they
// have grown.

#ifndef TARAZY_POLICY_EVAL_EVALUATOR_H_
#define TARAZY_POLICY_EVAL_EVALUATOR_H_

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "policy/eval/value.h"
#include "policy/program/program.h"

namespace tarazy {

class EntityStore;  // policy/eval/entities.h

enum class EvalErrorCode : uint8_t {
  kMissingAttribute,  // `slot` names the fact if it is one
  kMissingEntity,
  kMissingTag,
  kTypeError,
  kOverflow,
  kExtension,  // an extension function refused its argument
  kUnlinkedSlot,
  kTooDeep,
};

// "missing attribute"
absl::string_view Describe(EvalErrorCode code);

// Answers the facts of one request. Read is called at most once per slot and
// decision.
class FactReader {
 public:
  virtual ~FactReader() = default;

  // The value of slot `slot` of the program, or kMissing. What the value
  // points to lives until the evaluation ends.
  virtual Value Read(uint32_t slot) = 0;

  // Why Read answered kMissing. After kTypeError (the path leads through a
  // value that has no attributes) `has` is an error too, not false.
  virtual EvalErrorCode WhyMissing(uint32_t slot) {
    return EvalErrorCode::kMissingAttribute;
  }

  // All facts by slot, for a reader that has them ready, or nothing. They are
  // then taken from there: nothing is asked of Read or WhyMissing, and
  // readings() lists nothing. A fact that is not there is Value::Missing(), and
  // none is Value::Unread(). Fewer than the program has slots: each is asked
  // for.
  virtual absl::Span<const Value> Ready() const { return {}; }
};

// Facts that stand ready, one for each slot of the program: the fastest way to
// ask, for a host that fills slots itself. What they point to is borrowed. What
// was not filled in is missing.
class FactTable final : public FactReader {
 public:
  explicit FactTable(std::vector<Value> values) : values_(std::move(values)) {
    for (Value& value : values_) {
      if (value.unread()) value = Value::Missing();
    }
  }

  Value Read(uint32_t slot) override {
    return slot < values_.size() ? values_[slot] : Value::Missing();
  }
  absl::Span<const Value> Ready() const override { return values_; }

 private:
  std::vector<Value> values_;
};

// Who asks for what.
struct ScopeRequest {
  const EntityName* principal = nullptr;
  const EntityName* action = nullptr;
  const EntityName* resource = nullptr;
  // Ancestors and attributes of entities; may be null: then an entity has no
  // ancestor but those of the action groups compiled into the program.
  const EntityStore* entities = nullptr;
};

struct PolicyError {
  uint32_t policy = 0;  // index into Program::policies()
  EvalErrorCode code = EvalErrorCode::kTypeError;
  // The slot whose reading failed, or kNoSlot.
  uint32_t slot = 0;
  static constexpr uint32_t kNoSlot = 0xffffffffu;
};

// What one evaluation found; indexes are into Program::policies(), ascending.
class Evaluation {
 public:
  Evaluation();
  ~Evaluation();
  Evaluation(const Evaluation&) = delete;
  Evaluation& operator=(const Evaluation&) = delete;

  absl::Span<const uint32_t> permits() const;  // satisfied permit policies
  absl::Span<const uint32_t> forbids() const;  // satisfied forbid policies
  absl::Span<const PolicyError> errors() const;

  // Cedar's rule: some permit, no forbid; errors are skipped.
  bool CedarAllows() const;
  // The rule of the decision service: some permit, no forbid, no error.
  bool FailClosedAllows() const;

  // Facts that were read one by one, by slot, with their values; valid until
  // the next evaluation or the next call.
  struct Reading {
    uint32_t slot;
    Value value;
  };
  absl::Span<const Reading> readings() const;

  // The value of a program compiled with keep_value, whose policy did not err;
  // valid until the next evaluation.
  Value kept_value() const;

  struct Rep;
  Rep& rep() { return *rep_; }

 private:
  std::unique_ptr<Rep> rep_;
};

// Evaluates; the three names are given. The result replaces what `evaluation`
// held.
void Evaluate(const Program& program, const ScopeRequest& request,
              FactReader* facts, Evaluation* evaluation);

}  // namespace tarazy

#endif  // TARAZY_POLICY_EVAL_EVALUATOR_H_
