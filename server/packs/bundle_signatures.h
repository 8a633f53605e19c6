// Signatures of bundles: lines of a signed note over what a bundle states of
// itself. policy/pack/FORMAT.md says what is signed and what is accepted.
//
// Thread-safety: immutable; functions without state.

#ifndef TARAZY_SERVER_PACKS_BUNDLE_SIGNATURES_H_
#define TARAZY_SERVER_PACKS_BUNDLE_SIGNATURES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "policy/pack/bundle.h"
#include "server/audit/note.h"

namespace tarazy {

// What a signature line says of itself; whether it is good is another matter.
struct BundleSignature {
  std::string name;
  uint32_t key_id = 0;
};

// The signatures of a bundle. INVALID_ARGUMENT: a line is malformed, or one key
// stands in two lines.
absl::StatusOr<std::vector<BundleSignature>> ReadSignatures(
    const Bundle& bundle);

// Adds the signature of a key. ALREADY_EXISTS: the key has signed it.
absl::Status SignBundle(const NoteSigner& signer, Bundle* bundle);

// The keys whose signatures count, and how many of them a bundle needs.
class BundleKeys {
 public:
  // None: nothing is accepted.
  BundleKeys() = default;

  // Keys as "name+8 hex digits+base64". INVALID_ARGUMENT: one is none, one
  // stands twice (under two names too), or `threshold` is not from 1 to their
  // number.
  static absl::StatusOr<BundleKeys> Make(const std::vector<std::string>& keys,
                                         uint32_t threshold);

  bool empty() const { return keys_.empty(); }
  size_t size() const { return keys_.size(); }
  uint32_t threshold() const { return threshold_; }

  // The names of the keys that have signed, at least threshold() of them.
  // PERMISSION_DENIED says why the bundle is not accepted.
  absl::StatusOr<std::vector<std::string>> Check(const Bundle& bundle) const;

 private:
  std::vector<NoteVerifier> keys_;
  uint32_t threshold_ = 0;
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_PACKS_BUNDLE_SIGNATURES_H_
