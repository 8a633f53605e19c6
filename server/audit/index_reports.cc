#include "server/audit/index_reports.h"

#include "server/audit/bytes.h"
#include "server/audit/crc32c.h"
#include "server/audit/index.h"
#include "server/audit/record_text.h"

namespace tarazy {
namespace {

constexpr int64_t kTakenBack = -1;

// A row of the table `report`.
struct Row {
  int64_t at_ms = 0;  // of the decision
  uint64_t decision = 0;
  uint32_t obligation = 0;
  uint64_t index = 0;
  int64_t fulfilled_ms = kTakenBack;
  absl::string_view reported_by;
  absl::string_view note;
  int64_t recorded_ms = 0;

  uint32_t Sum() const {
    char numbers[52];
    PutLittle<uint64_t>(static_cast<uint64_t>(at_ms), numbers);
    PutLittle<uint64_t>(decision, numbers + 8);
    PutLittle<uint64_t>(index, numbers + 16);
    PutLittle<uint64_t>(static_cast<uint64_t>(fulfilled_ms), numbers + 24);
    PutLittle<uint64_t>(reported_by.size(), numbers + 32);
    PutLittle<uint64_t>(static_cast<uint64_t>(recorded_ms), numbers + 40);
    PutLittle<uint32_t>(obligation, numbers + 48);
    uint32_t sum = Crc32c(0, absl::string_view(numbers, sizeof numbers));
    return Crc32c(Crc32c(sum, reported_by), note);
  }
};

constexpr char kColumns[] =
    "at_ms, decision, obligation, idx, fulfilled_ms, reported_by, note, "
    "recorded_ms, sum";

absl::Status ReadRow(const Statement& statement, Row* row) {
  row->at_ms = statement.Int(0);
  row->decision = static_cast<uint64_t>(statement.Int(1));
  row->obligation = static_cast<uint32_t>(statement.Int(2));
  row->index = static_cast<uint64_t>(statement.Int(3));
  row->fulfilled_ms = statement.Int(4);
  row->reported_by = statement.Bytes(5);
  row->note = statement.Bytes(6);
  row->recorded_ms = statement.Int(7);
  if (row->Sum() == statement.Int(8)) return absl::OkStatus();
  return IndexDamaged("a report's sum does not fit");
}

}  // namespace

absl::StatusOr<ReportCursor> ReportCursor::Open(Database* database,
                                                bool newest_first,
                                                uint64_t upto) {
  auto reports = database->Prepare(absl::StrCat(
      "SELECT ", kColumns, " FROM report WHERE (at_ms, decision) ",
      newest_first ? "<= (?1, ?2) ORDER BY at_ms DESC, decision DESC"
                   : ">= (?1, ?2) ORDER BY at_ms, decision"));
  if (!reports.ok()) return reports.status();
  return ReportCursor(*std::move(reports), newest_first, upto);
}

absl::StatusOr<std::vector<IndexReport>> ReportCursor::Of(int64_t at_ms,
                                                          uint64_t decision) {
  const Place place(at_ms, decision);
  std::vector<IndexReport> found;
  if (last_.has_value() && Before(*last_, place) &&
      (!next_.has_value() || Before(place, *next_))) {
    return found;
  }
  last_ = place;
  next_.reset();
  reports_.BindInt(1, at_ms);
  reports_.BindInt(2, static_cast<int64_t>(decision));
  absl::Status s;
  for (;;) {
    const auto more = reports_.Step();
    s = more.status();
    Row row;
    if (s.ok() && *more) s = ReadRow(reports_, &row);
    if (!s.ok() || !*more) break;
    if (Place(row.at_ms, row.decision) != place) {
      next_ = Place(row.at_ms, row.decision);
      break;
    }
    if (row.index >= upto_) continue;
    auto kept = found.begin();
    while (kept != found.end() && kept->obligation != row.obligation) ++kept;
    if (kept == found.end()) kept = found.insert(kept, IndexReport());
    if (kept->obligation != 0 && kept->index > row.index) continue;
    kept->obligation = row.obligation;
    kept->index = row.index;
    kept->fulfilled_ms.reset();
    if (row.fulfilled_ms != kTakenBack) kept->fulfilled_ms = row.fulfilled_ms;
    kept->reported_by = std::string(row.reported_by);
    kept->note = std::string(row.note);
    kept->recorded_ms = row.recorded_ms;
  }
  reports_.Reset();
  if (!s.ok()) {
    last_.reset();
    return s;
  }
  return found;
}

absl::StatusOr<std::vector<ReportedDuty>> AuditIndex::ReportsOn(
    int64_t at_ms, uint64_t decision, uint64_t upto) {
  auto cursor = ReportCursor::Open(database_.get(), false, upto);
  if (!cursor.ok()) return cursor.status();
  auto found = cursor->Of(at_ms, decision);
  if (!found.ok()) return found.status();
  std::vector<ReportedDuty> reports;
  for (IndexReport& report : *found) {
    auto obligation = WordText(report.obligation);
    if (!obligation.ok()) return obligation.status();
    reports.push_back({*std::move(obligation), report.index,
                       report.fulfilled_ms, std::move(report.reported_by),
                       std::move(report.note), report.recorded_ms});
  }
  return reports;
}

// A report about a decision that has no row says nothing: the decision was
// deleted before the report was read.
absl::Status AuditIndex::AddReport(const v1::DutyReport& report,
                                   int64_t recorded_ms, uint64_t index) {
  Row row;
  row.recorded_ms = recorded_ms;
  row.at_ms = ToMilliseconds(report.decided_at());
  row.decision = report.index();
  row.index = index;
  if (report.has_fulfilled_at()) {
    row.fulfilled_ms = ToMilliseconds(report.fulfilled_at());
  }
  row.reported_by = report.reported_by();
  row.note = report.note();
  find_row_.BindInt(1, row.at_ms);
  find_row_.BindInt(2, static_cast<int64_t>(row.decision));
  const auto decision = find_row_.Step();
  find_row_.Reset();
  if (!decision.ok()) return decision.status();
  const auto kept =
      words_.find(WordKey(WordKind::kObligation, report.obligation()));
  if (kept != words_.end()) {
    row.obligation = kept->second.id;
  } else {
    const auto word = FindWord(WordKind::kObligation, report.obligation());
    if (!word.ok()) return word.status();
    if (word->has_value()) row.obligation = (*word)->id;
  }
  if (!*decision || row.obligation == 0) return absl::OkStatus();
  const uint32_t sum = row.Sum();
  add_report_.BindInt(1, row.at_ms);
  add_report_.BindInt(2, static_cast<int64_t>(row.decision));
  add_report_.BindInt(3, row.obligation);
  add_report_.BindInt(4, static_cast<int64_t>(row.index));
  add_report_.BindInt(5, row.fulfilled_ms);
  add_report_.BindText(6, row.reported_by);
  add_report_.BindText(7, row.note);
  add_report_.BindInt(8, row.recorded_ms);
  add_report_.BindInt(9, sum);
  ++reports_.count;
  reports_.sum += sum;
  return add_report_.Run();
}

absl::Status AuditIndex::RemoveReportsOn(const IndexRow& row) {
  if (row.duties.empty() || reports_.count == 0) return absl::OkStatus();
  auto found =
      database_->Prepare("SELECT sum FROM report WHERE at_ms=? AND decision=?");
  if (!found.ok()) return found.status();
  found->BindInt(1, row.at_ms);
  found->BindInt(2, static_cast<int64_t>(row.index));
  uint64_t removed = 0;
  for (;;) {
    const auto more = found->Step();
    if (!more.ok()) return more.status();
    if (!*more) break;
    ++removed;
    reports_.sum -= static_cast<uint64_t>(found->Int(0));
  }
  if (removed == 0) return absl::OkStatus();
  reports_.count -= removed;
  auto remove =
      database_->Prepare("DELETE FROM report WHERE at_ms=? AND decision=?");
  if (!remove.ok()) return remove.status();
  remove->BindInt(1, row.at_ms);
  remove->BindInt(2, static_cast<int64_t>(row.index));
  return remove->Run();
}

absl::Status AuditIndex::WriteReportSums() {
  absl::Status s = PutNumber("reports", static_cast<int64_t>(reports_.count));
  if (s.ok()) s = PutNumber("report_sum", static_cast<int64_t>(reports_.sum));
  return s;
}

absl::StatusOr<AuditIndex::ReportSums> AuditIndex::LoadReportSums() {
  const auto count = database_->QueryInt(
      "SELECT coalesce((SELECT value FROM meta WHERE key='reports'), 0)");
  if (!count.ok()) return count.status();
  const auto sum = database_->QueryInt(
      "SELECT coalesce((SELECT value FROM meta WHERE key='report_sum'), 0)");
  if (!sum.ok()) return sum.status();
  return ReportSums{static_cast<uint64_t>(*count), static_cast<uint64_t>(*sum)};
}

absl::Status AuditIndex::CheckReports() {
  auto reports = database_->Prepare(absl::StrCat(
      "SELECT ", kColumns,
      ", EXISTS(SELECT 1 FROM record r WHERE r.at_ms=report.at_ms AND"
      " r.idx=report.decision) FROM report"));
  if (!reports.ok()) return reports.status();
  ReportSums sums;
  for (;;) {
    const auto more = reports->Step();
    if (!more.ok()) return more.status();
    if (!*more) break;
    Row row;
    if (absl::Status s = ReadRow(*reports, &row); !s.ok()) return s;
    if (reports->Int(9) == 0) {
      return IndexDamaged("a report is about no row");
    }
    ++sums.count;
    sums.sum += static_cast<uint64_t>(reports->Int(8));
  }
  const auto known = LoadReportSums();
  if (!known.ok()) return known.status();
  if (sums.count != known->count || sums.sum != known->sum) {
    return IndexDamaged("its reports are not those that were written");
  }
  return absl::OkStatus();
}

}  // namespace tarazy
