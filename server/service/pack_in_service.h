// A pack with everything resolved that decisions need of it: one immutable
// value, which decisions take as a whole.
//
// Thread-safety: immutable.

#ifndef TARAZY_SERVER_SERVICE_PACK_IN_SERVICE_H_
#define TARAZY_SERVER_SERVICE_PACK_IN_SERVICE_H_

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/pack/pack.h"
#include "server/service/answer.h"
#include "server/service/facts.h"
#include "server/service/remedy.h"

namespace tarazy {

// INVALID_ARGUMENT holds all that is wrong with the pack, a line each.
absl::StatusOr<std::shared_ptr<const Pack>> LoadPack(
    const std::string& directory);

// One edition of the law in service (law_in_service.h).
struct PackInService {
  std::shared_ptr<const Pack> pack;
  std::unique_ptr<const ResolvedProgram> decision;
  std::unique_ptr<const ResolvedProgram> obligations;
  std::unique_ptr<const AnswerParts> parts;
  std::unique_ptr<const Remedies> remedies;
  std::vector<ExtensionType> extensions;
  // Parallel to the obligation policies: the fact that says when the duty is
  // due, by kind of act; null where there is none.
  std::vector<std::array<const Fact*, kActKinds>> due;

  // INVALID_ARGUMENT: the pack can't be carried out by this server.
  static absl::StatusOr<std::shared_ptr<const PackInService>> Make(
      std::shared_ptr<const Pack> pack);
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_SERVICE_PACK_IN_SERVICE_H_
