// Rows are taken out of the audit index: what is left is what an index would
// hold that never had them.

#include <random>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/audit/index.h"
#include "tests/server/audit/temp_folder.h"

namespace tarazy {
namespace {

constexpr int64_t kStartSeconds = 1773118800;  // 2026-03-10T05:00:00Z
constexpr uint64_t kRecords = 600;

// Times go back now and then, as clocks do; some records are none.
std::vector<std::string> MakeRecords(unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::string> records;
  for (uint64_t i = 0; i < kRecords; ++i) {
    if (random() % 40 == 0) {
      records.emplace_back("\xff no record");
      continue;
    }
    v1::DecisionRecord record;
    record.mutable_recorded_at()->set_seconds(
        kStartSeconds + 300 * static_cast<int64_t>(i) -
        (random() % 9 == 0 ? static_cast<int64_t>(random() % 20000) : 0));
    auto* request = record.mutable_request();
    // Some words are of old records alone.
    request->set_service(absl::StrCat("service-", i / 100, "-", random() % 3));
    request->mutable_operator_()->set_bin(
        absl::StrCat("97124000131", random() % 4));
    if (random() % 4 != 0) {
      request->mutable_subject()->set_pseudonym(absl::BytesToHexString(
          std::string(31, 's') + static_cast<char>(random() % 5)));
    }
    auto* response = record.mutable_response();
    response->set_decision_id(absl::BytesToHexString(
        absl::StrCat("d", 1000000 + i, std::string(8, 'x'))));
    response->set_effect(random() % 2 == 0 ? v1::PERMIT : v1::DENY);
    for (unsigned r = random() % 3; r > 0; --r) {
      auto* reason = response->add_reasons();
      reason->set_code(absl::StrCat("REASON_", random() % 4));
      reason->set_norm(absl::StrCat("norm/", random() % 4));
    }
    for (unsigned d = random() % 3; d > 0; --d) {
      auto* duty = response->add_obligations();
      duty->set_id(absl::StrCat("DUTY_", random() % 2));
      duty->mutable_due()->set_seconds(kStartSeconds +
                                       static_cast<int64_t>(random() % 200000));
    }
    records.push_back(record.SerializeAsString());
  }
  return records;
}

class IndexRetentionTest : public testing::Test {
 protected:
  std::unique_ptr<AuditIndex> Make(const std::string& name,
                                   const std::vector<std::string>& records,
                                   uint64_t first) {
    auto index =
        *AuditIndex::Open(folder_.path() + "/" + name, AuditIndex::Use::kWrite);
    EXPECT_TRUE(index->BeginWith(first).ok());
    Add(index.get(), records, first, records.size());
    return index;
  }

  static void Add(AuditIndex* index, const std::vector<std::string>& records,
                  uint64_t from, uint64_t until) {
    std::vector<AuditIndex::Entry> entries;
    for (uint64_t i = from; i < until; ++i) {
      entries.push_back({i, 64 + 100 * i, records[i]});
    }
    const absl::Status added = index->Add(LogId{7}, entries);
    ASSERT_TRUE(added.ok()) << added;
  }

