// Reports of duties in the audit index, held against a look at every record:
// states, page tokens, counts, what the retention takes out.

#include <algorithm>
#include <fstream>
#include <map>
#include <random>
#include <sstream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/audit/index.h"
#include "server/audit/record_text.h"
#include "tests/server/audit/temp_folder.h"

namespace tarazy {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int64_t kStartMs = 1773118800000;  // 2026-03-10T05:00:00Z
constexpr uint64_t kCount = 500;
constexpr v1::DutyState kStates[] = {v1::DUTY_OPEN, v1::DUTY_OVERDUE,
                                     v1::DUTY_FULFILLED,
                                     v1::DUTY_FULFILLED_LATE};

// Decisions with up to three duties, and reports about those before.
std::vector<v1::DecisionRecord> MakeRecords(unsigned seed) {
  std::mt19937 random(seed);
  std::vector<v1::DecisionRecord> records;
  for (uint64_t i = 0; i < kCount; ++i) {
    v1::DecisionRecord record;
    const int64_t at = kStartMs + 1000 * static_cast<int64_t>(i) -
                       (random() % 9 == 0 ? 5000 : 0);
    *record.mutable_recorded_at() = FromMilliseconds(at);
    const uint64_t about = i == 0 ? 0 : random() % i;
    if (i > 10 && random() % 3 == 0 &&
        records[about].response().obligations_size() > 0) {
      v1::DutyReport* report = record.mutable_duty_report();
      report->set_index(about);
      *report->mutable_decided_at() = records[about].recorded_at();
      report->set_service("s");
      const auto& duties = records[about].response().obligations();
      report->set_obligation(
          duties[static_cast<int>(random() %
                                  static_cast<unsigned>(duties.size()))]
              .id());
      if (random() % 4 != 0) {
        *report->mutable_fulfilled_at() = FromMilliseconds(
            ToMilliseconds(records[about].recorded_at()) + random() % 400000);
      }
      report->set_reported_by("caller");
    } else {
      record.mutable_request()->set_service("s");
      record.mutable_request()->mutable_subject()->set_pseudonym(
          absl::BytesToHexString(std::string(31, 's') +
                                 static_cast<char>('0' + random() % 4)));
      record.mutable_response()->set_effect(v1::PERMIT);
      for (unsigned d = random() % 4; d > 0; --d) {
        auto* duty = record.mutable_response()->add_obligations();
        duty->set_id(absl::StrCat("DUTY_", random() % 3));
        if (random() % 3 != 0) {
          *duty->mutable_due() = FromMilliseconds(at + random() % 400000);
        }
      }
    }
    records.push_back(record);
  }
  return records;
}

class IndexDutiesTest : public testing::Test {
 protected:
  std::unique_ptr<AuditIndex> Make(
      const std::string& name, const std::vector<v1::DecisionRecord>& records,
      uint64_t first = 0) {
    auto index =
        *AuditIndex::Open(folder_.path() + "/" + name, AuditIndex::Use::kWrite);
    EXPECT_TRUE(index->BeginWith(first).ok());
    Add(index.get(), records, first, kCount);
    return index;
  }

  static void Add(AuditIndex* index,
                  const std::vector<v1::DecisionRecord>& records, uint64_t from,
                  uint64_t until) {
    std::vector<std::string> bytes;
    for (const auto& record : records) {
      bytes.push_back(record.SerializeAsString());
    }
    std::vector<AuditIndex::Entry> entries;
    for (uint64_t i = from; i < until; ++i) {
      entries.push_back({i, 64 + 100 * i, bytes[i]});
    }
    const absl::Status added = index->Add(LogId{7}, entries);
    ASSERT_TRUE(added.ok()) << added;
  }

  static IndexQuery Ask(v1::DutyState state, int64_t at_ms, uint64_t upto,
                        bool newest_first) {
    IndexQuery query;
    query.filter.set_duty(state);
    *query.filter.mutable_duty_at() = FromMilliseconds(at_ms);
    query.upto = upto;
    query.newest_first = newest_first;
    query.limit = 20;
    return query;
  }

  static std::vector<uint64_t> Find(AuditIndex* index, IndexQuery query) {
    std::vector<uint64_t> found;
    do {
      const auto page = index->Query(query);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      for (const IndexRow& row : page->rows) found.push_back(row.index);
      query.after = page->next;
    } while (query.after.has_value());
    return found;
  }

