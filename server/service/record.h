// The bytes of a DecisionRecord, made from parts that others own.
//
// The parts are written one after the other as the wire format has them, so
// that neither the request nor a consent of the registers is copied into a
// message first.
//
// Of consents and objections their free text is left out: where the evidence
// lies, why an objection was decided so. No policy reads it, and the registers
// have it.
//
// Thread-safety: a function without state.

#ifndef TARAZY_SERVER_SERVICE_RECORD_H_
#define TARAZY_SERVER_SERVICE_RECORD_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "server/registers/registers.h"
#include "server/registers/selection.h"
#include "tarazy/v1/record.pb.h"

namespace tarazy {

struct RecordParts {
  int64_t recorded_ms = 0;
  const v1::DecideRequest* request = nullptr;
  absl::string_view response;             // encoded
  const ConsentEntry* consent = nullptr;  // null: none, or asserted
  // The register's consents that could count, in their order; `consent` is
  // among them or null.
  absl::Span<const ConsentEntry* const> tried;
  bool consent_asserted = false;
  const ObjectionSummary* objections = nullptr;
  absl::string_view pseudonym_key;
  // The subject's pseudonym in the log, where it is not the registers'.
  absl::string_view subject_in_log;
  int64_t max_state_age_ms = 0;
  absl::string_view enacted_digest;
  const v1::SealedInputs* sealed = nullptr;  // null: none
};

// Leaves out the consents that were not relied on where the record would be
// longer than `max_bytes` with them; it may be longer without them, too.
void AppendRecord(const RecordParts& parts, size_t max_bytes,
                  std::string* record);

}  // namespace tarazy

#endif  // TARAZY_SERVER_SERVICE_RECORD_H_
