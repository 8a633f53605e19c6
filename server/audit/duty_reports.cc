#include "server/audit/duty_reports.h"

#include <algorithm>
#include <condition_variable>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/audit/log_reader.h"
#include "server/audit/record_text.h"

namespace tarazy {
namespace {

constexpr size_t kMaxNoteBytes = 32;
constexpr int kMaxNoteDigits = 6;
constexpr size_t kMaxObligationBytes = 128;

absl::Status NoIndex() {
  return absl::UnavailableError(
      "the audit index, by which reports are told from repeated ones, can't be "
      "read; set `index.path`, or ask again when it was made anew");
}

absl::Status CheckDecision(const v1::AuditRecord& found,
                           const v1::ReportDutyRequest& request) {
  const v1::DecisionRecord& record = found.record();
  if (record.has_duty_report()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "`index`: record ", found.index(), " is itself a report, about record ",
        record.duty_report().index()));
  }
  const auto& duties = record.response().obligations();
  if (std::none_of(duties.begin(), duties.end(), [&](const auto& duty) {
        return !duty.id().empty() && duty.id() == request.obligation();
      })) {
    return absl::InvalidArgumentError(absl::StrCat(
        "`obligation`: the answer of record ", found.index(),
        duties.empty() ? ", which names no duties, does not name it"
                       : " does not name it"));
  }
  return absl::OkStatus();
}

absl::Status CheckFulfilledAt(const v1::ReportDutyRequest& request,
                              const v1::DecisionRecord& decision,
                              int64_t now_ms) {
  if (!request.has_fulfilled_at()) return absl::OkStatus();
  const auto& at = request.fulfilled_at();
  // Of the years 1970 to 9999.
  if (at.seconds() < 0 || at.seconds() > 253402300799 || at.nanos() < 0 ||
      at.nanos() > 999999999) {
    return absl::InvalidArgumentError(
        "`fulfilled_at`: is no instant of the years 1970 to 9999");
  }
  const int64_t ms = ToMilliseconds(at);
  const int64_t decided_ms = ToMilliseconds(decision.recorded_at());
  if (ms < decided_ms) {
    return absl::InvalidArgumentError(
        absl::StrCat("`fulfilled_at`: is before the decision was recorded, ",
                     InstantText(decided_ms), " by the server's clock"));
  }
  if (ms > now_ms) {
    return absl::InvalidArgumentError(
        absl::StrCat("`fulfilled_at`: is later than the server's clock, ",
                     InstantText(now_ms)));
  }
  return absl::OkStatus();
}

absl::optional<int64_t> FulfilledMs(const v1::ReportDutyRequest& request) {
  if (!request.has_fulfilled_at()) return absl::nullopt;
  return ToMilliseconds(request.fulfilled_at());
}

}  // namespace

absl::Status CheckNote(absl::string_view note) {
  if (note.size() > kMaxNoteBytes) {
    return absl::InvalidArgumentError(absl::StrCat("`note`: is ", note.size(),
                                                   " bytes long; the limit is ",
                                                   kMaxNoteBytes));
  }
  int digits = 0;
  for (char c : note) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isdigit(byte)) {
      ++digits;
    } else if (!absl::ascii_isupper(byte) && c != '_' && c != '-' && c != '.') {
      digits = kMaxNoteDigits + 1;
    }
  }
  if (digits > kMaxNoteDigits ||
      (!note.empty() &&
       !absl::ascii_isupper(static_cast<unsigned char>(note[0])))) {
    return absl::InvalidArgumentError(
        absl::StrCat("`note`: is no code; write it with A to Z, `_`, `-`, `.` "
                     "and at most ",
                     kMaxNoteDigits, " digits, a letter first"));
  }
  return absl::OkStatus();
}

// A report: one that was appended and may not be durable yet, or one that was
// found in the log or in the index.
class DutyReports::Entry final : public AppendListener {
 public:
  // Durable already.
  Entry(uint64_t at, int64_t recorded, absl::optional<int64_t> fulfilled,
        std::string code)
      : index(at),
        recorded_ms(recorded),
        fulfilled_ms(fulfilled),
        note(std::move(code)),
        told_(true) {}
  // To be appended.
  Entry(int64_t recorded, const v1::ReportDutyRequest& request)
      : recorded_ms(recorded),
        fulfilled_ms(FulfilledMs(request)),
        note(request.note()) {}