  // The same, by looking at every record.
  static std::vector<uint64_t> Slow(
      const std::vector<v1::DecisionRecord>& records, const IndexQuery& query,
      uint64_t first = 0) {
    const int64_t at = ToMilliseconds(query.filter.duty_at());
    std::vector<std::pair<int64_t, uint64_t>> found;
    for (uint64_t i = first; i < query.upto; ++i) {
      const v1::DecisionRecord& record = records[i];
      if (!query.filter.subject().empty() &&
          record.request().subject().pseudonym() != query.filter.subject()) {
        continue;
      }
      bool fits = false;
      for (const auto& duty : record.response().obligations()) {
        if (!query.filter.obligation().empty() &&
            duty.id() != query.filter.obligation()) {
          continue;
        }
        int64_t fulfilled = kNoTerm;
        for (uint64_t r = i; r < query.upto; ++r) {
          const v1::DutyReport& report = records[r].duty_report();
          if (!records[r].has_duty_report() || report.index() != i ||
              report.obligation() != duty.id()) {
            continue;
          }
          fulfilled = report.has_fulfilled_at()
                          ? ToMilliseconds(report.fulfilled_at())
                          : kNoTerm;
        }
        const int64_t due =
            duty.has_due() ? ToMilliseconds(duty.due()) : kNoTerm;
        const bool done = fulfilled <= at;
        switch (query.filter.duty()) {
          case v1::DUTY_OPEN:
            fits |= !done && at < due;
            break;
          case v1::DUTY_OVERDUE:
            fits |= !done && at >= due;
            break;
          case v1::DUTY_FULFILLED:
            fits |= done;
            break;
          default:
            fits |= done && fulfilled >= due;
        }
      }
      if (fits) found.emplace_back(ToMilliseconds(record.recorded_at()), i);
    }
    std::sort(found.begin(), found.end());
    if (query.newest_first) std::reverse(found.begin(), found.end());
    std::vector<uint64_t> numbers;
    for (const auto& each : found) numbers.push_back(each.second);
    return numbers;
  }

  TempFolder folder_;
};

TEST_F(IndexDutiesTest, StatesAreThoseOfALookAtEveryRecord) {
  size_t all = 0;
  for (unsigned seed = 1; seed <= 3; ++seed) {
    const auto records = MakeRecords(seed);
    auto index = Make(absl::StrCat("index", seed), records);
    const absl::Status checked = index->Check();
    ASSERT_TRUE(checked.ok()) << checked;
    for (v1::DutyState state : kStates) {
      for (int64_t at : {kStartMs, kStartMs + 200000, kStartMs + 2000000}) {
        for (uint64_t upto : {uint64_t{0}, uint64_t{250}, kCount}) {
          for (bool newest : {false, true}) {
            IndexQuery query = Ask(state, at, upto, newest);
            all += Slow(records, query).size();
            EXPECT_EQ(Find(index.get(), query), Slow(records, query));
            query.filter.set_obligation("DUTY_1");
            EXPECT_EQ(Find(index.get(), query), Slow(records, query));
            query.filter.set_subject(
                absl::BytesToHexString(std::string(31, 's') + '2'));
            EXPECT_EQ(Find(index.get(), query), Slow(records, query));
          }
        }
        const IndexQuery query = Ask(state, at, kCount, false);
        const auto counted = index->Count(query, {"obligation", "day"});
        ASSERT_TRUE(counted.ok()) << counted.status();
        EXPECT_EQ(counted->records, Slow(records, query).size());
      }
    }
  }
  EXPECT_GT(all, 5000u);
}

TEST_F(IndexDutiesTest, WhatTheRetentionLeavesIsAsIfTheRestNeverWas) {
  const auto records = MakeRecords(7);
  const std::string path = folder_.path() + "/index";
  auto index = *AuditIndex::Open(path, AuditIndex::Use::kWrite);
  // The last reports come when their decisions are gone already.
  Add(index.get(), records, 0, 400);
  for (const uint64_t first : {uint64_t{40}, uint64_t{200}, uint64_t{350}}) {
    for (;;) {
      const auto left = index->RemoveBefore(first, 33);
      ASSERT_TRUE(left.ok()) << left.status();
      const absl::Status checked = index->Check();
      ASSERT_TRUE(checked.ok()) << checked;
      if (*left == 0) break;
    }
  }
  index.reset();
  index = *AuditIndex::Open(path, AuditIndex::Use::kWrite);
  Add(index.get(), records, 400, kCount);
  ASSERT_TRUE(index->Check().ok());
  auto expected = Make("expected", records, 350);
  for (v1::DutyState state : kStates) {
    const IndexQuery query = Ask(state, kStartMs + 300000, kCount, false);
    EXPECT_EQ(Find(index.get(), query), Slow(records, query, 350));
    EXPECT_EQ(Find(expected.get(), query), Slow(records, query, 350));
  }
  EXPECT_EQ(index->Count({}, {})->records, kCount - 350);
}

TEST_F(IndexDutiesTest, ReportsAreFoundAndCountedAsWhatTheyAre) {
  const auto records = MakeRecords(5);
  auto index = Make("index", records);
  std::vector<uint64_t> reports;
  for (uint64_t i = 0; i < kCount; ++i) {
    if (records[i].has_duty_report()) reports.push_back(i);
  }
  ASSERT_GT(reports.size(), 50u);
  IndexQuery query;
  query.filter.set_duty_reports(true);
  query.upto = kCount;
  auto found = Find(index.get(), query);
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, reports);
  query.filter.set_service("s");
  EXPECT_EQ(Find(index.get(), query).size(), reports.size());
  query.filter.set_effect(v1::PERMIT);
  EXPECT_TRUE(Find(index.get(), query).empty());
  // No answer named the duty there, and nothing was permitted.
  std::map<std::string, uint64_t> effects;
  const auto by_effect = index->Count({}, {"effect"});
  ASSERT_TRUE(by_effect.ok());
  for (const auto& g : by_effect->groups) effects[g.keys[0]] = g.records;
  EXPECT_EQ(effects[""], reports.size());
  EXPECT_EQ(effects["PERMIT"], kCount - reports.size());
}

