#include "policy/program/guards.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"

namespace tarazy {
namespace {

// Whether a block that has come to `at` goes on or is unsatisfied, and nothing
// else: no register is read or written.
bool IsGuard(const std::vector<Inst>& code, const CodeBlock& block,
             uint32_t at) {
  const Inst& inst = code[at];
  if (inst.op == Op::kRequireSlot) return true;
  const OpInfo& info = Info(inst.op);
  const auto register_read = [](Field field, uint32_t operand) {
    return field == Field::kOperand &&
           KindOf(operand) == OperandKind::kRegister;
  };
  return info.result == Result::kBool && (inst.flags & kBranch) != 0 &&
         code[block.begin + inst.target].op == Op::kUnsatisfied &&
         !register_read(info.a, inst.a) && !register_read(info.b, inst.b);
}

auto TestOf(const Inst& inst) {
  return std::make_tuple(inst.op, inst.flags, inst.a, inst.b);
}

// Lays out the steps of one leaf.
class LeafBuilder {
 public:
  LeafBuilder(const std::vector<Inst>& code,
              const std::vector<CodeBlock>& blocks, std::vector<Step>* steps)
      : code_(code), blocks_(blocks), steps_(*steps) {}

  void Run(absl::Span<const uint32_t> policies) {
    for (uint32_t policy : policies) {
      uint32_t length = 0;
      while (length < Guards::kMaxDepth &&
             IsGuard(code_, blocks_[policy], At(policy, length))) {
        ++length;
      }
      starts_.push_back({policy, length});
    }
    std::sort(starts_.begin(), starts_.end(),
              [this](const Start& x, const Start& y) { return Less(x, y); });
    Add(0, starts_.size(), 0);
  }

 private:
  // A policy and how many tests it begins with.
  struct Start {
    uint32_t policy;
    uint32_t length;
  };

  uint32_t At(uint32_t policy, uint32_t depth) const {
    return blocks_[policy].begin + depth;
  }
  bool Same(const Start& x, const Start& y, uint32_t depth) const {
    return x.length > depth && y.length > depth &&
           TestOf(code_[At(x.policy, depth)]) ==
               TestOf(code_[At(y.policy, depth)]);
  }
  bool Less(const Start& x, const Start& y) const {
    for (uint32_t d = 0; d < x.length && d < y.length; ++d) {
      const auto a = TestOf(code_[At(x.policy, d)]);
      const auto b = TestOf(code_[At(y.policy, d)]);
      if (a != b) return a < b;
    }
    return std::tie(x.length, x.policy) < std::tie(y.length, y.policy);
  }
  // Starts [from, to) have their first `depth` tests in common.
  void Add(size_t from, size_t to, uint32_t depth) {
    while (from < to) {
      size_t next = from + 1;
      while (next < to && Same(starts_[from], starts_[next], depth)) ++next;
      Step step;
      step.next = At(starts_[from].policy, depth);
      step.test = code_[step.next];
      if (starts_[from].length == depth) {
        step.policy = starts_[from].policy;
        steps_.push_back(step);
      } else {
        const size_t guard = steps_.size();
        steps_.push_back(step);
        Add(from, next, depth + 1);
        steps_[guard].next = static_cast<uint32_t>(steps_.size());
      }
      from = next;
    }
  }

  const std::vector<Inst>& code_;
  const std::vector<CodeBlock>& blocks_;
  std::vector<Step>& steps_;
  std::vector<Start> starts_;
};

// Walks the steps of one leaf as the evaluator does. Each policy is checked to
// begin with the tests of the guards around it, so that these are instructions
// which have been verified in its block.
class LeafVerifier {
 public:
  LeafVerifier(const std::vector<Inst>& code,
               const std::vector<CodeBlock>& blocks,
               const std::vector<Step>& steps)
      : code_(code), blocks_(blocks), steps_(steps) {}

  // Null, or what is wrong.
  const char* Run(absl::Span<const uint32_t> policies, uint32_t begin,
                  uint32_t end) {
    for (uint32_t at = begin; at < end; ++at) {
      while (!open_.empty() && steps_[open_.back()].next == at)
        open_.pop_back();
      if (steps_[at].policy == Step::kGuard) {
        const uint32_t limit = open_.empty() ? end : steps_[open_.back()].next;
        // So that some policy stands behind each guard and vouches for it.
        if (steps_[at].next <= at + 1) return "nothing stands behind a guard";
        if (steps_[at].next > limit) {
          return "a guard does not end inside what it is in";
        }
        open_.push_back(at);
      } else if (const char* wrong = CheckPolicy(steps_[at])) {
        return wrong;
      }
    }
    std::sort(seen_.begin(), seen_.end());
    std::vector<uint32_t> expected(policies.begin(), policies.end());
    std::sort(expected.begin(), expected.end());
    return seen_ == expected ? nullptr : "not each policy is there once";
  }

 private:
  const char* CheckPolicy(const Step& step) {
    if (step.policy >= blocks_.size()) return "no such policy";
    seen_.push_back(step.policy);
    const CodeBlock& block = blocks_[step.policy];
    if (step.next != block.begin + open_.size() || step.next >= block.end ||
        TestOf(step.test) != TestOf(code_[step.next])) {
      return "a policy goes on at the wrong place";
    }
    for (size_t depth = 0; depth < open_.size(); ++depth) {
      const uint32_t at = block.begin + static_cast<uint32_t>(depth);
      if (!IsGuard(code_, block, at) ||
          TestOf(code_[at]) != TestOf(steps_[open_[depth]].test)) {
        return "a policy does not begin with its guard";
      }
    }
    return nullptr;
  }

  const std::vector<Inst>& code_;
  const std::vector<CodeBlock>& blocks_;
  const std::vector<Step>& steps_;
  std::vector<uint32_t> open_;  // guards around the step
  std::vector<uint32_t> seen_;
};

}  // namespace

void Guards::Build(const std::vector<Inst>& code,
                   const std::vector<CodeBlock>& blocks,
                   const std::vector<absl::Span<const uint32_t>>& leaves) {
  begin_.reserve(leaves.size() + 1);
  begin_.push_back(0);
  for (absl::Span<const uint32_t> policies : leaves) {
    LeafBuilder(code, blocks, &steps_).Run(policies);
    begin_.push_back(static_cast<uint32_t>(steps_.size()));
  }
  steps_.shrink_to_fit();
}

absl::Status Guards::Verify(
    const std::vector<Inst>& code, const std::vector<CodeBlock>& blocks,
    const std::vector<absl::Span<const uint32_t>>& leaves) const {
  for (size_t leaf = 0; leaf < leaves.size(); ++leaf) {
    const char* wrong = LeafVerifier(code, blocks, steps_)
                            .Run(leaves[leaf], begin_[leaf], begin_[leaf + 1]);
    if (wrong != nullptr) {
      return absl::InternalError(absl::StrCat("leaf ", leaf, ": ", wrong));
    }
  }
  return absl::OkStatus();
}

}  // namespace tarazy
