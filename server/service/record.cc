#include "server/service/record.h"

#include "server/registers/field_check.h"
#include "server/service/wire.h"

namespace tarazy {

namespace {

using Record = v1::DecisionRecord;

void AppendNumber(int field, uint64_t value, std::string* record) {
  using google::protobuf::internal::WireFormatLite;
  AppendVarint(WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_VARINT),
               record);
  AppendVarint(value, record);
}

void AppendOthers(const RecordParts& parts, size_t max_bytes,
                  std::string* record) {
  const size_t begin = record->size();
  bool found = false;
  uint64_t place = 0;
  for (const ConsentEntry* entry : parts.tried) {
    if (entry == parts.consent) {
      found = true;
      continue;
    }
    if (!found) ++place;
    AppendMessage(Record::kOtherConsentsFieldNumber, entry->consent, record);
  }
  if (record->size() > max_bytes) {
    record->resize(begin);
    AppendTrue(Record::kOtherConsentsLeftOutFieldNumber, record);
  } else if (found && place > 0) {
    AppendNumber(Record::kConsentPlaceFieldNumber, place, record);
  }
}

// What stands in the record says all while there are fewer than it can hold.
void AppendObjectionFacts(const ObjectionSummary& objections,
                          std::string* record) {
  if (objections.found.size() < ObjectionSummary::kMaxFound) return;
  v1::ObjectionFacts facts;
  facts.set_undecided(objections.undecided);
  if (objections.undecided) {
    WriteTimestamp(objections.due_ms, facts.mutable_due());
  }
  facts.set_upheld(objections.upheld);
  facts.set_rejected_not_notified(objections.rejected_not_notified);
  AppendMessage(Record::kObjectionFactsFieldNumber, facts, record);
}

}  // namespace

void AppendRecord(const RecordParts& parts, size_t max_bytes,
                  std::string* record) {
  google::protobuf::Timestamp recorded;
  WriteTimestamp(parts.recorded_ms, &recorded);
  AppendMessage(Record::kRecordedAtFieldNumber, recorded, record);
  AppendMessage(Record::kRequestFieldNumber, *parts.request, record);
  AppendBytes(Record::kResponseFieldNumber, parts.response, record);
  if (parts.consent != nullptr) {
    AppendMessage(Record::kConsentFieldNumber, parts.consent->consent, record);
  }
  if (parts.consent_asserted) {
    AppendTrue(Record::kConsentAssertedFieldNumber, record);
  }
  for (const ObjectionEntry* entry : parts.objections->found) {
    AppendMessage(Record::kObjectionsFieldNumber, entry->objection, record);
  }
  AppendBytes(Record::kPseudonymKeyFieldNumber, parts.pseudonym_key, record);
  AppendObjectionFacts(*parts.objections, record);
  AppendNumber(Record::kMaxStateAgeMsFieldNumber,
               static_cast<uint64_t>(parts.max_state_age_ms), record);
  if (!parts.enacted_digest.empty()) {
    AppendBytes(Record::kEnactedDigestFieldNumber, parts.enacted_digest,
                record);
  }
  if (parts.sealed != nullptr) {
    AppendMessage(Record::kSealedInputsFieldNumber, *parts.sealed, record);
  }
  AppendOthers(parts, max_bytes, record);
}

}  // namespace tarazy
