#include "server/audit/index.h"

#include <filesystem>
#include <fstream>
#include <random>
#include <set>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/audit/audit_queries.h"
#include "server/audit/decision_log.h"
#include "server/audit/index_follower.h"
#include "server/audit/record_text.h"
#include "tests/server/audit/published_log.h"

namespace tarazy {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kStart = 1773118800;  // 2026-03-10T05:00:00Z

std::string Subject(int number) {
  return absl::BytesToHexString(std::string(31, 's') +
                                static_cast<char>('0' + number));
}

// Times go back by a second now and then, as clocks do.
v1::DecisionRecord MakeRecord(int number) {
  v1::DecisionRecord record;
  record.mutable_recorded_at()->set_seconds(kStart + number -
                                            (number % 7 == 0 ? 2 : 0));
  auto* request = record.mutable_request();
  request->set_service(number % 3 == 0 ? "egov.benefits" : "egov.tax");
  request->mutable_operator_()->set_bin(number % 2 == 0 ? "971240001315"
                                                        : "050140000011");
  if (number % 5 != 0) {
    request->mutable_subject()->set_pseudonym(Subject(number % 5));
  }
  request->mutable_operation()->mutable_biometric_use();
  auto* response = record.mutable_response();
  response->set_decision_id(
      absl::StrCat(absl::Hex(0xa0000000u + static_cast<uint32_t>(number)),
                   std::string(24, 'b')));
  response->set_effect(number % 4 == 0 ? v1::PERMIT : v1::DENY);
  response->set_edition("seed-bill");
  response->set_bundle_digest(std::string(64, number < 50 ? 'a' : 'c'));
  auto* reason = response->add_reasons();
  reason->set_code(number % 6 == 0 ? "RARE" : "COMMON");
  reason->set_norm("pd-2013/19-1/1");
  if (number % 10 == 3) {
    auto* duty = response->add_obligations();
    duty->set_id("EXPLAIN");
    duty->set_norm("pd-2013/19-1/2");
    if (number % 20 == 3) duty->mutable_due()->set_seconds(kStart + 100);
  }
  return record;
}

class AuditIndexTest : public testing::Test {
 protected:
  static constexpr int kRecords = 100;

  void SetUp() override {
    Grow(kRecords);
    Follow(kRecords);
  }

  void Grow(int records) {
    DecisionLogOptions options;
    options.directory = log_;
    options.segment_bytes = 70000;
    auto log = DecisionLog::Open(options, FileSystem::Posix());
    ASSERT_TRUE(log.ok()) << log.status();
    for (int i = static_cast<int>((*log)->next_index()); i < records; ++i) {
      ASSERT_TRUE(
          (*log)->Append(MakeRecord(i).SerializeAsString(), &kept_).ok());
    }
  }

  absl::StatusOr<std::unique_ptr<IndexFollower>> OpenFollower() {
    IndexFollowerOptions options;
    options.log_directory = log_;
    options.path = path_;
    options.on_rebuild = [this](const absl::Status& why) {
      rebuilt_.push_back(std::string(why.message()));
    };
    return IndexFollower::Open(options, FileSystem::Posix());
  }

  void Follow(uint64_t records) {
    auto follower = OpenFollower();
    ASSERT_TRUE(follower.ok()) << follower.status();
    const absl::Status s = (*follower)->Follow(records);
    ASSERT_TRUE(s.ok()) << s;
    ASSERT_EQ((*follower)->indexed(), records);
  }

  AuditQueries Queries() {
    AuditQueriesOptions options;
    options.log_directory = log_;
    options.index_path = path_;
    options.clock = [] { return (kStart + 150) * 1000; };
    options.durable = [] { return uint64_t{1} << 40; };
    return AuditQueries(options, FileSystem::Posix());
  }

