// One record of the log as the audit index holds it: the words by which it is
// found, and where it lies.
//
// Words (an operator's number, a norm's id) are numbered by the index, so that
// a row takes some tens of bytes. A row ends with a checksum over all of it.
//
// Thread-safety: plain values and functions without state.

#ifndef TARAZY_SERVER_AUDIT_INDEX_ROW_H_
#define TARAZY_SERVER_AUDIT_INDEX_ROW_H_

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "tarazy/v1/record.pb.h"

namespace tarazy {

// What a word says of a record. The values stand in the index.
enum class WordKind : uint8_t {
  kOperator = 0,
  kService = 1,
  kEffect = 2,
  kOperation = 3,
  kEdition = 4,
  kBundle = 5,
  kDay = 6,  // of recording, UTC: 2026-03-10
  // A record has one of each of those above, perhaps none.
  kNorm = 7,
  kReason = 8,
  kObligation = 9,
  kAnyObligation = 10,  // its word is empty
  kReport = 11,         // the record is a report of a duty; the same
};
constexpr size_t kSingleKinds = 7;

// A duty whose term is not set.
constexpr int64_t kNoTerm = std::numeric_limits<int64_t>::max();

// Made of one record; words are text still.
struct RecordWords {
  struct Duty {
    absl::string_view id;
    int64_t due_ms = kNoTerm;
  };

  int64_t at_ms = 0;
  std::string subject;    // 32 bytes, or empty
  uint64_t decision = 0;  // the first 8 bytes of its id
  std::array<std::string, kSingleKinds> single;
  // Each once.
  std::vector<absl::string_view> norms;
  std::vector<absl::string_view> reasons;
  std::vector<Duty> duties;
};

// Views lead into `record`. A report of a duty has a service and a day alone.
RecordWords WordsOf(const v1::DecisionRecord& record);

// The first 8 bytes of a decision's id of 32 hex digits; empty for any other
// text.
absl::optional<uint64_t> DecisionNumber(absl::string_view id);

// As it stands in the index; 0 is no word.
struct IndexRow {
  struct Duty {
    uint32_t word = 0;
    int64_t due_ms = kNoTerm;
  };

  int64_t at_ms = 0;
  uint64_t index = 0;
  uint64_t decision = 0;
  uint64_t offset = 0;  // of the record's frame in its segment
  std::string subject;
  std::array<uint32_t, kSingleKinds> single{};
  std::vector<uint32_t> norms;
  std::vector<uint32_t> reasons;
  std::vector<Duty> duties;
  // Of a report of a duty: the number of the decision's record.
  absl::optional<uint64_t> report_on;

  // What the index orders subjects by: the first 8 bytes.
  static int64_t SubjectKey(absl::string_view subject);
};

// kAnyObligation, kReport or neither: what a row is found by beside its words.
absl::optional<WordKind> KindOf(const IndexRow& row);

// The bytes of a row but its time, number and decision, which are columns of
// their own; the checksum covers them too.
std::string EncodeRow(const IndexRow& row);
// DATA_LOSS when the checksum does not fit.
absl::Status DecodeRow(absl::string_view bytes, int64_t at_ms, uint64_t index,
                       uint64_t decision, IndexRow* row);
// Words by which a row can be found, each once.
std::vector<uint32_t> MentionedWords(const IndexRow& row);

// The checksum of an encoded row.
uint32_t RowChecksum(absl::string_view bytes);

}  // namespace tarazy

#endif  // TARAZY_SERVER_AUDIT_INDEX_ROW_H_
