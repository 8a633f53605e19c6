// The entities and entity types that a program has words for, numbered from 1
// in the order of their text.
//
// Thread-safety: immutable once built.

#ifndef TARAZY_POLICY_PROGRAM_SYMBOLS_H_
#define TARAZY_POLICY_PROGRAM_SYMBOLS_H_

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"
#include "policy/cedar/ast.h"
#include "policy/eval/arena.h"
#include "policy/eval/value.h"

namespace tarazy {

class Symbols {
 public:
  Symbols() : index_(0, Hash{this}, Equal{this}) {}
  Symbols(const Symbols&) = delete;
  Symbols& operator=(const Symbols&) = delete;

  // Collect all, then Seal; Find and the tables are for afterwards.
  void AddEntity(absl::string_view type, absl::string_view id);
  void AddType(absl::string_view type);
  void Seal();

  const EntityName* Find(absl::string_view type, absl::string_view id) const;
  uint32_t FindType(absl::string_view type) const;

  // Entity number n is entities()[n - 1]; likewise types.
  const std::vector<EntityName>& entities() const { return entities_; }
  const std::vector<absl::string_view>& types() const { return types_; }

 private:
  using Key = std::pair<absl::string_view, absl::string_view>;
  struct Hash {
    using is_transparent = void;
    const Symbols* symbols;
    size_t operator()(uint32_t i) const {
      const EntityName& name = symbols->entities_[i];
      return (*this)(Key(name.type, name.id));
    }
    size_t operator()(const Key& key) const { return absl::HashOf(key); }
  };
  struct Equal {
    using is_transparent = void;
    const Symbols* symbols;
    bool operator()(uint32_t a, uint32_t b) const { return a == b; }
    bool operator()(uint32_t i, const Key& key) const {
      const EntityName& name = symbols->entities_[i];
      return name.id == key.second && name.type == key.first;
    }
    bool operator()(const Key& key, uint32_t i) const {
      return (*this)(i, key);
    }
  };

  Arena text_;
  absl::flat_hash_set<Key> pending_;
  std::vector<EntityName> entities_;
  std::vector<absl::string_view> types_;
  absl::flat_hash_map<absl::string_view, uint32_t> type_index_;
  absl::flat_hash_set<uint32_t, Hash, Equal> index_;
};

}  // namespace tarazy

#endif  // TARAZY_POLICY_PROGRAM_SYMBOLS_H_
