#include "policy/pack/timeline.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "policy/pack/calendar.h"

namespace tarazy {

std::string FormatAlmaty(int64_t ms) {
  const int64_t day = AlmatyDay(ms);
  const int64_t seconds = (ms - AlmatyDayStart(day)) / 1000;
  return absl::StrFormat("%sT%02d:%02d:%02d+05:00", FormatDay(day),
                         seconds / 3600, seconds / 60 % 60, seconds % 60);
}

absl::StatusOr<Timeline> Timeline::Make(
    std::vector<std::shared_ptr<const Pack>> packs) {
  if (packs.empty()) {
    return absl::InvalidArgumentError("there is no pack to decide by");
  }
  std::stable_sort(packs.begin(), packs.end(),
                   [](const auto& a, const auto& b) {
                     return a->valid_from_ms() < b->valid_from_ms();
                   });
  Timeline timeline;
  for (const auto& pack : packs) {
    timeline.begins_.push_back(pack->valid_from_ms());
    for (const auto& other : timeline.packs_) {
      if (other->id() != pack->id()) continue;
      return absl::InvalidArgumentError(
          absl::StrCat("pack `", pack->id(), "` is named twice"));
    }
    if (!timeline.packs_.empty()) {
      const Pack& before = *timeline.packs_.back();
      const std::string which = absl::StrCat("editions `", before.edition(),
                                             "` and `", pack->edition(), "`");
      if (before.valid_to_ms() > pack->valid_from_ms()) {
        return absl::InvalidArgumentError(absl::StrCat(
            which, " overlap: both are in force at ",
            FormatAlmaty(pack->valid_from_ms()),
            "; name one of them, or give the earlier one a `valid_to`"));
      }
      if (before.valid_to_ms() < pack->valid_from_ms()) {
        return absl::InvalidArgumentError(
            absl::StrCat(which, " leave a gap: none is in force from ",
                         FormatAlmaty(before.valid_to_ms()), " to ",
                         FormatAlmaty(pack->valid_from_ms()),
                         "; name the pack between them"));
      }
    }
    timeline.packs_.push_back(pack);
  }
  return timeline;
}

}  // namespace tarazy
