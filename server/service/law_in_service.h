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
  // `editions`: at least one. `readings` apply to each edition that has them;
  // each is in one of them at least. `compare_with`: editions of the enacted
  // text, under their default readings, which answers are compared with; may be
  // empty. INVALID_ARGUMENT says what keeps them from standing together, or
  // which reading there is none of.
  static absl::StatusOr<std::shared_ptr<const LawInService>> Make(
      std::vector<std::shared_ptr<const Pack>> editions,
      const ReadingChoice& readings = {},
      std::vector<std::shared_ptr<const Pack>> compare_with = {});

  // The edition in force; before the first the first, after the last the last:
  // it then refuses for not being in force.
  const PackInService& At(int64_t ms) const {
    return *editions_[timeline_.Nearest(ms)];
  }
  // The enacted edition that answers of `edition` at `ms` are compared with;
  // null: none, or it is the same one.
  const PackInService* Enacted(const PackInService& edition, int64_t ms) const {
    return enacted_ == nullptr ? nullptr : EnactedBeside(edition, ms);
  }
  // By time.
  const std::vector<std::shared_ptr<const PackInService>>& editions() const {
    return editions_;
  }
  // How each edition counts the limits of objections received in its time.
  std::vector<DatedTerm> ObjectionTerms() const;

  // Null: answers are compared with nothing.
  const LawInService* enacted() const { return enacted_.get(); }

 private:
  explicit LawInService(Timeline timeline) : timeline_(std::move(timeline)) {}

  const PackInService* EnactedBeside(const PackInService& edition,
                                     int64_t ms) const;

  Timeline timeline_;
  std::vector<std::shared_ptr<const PackInService>> editions_;  // parallel
  std::shared_ptr<const LawInService> enacted_;
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_SERVICE_LAW_IN_SERVICE_H_
