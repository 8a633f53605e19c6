// What carries out each norm of a pack, and which scenarios exercise it.
//
// A gap is: a norm that no policy names (a definition whose facts no policy
// reads, a reference whose norms have none, the commencement apart); a norm
// with policies that no scenario's answer cites; a prohibition or a permission
// that is not cited on both sides, by a permit and by a deny.
//
// Thread-safety: a function without state.

#ifndef TARAZY_SERVER_COMMAND_PACK_COVERAGE_H_
#define TARAZY_SERVER_COMMAND_PACK_COVERAGE_H_

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/pack/pack.h"
#include "server/scenario/scenario.h"

namespace tarazy {

struct NormCoverage {
  std::string norm;
  std::vector<std::string> carried_by;  // "policy consent.valid", "fact …"
  std::set<std::string> permits;        // ids of scenarios
  std::set<std::string> denies;
  std::string gap;  // empty: none
};

// One row a norm, in the catalogue's order.
absl::StatusOr<std::vector<NormCoverage>> CoverNorms(
    const std::shared_ptr<const Pack>& pack,
    const std::vector<Scenario>& scenarios);

}  // namespace tarazy

#endif  // TARAZY_SERVER_COMMAND_PACK_COVERAGE_H_
