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

// Whether `test` lets only a fact through that equals a string.
bool IsChoice(const Inst& test, const std::vector<Value>& constants) {
  return test.op == Op::kEqual && test.flags == kBranch &&
         KindOf(test.a) == OperandKind::kSlot &&
         KindOf(test.b) == OperandKind::kConstant &&
         constants[IndexOf(test.b)].tag() == ValueTag::kString;
}

// Lays out the steps of one leaf.
class LeafBuilder {
 public:
  LeafBuilder(const std::vector<Inst>& code,
              const std::vector<CodeBlock>& blocks,
              const std::vector<Value>& constants, std::vector<Step>* steps,
              std::vector<uint32_t>* cells)
      : code_(code),
        blocks_(blocks),
        constants_(constants),
        steps_(*steps),
        cells_(*cells) {}

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
  // The end of the starts from `from` on whose next test is the same.
  size_t EndOfSame(size_t from, size_t to, uint32_t depth) const {
    size_t next = from + 1;
    while (next < to && Same(starts_[from], starts_[next], depth)) ++next;
    return next;
  }
  // Starts [from, to) have their first `depth` tests in common.
  void Add(size_t from, size_t to, uint32_t depth) {
    size_t end_of_choices = from;
    size_t open = kNone;  // a switch that is being laid out
    while (from < to) {
      if (from >= end_of_choices) {
        Close(&open);
        bool worth_it = false;
        end_of_choices = EndOfChoices(from, to, depth, &worth_it);
        if (worth_it) open = OpenSwitch(from, depth);
      }
      const size_t next = EndOfSame(from, to, depth);
      Step step;
      step.next = At(starts_[from].policy, depth);
      step.test = code_[step.next];
      if (starts_[from].length == depth) {
        step.policy = starts_[from].policy;
        steps_.push_back(step);
      } else {
        const size_t guard = steps_.size();
        step.policy = Step::Of(GuardKind(step.test));
        steps_.push_back(step);
        Add(from, next, depth + 1);
        steps_[guard].next = static_cast<uint32_t>(steps_.size());
      }
      from = next;
    }
    Close(&open);
  }
  // The end of the starts from `from` on that a switch could decide between,
  // and whether it is worth it.
  size_t EndOfChoices(size_t from, size_t to, uint32_t depth,
                      bool* worth_it) const {
    const uint32_t slot = code_[At(starts_[from].policy, depth)].a;
    std::vector<uint32_t> hashes;
    size_t at = from;
    while (at < to && starts_[at].length > depth) {
      const Inst& test = code_[At(starts_[at].policy, depth)];
      if (!IsChoice(test, constants_) || test.a != slot) break;
      hashes.push_back(SwitchHash(constants_[IndexOf(test.b)].as_string()));
      at = EndOfSame(at, to, depth);
    }
    *worth_it = hashes.size() >= Guards::kMinSwitch && Fits(hashes);
    return at;
  }
  // Whether a table of these is searched in few steps.
  static bool Fits(const std::vector<uint32_t>& hashes) {
    const uint32_t mask = TableSize(hashes.size()) - 1;
    std::vector<uint32_t> cells(mask + 1, Guards::kNoGuard);
    for (uint32_t hash : hashes) {
      if (!Insert(cells.data(), mask, hash, hash | 1)) return false;
    }
    return true;
  }
  // Half of the cells stay empty.
  static uint32_t TableSize(size_t guards) {
    uint32_t size = 8;
    while (size < guards * 2) size *= 2;
    return size;
  }
  static bool Insert(uint32_t* cells, uint32_t mask, uint32_t hash,
                     uint32_t guard) {
    for (uint32_t n = 0; n < Guards::kMaxProbes; ++n) {
      uint32_t& cell = cells[(hash + n) & mask];
      if (cell == Guards::kNoGuard) {
        cell = guard;
        return true;
      }
    }
    return false;
  }
  size_t OpenSwitch(size_t from, uint32_t depth) {
    Step step;
    step.policy = Step::Of(StepKind::kSwitch);
    step.test.op = Op::kEqual;
    step.test.a = code_[At(starts_[from].policy, depth)].a;
    steps_.push_back(step);
    return steps_.size() - 1;
  }
  // Makes the table of the switch, if one is open, whose guards have been laid
  // out.
  void Close(size_t* open) {
    if (*open == kNone) return;
    const auto at = static_cast<uint32_t>(*open);
    const auto end = static_cast<uint32_t>(steps_.size());
    *open = kNone;
    size_t guards = 0;
    for (uint32_t g = at + 1; g < end; g = steps_[g].next) ++guards;
    Step& step = steps_[at];
    step.next = end;
    step.test.b = static_cast<uint32_t>(cells_.size());
    step.test.target = TableSize(guards) - 1;
    cells_.resize(cells_.size() + step.test.target + 1, Guards::kNoGuard);
    for (uint32_t g = at + 1; g < end; g = steps_[g].next) {
      const Value& value = constants_[IndexOf(steps_[g].test.b)];
      Insert(cells_.data() + step.test.b, step.test.target,
             SwitchHash(value.as_string()), g);
    }
  }

