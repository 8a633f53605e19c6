// Where packs come from: signed bundles where keys are configured, folders
// where none are. policy/pack/FORMAT.md says what is accepted.
//
// Thread-safety: all methods may be called from any thread.

#ifndef TARAZY_SERVER_PACKS_PACK_SOURCE_H_
#define TARAZY_SERVER_PACKS_PACK_SOURCE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "policy/pack/pack.h"
#include "server/audit/file_system.h"
#include "server/packs/accepted_packs.h"
#include "server/packs/bundle_signatures.h"

namespace tarazy {

struct LoadedPack {
  std::shared_ptr<const Pack> pack;
  // Of a bundle; 0 and empty for a folder.
  uint32_t version = 0;
  std::string bundle_digest;
  std::vector<std::string> signed_by;  // names of keys
};

struct PackSourceOptions {
  // None: folders are loaded, and no bundles.
  std::vector<std::string> keys;
  uint32_t threshold = 1;
  // File of the versions that were accepted; used where there are keys.
  std::string accepted_path;
};

class PackSource {
 public:
  // `files` outlives the result. INVALID_ARGUMENT: the keys are wrong;
  // DATA_LOSS: the file of accepted versions is.
  static absl::StatusOr<std::unique_ptr<PackSource>> Open(
      const PackSourceOptions& options, FileSystem* files);

  // Whether packs must be signed.
  bool trusted() const { return !keys_.empty(); }

  // The message says all that is wrong with the pack, a line each.
  absl::StatusOr<LoadedPack> Load(const std::string& path) const;

  // To be called before packs that were loaded go in service: their versions
  // are on record from then on. On an error none of them may.
  absl::Status Accept(const std::vector<LoadedPack>& loaded);

 private:
  PackSource() = default;

  absl::StatusOr<LoadedPack> LoadBundleFile(const std::string& path) const;

  BundleKeys keys_;
  FileSystem* files_ = nullptr;
  std::unique_ptr<AcceptedPacks> accepted_;  // null: no keys
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_PACKS_PACK_SOURCE_H_
