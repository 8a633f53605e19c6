// What a program is made of. For the compiler, the verifier, the evaluator
// and the tools that print programs; others use program.h.

#ifndef TARAZY_POLICY_PROGRAM_REP_H_
#define TARAZY_POLICY_PROGRAM_REP_H_

#include <cstdint>
#include <string>
#include <vector>

#include "policy/eval/arena.h"
#include "policy/eval/like.h"
#include "policy/eval/value.h"
#include "policy/program/guards.h"
#include "policy/program/instruction.h"
#include "policy/program/program.h"
#include "policy/program/scope_index.h"
#include "policy/program/symbols.h"

namespace tarazy {

struct Program::Rep {
  // Holds the text of names and what constants point to.
  Arena arena;
  Symbols symbols;
  ActionGroups groups;

  std::vector<FactPath> facts;
  std::vector<Value> constants;
  std::vector<LikePattern> patterns;
  std::vector<absl::string_view> names;
  // Names of the fields of record literals, sorted.
  std::vector<std::vector<absl::string_view>> shapes;

  std::vector<Inst> code;
  // Parallel to each other.
  std::vector<PolicyInfo> policies;
  std::vector<PolicyScope> scopes;
  std::vector<CodeBlock> blocks;

  // Conditions that several policies share.
  std::vector<CodeBlock> conditions;

  std::vector<ActionSet> action_sets;
  ScopeIndex index;
  Guards guards;           // by leaf of the index
  uint32_t registers = 0;  // that the largest block needs
  std::string digest;
};

}  // namespace tarazy

#endif  // TARAZY_POLICY_PROGRAM_REP_H_