  void OnAppended(const absl::Status& status) override {
    std::lock_guard<std::mutex> hold(mutex_);
    status_ = status;
    told_ = true;
    changed_.notify_all();
  }
  // Until it is durable, or lost.
  absl::Status Wait() {
    std::unique_lock<std::mutex> hold(mutex_);
    changed_.wait(hold, [this] { return told_; });
    return status_;
  }
  bool lost() {
    std::lock_guard<std::mutex> hold(mutex_);
    return told_ && !status_.ok();
  }

  uint64_t index = 0;  // set before others see the entry
  const int64_t recorded_ms;
  const absl::optional<int64_t> fulfilled_ms;
  const std::string note;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool told_ = false;    // guarded by mutex_
  absl::Status status_;  // guarded by mutex_
};

DutyReports::DutyReports(DutyReportsOptions options, DecisionLog* log,
                         AuditQueries* queries, FileSystem* files)
    : options_(std::move(options)),
      log_(log),
      queries_(queries),
      files_(files),
      recent_from_(log->next_index()) {}

DutyReports::~DutyReports() = default;

// Makes `recent_` hold the reports that are not in the index, and no others.
absl::Status DutyReports::CatchUp(uint64_t indexed) {
  if (indexed < recent_from_) {
    const uint64_t behind = recent_from_ - indexed;
    if (behind > options_.max_tail) {
      return absl::UnavailableError(
          absl::StrCat("the audit index, by which reports are told from "
                       "repeated ones, is ",
                       behind, " records behind; the limit is ",
                       options_.max_tail, "; ask again later"));
    }
    absl::Status s = ReadTail(indexed, recent_from_);
    if (!s.ok()) return s;
  }
  recent_from_ = indexed;
  for (auto it = recent_.begin(); it != recent_.end();) {
    Entries& entries = it->second;
    entries.erase(std::remove_if(entries.begin(), entries.end(),
                                 [&](const auto& entry) {
                                   return entry->index < indexed ||
                                          entry->lost();
                                 }),
                  entries.end());
    it = entries.empty() ? recent_.erase(it) : std::next(it);
  }
  return absl::OkStatus();
}

// Reports of records [from, until), which come before those that are there.
absl::Status DutyReports::ReadTail(uint64_t from, uint64_t until) {
  auto reader = LogReader::Open(files_, options_.log_directory);
  if (!reader.ok()) return reader.status();
  from = std::max(from, (*reader)->first_index());
  if (from >= until) return absl::OkStatus();
  if (absl::Status s = (*reader)->Seek(from); !s.ok()) return s;
  std::map<Key, Entries> found;
  for (uint64_t index = from; index < until; ++index) {
    const auto more = (*reader)->Next();
    if (!more.ok()) return more.status();
    if (!*more) {
      return absl::DataLossError(
          absl::StrCat("the log has no record ", index, ", which was durable"));
    }
    const auto record = ParseRecord((*reader)->record());
    if (!record.ok() || !record->has_duty_report()) continue;
    const v1::DutyReport& report = record->duty_report();
    absl::optional<int64_t> fulfilled_ms;
    if (report.has_fulfilled_at()) {
      fulfilled_ms = ToMilliseconds(report.fulfilled_at());
    }
    found[{report.index(), report.obligation()}].push_back(
        std::make_shared<Entry>(index, ToMilliseconds(record->recorded_at()),
                                fulfilled_ms, report.note()));
  }
  for (auto& [key, entries] : found) {
    Entries& later = recent_[key];
    later.insert(later.begin(), entries.begin(), entries.end());
  }
  return absl::OkStatus();
}

