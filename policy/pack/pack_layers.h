// A pack and the packs that it is written as changes of, read from where they
// lie.
//
// Thread-safety: functions without state.

#ifndef TARAZY_POLICY_PACK_PACK_LAYERS_H_
#define TARAZY_POLICY_PACK_PACK_LAYERS_H_

#include <memory>
#include <string>
#include <vector>

#include "policy/cedar/diagnostic.h"
#include "policy/pack/catalogue.h"
#include "policy/pack/pack_files.h"
#include "policy/pack/pack_tree.h"

namespace tarazy {

// A pack may have at most this many packs under it, itself included.
constexpr size_t kMaxPackLayers = 8;

// The outermost base first, the pack itself last.
struct PackLayers {
  std::vector<std::unique_ptr<const PackFiles>> files;
  std::vector<Manifest> manifests;  // of each
};

// Reads the pack in `directory` and its bases, which lie beside it. False,
// with the reasons in `diagnostics`, when a file or a manifest is wrong; what
// was read until then stays in `layers`, for printing diagnostics.
bool ReadPackLayers(const PackTree& tree, const std::string& directory,
                    PackLayers* layers, Diagnostics* diagnostics);

}  // namespace tarazy

#endif  // TARAZY_POLICY_PACK_PACK_LAYERS_H_