  // All pages of a question.
  std::vector<uint64_t> All(const v1::AuditFilter& filter, bool newest = false,
                            int page = 7) {
    AuditQueries queries = Queries();
    v1::AuditQueryRequest request;
    *request.mutable_filter() = filter;
    request.set_newest_first(newest);
    request.set_page_size(page);
    std::vector<uint64_t> found;
    for (;;) {
      const auto response = queries.Query(request, {true, ""});
      EXPECT_TRUE(response.ok()) << response.status();
      if (!response.ok()) return found;
      EXPECT_LE(response->records_size(), page);
      for (const auto& record : response->records()) {
        EXPECT_EQ(
            record.record().SerializeAsString(),
            MakeRecord(static_cast<int>(record.index())).SerializeAsString());
        found.push_back(record.index());
      }
      if (response->next_page_token().empty()) return found;
      request.set_page_token(response->next_page_token());
    }
  }

  // What the filter means, by looking at every record.
  static std::vector<uint64_t> Slow(
      const std::function<bool(const v1::DecisionRecord&)>& fits) {
    std::vector<std::pair<int64_t, uint64_t>> found;
    for (int i = 0; i < kRecords; ++i) {
      const v1::DecisionRecord record = MakeRecord(i);
      if (!fits(record)) continue;
      found.emplace_back(ToMilliseconds(record.recorded_at()), i);
    }
    std::sort(found.begin(), found.end());
    std::vector<uint64_t> numbers;
    for (const auto& [at, number] : found) numbers.push_back(number);
    return numbers;
  }

