#include "server/service/law_in_service.h"

#include <utility>

namespace tarazy {

absl::StatusOr<std::shared_ptr<const LawInService>> LawInService::Load(
    const std::vector<std::string>& directories) {
  std::vector<std::shared_ptr<const Pack>> packs;
  for (const std::string& directory : directories) {
    auto pack = LoadPack(directory);
    if (!pack.ok()) return pack.status();
    packs.push_back(*std::move(pack));
  }
  return Make(std::move(packs));
}

absl::StatusOr<std::shared_ptr<const LawInService>> LawInService::Make(
    std::vector<std::shared_ptr<const Pack>> packs) {
  auto timeline = Timeline::Make(std::move(packs));
  if (!timeline.ok()) return timeline.status();
  std::shared_ptr<LawInService> law(new LawInService(*std::move(timeline)));
  for (const auto& pack : law->timeline_.packs()) {
    auto ready = PackInService::Make(pack);
    if (!ready.ok()) return ready.status();
    law->editions_.push_back(*std::move(ready));
  }
  return std::shared_ptr<const LawInService>(std::move(law));
}

std::vector<DatedTerm> LawInService::ObjectionTerms() const {
  std::vector<DatedTerm> terms;
  for (const auto& edition : editions_) {
    const Pack& pack = *edition->pack;
    terms.push_back(
        {pack.valid_from_ms(), pack.objection_term(), pack.working_days()});
  }
  return terms;
}

}  // namespace tarazy