// The last report about a duty; null: there is none.
std::shared_ptr<DutyReports::Entry> DutyReports::LastOf(
    const Key& key, const v1::AuditRecord& decision) {
  const auto recent = recent_.find(key);
  if (recent != recent_.end()) {
    for (auto it = recent->second.rbegin(); it != recent->second.rend(); ++it) {
      if (!(*it)->lost()) return *it;
    }
  }
  for (const v1::DutyStanding& duty : decision.duties()) {
    if (duty.obligation() != key.second || !duty.has_report()) continue;
    absl::optional<int64_t> fulfilled_ms;
    if (duty.has_fulfilled_at()) {
      fulfilled_ms = ToMilliseconds(duty.fulfilled_at());
    }
    return std::make_shared<Entry>(duty.report(),
                                   ToMilliseconds(duty.reported_at()),
                                   fulfilled_ms, duty.note());
  }
  return nullptr;
}

// The report that stands already, or a new one, appended.
absl::StatusOr<std::shared_ptr<DutyReports::Entry>> DutyReports::Take(
    const v1::ReportDutyRequest& request, const DutyReporter& reporter,
    const v1::AuditRecord& decision, bool* known) {
  absl::Status s = CatchUp(decision.progress().indexed());
  if (!s.ok()) return s;
  const Key key(request.index(), request.obligation());
  auto last = LastOf(key, decision);
  *known = last != nullptr && last->fulfilled_ms == FulfilledMs(request) &&
           last->note == request.note();
  if (*known) return last;
  if (!request.has_fulfilled_at() &&
      (last == nullptr || !last->fulfilled_ms.has_value())) {
    return absl::FailedPreconditionError(
        "`fulfilled_at`: is absent, which takes a report back, and none "
        "stands that this duty was fulfilled");
  }
  auto entry = std::make_shared<Entry>(options_.clock(), request);
  v1::DecisionRecord record;
  *record.mutable_recorded_at() = FromMilliseconds(entry->recorded_ms);
  v1::DutyReport* report = record.mutable_duty_report();
  report->set_index(request.index());
  *report->mutable_decided_at() = decision.record().recorded_at();
  report->set_service(reporter.service);
  report->set_obligation(request.obligation());
  if (entry->fulfilled_ms.has_value()) {
    *report->mutable_fulfilled_at() = FromMilliseconds(*entry->fulfilled_ms);
  }
  report->set_note(request.note());
  report->set_reported_by(reporter.name);
  const auto index = log_->Append(record.SerializeAsString(), entry.get());
  if (!index.ok()) return index.status();
  entry->index = *index;
  recent_[key].push_back(entry);
  return entry;
}

absl::StatusOr<v1::ReportDutyResponse> DutyReports::Report(
    const v1::ReportDutyRequest& request, const DutyReporter& reporter) {
  absl::Status s = CheckNote(request.note());
  if (s.ok() && (request.obligation().empty() ||
                 request.obligation().size() > kMaxObligationBytes)) {
    s = absl::InvalidArgumentError(
        absl::StrCat("`obligation`: name it as the answer does, in at most ",
                     kMaxObligationBytes, " bytes"));
  }
  if (!s.ok()) return s;
  v1::AuditGetRequest get;
  get.set_index(request.index());
  absl::StatusOr<std::shared_ptr<Entry>> entry;
  bool known = false;
  for (bool again : {true, false}) {
    const auto decision = queries_->Get(get, {false, reporter.service});
    if (!decision.ok()) return decision.status();
    s = CheckDecision(*decision, request);
    if (s.ok()) {
      s = CheckFulfilledAt(request, decision->record(), options_.clock());
    }
    if (!s.ok()) return s;
    if (!decision->has_progress()) return NoIndex();
    std::lock_guard<std::mutex> hold(mutex_);
    // Another report has seen more of the index meanwhile.
    if (again && decision->progress().indexed() < recent_from_) continue;
    entry = Take(request, reporter, *decision, &known);
    break;
  }
  if (!entry.ok()) return entry.status();
  if (s = (*entry)->Wait(); !s.ok()) return s;
  v1::ReportDutyResponse response;
  response.mutable_receipt()->set_recorded(true);
  response.mutable_receipt()->set_log(options_.log_name);
  response.mutable_receipt()->set_index((*entry)->index);
  *response.mutable_recorded_at() = FromMilliseconds((*entry)->recorded_ms);
  response.set_known(known);
  return response;
}

}  // namespace tarazy