  TempFolder folder_;
  const std::string log_ = folder_.path() + "/log";
  const std::string path_ = folder_.path() + "/index.db";
  MustBeKept kept_;
  std::vector<std::string> rebuilt_;
};

bool HasDuty(const v1::DecisionRecord& r, bool open, int64_t at) {
  for (const auto& duty : r.response().obligations()) {
    const bool overdue = duty.has_due() && duty.due().seconds() <= at;
    if (overdue != open) return true;
  }
  return false;
}

TEST_F(AuditIndexTest, EachFilterFindsWhatALookAtEveryRecordFinds) {
  struct Case {
    std::function<void(v1::AuditFilter*)> ask;
    std::function<bool(const v1::DecisionRecord&)> fits;
  };
  const Case cases[] = {
      {[](auto*) {}, [](auto&) { return true; }},
      {[](auto* f) { f->set_operator_bin("971240001315"); },
       [](auto& r) { return r.request().operator_().bin() == "971240001315"; }},
      {[](auto* f) { f->set_service("egov.tax"); },
       [](auto& r) { return r.request().service() == "egov.tax"; }},
      {[](auto* f) { f->set_subject(Subject(3)); },
       [](auto& r) { return r.request().subject().pseudonym() == Subject(3); }},
      {[](auto* f) { f->set_norm("pd-2013/19-1/2"); },
       [](auto& r) { return r.response().obligations_size() > 0; }},
      {[](auto* f) { f->set_reason("RARE"); },
       [](auto& r) { return r.response().reasons(0).code() == "RARE"; }},
      {[](auto* f) { f->set_effect(v1::PERMIT); },
       [](auto& r) { return r.response().effect() == v1::PERMIT; }},
      {[](auto* f) { f->set_bundle_digest(std::string(64, 'c')); },
       [](auto& r) { return r.response().bundle_digest()[0] == 'c'; }},
      {[](auto* f) { f->set_edition("other"); }, [](auto&) { return false; }},
      {[](auto* f) { f->set_operation("biometric_use"); },
       [](auto&) { return true; }},
      {[](auto* f) { f->set_duty(v1::DUTY_OVERDUE); },
       [](auto& r) { return HasDuty(r, false, kStart + 150); }},
      {[](auto* f) {
         f->set_duty(v1::DUTY_OPEN);
         f->set_obligation("EXPLAIN");
         f->mutable_duty_at()->set_seconds(kStart + 99);
       },
       [](auto& r) { return HasDuty(r, true, kStart + 99); }},
      {[](auto* f) {
         f->set_subject(Subject(2));
         f->mutable_from()->set_seconds(kStart + 20);
         f->mutable_until()->set_seconds(kStart + 60);
         f->set_reason("COMMON");
       },
       [](auto& r) {
         return r.request().subject().pseudonym() == Subject(2) &&
                r.recorded_at().seconds() >= kStart + 20 &&
                r.recorded_at().seconds() < kStart + 60 &&
                r.response().reasons(0).code() == "COMMON";
       }},
  };
  int number = 0;
  for (const Case& c : cases) {
    SCOPED_TRACE(number++);
    v1::AuditFilter filter;
    c.ask(&filter);
    std::vector<uint64_t> expected = Slow(c.fits);
    EXPECT_EQ(All(filter), expected);
    std::reverse(expected.begin(), expected.end());
    EXPECT_EQ(All(filter, true), expected);
    AuditQueries queries = Queries();
    v1::AuditStatsRequest stats;
    *stats.mutable_filter() = filter;
    const auto counted = queries.Stats(stats, {true, ""});
    ASSERT_TRUE(counted.ok()) << counted.status();
    EXPECT_EQ(counted->records(), expected.size());
  }
}

TEST_F(AuditIndexTest, PagesStayWhatTheyAreWhileTheLogGrows) {
  AuditQueries queries = Queries();
  for (bool newest : {false, true}) {
    v1::AuditQueryRequest request;
    request.set_newest_first(newest);
    request.set_page_size(40);
    auto first = queries.Query(request, {true, ""});
    ASSERT_TRUE(first.ok()) << first.status();
    const uint64_t size = first->progress().indexed();
    std::set<uint64_t> seen;
    for (const auto& r : first->records()) seen.insert(r.index());
    // Records of the same seconds as those that are to come.
    Grow(static_cast<int>(size) + 20);
    Follow(size + 20);
    std::string token = first->next_page_token();
    while (!token.empty()) {
      request.set_page_token(token);
      const auto page = queries.Query(request, {true, ""});
      ASSERT_TRUE(page.ok()) << page.status();
      for (const auto& r : page->records()) {
        EXPECT_TRUE(seen.insert(r.index()).second) << r.index();
        EXPECT_LT(r.index(), size);
      }
      token = page->next_page_token();
    }
    EXPECT_EQ(seen.size(), size);
  }
}

TEST_F(AuditIndexTest, ForgedAndForeignPageTokensAreRefused) {
  AuditQueries queries = Queries();
  v1::AuditQueryRequest request;
  request.set_page_size(10);
  const auto first = queries.Query(request, {true, ""});
  ASSERT_TRUE(first.ok());
  const std::string token = first->next_page_token();
  std::string bytes;
  ASSERT_TRUE(absl::WebSafeBase64Unescape(token, &bytes));
  std::vector<std::string> bad = {"x", "!!", std::string(88, 'A')};
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    bad.push_back(absl::WebSafeBase64Escape(changed));
  }
  for (const std::string& forged : bad) {
    request.set_page_token(forged);
    const auto answer = queries.Query(request, {true, ""});
    EXPECT_EQ(answer.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(answer.status().message()),
                HasSubstr("`page_token`"));
  }
  request.set_page_token(token);
  EXPECT_TRUE(queries.Query(request, {true, ""}).ok());
  // Another question, order or caller.
  request.mutable_filter()->set_service("egov.tax");
  EXPECT_FALSE(queries.Query(request, {true, ""}).ok());
  request.clear_filter();
  request.set_newest_first(true);
  EXPECT_FALSE(queries.Query(request, {true, ""}).ok());
  request.set_newest_first(false);
  EXPECT_FALSE(queries.Query(request, {false, "egov.tax"}).ok());
}

