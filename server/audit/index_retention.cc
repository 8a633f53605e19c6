// Rows of records that the log's retention has deleted, taken out of the audit
// index again: what adding a row wrote is undone, some thousands of rows a
// transaction. Reports about a decision go with the decision's row.
//
// Rows lie in the order of their time, and the log in that of its numbers. The
// two differ where a clock was set back, so rows that stay can stand between
// those that go: they are passed over.

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

#include "server/audit/index.h"

namespace tarazy {
namespace {

struct GoneRow {
  IndexRow row;
  std::string body;
};

// How often each word was counted for a row.
void AddCounts(const IndexRow& row, uint32_t kind,
               std::unordered_map<uint32_t, uint64_t>* counts) {
  for (uint32_t word : row.single) {
    if (word != 0) ++(*counts)[word];
  }
  for (uint32_t word : row.norms) ++(*counts)[word];
  for (uint32_t word : row.reasons) ++(*counts)[word];
  for (const IndexRow::Duty& duty : row.duties) ++(*counts)[duty.word];
  if (kind != 0) ++(*counts)[kind];
}

// The oldest `count` of the rows of records before `first`.
absl::StatusOr<std::vector<GoneRow>> FindGone(Database* database,
                                              uint64_t first, uint64_t count) {
  auto rows = database->Prepare(
      "SELECT at_ms, idx, decision, body FROM record ORDER BY at_ms, idx");
  if (!rows.ok()) return rows.status();
  std::vector<GoneRow> gone;
  while (gone.size() < count) {
    const auto more = rows->Step();
    if (!more.ok()) return more.status();
    if (!*more) return IndexDamaged("it has fewer rows than it should");
    const auto index = static_cast<uint64_t>(rows->Int(1));
    if (index >= first) continue;
    gone.emplace_back();
    gone.back().body = std::string(rows->Bytes(3));
    absl::Status s =
        DecodeRow(gone.back().body, rows->Int(0), index,
                  static_cast<uint64_t>(rows->Int(2)), &gone.back().row);
    if (!s.ok()) return IndexDamaged(s.message());
  }
  return gone;
}

}  // namespace

absl::StatusOr<uint64_t> AuditIndex::RemoveBefore(uint64_t first,
                                                  uint64_t most) {
  const auto known = indexed();
  if (!known.ok()) return known.status();
  const uint64_t end = std::min(first, known->records);
  if (end <= known->first) return uint64_t{0};
  const uint64_t count = std::min(end - known->first, most);
  // What is deleted is not to be found in the file any more.
  absl::Status s =
      database_->Execute("PRAGMA secure_delete=ON; BEGIN IMMEDIATE");
  if (!s.ok()) return s;
  const uint64_t sum = row_sum_;
  const ReportSums reports = reports_;
  s = RemoveRows(end, count);
  if (s.ok()) s = WriteWords();
  if (s.ok()) s = PutNumber("row_sum", static_cast<int64_t>(row_sum_));
  if (s.ok()) s = WriteReportSums();
  if (s.ok()) s = PutNumber("last_word", last_word_);
  if (s.ok()) {
    s = PutNumber("first", static_cast<int64_t>(known->first + count));
  }
  if (s.ok()) s = database_->Execute("COMMIT");
  if (!s.ok()) {
    database_->Rollback();
    row_sum_ = sum;
    reports_ = reports;
    words_.clear();
  }
  const absl::Status off = database_->Execute("PRAGMA secure_delete=OFF");
  if (!s.ok()) return s;
  if (!off.ok()) return off;
  return end - known->first - count;
}

absl::Status AuditIndex::RemoveRows(uint64_t first, uint64_t count) {
  const auto gone = FindGone(database_.get(), first, count);
  if (!gone.ok()) return gone.status();
  auto remove_row =
      database_->Prepare("DELETE FROM record WHERE at_ms=? AND idx=?");
  if (!remove_row.ok()) return remove_row.status();
  auto remove_mention = database_->Prepare(
      "DELETE FROM mention WHERE word=? AND at_ms=? AND idx=?");
  if (!remove_mention.ok()) return remove_mention.status();
  const auto kinds = FindKinds();
  if (!kinds.ok()) return kinds.status();
  std::unordered_map<uint32_t, uint64_t> counts;
  for (const GoneRow& each : *gone) {
    const IndexRow& row = each.row;
    remove_row->BindInt(1, row.at_ms);
    remove_row->BindInt(2, static_cast<int64_t>(row.index));
    absl::Status s = remove_row->Run();
    std::vector<uint32_t> words = MentionedWords(row);
    const uint32_t kind = kinds->Of(row);
    if (kind != 0) words.push_back(kind);
    for (uint32_t word : words) {
      if (!s.ok()) return s;
      remove_mention->BindInt(1, word);
      remove_mention->BindInt(2, row.at_ms);
      remove_mention->BindInt(3, static_cast<int64_t>(row.index));
      s = remove_mention->Run();
    }
    if (!s.ok()) return s;
    s = RemoveReportsOn(row);
    if (!s.ok()) return s;
    row_sum_ -= RowChecksum(each.body);
    AddCounts(row, kind, &counts);
  }
  for (const auto& [word, times] : counts) {
    if (absl::Status s = Uncount(word, times); !s.ok()) return s;
  }
  return absl::OkStatus();
}

// A word that no row has any more goes.
absl::Status AuditIndex::Uncount(uint32_t id, uint64_t times) {
  auto found = database_->Prepare("SELECT kind, text FROM word WHERE id=?");
  if (!found.ok()) return found.status();
  found->BindInt(1, id);
  const auto row = found->Step();
  if (!row.ok()) return row.status();
  if (!*row) return IndexDamaged("a row names an unknown word");
  const auto kind = static_cast<WordKind>(found->Int(0));
  const std::string text(found->Bytes(1));
  found->Reset();
  const auto known = FindWord(kind, text);
  if (!known.ok()) return known.status();
  if (!known->has_value() || (*known)->records < times) {
    return IndexDamaged("a word was counted too rarely");
  }
  const std::string key = WordKey(kind, text);
  if ((*known)->records == times) {
    words_.erase(key);
    auto remove = database_->Prepare("DELETE FROM word WHERE id=?");
    if (!remove.ok()) return remove.status();
    remove->BindInt(1, id);
    return remove->Run();
  }
  Word& word = words_[key] = **known;
  word.records -= times;
  word.dirty = true;
  return absl::OkStatus();
}

}  // namespace tarazy
