#include "server/service/record.h"

#include "server/registers/field_check.h"
#include "server/service/wire.h"

namespace tarazy {

void AppendRecord(const RecordParts& parts, std::string* record) {
  using Record = v1::DecisionRecord;
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
  for (const ObjectionEntry* entry : parts.objections) {
    AppendMessage(Record::kObjectionsFieldNumber, entry->objection, record);
  }
  AppendBytes(Record::kPseudonymKeyFieldNumber, parts.pseudonym_key, record);
}

}  // namespace tarazy