  // All rows that a filter finds, by pages.
  static std::vector<uint64_t> Find(AuditIndex* index,
                                    const v1::AuditFilter& filter) {
    IndexQuery query;
    query.filter = filter;
    query.upto = kRecords;
    query.limit = 50;
    query.now_ms = kStartSeconds * 1000 + 100000000;
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

  static std::vector<v1::AuditFilter> Filters() {
    std::vector<v1::AuditFilter> filters(8);
    filters[1].set_subject(absl::BytesToHexString(std::string(31, 's') + '\2'));
    filters[2].set_service("service-1-1");
    filters[3].set_norm("norm/2");
    filters[4].set_reason("REASON_3");
    filters[5].set_obligation("DUTY_1");
    filters[6].set_duty(v1::DUTY_OVERDUE);
    filters[7].set_operator_bin("971240001312");
    filters[7].set_effect(v1::DENY);
    return filters;
  }

  static void ExpectSame(AuditIndex* index, AuditIndex* expected) {
    const absl::Status checked = index->Check();
    ASSERT_TRUE(checked.ok()) << checked;
    for (const v1::AuditFilter& filter : Filters()) {
      EXPECT_EQ(Find(index, filter), Find(expected, filter))
          << filter.ShortDebugString();
    }
    for (const char* by :
         {"operator", "service", "effect", "operation", "edition", "bundle",
          "norm", "reason", "obligation", "day", "hour"}) {
      const auto groups = index->Count({}, {by});
      const auto wanted = expected->Count({}, {by});
      ASSERT_TRUE(groups.ok() && wanted.ok()) << by;
      EXPECT_EQ(groups->records, wanted->records) << by;
      ASSERT_EQ(groups->groups.size(), wanted->groups.size()) << by;
      for (size_t i = 0; i < groups->groups.size(); ++i) {
        EXPECT_EQ(groups->groups[i].keys, wanted->groups[i].keys) << by;
        EXPECT_EQ(groups->groups[i].records, wanted->groups[i].records) << by;
      }
    }
  }

  TempFolder folder_;
};

TEST_F(IndexRetentionTest, WhatIsLeftIsAsIfTheRestNeverWas) {
  for (unsigned seed = 1; seed <= 4; ++seed) {
    const auto records = MakeRecords(seed);
    auto index = Make(absl::StrCat("index", seed), records, 0);
    uint64_t before = 0;
    for (const uint64_t first : {uint64_t{1}, uint64_t{130}, uint64_t{131},
                                 uint64_t{450}, kRecords - 1}) {
      uint64_t gone = before;
      for (;;) {
        const auto left = index->RemoveBefore(first, 37);
        ASSERT_TRUE(left.ok()) << left.status();
        gone = first - *left;
        // Sound after each step, however far it came.
        const absl::Status checked = index->Check();
        ASSERT_TRUE(checked.ok()) << checked;
        EXPECT_EQ(index->indexed()->first, gone);
        if (*left == 0) break;
      }
      before = first;
      auto expected = Make(absl::StrCat("x", seed, "-", first), records, first);
      ExpectSame(index.get(), expected.get());
      EXPECT_EQ(*index->RemoveBefore(first, 37), 0u);
    }
  }
}

TEST_F(IndexRetentionTest, PagesStayWhatTheyAre) {
  const auto records = MakeRecords(9);
  auto index = Make("index", records, 0);
  const auto all = Find(index.get(), {});
  IndexQuery query;
  query.upto = kRecords;
  query.limit = 300;
  const auto page = index->Query(query);
  ASSERT_TRUE(page.ok() && page->next.has_value());
  ASSERT_EQ(*index->RemoveBefore(200, 1000), 0u);
  query.after = page->next;
  const auto rest = index->Query(query);
  ASSERT_TRUE(rest.ok()) << rest.status();
  std::vector<uint64_t> found, wanted;
  for (const IndexRow& row : rest->rows) found.push_back(row.index);
  std::copy_if(all.begin() + 300, all.end(), std::back_inserter(wanted),
               [](uint64_t i) { return i >= 200; });
  EXPECT_EQ(found, wanted);
}

// Numbers of words that went are not given to others: who reads the file may
// remember them.
TEST_F(IndexRetentionTest, ItGoesOnGrowing) {
  const auto records = MakeRecords(3);
  const std::string path = folder_.path() + "/grown";
  auto index = *AuditIndex::Open(path, AuditIndex::Use::kWrite);
  Add(index.get(), records, 0, 300);
  auto reader = *AuditIndex::Open(path, AuditIndex::Use::kRead);
  ASSERT_TRUE(reader->Count({}, {"service", "day"}).ok());
  for (uint64_t from = 300; from < kRecords; from += 60) {
    ASSERT_EQ(*index->RemoveBefore(from - 10, 1000), 0u);
    // A start in between.
    index.reset();
    index = *AuditIndex::Open(path, AuditIndex::Use::kWrite);
    Add(index.get(), records, from, from + 60);
  }
  auto expected = Make("expected", records, kRecords - 70);
  ExpectSame(index.get(), expected.get());
  ExpectSame(reader.get(), expected.get());
}

TEST_F(IndexRetentionTest, AllOfItAndMore) {
  const auto records = MakeRecords(5);
  auto index = Make("index", records, 0);
  EXPECT_EQ(*index->RemoveBefore(kRecords + 100, 400), 200u);
  EXPECT_EQ(*index->RemoveBefore(kRecords + 100, 400), 0u);
  EXPECT_TRUE(index->Check().ok());
  EXPECT_TRUE(Find(index.get(), {}).empty());
  ASSERT_TRUE(index->BeginWith(kRecords + 100).ok());
  EXPECT_EQ(index->indexed()->first, kRecords + 100);
}

}  // namespace
}  // namespace tarazy
