#include "server/service/record.h"

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"
#include "server/registers/field_check.h"

namespace tarazy {
namespace {

using google::protobuf::io::CodedOutputStream;
using google::protobuf::internal::WireFormatLite;
using Record = v1::DecisionRecord;

uint8_t* WriteHead(int field, size_t bytes, uint8_t* out) {
  out = WireFormatLite::WriteTagToArray(
      field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED, out);
  return CodedOutputStream::WriteVarint32ToArray(static_cast<uint32_t>(bytes),
                                                 out);
}

constexpr size_t kMaxHead = 10;

// Appends `bytes` and gives where they begin.
uint8_t* Grow(std::string* record, size_t bytes) {
  const size_t old = record->size();
  record->resize(old + bytes);
  return reinterpret_cast<uint8_t*>(&(*record)[old]);
}

void AppendMessage(int field, const google::protobuf::MessageLite& message,
                   std::string* record) {
  const size_t bytes = message.ByteSizeLong();
  const size_t start = record->size();
  uint8_t* const begin = Grow(record, bytes + kMaxHead);
  uint8_t* out = WriteHead(field, bytes, begin);
  out = message.SerializeWithCachedSizesToArray(out);
  record->resize(start + static_cast<size_t>(out - begin));
}

}  // namespace

void AppendRecord(const RecordParts& parts, std::string* record) {
  google::protobuf::Timestamp recorded;
  WriteTimestamp(parts.recorded_ms, &recorded);
  AppendMessage(Record::kRecordedAtFieldNumber, recorded, record);
  AppendMessage(Record::kRequestFieldNumber, *parts.request, record);
  AppendMessage(Record::kResponseFieldNumber, *parts.response, record);
  if (parts.consent != nullptr) {
    AppendMessage(Record::kConsentFieldNumber, parts.consent->consent, record);
  }
  if (parts.consent_asserted) {
    record->push_back(static_cast<char>(WireFormatLite::MakeTag(
        Record::kConsentAssertedFieldNumber, WireFormatLite::WIRETYPE_VARINT)));
    record->push_back(1);
  }
  for (const ObjectionEntry* entry : parts.objections) {
    AppendMessage(Record::kObjectionsFieldNumber, entry->objection, record);
  }
  const size_t start = record->size();
  uint8_t* const begin = Grow(record, kMaxHead);
  const uint8_t* const end = WriteHead(Record::kPseudonymKeyFieldNumber,
                                       parts.pseudonym_key.size(), begin);
  record->resize(start + static_cast<size_t>(end - begin));
  record->append(parts.pseudonym_key.data(), parts.pseudonym_key.size());
}

}  // namespace tarazy
