// The law in service: the editions with everything resolved that decisions
// need of them. One immutable value, which decisions take as a whole; each is
// taken by the edition in force at its instant, so that an edition whose time
// comes takes over without a restart.
//
// Thread-safety: immutable.

#ifndef TARAZY_SERVER_SERVICE_LAW_IN_SERVICE_H_
#define TARAZY_SERVER_SERVICE_LAW_IN_SERVICE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/pack/timeline.h"
#include "server/registers/registers.h"
#include "server/service/pack_in_service.h"

namespace tarazy {

class LawInService {
 public:
  // Reads the packs of the folders. INVALID_ARGUMENT holds all that is wrong
  // with the first bad one, a line each, or what keeps them from standing
  // together.
  static absl::StatusOr<std::shared_ptr<const LawInService>> Load(
      const std::vector<std::string>& directories);
  static absl::StatusOr<std::shared_ptr<const LawInService>> Make(
      std::vector<std::shared_ptr<const Pack>> packs);

  // The edition in force; before the first the first, after the last the last:
  // it then refuses for not being in force.
  const PackInService& At(int64_t ms) const {
    return *editions_[timeline_.Nearest(ms)];
  }
  // By time.
  const std::vector<std::shared_ptr<const PackInService>>& editions() const {
    return editions_;
  }
  // How each edition counts the limits of objections received in its time.
  std::vector<DatedTerm> ObjectionTerms() const;

 private:
  explicit LawInService(Timeline timeline) : timeline_(std::move(timeline)) {}

  Timeline timeline_;
  std::vector<std::shared_ptr<const PackInService>> editions_;  // parallel
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_SERVICE_LAW_IN_SERVICE_H_
