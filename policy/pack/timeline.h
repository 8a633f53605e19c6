// Editions that are in service together, in the order of time: which of them
// is the law of an instant.
//
// Each edition is in force from its valid_from to its valid_to, half open, so
// that an instant has one edition or none. Editions that overlap are refused:
// two laws would answer. So is a gap between two of them: it is a missing or
// misdated pack, not a time without law. Before the first and after the last
// edition nothing is in force, and who decides then says so.
//
// Thread-safety: immutable after Make.

#ifndef TARAZY_POLICY_PACK_TIMELINE_H_
#define TARAZY_POLICY_PACK_TIMELINE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/pack/pack.h"

namespace tarazy {

class Timeline {
 public:
  // In any order. INVALID_ARGUMENT names the packs and the instant: no pack,
  // an id twice, an overlap, a gap.
  static absl::StatusOr<Timeline> Make(
      std::vector<std::shared_ptr<const Pack>> packs);

  // By time, at least one.
  const std::vector<std::shared_ptr<const Pack>>& packs() const {
    return packs_;
  }

  // The index of the edition in force at `ms`; before the first the first,
  // after the last the last.
  size_t Nearest(int64_t ms) const {
    size_t i = packs_.size() - 1;
    while (i > 0 && ms < begins_[i]) --i;
    return i;
  }

 private:
  Timeline() = default;

  std::vector<std::shared_ptr<const Pack>> packs_;
  std::vector<int64_t> begins_;  // of each pack
};

// Whether the edition of `pack` is in force at `ms`.
inline bool InForce(const Pack& pack, int64_t ms) {
  return pack.valid_from_ms() <= ms && ms < pack.valid_to_ms();
}

// "2026-01-18T00:00:00+05:00", of an instant in milliseconds since 1970 UTC.
std::string FormatAlmaty(int64_t ms);

}  // namespace tarazy

#endif  // TARAZY_POLICY_PACK_TIMELINE_H_
