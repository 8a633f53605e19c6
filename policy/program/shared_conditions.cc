#include "policy/program/shared_conditions.h"

#include "policy/program/canonical.h"

namespace tarazy {
namespace {

// Below this many nodes a part is as fast to run as to look up: one comparison
// has three, and an attribute more for each name.
constexpr int kMinNodes = 8;

// Counts nodes, but no further than asked.
int Nodes(const ExprPool& exprs, ExprId id, int enough) {
  int count = 1;
  for (ExprId arg : exprs[id].args) {
    if (count >= enough) break;
    count += Nodes(exprs, arg, enough - count);
  }
  return count;
}

bool IsWorthIt(const PolicyInstance& instance, ExprId id) {
  return Nodes(instance.policy->exprs, id, kMinNodes) >= kMinNodes;
}

}  // namespace

void SharedConditions::CountParts(const PolicyInstance& instance, ExprId id,
                                  bool when) {
  const Expr& e = instance.policy->exprs[id];
  if (e.kind == (when ? ExprKind::kOr : ExprKind::kAnd)) {
    CountParts(instance, e.args[0], when);
    CountParts(instance, e.args[1], when);
    return;
  }
  if (IsWorthIt(instance, id)) ++entries_[ContentOf(instance, id)].uses;
}

void SharedConditions::Count(const PolicyInstance& instance) {
  for (const Condition& condition : instance.policy->conditions) {
    CountParts(instance, condition.body, condition.unless);
  }
}

absl::optional<uint32_t> SharedConditions::Find(const PolicyInstance& instance,
                                                ExprId id) {
  if (!IsWorthIt(instance, id)) return absl::nullopt;
  const auto found = entries_.find(ContentOf(instance, id));
  if (found == entries_.end() || found->second.uses < 2) return absl::nullopt;
  Entry& entry = found->second;
  if (entry.number == kNotCompiled) {
    CodeBlock block;
    PolicyCompiler compiler(&pools_, instance, nullptr, options_);
    if (!compiler.RunCondition(id, &block, &problem_)) return absl::nullopt;
    entry.number = static_cast<uint32_t>(pools_.rep()->conditions.size());
    pools_.rep()->conditions.push_back(block);
  }
  return entry.number;
}

}  // namespace tarazy
