// Conditions that several policies of a set have in common.
//
// Law repeats itself: a dozen prohibitions make the same exception for valid
// consent. A condition, or a part of one that decides by itself, that is
// written in two policies or more and is worth it gets a block of code of its
// own; policies refer to it, and a decision runs it at most once. That changes
// nothing but time: conditions have no effects.
//
// Thread-safety: one thread.

#ifndef TARAZY_POLICY_PROGRAM_SHARED_CONDITIONS_H_
#define TARAZY_POLICY_PROGRAM_SHARED_CONDITIONS_H_

#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/types/optional.h"
#include "policy/program/policy_compiler.h"
#include "policy/program/pools.h"

namespace tarazy {

class SharedConditions {
 public:
  SharedConditions(Pools* pools, const CompileOptions& options)
      : pools_(*pools), options_(options) {}

  // First for all policies of the set.
  void Count(const PolicyInstance& instance);

  // The number of the shared condition that `id` is, if it is one; compiles it
  // when it is asked for first.
  absl::optional<uint32_t> Find(const PolicyInstance& instance, ExprId id);

  // The limit that a condition was over, or empty.
  const std::string& problem() const { return problem_; }

 private:
  static constexpr uint32_t kNotCompiled = 0xffffffffu;
  struct Entry {
    uint32_t uses = 0;
    uint32_t number = kNotCompiled;
  };
  void CountParts(const PolicyInstance& instance, ExprId id, bool when);

  Pools& pools_;
  const CompileOptions& options_;
  absl::flat_hash_map<std::string, Entry> entries_;  // by content
  std::string problem_;
};

}  // namespace tarazy

#endif  // TARAZY_POLICY_PROGRAM_SHARED_CONDITIONS_H_
