#include "server/service/law_in_service.h"

#include <algorithm>
#include <utility>

#include "policy/pack/readings.h"

namespace tarazy {

namespace {

bool Has(const Pack& pack, const std::string& reading) {
  return std::any_of(pack.readings().begin(), pack.readings().end(),
                     [&](const Reading& own) { return own.id == reading; });
}

// Puts each pack under those of the readings that it has.
absl::Status Choose(const ReadingChoice& readings,
                    std::vector<std::shared_ptr<const Pack>>* packs) {
  if (readings.empty()) return absl::OkStatus();
  for (const auto& chosen : readings) {
    const bool known =
        std::any_of(packs->begin(), packs->end(),
                    [&](const auto& pack) { return Has(*pack, chosen.first); });
    // The first pack tells which readings there are.
    if (!known) return CheckChoice(*packs->front(), {chosen});
  }
  for (auto& pack : *packs) {
    ReadingChoice own;
    for (const auto& chosen : readings) {
      if (Has(*pack, chosen.first)) own.insert(chosen);
    }
    auto other = pack->WithReadings(own);
    if (!other.ok()) return other.status();
    pack = *std::move(other);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<const LawInService>> LawInService::Make(
    std::vector<std::shared_ptr<const Pack>> editions,
    const ReadingChoice& readings,
    std::vector<std::shared_ptr<const Pack>> compare_with) {
  auto timeline = Timeline::Make(std::move(editions));
  if (!timeline.ok()) return timeline.status();
  std::vector<std::shared_ptr<const Pack>> packs = timeline->packs();
  const absl::Status chosen = Choose(readings, &packs);
  if (!chosen.ok()) return chosen;
  std::shared_ptr<LawInService> law(new LawInService(*std::move(timeline)));
  for (auto& pack : packs) {
    auto ready = PackInService::Make(std::move(pack));
    if (!ready.ok()) return ready.status();
    law->editions_.push_back(*std::move(ready));
  }
  if (!compare_with.empty()) {
    auto enacted = Make(std::move(compare_with));
    if (!enacted.ok()) return enacted.status();
    law->enacted_ = *std::move(enacted);
  }
  return std::shared_ptr<const LawInService>(std::move(law));
}

const PackInService* LawInService::EnactedBeside(const PackInService& edition,
                                                 int64_t ms) const {
  const PackInService& enacted = enacted_->At(ms);
  const bool same = enacted.pack->digest() == edition.pack->digest();
  return same || !InForce(*enacted.pack, ms) ? nullptr : &enacted;
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