TEST_F(AuditIndexTest, BadFiltersNameTheField) {
  const std::pair<const char*, std::function<void(v1::AuditFilter*)>> cases[] =
      {{"filter.subject", [](auto* f) { f->set_subject("850315400015"); }},
       {"filter.bundle_digest", [](auto* f) { f->set_bundle_digest("A"); }},
       {"filter.norm", [](auto* f) { f->set_norm(std::string(129, 'n')); }},
       {"filter.operation", [](auto* f) { f->set_operation("kind"); }},
       {"filter.effect",
        [](auto* f) { f->set_effect(static_cast<v1::Effect>(9)); }},
       {"filter.duty",
        [](auto* f) { f->set_duty(static_cast<v1::DutyState>(9)); }},
       {"filter.from", [](auto* f) { f->mutable_from()->set_seconds(-1); }},
       {"filter.until", [](auto* f) {
          f->mutable_from()->set_seconds(5);
          f->mutable_until()->set_seconds(5);
        }}};
  AuditQueries queries = Queries();
  for (const auto& [field, ask] : cases) {
    v1::AuditQueryRequest request;
    ask(request.mutable_filter());
    const absl::Status s = queries.Query(request, {true, ""}).status();
    EXPECT_EQ(s.code(), absl::StatusCode::kInvalidArgument) << field;
    EXPECT_THAT(std::string(s.message()), HasSubstr(field));
    EXPECT_EQ(std::string(s.message()).find("850315400015"), std::string::npos);
  }
  v1::AuditStatsRequest stats;
  stats.add_group_by("colour");
  EXPECT_EQ(queries.Stats(stats, {true, ""}).status().code(),
            absl::StatusCode::kInvalidArgument);
  v1::AuditQueryRequest large;
  large.set_page_size(1001);
  EXPECT_FALSE(queries.Query(large, {true, ""}).ok());
}

TEST_F(AuditIndexTest, CountsInGroups) {
  AuditQueries queries = Queries();
  for (const char* by :
       {"operator", "service", "effect", "operation", "edition", "bundle",
        "norm", "reason", "obligation", "day", "hour"}) {
    // Counted as written, and by looking at the rows.
    v1::AuditStatsRequest all;
    all.add_group_by(by);
    v1::AuditStatsRequest rows = all;
    rows.mutable_filter()->mutable_from()->set_seconds(1);
    const auto fast = queries.Stats(all, {true, ""});
    const auto slow = queries.Stats(rows, {true, ""});
    ASSERT_TRUE(fast.ok() && slow.ok()) << by;
    EXPECT_EQ(fast->records(), static_cast<uint64_t>(kRecords));
    EXPECT_EQ(slow->records(), static_cast<uint64_t>(kRecords));
    // Only the look at the rows tells those without any.
    std::map<std::string, uint64_t> a, b;
    for (const auto& g : fast->groups()) a[g.keys(0)] = g.records();
    for (const auto& g : slow->groups()) {
      if (!g.keys(0).empty()) b[g.keys(0)] = g.records();
    }
    EXPECT_EQ(a, b) << by;
  }
  v1::AuditStatsRequest two;
  two.add_group_by("service");
  two.add_group_by("effect");
  const auto groups = queries.Stats(two, {true, ""});
  ASSERT_TRUE(groups.ok());
  EXPECT_EQ(groups->groups(0).keys(0), "egov.tax");
  EXPECT_EQ(groups->groups(0).keys(1), "DENY");
  uint64_t sum = 0;
  for (const auto& g : groups->groups()) sum += g.records();
  EXPECT_EQ(sum, static_cast<uint64_t>(kRecords));
}

