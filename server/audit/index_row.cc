#include "server/audit/index_row.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/audit/bytes.h"
#include "server/audit/crc32c.h"
#include "server/audit/record_text.h"

namespace tarazy {
namespace {

constexpr size_t kDecisionDigits = 32;
constexpr size_t kSubjectBytes = 32;
constexpr size_t kChecksumBytes = 4;

bool IsLowerHex(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

void AddOnce(absl::string_view word, std::vector<absl::string_view>* words) {
  if (word.empty()) return;
  if (std::find(words->begin(), words->end(), word) == words->end()) {
    words->push_back(word);
  }
}

void PutVarint(uint64_t value, std::string* out) {
  while (value >= 0x80) {
    out->push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out->push_back(static_cast<char>(value));
}

// Reads what PutVarint wrote; bad() after bytes that it did not.
class Varints {
 public:
  explicit Varints(absl::string_view bytes) : bytes_(bytes) {}

  uint64_t Next() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (bytes_.empty()) break;
      const auto byte = static_cast<uint8_t>(bytes_.front());
      bytes_.remove_prefix(1);
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    bad_ = true;
    return 0;
  }
  uint32_t Word() { return static_cast<uint32_t>(Next()); }
  // A number of things of which each takes at least one byte.
  size_t Count() {
    const uint64_t count = Next();
    if (count > bytes_.size()) bad_ = true;
    return bad_ ? 0 : static_cast<size_t>(count);
  }
  std::string Text(size_t bytes) {
    if (bytes > bytes_.size()) bad_ = true;
    std::string text(bytes_.substr(0, bad_ ? 0 : bytes));
    bytes_.remove_prefix(text.size());
    return text;
  }
  bool bad() const { return bad_; }
  bool done() const { return bytes_.empty(); }

 private:
  absl::string_view bytes_;
  bool bad_ = false;
};

uint32_t Checksum(absl::string_view body, int64_t at_ms, uint64_t index,
                  uint64_t decision) {
  char key[24];
  PutLittle<uint64_t>(static_cast<uint64_t>(at_ms), key);
  PutLittle<uint64_t>(index, key + 8);
  PutLittle<uint64_t>(decision, key + 16);
  return Crc32c(Crc32c(0, absl::string_view(key, sizeof key)), body);
}

absl::Status DamagedRow() {
  return absl::DataLossError("a row of the audit index is damaged");
}

}  // namespace

absl::optional<uint64_t> DecisionNumber(absl::string_view id) {
  if (id.size() != kDecisionDigits || !IsLowerHex(id)) return absl::nullopt;
  return GetBig<uint64_t>(absl::HexStringToBytes(id.substr(0, 16)).data());
}

RecordWords WordsOf(const v1::DecisionRecord& record) {
  const v1::DecideRequest& request = record.request();
  const v1::DecideResponse& response = record.response();
  RecordWords words;
  words.at_ms = ToMilliseconds(record.recorded_at());
  const std::string day = InstantText(words.at_ms).substr(0, 10);
  if (record.has_duty_report()) {
    words.single[static_cast<size_t>(WordKind::kService)] = ServiceOf(record);
    words.single[static_cast<size_t>(WordKind::kDay)] = day;
    return words;
  }
  const std::string& subject = request.subject().pseudonym();
  if (subject.size() == 2 * kSubjectBytes && IsLowerHex(subject)) {
    words.subject = absl::HexStringToBytes(subject);
  }
  words.decision = DecisionNumber(response.decision_id()).value_or(0);
  words.single = {request.operator_().bin(),
                  request.service(),
                  v1::Effect_Name(response.effect()),
                  OperationName(request.operation()),
                  response.edition(),
                  response.bundle_digest(),
                  day};
  for (const v1::Reason& reason : response.reasons()) {
    AddOnce(reason.norm(), &words.norms);
    AddOnce(reason.code(), &words.reasons);
  }
  for (const v1::Obligation& duty : response.obligations()) {
    AddOnce(duty.norm(), &words.norms);
    if (duty.id().empty()) continue;
    words.duties.push_back(
        {duty.id(), duty.has_due() ? ToMilliseconds(duty.due()) : kNoTerm});
  }
  return words;
}

int64_t IndexRow::SubjectKey(absl::string_view subject) {
  if (subject.size() < sizeof(int64_t)) return 0;
  return static_cast<int64_t>(GetBig<uint64_t>(subject.data()));
}

absl::optional<WordKind> KindOf(const IndexRow& row) {
  if (row.report_on.has_value()) return WordKind::kReport;
  if (!row.duties.empty()) return WordKind::kAnyObligation;
  return absl::nullopt;
}

std::string EncodeRow(const IndexRow& row) {
  std::string body;
  PutVarint(row.offset, &body);
  for (uint32_t word : row.single) PutVarint(word, &body);
  for (const auto* words : {&row.norms, &row.reasons}) {
    PutVarint(words->size(), &body);
    for (uint32_t word : *words) PutVarint(word, &body);
  }
  PutVarint(row.duties.size(), &body);
  for (const IndexRow::Duty& duty : row.duties) {
    PutVarint(duty.word, &body);
    PutVarint(static_cast<uint64_t>(duty.due_ms), &body);
  }
  PutVarint(row.subject.size(), &body);
  body.append(row.subject);
  if (row.report_on.has_value()) PutVarint(*row.report_on, &body);
  const uint32_t sum = Checksum(body, row.at_ms, row.index, row.decision);
  char bytes[kChecksumBytes];
  PutLittle(sum, bytes);
  body.append(bytes, sizeof bytes);
  return body;
}

uint32_t RowChecksum(absl::string_view bytes) {
  if (bytes.size() < kChecksumBytes) return 0;
  return GetLittle<uint32_t>(bytes.data() + bytes.size() - kChecksumBytes);
}

absl::Status DecodeRow(absl::string_view bytes, int64_t at_ms, uint64_t index,
                       uint64_t decision, IndexRow* row) {
  if (bytes.size() < kChecksumBytes) return DamagedRow();
  const uint32_t sum = RowChecksum(bytes);
  bytes.remove_suffix(kChecksumBytes);
  if (Checksum(bytes, at_ms, index, decision) != sum) return DamagedRow();
  row->at_ms = at_ms;
  row->index = index;
  row->decision = decision;
  Varints read(bytes);
  row->offset = read.Next();
  for (uint32_t& word : row->single) word = read.Word();
  for (auto* words : {&row->norms, &row->reasons}) {
    words->resize(read.Count());
    for (uint32_t& word : *words) word = read.Word();
  }
  row->duties.resize(read.Count());
  for (IndexRow::Duty& duty : row->duties) {
    duty.word = read.Word();
    duty.due_ms = static_cast<int64_t>(read.Next());
  }
  row->subject = read.Text(read.Count());
  row->report_on.reset();
  if (!read.bad() && !read.done()) row->report_on = read.Next();
  return read.bad() || !read.done() ? DamagedRow() : absl::OkStatus();
}

std::vector<uint32_t> MentionedWords(const IndexRow& row) {
  std::vector<uint32_t> words = row.norms;
  words.insert(words.end(), row.reasons.begin(), row.reasons.end());
  for (const IndexRow::Duty& duty : row.duties) words.push_back(duty.word);
  for (WordKind kind : {WordKind::kOperator, WordKind::kService}) {
    const uint32_t word = row.single[static_cast<size_t>(kind)];
    if (word != 0) words.push_back(word);
  }
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

}  // namespace tarazy
