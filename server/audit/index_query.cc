// Questions to the audit index: what is asked for becomes a plan (the rows to
// read, and what they must have), and one scan answers pages and counts alike.

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/audit/index.h"
#include "server/audit/index_reports.h"
#include "server/audit/record_text.h"

namespace tarazy {
namespace {

constexpr size_t kMaxWordBytes = 128;
constexpr size_t kMaxGroupings = 3;
// Of a count, at its clock.
constexpr uint64_t kRowsBetweenLooks = 64;
// 9999-12-31T23:59:59Z.
constexpr int64_t kMaxSeconds = 253402300799;

struct Grouping {
  const char* name;
  WordKind kind;
};
constexpr Grouping kGroupings[] = {
    {"operator", WordKind::kOperator},
    {"service", WordKind::kService},
    {"effect", WordKind::kEffect},
    {"operation", WordKind::kOperation},
    {"edition", WordKind::kEdition},
    {"bundle", WordKind::kBundle},
    {"norm", WordKind::kNorm},
    {"reason", WordKind::kReason},
    {"obligation", WordKind::kObligation},
    {"day", WordKind::kDay},
};
constexpr char kHour[] = "hour";

const Grouping* FindGrouping(absl::string_view name) {
  for (const Grouping& grouping : kGroupings) {
    if (name == grouping.name) return &grouping;
  }
  return nullptr;
}

absl::Status Bad(absl::string_view field, absl::string_view reason) {
  return absl::InvalidArgumentError(
      absl::StrCat("`filter.", field, "`: ", reason));
}

absl::Status CheckHex(absl::string_view field, absl::string_view text) {
  if (text.empty()) return absl::OkStatus();
  if (text.size() == 64 &&
      text.find_first_not_of("0123456789abcdef") == absl::string_view::npos) {
    return absl::OkStatus();
  }
  return Bad(field, "is not 64 lower-case hex digits");
}

absl::Status CheckInstant(absl::string_view field, bool set,
                          const google::protobuf::Timestamp& time) {
  if (!set || (time.seconds() >= 0 && time.seconds() <= kMaxSeconds &&
               time.nanos() >= 0 && time.nanos() < 1000000000)) {
    return absl::OkStatus();
  }
  return Bad(field, "is no instant of the years 1970 to 9999");
}

bool Has(const std::vector<uint32_t>& words, uint32_t word) {
  return word == 0 ||
         std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

// What is asked for, in the index's own numbers.
struct AuditIndex::Plan {
  enum class By { kTime, kSubject, kWord, kReport };

  bool none = false;  // nothing can fit
  int64_t from_ms = 0;
  int64_t until_ms = 0;  // excluded
  By by = By::kTime;
  uint32_t word = 0;                  // for kWord
  std::vector<std::string> subjects;  // one of them; empty: any
  std::array<uint32_t, kSingleKinds> single{};
  uint32_t norm = 0;
  uint32_t reason = 0;
  uint32_t obligation = 0;
  bool with_duty = false;
  v1::DutyState duty = v1::DUTY_STATE_UNSPECIFIED;
  int64_t duty_at_ms = 0;
  bool only_reports = false;
  // Where a state of duties is asked for. What it failed with is in `failed`,
  // and nothing fits any more.
  absl::optional<ReportCursor> reports;
  absl::Status failed;

  bool Fits(const IndexRow& row) {
    if (only_reports && !row.report_on.has_value()) return false;
    if (!subjects.empty() && std::find(subjects.begin(), subjects.end(),
                                       row.subject) == subjects.end()) {
      return false;
    }
    for (size_t i = 0; i < kSingleKinds; ++i) {
      if (single[i] != 0 && row.single[i] != single[i]) return false;
    }
    return Has(row.norms, norm) && Has(row.reasons, reason) &&
           (!with_duty || HasDuty(row));
  }

 private:
  bool HasDuty(const IndexRow& row) {
    std::vector<IndexReport> about;
    bool asked = duty == v1::DUTY_STATE_UNSPECIFIED;
    for (const IndexRow::Duty& each : row.duties) {
      if (obligation != 0 && each.word != obligation) continue;
      // The term alone rules it out.
      if ((duty == v1::DUTY_OPEN && each.due_ms <= duty_at_ms) ||
          (duty == v1::DUTY_OVERDUE && each.due_ms > duty_at_ms)) {
        continue;
      }
      if (!asked && failed.ok()) {
        auto found = reports->Of(row.at_ms, row.index);
        failed = found.status();
        if (found.ok()) about = *std::move(found);
        asked = true;
      }
      if (!failed.ok()) return false;
      absl::optional<int64_t> fulfilled_ms;
      for (const IndexReport& report : about) {
        if (report.obligation == each.word) fulfilled_ms = report.fulfilled_ms;
      }
      if (DutyIs(duty, each.due_ms, fulfilled_ms, duty_at_ms)) return true;
    }
    return false;
  }
};

absl::Status AuditIndex::CheckFilter(const v1::AuditFilter& filter) {
  const std::pair<const char*, const std::string*> texts[] = {
      {"operator_bin", &filter.operator_bin()},
      {"service", &filter.service()},
      {"norm", &filter.norm()},
      {"reason", &filter.reason()},
      {"obligation", &filter.obligation()},
      {"edition", &filter.edition()}};
  for (const auto& [field, text] : texts) {
    if (text->size() > kMaxWordBytes) {
      return Bad(field,
                 absl::StrCat("is ", text->size(), " bytes long; the limit is ",
                              kMaxWordBytes));
    }
  }
  absl::Status s = CheckHex("subject", filter.subject());
  if (s.ok()) s = CheckHex("bundle_digest", filter.bundle_digest());
  if (s.ok()) s = CheckInstant("from", filter.has_from(), filter.from());
  if (s.ok()) s = CheckInstant("until", filter.has_until(), filter.until());
  if (s.ok()) {
    s = CheckInstant("duty_at", filter.has_duty_at(), filter.duty_at());
  }
  if (!s.ok()) return s;
  if (filter.has_from() && filter.has_until() &&
      ToMilliseconds(filter.from()) >= ToMilliseconds(filter.until())) {
    return Bad("until", "is not after `from`");
  }
  if (!v1::Effect_IsValid(filter.effect())) {
    return Bad("effect", "is no effect");
  }
  if (!v1::DutyState_IsValid(filter.duty())) {
    return Bad("duty", "is no state of a duty");
  }
  if (!filter.operation().empty() &&
      v1::Operation::descriptor()->FindFieldByName(filter.operation()) ==
          nullptr) {
    return Bad("operation",
               "is no field of Operation, for example biometric_use");
  }
  return absl::OkStatus();
}

absl::Status AuditIndex::CheckGroups(const std::vector<std::string>& group_by) {
  if (group_by.size() > kMaxGroupings) {
    return absl::InvalidArgumentError(
        absl::StrCat("`group_by`: ", group_by.size(), " words; the limit is ",
                     kMaxGroupings));
  }
  for (const std::string& name : group_by) {
    if (name == kHour || FindGrouping(name) != nullptr) continue;
    std::vector<std::string> known;
    for (const Grouping& g : kGroupings) known.emplace_back(g.name);
    return absl::InvalidArgumentError(absl::StrCat(
        "`group_by`: not one of ", absl::StrJoin(known, ", "), " and ", kHour));
  }
  return absl::OkStatus();
}

absl::StatusOr<AuditIndex::Plan> AuditIndex::MakePlan(const IndexQuery& query) {
  const v1::AuditFilter& filter = query.filter;
  Plan plan;
  plan.from_ms = filter.has_from() ? ToMilliseconds(filter.from()) : 0;
  plan.until_ms = filter.has_until() ? ToMilliseconds(filter.until())
                                     : kMaxSeconds * 1000 + 1000;
  if (!filter.subject().empty()) {
    plan.subjects.push_back(absl::HexStringToBytes(filter.subject()));
    for (const std::string& other : query.other_pseudonyms) {
      plan.subjects.push_back(absl::HexStringToBytes(other));
    }
  }
  plan.duty = filter.duty();
  plan.with_duty = filter.duty() != v1::DUTY_STATE_UNSPECIFIED ||
                   !filter.obligation().empty();
  plan.duty_at_ms =
      filter.has_duty_at() ? ToMilliseconds(filter.duty_at()) : query.now_ms;

  plan.only_reports = filter.duty_reports();

  const bool any_duty = plan.with_duty && filter.obligation().empty();
  uint32_t any = 0;
  const auto single = [&plan](WordKind kind) {
    return &plan.single[static_cast<size_t>(kind)];
  };
  struct Wanted {
    WordKind kind;
    std::string text;
    bool wanted;
    bool mentioned;
    uint32_t* id;
  };
  const Wanted all[] = {
      {WordKind::kOperator, filter.operator_bin(),
       !filter.operator_bin().empty(), true, single(WordKind::kOperator)},
      {WordKind::kService, filter.service(), !filter.service().empty(), true,
       single(WordKind::kService)},
      {WordKind::kNorm, filter.norm(), !filter.norm().empty(), true,
       &plan.norm},
      {WordKind::kReason, filter.reason(), !filter.reason().empty(), true,
       &plan.reason},
      {WordKind::kObligation, filter.obligation(), !filter.obligation().empty(),
       true, &plan.obligation},
      {WordKind::kAnyObligation, "", any_duty, true, &any},
      {WordKind::kReport, "", plan.only_reports, true, &any},
      {WordKind::kEffect, v1::Effect_Name(filter.effect()),
       filter.effect() != v1::EFFECT_UNSPECIFIED, false,
       single(WordKind::kEffect)},
      {WordKind::kOperation, filter.operation(), !filter.operation().empty(),
       false, single(WordKind::kOperation)},
      {WordKind::kEdition, filter.edition(), !filter.edition().empty(), false,
       single(WordKind::kEdition)},
      {WordKind::kBundle, filter.bundle_digest(),
       !filter.bundle_digest().empty(), false, single(WordKind::kBundle)}};
  uint64_t fewest = std::numeric_limits<uint64_t>::max();
  for (const Wanted& wanted : all) {
    if (!wanted.wanted) continue;
    const auto word = FindWord(wanted.kind, wanted.text);
    if (!word.ok()) return word.status();
    if (!word->has_value()) {
      plan.none = true;
      return plan;
    }
    *wanted.id = (*word)->id;
    plan.from_ms = std::max(plan.from_ms, (*word)->first_ms);
    plan.until_ms = std::min(plan.until_ms, (*word)->last_ms + 1);
    if (!wanted.mentioned || (*word)->records >= fewest) continue;
    fewest = (*word)->records;
    plan.by = Plan::By::kWord;
    plan.word = (*word)->id;
  }
  if (absl::Status s = PlanDuties(query, fewest, &plan); !s.ok()) return s;
  if (!plan.subjects.empty()) plan.by = Plan::By::kSubject;
  plan.none = plan.from_ms >= plan.until_ms;
  return plan;
}

// Fulfilled duties are found by the reports about them, if those are fewer than
// what else would be read.
absl::Status AuditIndex::PlanDuties(const IndexQuery& query, uint64_t fewest,
                                    Plan* plan) {
  if (plan->duty == v1::DUTY_STATE_UNSPECIFIED) return absl::OkStatus();
  auto cursor =
      ReportCursor::Open(database_.get(), query.newest_first, query.upto);
  if (!cursor.ok()) return cursor.status();
  plan->reports = *std::move(cursor);
  if (plan->duty != v1::DUTY_FULFILLED &&
      plan->duty != v1::DUTY_FULFILLED_LATE) {
    return absl::OkStatus();
  }
  const auto reports = LoadReportSums();
  if (!reports.ok()) return reports.status();
  if (reports->count < fewest) plan->by = Plan::By::kReport;
  return absl::OkStatus();
}

absl::StatusOr<Statement> AuditIndex::Select(const Plan& plan,
                                             const IndexQuery& query) {
  std::string sql;
  const char* table = "r";
  const char* number = "idx";
  switch (plan.by) {
    case Plan::By::kTime:
      sql = "SELECT r.at_ms, r.idx, r.decision, r.body FROM record r WHERE ";
      break;
    case Plan::By::kSubject:
      sql = absl::StrCat(
          "SELECT r.at_ms, r.idx, r.decision, r.body FROM record r"
          " INDEXED BY record_by_subject WHERE r.period=?3 AND r.subject IN (",
          absl::StrJoin(plan.subjects, ",",
                        [](std::string* out, const std::string& subject) {
                          absl::StrAppend(out, IndexRow::SubjectKey(subject));
                        }),
          ") AND ");
      break;
    case Plan::By::kWord:
      sql =
          "SELECT r.at_ms, r.idx, r.decision, r.body FROM mention m"
          " CROSS JOIN record r ON r.at_ms=m.at_ms AND r.idx=m.idx"
          " WHERE m.word=?3 AND ";
      table = "m";
      break;
    case Plan::By::kReport:
      sql =
          "SELECT r.at_ms, r.idx, r.decision, r.body FROM report m"
          " CROSS JOIN record r ON r.at_ms=m.at_ms AND r.idx=m.decision WHERE ";
      table = "m";
      number = "decision";
      break;
  }
  const bool down = query.newest_first;
  absl::StrAppend(&sql, "(", table, ".at_ms, ", table, ".", number, ") ",
                  down ? "<" : ">", " (?1, ?2) AND ", table, ".at_ms ",
                  down ? ">=" : "<", " ?4 ORDER BY ", table, ".at_ms",
                  down ? " DESC, " : ", ", table, ".", number,
                  down ? " DESC" : "");
  return database_->Prepare(sql);
}

// One statement's run; `period` counts for subjects alone.
absl::Status AuditIndex::ScanOne(const Plan& plan, const IndexQuery& query,
                                 size_t period, const Visit& visit,
                                 bool* enough, Statement* rows) {
  const bool down = query.newest_first;
  IndexPosition from{down ? plan.until_ms : plan.from_ms, -1};
  if (query.after.has_value()) {
    const IndexPosition& after = *query.after;
    const bool later = std::make_pair(after.at_ms, after.index) >
                       std::make_pair(from.at_ms, from.index);
    if (later != down) from = after;
  }
  rows->BindInt(1, from.at_ms);
  rows->BindInt(2, from.index);
  if (plan.by == Plan::By::kSubject) {
    rows->BindInt(3, static_cast<int64_t>(period));
  } else if (plan.by == Plan::By::kWord) {
    rows->BindInt(3, plan.word);
  }
  rows->BindInt(4, down ? plan.from_ms : plan.until_ms);
  IndexRow row;
  for (bool first = true;; first = false) {
    const auto more = rows->Step();
    if (!more.ok()) return more.status();
    if (!*more) return absl::OkStatus();
    // Once for each of its reports.
    if (plan.by == Plan::By::kReport && !first &&
        static_cast<uint64_t>(rows->Int(1)) == row.index) {
      continue;
    }
    absl::Status s = DecodeRow(rows->Bytes(3), rows->Int(0),
                               static_cast<uint64_t>(rows->Int(1)),
                               static_cast<uint64_t>(rows->Int(2)), &row);
    if (!s.ok()) return s;
    *enough = !visit(row);
    if (*enough) return absl::OkStatus();
  }
}

// Visits all rows that the plan reads, whether or not they fit.
absl::Status AuditIndex::Scan(const Plan& plan, const IndexQuery& query,
                              const Visit& visit) {
  if (plan.none) return absl::OkStatus();
  if (absl::Status s = LoadPeriods(); !s.ok()) return s;
  auto rows = Select(plan, query);
  if (!rows.ok()) return rows.status();
  size_t first = 0, last = 0;
  if (plan.by == Plan::By::kSubject) {
    first = PeriodOf(plan.from_ms);
    last = PeriodOf(plan.until_ms - 1);
  }
  bool enough = false;
  for (size_t i = first; i <= last && !enough; ++i) {
    const size_t period = query.newest_first ? first + last - i : i;
    absl::Status s = ScanOne(plan, query, period, visit, &enough, &*rows);
    if (!s.ok()) return s;
    rows->Reset();
  }
  return absl::OkStatus();
}

absl::StatusOr<IndexPage> AuditIndex::Query(const IndexQuery& query) {
  if (absl::Status s = CheckFilter(query.filter); !s.ok()) return s;
  auto plan = MakePlan(query);
  if (!plan.ok()) return plan.status();
  IndexPage page;
  IndexPosition last;
  uint64_t scanned = 0;
  absl::Status s = Scan(*plan, query, [&](const IndexRow& row) {
    if (page.rows.size() == query.limit || scanned == query.max_scanned) {
      page.next = last;
      return false;
    }
    ++scanned;
    last = {row.at_ms, static_cast<int64_t>(row.index)};
    if (row.index < query.upto && plan->Fits(row)) page.rows.push_back(row);
    return true;
  });
  if (s.ok()) s = plan->failed;
  if (!s.ok()) return s;
  return page;
}

absl::StatusOr<IndexGroups> AuditIndex::Count(
    const IndexQuery& query, const std::vector<std::string>& group_by) {
  absl::Status s = CheckFilter(query.filter);
  if (s.ok()) s = CheckGroups(group_by);
  if (!s.ok()) return s;
  IndexGroups groups;
  const auto known = indexed();
  if (!known.ok()) return known.status();
  const bool all = query.filter.ByteSizeLong() == 0;
  const Grouping* by =
      group_by.size() == 1 ? FindGrouping(group_by[0]) : nullptr;
  if (all && group_by.empty()) {
    groups.records = known->records - known->first;
  } else if (all && by != nullptr) {
    // Words are counted as they are written.
    groups.records = known->records - known->first;
    s = CountWords(by->kind, &groups);
  } else {
    s = CountRows(query, group_by, &groups);
  }
  if (!s.ok()) return s;
  std::sort(groups.groups.begin(), groups.groups.end(),
            [](const IndexGroups::Group& a, const IndexGroups::Group& b) {
              return a.records != b.records ? a.records > b.records
                                            : a.keys < b.keys;
            });
  return groups;
}

absl::Status AuditIndex::CountWords(WordKind kind, IndexGroups* groups) {
  auto words =
      database_->Prepare("SELECT text, records FROM word WHERE kind=?");
  if (!words.ok()) return words.status();
  words->BindInt(1, static_cast<int64_t>(kind));
  uint64_t counted = 0;
  for (;;) {
    const auto more = words->Step();
    if (!more.ok()) return more.status();
    if (!*more) break;
    const auto records = static_cast<uint64_t>(words->Int(1));
    groups->groups.push_back({{std::string(words->Bytes(0))}, records});
    counted += records;
  }
  const bool single = static_cast<size_t>(kind) < kSingleKinds;
  if (single && counted < groups->records) {
    groups->groups.push_back({{""}, groups->records - counted});
  }
  return absl::OkStatus();
}

absl::Status AuditIndex::CountRows(const IndexQuery& query,
                                   const std::vector<std::string>& group_by,
                                   IndexGroups* groups) {
  const auto known = indexed();
  if (!known.ok()) return known.status();
  IndexQuery whole = query;
  whole.upto = known->records;
  whole.after.reset();
  whole.newest_first = false;
  auto plan = MakePlan(whole);
  if (!plan.ok()) return plan.status();
  // Hours since 1970 stand beside the numbers of words.
  using Key = std::vector<uint64_t>;
  std::map<Key, uint64_t> counts;
  uint64_t scanned = 0;
  bool too_long = false;
  const auto start = std::chrono::steady_clock::now();
  absl::Status s = Scan(*plan, whole, [&](const IndexRow& row) {
    if (++scanned > query.max_scanned) return false;
    too_long = scanned % kRowsBetweenLooks == 0 &&
               std::chrono::steady_clock::now() - start > query.max_time;
    if (too_long) return false;
    if (row.index >= whole.upto || !plan->Fits(row)) return plan->failed.ok();
    ++groups->records;
    std::vector<Key> keys = {{}};
    for (const std::string& name : group_by) {
      std::vector<uint64_t> values;
      if (name == kHour) {
        values = {static_cast<uint64_t>(row.at_ms / 3600000)};
      } else {
        const WordKind kind = FindGrouping(name)->kind;
        if (static_cast<size_t>(kind) < kSingleKinds) {
          values = {row.single[static_cast<size_t>(kind)]};
        } else if (kind == WordKind::kObligation) {
          for (const IndexRow::Duty& duty : row.duties) {
            values.push_back(duty.word);
          }
        } else {
          const auto& words = kind == WordKind::kNorm ? row.norms : row.reasons;
          values.assign(words.begin(), words.end());
        }
      }
      if (values.empty()) values = {0};
      std::vector<Key> longer;
      for (const Key& key : keys) {
        for (uint64_t value : values) {
          longer.push_back(key);
          longer.back().push_back(value);
        }
      }
      keys = std::move(longer);
    }
    if (!group_by.empty()) {
      for (const Key& key : keys) ++counts[key];
    }
    return true;
  });
  if (s.ok()) s = plan->failed;
  if (!s.ok()) return s;
  if (too_long) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "`filter`: counting takes longer than ", query.max_time.count(),
        " ms; ask for a shorter time or for rarer words"));
  }
  if (scanned > query.max_scanned) {
    return absl::ResourceExhaustedError(
        absl::StrCat("`filter`: more than ", query.max_scanned,
                     " records would be looked at; ask for a shorter time"));
  }
  for (const auto& [key, records] : counts) {
    IndexGroups::Group group;
    group.records = records;
    for (size_t i = 0; i < key.size(); ++i) {
      if (group_by[i] == kHour) {
        group.keys.push_back(
            InstantText(static_cast<int64_t>(key[i]) * 3600000).substr(0, 13));
        continue;
      }
      auto text = WordText(static_cast<uint32_t>(key[i]));
      if (!text.ok()) return text.status();
      group.keys.push_back(*std::move(text));
    }
    groups->groups.push_back(std::move(group));
  }
  return absl::OkStatus();
}

}  // namespace tarazy
