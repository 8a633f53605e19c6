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

namespace tarazy {

struct PackFiles {
  // Bounds on what is read.
  static constexpr size_t kMaxFiles = 1000;
  static constexpr size_t kMaxFileBytes = 16u << 20;

  // Null, with the reasons in `diagnostics`, when a file is missing, can't be
  // read, is too large, or does not belong in a pack.
  static std::unique_ptr<const PackFiles> Read(const std::string& directory,
                                               Diagnostics* diagnostics);

  // SHA-256 in 64 hex digits over each file's name inside the pack and its
  // content, by name: where the pack lies and in which order a directory lists
  // its files make no difference. README.md and scenarios decide nothing and
  // are left out.
  std::string Digest() const;

  // All of them, for printing diagnostics.
  std::vector<const Source*> Sources() const;

  Source manifest{"", ""};
  Source schema{"", ""};
  std::string schema_name;  // inside the pack
  Source norms{"", ""};
  Source obligations{"", ""};
  std::vector<Source> decision;    // by name
  std::vector<Source> obligation;  // by name

 private:
  // Name inside the pack and content, by name.
  std::vector<std::pair<std::string, std::string>> hashed_;
};

}  // namespace tarazy

#endif  // TARAZY_POLICY_PACK_PACK_FILES_H_
