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
// the steps that depend on it, up to `end`.
//
// Thread-safety: immutable once built.

#ifndef TARAZY_POLICY_PROGRAM_GUARDS_H_
#define TARAZY_POLICY_PROGRAM_GUARDS_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "policy/program/instruction.h"

namespace tarazy {

// The instructions [begin, end) of one policy or condition.
struct CodeBlock {
  uint32_t begin = 0;
  uint32_t end = 0;
};

struct Step {
  static constexpr uint32_t kGuard = 0xffffffffu;

  // A copy of the guard's test, or of the instruction where the policy goes on.
  Inst test;
  uint32_t policy = kGuard;  // to be run, or kGuard
  // Of a guard the number of the step after its own; of a policy that of the
  // instruction where it goes on.
  uint32_t next = 0;
};

class Guards {
 public:
  // Guards are nested at most this deep; policies run what is left.
  static constexpr uint32_t kMaxDepth = 32;

  // `leaves`: the policies of each leaf.
  void Build(const std::vector<Inst>& code,
             const std::vector<CodeBlock>& blocks,
             const std::vector<absl::Span<const uint32_t>>& leaves);

  // A mistake in the steps: a policy left out or there twice, or a guard that
  // is not what its policies begin with.
  absl::Status Verify(
      const std::vector<Inst>& code, const std::vector<CodeBlock>& blocks,
      const std::vector<absl::Span<const uint32_t>>& leaves) const;

  // All steps; those of a leaf begin at begin(leaf) and end where those of
  // the next begin.
  const std::vector<Step>& steps() const { return steps_; }
  uint32_t begin(uint32_t leaf) const { return begin_[leaf]; }

 private:
  std::vector<Step> steps_;
  std::vector<uint32_t> begin_;
};

}  // namespace tarazy

#endif  // TARAZY_POLICY_PROGRAM_GUARDS_H_
