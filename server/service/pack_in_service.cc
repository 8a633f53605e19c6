#include "server/service/pack_in_service.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/cedar/diagnostic.h"

namespace tarazy {

absl::StatusOr<std::shared_ptr<const Pack>> LoadPack(
    const std::string& directory) {
  Diagnostics diagnostics;
  std::shared_ptr<const Pack> pack = Pack::Load(directory, &diagnostics);
  if (pack == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("the pack in `", directory, "` can't be used:\n",
                     FormatDiagnostics(diagnostics, {})));
  }
  return pack;
}

absl::StatusOr<std::shared_ptr<const PackInService>> PackInService::Make(
    std::shared_ptr<const Pack> pack) {
  auto ready = std::make_shared<PackInService>();
  auto decision = ResolvedProgram::Resolve(pack->decision());
  if (!decision.ok()) return decision.status();
  ready->decision = *std::move(decision);
  auto obligations = ResolvedProgram::Resolve(pack->obligations());
  if (!obligations.ok()) return obligations.status();
  ready->obligations = *std::move(obligations);
  ready->extensions = DeclaredExtensions(pack->schema());
  for (const PolicyLinks& links : pack->obligation_links()) {
    std::array<const Fact*, kActKinds> by_kind{};
    if (links.obligation != nullptr &&
        links.obligation->due.kind == DueRule::Kind::kFact) {
      bool found = false;
      for (int kind = 1; kind < kActKinds; ++kind) {
        by_kind[kind] =
            FindFact(links.obligation->due.fact, static_cast<ActKind>(kind));
        found = found || by_kind[kind] != nullptr;
      }
      if (!found) {
        return absl::InvalidArgumentError(absl::StrCat(
            "obligation `", links.obligation->id, "` is due at `",
            links.obligation->due.fact, "`, which no request carries"));
      }
    }
    ready->due.push_back(by_kind);
  }
  auto remedies = Remedies::Make(*pack);
  if (!remedies.ok()) return remedies.status();
  ready->remedies = *std::move(remedies);
  ready->parts = std::make_unique<AnswerParts>(*pack);
  ready->pack = std::move(pack);
  return std::shared_ptr<const PackInService>(std::move(ready));
}

}  // namespace tarazy
