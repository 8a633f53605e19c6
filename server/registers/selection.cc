#include "server/registers/selection.h"

#include <algorithm>

namespace tarazy {
namespace {

// Keeps the best `max` of all that is offered, best first; of equals the one
// offered later. `better(a, b)` is a strict weak order.
template <typename Entry, size_t N, typename Better>
void Offer(const Entry* entry, size_t max, Better better,
           absl::InlinedVector<const Entry*, N>* kept) {
  auto place =
      std::find_if(kept->begin(), kept->end(),
                   [&](const Entry* other) { return !better(other, entry); });
  if (place == kept->end() && kept->size() >= max) return;
  if (kept->size() >= max) {
    std::move_backward(place, kept->end() - 1, kept->end());
    *place = entry;
  } else {
    kept->insert(place, entry);
  }
}

bool Names(const v1::Consent& consent, absl::string_view purpose) {
  for (const std::string& p : consent.purposes()) {
    if (p == purpose) return true;
  }
  return false;
}

// Each mark outweighs all that follow it.
int Marks(const ConsentEntry& entry, const ConsentQuery& query) {
  const v1::Consent& consent = entry.consent;
  int marks = Names(consent, query.purpose) ? 16 : 0;
  if (entry.withdrawn_ms == ConsentEntry::kNever) marks += 8;
  if (entry.valid_from_ms <= query.at_ms &&
      query.at_ms < entry.valid_until_ms) {
    marks += 4;
  }
  if (consent.given_by() == v1::SUBJECT_IN_PERSON) marks += 2;
  if (consent.channel() == v1::STATE_SERVICE) marks += 1;
  return marks;
}

enum class Weight { kRest, kRejectedNotNotified, kUpheld, kUndecided };

// What is not known to be decided counts as undecided.
Weight WeightOf(const v1::Objection& objection) {
  if (objection.status() != v1::Objection::DECIDED) return Weight::kUndecided;
  if (objection.result() == v1::Objection::UPHELD) return Weight::kUpheld;
  if (objection.result() != v1::Objection::REJECTED) return Weight::kUndecided;
  return objection.has_notified_at() ? Weight::kRest
                                     : Weight::kRejectedNotNotified;
}

bool Heavier(const ObjectionEntry* a, const ObjectionEntry* b) {
  const Weight wa = WeightOf(a->objection);
  const Weight wb = WeightOf(b->objection);
  if (wa != wb) return wa > wb;
  return wa == Weight::kUndecided && a->due_ms < b->due_ms;
}

}  // namespace

ConsentsTried SelectConsents(const SubjectEntries* entries,
                             const ConsentQuery& query) {
  ConsentsTried tried;
  if (entries == nullptr) return tried;
  const auto better = [&query](const ConsentEntry* a, const ConsentEntry* b) {
    return Marks(*a, query) > Marks(*b, query);
  };
  for (const ConsentEntry& entry : entries->consents) {
    if (entry.consent.operator_bin() != query.operator_bin) continue;
    Offer(&entry, query.max_tried, better, &tried);
  }
  return tried;
}

ObjectionSummary SummariseObjections(const SubjectEntries* entries,
                                     absl::string_view operator_bin,
                                     absl::string_view processing_id) {
  ObjectionSummary summary;
  if (entries == nullptr) return summary;
  for (const ObjectionEntry& entry : entries->objections) {
    const v1::Objection& objection = entry.objection;
    if (objection.operator_bin() != operator_bin) continue;
    if (!processing_id.empty() && objection.processing_id() != processing_id) {
      continue;
    }
    switch (WeightOf(objection)) {
      case Weight::kUndecided:
        summary.undecided = true;
        summary.due_ms = std::min(summary.due_ms, entry.due_ms);
        break;
      case Weight::kUpheld:
        summary.upheld = true;
        break;
      case Weight::kRejectedNotNotified:
        summary.rejected_not_notified = true;
        break;
      case Weight::kRest:
        break;
    }
    Offer(&entry, ObjectionSummary::kMaxFound, Heavier, &summary.found);
  }
  return summary;
}

}  // namespace tarazy
