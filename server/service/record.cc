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

// As it stands in the record.
void AppendConsent(int field, const v1::Consent& consent,
                   const RecordParts& parts, std::string* record) {
  thread_local std::string written;  // keeps what it has allocated
  written.clear();
  if (parts.subject_in_log.empty()) {
    AppendEncoded(consent, &written);
  } else {
    v1::Consent renamed = consent;
    renamed.mutable_subject()->set_pseudonym(std::string(parts.subject_in_log));
    AppendEncoded(renamed, &written);
  }
  CutField(v1::Consent::kEvidenceFieldNumber, &written);
  AppendBytes(field, written, record);
}

void AppendObjection(const v1::Objection& objection, const RecordParts& parts,
                     std::string* record) {
  thread_local v1::Objection written;
  written = objection;
  written.clear_result_reason();
  if (!parts.subject_in_log.empty()) {
    written.mutable_subject()->set_pseudonym(std::string(parts.subject_in_log));
  }
  AppendMessage(Record::kObjectionsFieldNumber, written, record);
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
    AppendConsent(Record::kOtherConsentsFieldNumber, entry->consent, parts,
                  record);
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
    AppendConsent(Record::kConsentFieldNumber, parts.consent->consent, parts,
                  record);
  }
  if (parts.consent_asserted) {
    AppendTrue(Record::kConsentAssertedFieldNumber, record);
  }
  for (const ObjectionEntry* entry : parts.objections->found) {
    AppendObjection(entry->objection, parts, record);
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
