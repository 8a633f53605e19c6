// Where packs lie beside one another: folders on a disk, or those of a bundle.
//
// Paths are joined with `/`. On a disk they are what the system takes; in a
// bundle they begin with the name that the bundle is shown by.
//
// Thread-safety: immutable; any number of threads may read.

#ifndef TARAZY_POLICY_PACK_PACK_TREE_H_
#define TARAZY_POLICY_PACK_PACK_TREE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace tarazy {

class PackTree {
 public:
  enum class Kind { kNone, kFile, kFolder };

  virtual ~PackTree() = default;

  // The folders of this machine.
  static const PackTree& Disk();

  virtual Kind KindOf(const std::string& path) const = 0;

  // Names in a folder, sorted by their bytes. RESOURCE_EXHAUSTED: more than
  // `limit` of them.
  virtual absl::StatusOr<std::vector<std::string>> List(
      const std::string& folder, size_t limit) const = 0;

  // The whole of a file. RESOURCE_EXHAUSTED: more than `limit` bytes.
  virtual absl::StatusOr<std::string> Read(const std::string& file,
                                           size_t limit) const = 0;
};

}  // namespace tarazy

#endif  // TARAZY_POLICY_PACK_PACK_TREE_H_
