// The tables of a program while it is compiled: each constant, fact, pattern,
// name and shape once, numbered in the order of first use.
//
// Thread-safety: one thread.

#ifndef TARAZY_POLICY_PROGRAM_POOLS_H_
#define TARAZY_POLICY_PROGRAM_POOLS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "policy/eval/aggregate.h"
#include "policy/program/rep.h"

namespace tarazy {

class Pools {
 public:
  explicit Pools(Program::Rep* rep) : rep_(rep) {}

  Program::Rep* rep() { return rep_; }
  Arena* arena() { return &rep_->arena; }

  // The value is to lie in the program's arena, or is copied into it.
  uint32_t Constant(const Value& value);
  // The slot of `attributes` from `root`; `value_read` when more than its
  // presence is asked for.
  uint32_t Fact(Var root, const std::vector<std::string>& attributes,
                bool value_read);
  uint32_t Pattern(const std::vector<PatternElement>& elements);
  uint32_t Name(absl::string_view name);
  // `names` are sorted and in the program's arena.
  uint32_t Shape(const std::vector<absl::string_view>& names);
  uint32_t Actions(const ActionSet& set);

 private:
  struct ValueHash {
    size_t operator()(const Value& v) const { return HashValue(v); }
  };
  struct ValueEqual {
    bool operator()(const Value& a, const Value& b) const {
      return EqualValues(a, b);
    }
  };
  Program::Rep* rep_;
  absl::flat_hash_map<Value, uint32_t, ValueHash, ValueEqual> constants_;
  absl::flat_hash_map<std::string, uint32_t> facts_;
  std::map<std::vector<std::string>, uint32_t> patterns_;
  absl::flat_hash_map<absl::string_view, uint32_t> names_;
  std::map<std::vector<absl::string_view>, uint32_t> shapes_;
  absl::flat_hash_map<ActionSet, uint32_t> actions_;
};

}  // namespace tarazy

#endif  // TARAZY_POLICY_PROGRAM_POOLS_H_
