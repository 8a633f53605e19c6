// The tests that policies begin with, asked once for all that share them.
//
// A policy is mostly a conjunction: its block begins with instructions that
// either go on to the next one or lead to "unsatisfied". A leaf of the scope
// index asks these tests itself, each that several policies begin with only
// once: if it fails, none of those policies is satisfied; if it errs, each of
// them errs in the same way; if it holds, each goes on behind it. What is
// decided, and which policies err, is as if each policy had been run from its
// start.
//
// The steps of a leaf are a tree laid out in depth-first order: a guard, then
// the steps that depend on it, up to `next`.
//
// Where many guards side by side compare one fact with different strings, at
// most one of them holds. A switch before them looks the string up in a hash
// table and runs what stands behind that one guard, so that a long list of
// norms costs no more than one. A fact that is missing or no string is left to
// the guards themselves.
//
// Thread-safety: immutable once built.

#ifndef TARAZY_POLICY_PROGRAM_GUARDS_H_
#define TARAZY_POLICY_PROGRAM_GUARDS_H_

#include <cstdint>
#include <cstring>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "policy/eval/value.h"
#include "policy/program/instruction.h"

namespace tarazy {

// The instructions [begin, end) of one policy or condition.
struct CodeBlock {
  uint32_t begin = 0;
  uint32_t end = 0;
};

// What a step does that runs no policy. Guards that are asked often have a
// kind each, with what they hold of; the others are kAsk.
enum class StepKind : uint32_t {
  kAsk,
  kHas,  // kHasSlot
  kHasNot,
  kTrue,  // kTestSlot
  kFalse,
  kIs,  // kSlotIs
  kIsNot,
  kSwitch,
};
constexpr uint32_t kStepKindCount = 8;

struct Step {
  // Steps that run no policy: this and their kind. No policy has such a number.
  static constexpr uint32_t kNoPolicy = 0xffffff00u;

  static constexpr uint32_t Of(StepKind kind) {
    return kNoPolicy + static_cast<uint32_t>(kind);
  }
  bool runs_policy() const { return policy < kNoPolicy; }
  // Of a step that runs none.
  StepKind kind() const { return static_cast<StepKind>(policy - kNoPolicy); }

  // A copy of the guard's test, or of the instruction where the policy goes
  // on. Of a switch: `a` the operand that the guards compare, `b` the first
  // cell of its table, `target` the number of cells less one.
  Inst test;
  uint32_t policy = kNoPolicy;  // to be run, or Of(kind)
  // Of a guard the number of the step after its own, of a switch that of the
  // step after its guards; of a policy that of the instruction where it goes
  // on.
  uint32_t next = 0;
};

// The kind of a guard that asks `test`.
StepKind GuardKind(const Inst& test);

// Where the search for a string in a table begins, before the mask. It looks
// at the ends of the string alone, where names differ.
inline uint32_t SwitchHash(absl::string_view text) {
  const size_t size = text.size();
  const char* const data = text.data();
  uint64_t first = 0;
  uint64_t last = 0;
  if (size >= 8) {
    std::memcpy(&first, data, 8);
    std::memcpy(&last, data + size - 8, 8);
  } else {
    for (size_t i = 0; i < size; ++i) {
      first = first << 8 | static_cast<unsigned char>(data[i]);
    }
  }
  uint64_t mixed = (first + size) * 0x9e3779b97f4a7c15u ^ last;
  mixed ^= mixed >> 32;  // the last letters are in the high bits
  return static_cast<uint32_t>((mixed * 0xff51afd7ed558ccdu) >> 32);
}

class Guards {
 public:
  // Guards are nested at most this deep; policies run what is left.
  static constexpr uint32_t kMaxDepth = 32;
  // Fewer guards than this get no switch, nor do those whose strings differ
  // so little that a search would be longer than this.
  static constexpr uint32_t kMinSwitch = 4;
  static constexpr uint32_t kMaxProbes = 64;

  // `leaves`: the policies of each leaf.
  void Build(const std::vector<Inst>& code,
             const std::vector<CodeBlock>& blocks,
             const std::vector<Value>& constants,
             const std::vector<absl::Span<const uint32_t>>& leaves);

  // A mistake in the steps: a policy left out or there twice, a guard that is
  // not what its policies begin with, or a switch that does not find exactly
  // the guards behind it. The instructions themselves have been verified.
  absl::Status Verify(
      const std::vector<Inst>& code, const std::vector<CodeBlock>& blocks,
      const std::vector<Value>& constants,
      const std::vector<absl::Span<const uint32_t>>& leaves) const;

  // The number of the guard behind switch `step` that holds of `text`, or
  // kNoGuard. `constants` are those of the program.
  static constexpr uint32_t kNoGuard = 0;
  uint32_t Find(const Step& step, absl::string_view text,
                const Value* constants) const {
    const uint32_t* const cells = cells_.data() + step.test.b;
    const uint32_t mask = step.test.target;
    for (uint32_t i = SwitchHash(text) & mask;; i = (i + 1) & mask) {
      const uint32_t guard = cells[i];
      if (guard == kNoGuard) return kNoGuard;
      const Value& value = constants[IndexOf(steps_[guard].test.b)];
      if (value.as_string() == text) return guard;
    }
  }

  // All steps; those of a leaf begin at begin(leaf) and end where those of
  // the next begin.
  const std::vector<Step>& steps() const { return steps_; }
  uint32_t begin(uint32_t leaf) const { return begin_[leaf]; }
  // The tables of the switches: hash tables with open addressing, each with an
  // empty cell; a cell holds the number of a guard, or kNoGuard.
  const std::vector<uint32_t>& cells() const { return cells_; }

 private:
  std::vector<Step> steps_;
  std::vector<uint32_t> cells_;
  std::vector<uint32_t> begin_;
};

}  // namespace tarazy

#endif  // TARAZY_POLICY_PROGRAM_GUARDS_H_