TEST_F(AuditIndexTest, CountsEndInTime) {
  auto index = AuditIndex::Open(path_, AuditIndex::Use::kRead);
  ASSERT_TRUE(index.ok()) << index.status();
  IndexQuery query;
  query.filter.mutable_from()->set_seconds(1);
  ASSERT_TRUE((*index)->Count(query, {"effect"}).ok());
  // Any time is longer.
  query.max_time = std::chrono::milliseconds(-1);
  const absl::Status late = (*index)->Count(query, {"effect"}).status();
  EXPECT_EQ(late.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(late.message()), HasSubstr("counting takes longer"));
  query.max_time = std::chrono::hours(1);
  query.max_scanned = 10;
  EXPECT_EQ((*index)->Count(query, {}).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST_F(AuditIndexTest, AServiceReadsItsOwnDecisionsAlone) {
  AuditQueries queries = Queries();
  const AuditScope own{false, "egov.tax"};
  v1::AuditQueryRequest request;
  request.set_page_size(1000);
  const auto page = queries.Query(request, own);
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->records_size(), 66);
  for (const auto& r : page->records()) {
    EXPECT_EQ(r.record().request().service(), "egov.tax");
  }
  request.mutable_filter()->set_service("egov.benefits");
  EXPECT_EQ(queries.Query(request, own).status().code(),
            absl::StatusCode::kPermissionDenied);
  v1::AuditGetRequest get;
  get.set_index(0);
  EXPECT_TRUE(absl::IsNotFound(queries.Get(get, own).status()));
  get.set_decision_id(MakeRecord(0).response().decision_id());
  EXPECT_TRUE(absl::IsNotFound(queries.Get(get, own).status()));
  EXPECT_TRUE(queries.Get(get, {true, ""}).ok());
  get.set_decision_id(MakeRecord(1).response().decision_id());
  const auto mine = queries.Get(get, own);
  ASSERT_TRUE(mine.ok()) << mine.status();
  EXPECT_EQ(mine->index(), 1u);
  v1::AuditTileRequest tile;
  tile.set_path("tile/entries/000");
  EXPECT_EQ(queries.ReadTile(tile, own).status().code(),
            absl::StatusCode::kPermissionDenied);
  // A caller that is nobody.
  EXPECT_FALSE(queries.Get(get, {false, ""}).ok());
}

TEST_F(AuditIndexTest, AnIndexOfAnotherLogOrAheadIsMadeAgain) {
  std::filesystem::copy(log_, folder_.path() + "/older",
                        std::filesystem::copy_options::recursive);
  Grow(kRecords + 10);
  Follow(kRecords + 10);
  std::filesystem::remove_all(log_);
  std::filesystem::rename(folder_.path() + "/older", log_);
  Follow(kRecords);
  ASSERT_EQ(rebuilt_.size(), 1u);
  EXPECT_THAT(rebuilt_[0], HasSubstr("more records than the log"));
  std::filesystem::remove_all(log_);
  Grow(kRecords);
  Follow(kRecords);
  ASSERT_EQ(rebuilt_.size(), 2u);
  EXPECT_THAT(rebuilt_[1], HasSubstr("of another log"));
  EXPECT_EQ(All({}).size(), static_cast<size_t>(kRecords));
}

// Flips bits all over the file: either nothing that is read differs, or the
// damage is told.
TEST_F(AuditIndexTest, FlippedBitsAreFound) {
  std::string sound;
  {
    std::ifstream in(path_, std::ios::binary);
    sound.assign(std::istreambuf_iterator<char>(in), {});
  }
  std::mt19937 random(5);
  const std::vector<uint64_t> all = All({});
  int found = 0;
  for (int round = 0; round < 400; ++round) {
    std::string flipped = sound;
    const size_t at = random() % flipped.size();
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << random() % 8));
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << flipped;
    auto index = AuditIndex::Open(path_, AuditIndex::Use::kRead);
    const absl::Status s = index.ok() ? (*index)->Check() : index.status();
    if (!s.ok()) {
      ++found;
      continue;
    }
    index->reset();
    // A byte that nothing is read from, or the key of tokens.
    EXPECT_EQ(All({}), all) << "byte " << at;
  }
  EXPECT_GT(found, 100);
  std::printf(
      "flipped bits: 400 of the audit index, %d found, %d in bytes "
      "that nothing is read from\n",
      found, 400 - found);
  std::ofstream(path_, std::ios::binary | std::ios::trunc)
      << std::string(5000, 'x');
  Follow(kRecords);
  EXPECT_EQ(rebuilt_.size(), 1u);
  EXPECT_EQ(All({}), all);
}

}  // namespace
}  // namespace tarazy