TEST_F(IndexDutiesTest, AChangedReportIsFound) {
  const auto records = MakeRecords(2);
  const std::string path = folder_.path() + "/index";
  for (const char* damage :
       {"UPDATE report SET fulfilled_ms=fulfilled_ms+1",
        "DELETE FROM report WHERE idx=(SELECT max(idx) FROM report)",
        "UPDATE meta SET value=value+1 WHERE key='reports'",
        "UPDATE report SET note='OTHER'"}) {
    std::remove(path.c_str());
    Make("index", records).reset();
    {
      auto file = Database::Open(path, DatabaseUse::kShared);
      ASSERT_TRUE(file.ok());
      ASSERT_TRUE((*file)->Execute(damage).ok()) << damage;
    }
    auto index = *AuditIndex::Open(path, AuditIndex::Use::kRead);
    EXPECT_TRUE(absl::IsDataLoss(index->Check())) << damage;
    std::remove((path + "-wal").c_str());
    std::remove((path + "-shm").c_str());
  }
}

// The bytes of FORMAT.md.
TEST(DutyReportRecord, IsTheDocumentedOne) {
  std::ifstream page(TARAZY_SOURCE_DIR "/server/audit/FORMAT.md");
  std::ostringstream text;
  text << page.rdbuf();
  const std::string all = text.str();
  const size_t section = all.find("## Reports of duties");
  ASSERT_NE(section, std::string::npos);
  std::istringstream lines(all.substr(section + 3));
  std::string hex;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("## ", 0) == 0) break;
    if (line.rfind("    ", 0) == 0)
      hex += absl::StrReplaceAll(line, {{" ", ""}});
  }
  v1::DecisionRecord record;
  *record.mutable_recorded_at() = FromMilliseconds(1773122400500);
  v1::DutyReport* report = record.mutable_duty_report();
  report->set_index(12);
  *report->mutable_decided_at() = FromMilliseconds(1773118800000);
  report->set_service("egov.benefits");
  report->set_obligation("EXPLAIN_PROCEDURE");
  *report->mutable_fulfilled_at() = FromMilliseconds(1773122400000);
  report->set_note("PAPER_REPLY");
  report->set_reported_by("benefits");
  EXPECT_EQ(absl::BytesToHexString(record.SerializeAsString()), hex);
}

TEST(DutyReportRecord, IsShownAsOne) {
  v1::DecisionRecord record;
  *record.mutable_recorded_at() = FromMilliseconds(1773122400500);
  v1::DutyReport* report = record.mutable_duty_report();
  report->set_index(12);
  report->set_service("egov.benefits");
  report->set_obligation("EXPLAIN\x1b");
  EXPECT_EQ(RecordLine(40, record),
            "40  2026-03-10T06:00:00.500Z  DUTY_REPORT  egov.benefits  "
            "not-fulfilled  EXPLAIN?  -  12");
  *report->mutable_fulfilled_at() = FromMilliseconds(1773122400000);
  EXPECT_THAT(RecordLine(40, record), HasSubstr("  fulfilled  "));
  const std::string page = RecordPage(40, record);
  EXPECT_THAT(page, HasSubstr("record 40, a report of a duty\n"));
  EXPECT_THAT(page, HasSubstr("fulfilled    2026-03-10T06:00:00.000Z\n"));
  EXPECT_THAT(page, Not(HasSubstr("EFFECT_UNSPECIFIED")));
}

}  // namespace
}  // namespace tarazy