  static constexpr size_t kNone = ~size_t{0};

  const std::vector<Inst>& code_;
  const std::vector<CodeBlock>& blocks_;
  const std::vector<Value>& constants_;
  std::vector<Step>& steps_;
  std::vector<uint32_t>& cells_;
  std::vector<Start> starts_;
};

// Walks the steps of one leaf as the evaluator does. Each policy is checked to
// begin with the tests of the guards around it, so that these are instructions
// which have been verified in its block.
class LeafVerifier {
 public:
  LeafVerifier(const std::vector<Inst>& code,
               const std::vector<CodeBlock>& blocks,
               const std::vector<Value>& constants,
               const std::vector<Step>& steps,
               const std::vector<uint32_t>& cells, const Guards& guards)
      : code_(code),
        blocks_(blocks),
        constants_(constants),
        steps_(steps),
        cells_(cells),
        guards_(guards) {}

  // Null, or what is wrong.
  const char* Run(absl::Span<const uint32_t> policies, uint32_t begin,
                  uint32_t end) {
    for (uint32_t at = begin; at < end; ++at) {
      while (!open_.empty() && steps_[open_.back()].next == at)
        open_.pop_back();
      const char* wrong = CheckStep(at, end);
      if (wrong != nullptr) return wrong;
    }
    // The guards behind them have been found sound.
    for (uint32_t at : switches_) {
      const char* wrong = CheckSwitch(at);
      if (wrong != nullptr) return wrong;
    }
    std::sort(seen_.begin(), seen_.end());
    std::vector<uint32_t> expected(policies.begin(), policies.end());
    std::sort(expected.begin(), expected.end());
    return seen_ == expected ? nullptr : "not each policy is there once";
  }

