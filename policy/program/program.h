// A policy set compiled: what the decision path holds and evaluates.
//
// A program is a flat array of fixed-size instructions, one block per policy,
// over *fact slots*. A slot is a path of attributes that starts at principal,
// action, resource or context (`context.place.capture`); every path that the
// policies read has one number, and its value is asked for at most once per
// decision, when an instruction first needs it. Policies are indexed by what
// their scope says of action, resource and principal, and by nothing else: a
// policy whose scope matches is always evaluated, so that its errors are
// reported as a scan of all policies would report them.
//
// Compilation is deterministic: the same policies and schema give the same
// bytes, whatever order the files came in, and digest() names them.
//
// Thread-safety: immutable after Compile; any number of threads may evaluate.

#ifndef TARAZY_POLICY_PROGRAM_PROGRAM_H_
#define TARAZY_POLICY_PROGRAM_PROGRAM_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "policy/cedar/ast.h"
#include "policy/cedar/diagnostic.h"
#include "policy/eval/value.h"

namespace tarazy {

class Schema;  // policy/cedar/schema.h

// Where a fact comes from: `root` and the attributes after it.
struct FactPath {
  Var root = Var::kContext;
  std::vector<std::string> attributes;
  // The policies only ask `has` about this path: a reader may answer any value
  // but kMissing for "present". Otherwise a reader answers the value itself.
  bool presence_only = false;

  // "context.place.capture".
  std::string ToString() const;
};

struct CompileOptions {
  // May be null: attributes are then resolved by name alone.
  const Schema* schema = nullptr;
  // Stated bounds; a policy set over one is refused with its name.
  uint32_t max_policies = 1u << 20;
  uint32_t max_instructions_per_policy = 1u << 16;
  // For tools: the condition of a policy may be of any type; the policy is
  // satisfied and its value kept (Evaluation::kept_value).
  bool keep_value = false;
};

// What the program keeps of a policy to explain a decision.
struct PolicyInfo {
  std::string id;
  Effect effect = Effect::kPermit;
  std::vector<Annotation> annotations;
};

class Program {
 public:
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // Null, with the reasons in `diagnostics`, when the set can't be compiled.
  static std::unique_ptr<const Program> Compile(const PolicySet& policies,
                                                const CompileOptions& options,
                                                Diagnostics* diagnostics);

  // In the order that decisions number them.
  const std::vector<PolicyInfo>& policies() const;

  // All slots; the index is the slot's number.
  const std::vector<FactPath>& facts() const;

  // The entity as this program names it. The pointer lives as long as the
  // program. Null when no policy and no schema enumeration mentions it.
  const EntityName* FindEntity(absl::string_view type,
                               absl::string_view id) const;

  // The number of entity type `type`, 0 when no policy mentions it.
  uint32_t FindType(absl::string_view type) const;

  // SHA-256 over the canonical bytes of the program, in lower-case hex.
  const std::string& digest() const;

  // The program as text: slots, constants, index, instructions.
  std::string Dump() const;

  // An upper bound on the instructions that one decision executes.
  uint64_t CostBound() const;

  struct Rep;
  const Rep& rep() const { return *rep_; }

 private:
  explicit Program(std::unique_ptr<Rep> rep);
  std::unique_ptr<Rep> rep_;
};

}  // namespace tarazy

#endif  // TARAZY_POLICY_PROGRAM_PROGRAM_H_
