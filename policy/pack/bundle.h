// A bundle: a pack and the packs under it in one file, to be signed, carried
// and loaded as one. FORMAT.md documents it to the byte.
//
// What is signed is the payload: the pack's id, edition and version, and every
// file that decides or is answered, by folder and by name, so that the same
// files give the same bytes wherever, whenever and by whomever it is built.
// Beside the payload stand signature lines, which this file carries and does
// not judge, and a checksum over all of it.
//
// A bundle is read as something that an enemy wrote: nothing of it is put on a
// disk, every size is checked before it is used, and there is one way to write
// each bundle, so that what is read and written again has the same bytes.
//
// Failures: INVALID_ARGUMENT says what is wrong.
// Thread-safety: plain values and functions without state.

#ifndef TARAZY_POLICY_PACK_BUNDLE_H_
#define TARAZY_POLICY_PACK_BUNDLE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "policy/pack/pack.h"
#include "policy/pack/pack_tree.h"

namespace tarazy {

struct Bundle {
  // Bounds of what is read and written.
  static constexpr size_t kMaxBytes = 64u << 20;
  static constexpr size_t kMaxSignatureBytes = 64u << 10;

  struct File {
    std::string name;  // "norms.yaml", "decision/consent.cedar"
    std::string content;
  };
  // The folder of one pack.
  struct Folder {
    std::string name;
    std::vector<File> files;  // by name
  };

  std::string id;
  std::string edition;
  uint32_t version = 0;  // at least 1
  // The outermost base first, the pack itself last.
  std::vector<Folder> folders;
  // Signature lines of the note (server/packs/bundle_signatures.h), each with
  // its newline; empty: it is not signed.
  std::string signatures;

  // The bytes that the digest is over.
  std::string Payload() const;
  // SHA-256 of the payload in 64 hex digits.
  std::string Digest() const;
  // What is signed: a text of four lines.
  std::string SignedText() const;
  // The whole file.
  std::string Encode() const;
};

// `bytes` must be exactly one bundle.
absl::StatusOr<Bundle> ParseBundle(absl::string_view bytes);

// The bundle of the pack in `directory`, unsigned. The pack must load and state
// its version. The message holds all diagnostics, a line each.
absl::StatusOr<Bundle> MakeBundle(const std::string& directory);

// Loads the pack of a bundle as Pack::Load does. `name` stands for the bundle
// in messages. Also refused is a bundle that says another id, edition or
// version than its pack, or that carries a folder that its pack does not read.
std::shared_ptr<const Pack> LoadBundle(const Bundle& bundle,
                                       const std::string& name,
                                       Diagnostics* diagnostics,
                                       std::string* text = nullptr);

}  // namespace tarazy

#endif  // TARAZY_POLICY_PACK_BUNDLE_H_
