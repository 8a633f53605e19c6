// The files of a pack, read once, and the digest over them.
//
// Thread-safety: immutable after Read.

#ifndef TARAZY_POLICY_PACK_PACK_FILES_H_
#define TARAZY_POLICY_PACK_PACK_FILES_H_

#include <memory>
#include <string>
#include <vector>

#include "policy/cedar/diagnostic.h"
#include "policy/cedar/source.h"
#include "policy/pack/pack.h"
#include "policy/pack/pack_tree.h"

namespace tarazy {

struct PackFiles {
  // Bounds on what is read.
  static constexpr size_t kMaxFiles = 1000;
  static constexpr size_t kMaxFileBytes = 16u << 20;

  // Null, with the reasons in `diagnostics`, when a file can't be read, is too
  // large, or does not belong in a pack, or there is no manifest.
  static std::unique_ptr<const PackFiles> Read(const PackTree& tree,
                                               const std::string& directory,
                                               Diagnostics* diagnostics);

  // Tells each file that is absent and that a pack without a base needs. False
  // if there is one.
  bool CheckComplete(Diagnostics* diagnostics) const;

  // All of them, for printing diagnostics.
  std::vector<const Source*> Sources() const;

  std::string directory;
  // An absent file is an empty source.
  Source manifest{"", ""};
  Source schema{"", ""};
  std::string schema_name;  // inside the pack; empty: it has none
  Source norms{"", ""};
  Source obligations{"", ""};
  Source calendar{"", ""};
  std::vector<Source> decision;    // by name
  std::vector<Source> obligation;  // by name

  // Name inside the pack and content, by name: what the digest is over.
  // README.md and scenarios decide nothing and are left out.
  std::vector<std::pair<std::string, std::string>> hashed;
  // Of the files that a pack without a base needs, those that are absent.
  std::vector<std::string> absent;
};

// SHA-256 in 64 hex digits over the names and contents of the files of a pack
// and of its bases, the outermost base first. Where the packs lie and in which
// order a directory lists its files make no difference.
std::string PackDigest(
    const std::vector<std::unique_ptr<const PackFiles>>& layers);

// The digest of a pack under a choice of readings: SHA-256 over the digest of
// its files and the choice; the digest of its files where nothing is chosen.
std::string DigestUnder(const std::string& files_digest,
                        const ReadingChoice& choice);

}  // namespace tarazy

#endif  // TARAZY_POLICY_PACK_PACK_FILES_H_