 private:
  const char* CheckStep(uint32_t at, uint32_t end) {
    const Step& step = steps_[at];
    if (step.runs_policy()) return CheckPolicy(step);
    const uint32_t limit = open_.empty() ? end : steps_[open_.back()].next;
    if (step.next > limit) return "a guard does not end inside what it is in";
    if (step.kind() == StepKind::kSwitch) {
      if (step.next <= at) return "a switch does not end";
      switches_.push_back(at);
      return nullptr;
    }
    // So that some policy stands behind each guard and vouches for it.
    if (step.next <= at + 1) return "nothing stands behind a guard";
    if (step.kind() != GuardKind(step.test)) {
      return "a guard has the wrong kind";
    }
    open_.push_back(at);
    return nullptr;
  }
  // The steps behind a switch are guards that let through one string each,
  // and its table finds each of them and nothing else.
  const char* CheckSwitch(uint32_t at) {
    const Step& step = steps_[at];
    const uint64_t size = uint64_t{step.test.target} + 1;
    if ((size & (size - 1)) != 0 || step.test.b + size > cells_.size()) {
      return "a switch has no table";
    }
    const uint32_t* const cells = cells_.data() + step.test.b;
    const auto used = static_cast<uint64_t>(
        size - std::count(cells, cells + size, Guards::kNoGuard));
    if (used == size) return "the table of a switch is full";
    std::vector<uint32_t> guards;
    uint32_t guard = at + 1;
    for (; guard < step.next; guard = steps_[guard].next) {
      const Step& behind = steps_[guard];
      if (behind.runs_policy() || behind.kind() != StepKind::kAsk ||
          !IsChoice(behind.test, constants_) || behind.test.a != step.test.a) {
        return "a switch stands before a step that it can't decide";
      }
      guards.push_back(guard);
    }
    if (guards.empty() || guard != step.next) {
      return "a switch does not end behind its guards";
    }
    // With as many cells in use as guards, each of which is found, none is
    // there twice.
    if (guards.size() != used) return "a switch does not know its guards";
    for (uint64_t i = 0; i < size; ++i) {
      if (cells[i] != Guards::kNoGuard &&
          !std::binary_search(guards.begin(), guards.end(), cells[i])) {
        return "a switch leads to what is not its guard";
      }
    }
    for (uint32_t each : guards) {
      const Value& value = constants_[IndexOf(steps_[each].test.b)];
      if (guards_.Find(step, value.as_string(), constants_.data()) != each) {
        return "a switch does not find its guard";
      }
    }
    return nullptr;
  }
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
  const std::vector<Value>& constants_;
  const std::vector<Step>& steps_;
  const std::vector<uint32_t>& cells_;
  const Guards& guards_;
  std::vector<uint32_t> open_;  // guards around the step
  std::vector<uint32_t> seen_;
  std::vector<uint32_t> switches_;
};

}  // namespace

StepKind GuardKind(const Inst& test) {
  if (test.flags != kBranch && test.flags != (kBranch | kWhen)) {
    return StepKind::kAsk;
  }
  const bool fails_when = (test.flags & kWhen) != 0;
  switch (test.op) {
    case Op::kHasSlot:
      return fails_when ? StepKind::kHasNot : StepKind::kHas;
    case Op::kTestSlot:
      return fails_when ? StepKind::kFalse : StepKind::kTrue;
    case Op::kSlotIs:
      return fails_when ? StepKind::kIsNot : StepKind::kIs;
    default:
      return StepKind::kAsk;
  }
}

void Guards::Build(const std::vector<Inst>& code,
                   const std::vector<CodeBlock>& blocks,
                   const std::vector<Value>& constants,
                   const std::vector<absl::Span<const uint32_t>>& leaves) {
  begin_.reserve(leaves.size() + 1);
  begin_.push_back(0);
  for (absl::Span<const uint32_t> policies : leaves) {
    LeafBuilder(code, blocks, constants, &steps_, &cells_).Run(policies);
    begin_.push_back(static_cast<uint32_t>(steps_.size()));
  }
  steps_.shrink_to_fit();
  cells_.shrink_to_fit();
}

absl::Status Guards::Verify(
    const std::vector<Inst>& code, const std::vector<CodeBlock>& blocks,
    const std::vector<Value>& constants,
    const std::vector<absl::Span<const uint32_t>>& leaves) const {
  if (leaves.size() + 1 != begin_.size() || begin_.back() != steps_.size()) {
    return absl::InternalError("the steps are not those of the leaves");
  }
  for (size_t leaf = 0; leaf < leaves.size(); ++leaf) {
    const char* wrong =
        begin_[leaf] > begin_[leaf + 1]
            ? "it ends before it begins"
            : LeafVerifier(code, blocks, constants, steps_, cells_, *this)
                  .Run(leaves[leaf], begin_[leaf], begin_[leaf + 1]);
    if (wrong != nullptr) {
      return absl::InternalError(absl::StrCat("leaf ", leaf, ": ", wrong));
    }
  }
  return absl::OkStatus();
}

}  // namespace tarazy
