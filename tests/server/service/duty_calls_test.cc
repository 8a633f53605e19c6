// Reports of duties over the wire: who may make them, what is refused, and
// what queries say of duties afterwards.

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "server/audit/audit_queries.h"
#include "server/audit/index_follower.h"
#include "server/audit/record_text.h"
#include "server/audit/sealed_files.h"
#include "server/audit/verify.h"
#include "server/service/replay.h"
#include "tarazy/v1/audit.grpc.pb.h"
#include "tests/server/audit/memory_file_system.h"
#include "tests/server/service/server_fixture.h"

namespace tarazy {
namespace {

using grpc::StatusCode;
using ::testing::HasSubstr;

constexpr char kAuditor[] = "auditor-0123456789012345678901234567";
constexpr char kOwn[] = "service-0123456789012345678901234567";
constexpr char kOther[] = "another-0123456789012345678901234567";
constexpr int64_t kDayMs = int64_t{24} * 3600 * 1000;

class DutyCallsTest : public ServerTest {
 protected:
  DutyCallsTest() {
    using Role = Config::Rights::Role;
    config.index.path = folder() + "/index.db";
    config.rights.callers = {
        {"chief", Token("auditor", kAuditor), Role::kAuditor, ""},
        {"benefits", Token("own", kOwn), Role::kService, "egov.benefits"},
        {"tax", Token("other", kOther), Role::kService, "egov.tax"}};
  }

  void StartAll() {
    Start();
    audit_ = v1::AuditService::NewStub(channel());
  }

  // Denials for the sake of an objection, which is to be considered by a day.
  void Fill(int decisions) {
    Register(MatchingConsent());
    v1::FileObjectionRequest file;
    file.set_idempotency_key("o-1");
    v1::Objection* objection = file.mutable_objection();
    objection->mutable_subject()->set_iin(kIin);
    objection->set_operator_bin(kStateBin);
    objection->set_processing_id("benefit.review.auto");
    objection->set_channel("portal");
    v1::ObjectionResponse filed;
    grpc::ClientContext context;
    ASSERT_TRUE(objections().File(&context, file, &filed).ok());
    for (int i = 0; i < decisions; ++i) {
      v1::DecideRequest request = PermittedRequest();
      request.set_service("egov.benefits");
      v1::DecideResponse response;
      const grpc::Status s = Decide(request, &response);
      ASSERT_TRUE(s.ok()) << s.error_message();
      ASSERT_THAT(response.ShortDebugString(), HasSubstr(Duty()));
    }
  }

  static std::string Duty() { return "REVIEW_BY"; }

  template <typename Request, typename Response>
  grpc::Status Ask(grpc::Status (v1::AuditService::Stub::*method)(
                       grpc::ClientContext*, const Request&, Response*),
                   const std::string& token, const Request& request,
                   Response* response) {
    grpc::ClientContext context;
    if (!token.empty()) {
      context.AddMetadata("authorization", "Bearer " + token);
    }
    return ((*audit_).*method)(&context, request, response);
  }

  v1::ReportDutyRequest Fulfilled(uint64_t index) const {
    v1::ReportDutyRequest request;
    request.set_index(index);
    request.set_obligation(Duty());
    *request.mutable_fulfilled_at() = FromMilliseconds(now_ms);
    return request;
  }

  grpc::Status Report(const v1::ReportDutyRequest& request,
                      v1::ReportDutyResponse* response,
                      const std::string& token = kOwn) {
    return Ask(&v1::AuditService::Stub::ReportDuty, token, request, response);
  }

  // The number of the report.
  uint64_t Reported(const v1::ReportDutyRequest& request) {
    v1::ReportDutyResponse response;
    const grpc::Status s = Report(request, &response);
    EXPECT_TRUE(s.ok()) << s.error_message();
    return response.receipt().index();
  }

  // Until so many records are indexed: the index follows in its own time, and
  // only its answers tell how far.
  void AwaitIndex(uint64_t records) {
    for (int i = 0; i < 800; ++i) {
      v1::AuditStatsResponse stats;
      const grpc::Status s = Ask(&v1::AuditService::Stub::Stats, kAuditor,
                                 v1::AuditStatsRequest(), &stats);
      if (s.ok() && stats.progress().indexed() >= records) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(25));
    }
    FAIL() << "the index did not follow";
  }

  std::set<uint64_t> Find(v1::DutyState state, int64_t at_ms = 0) {
    v1::AuditQueryRequest request;
    request.mutable_filter()->set_duty(state);
    request.mutable_filter()->set_obligation(Duty());
    if (at_ms != 0) {
      *request.mutable_filter()->mutable_duty_at() = FromMilliseconds(at_ms);
    }
    v1::AuditQueryResponse page;
    const grpc::Status s =
        Ask(&v1::AuditService::Stub::Query, kAuditor, request, &page);
    EXPECT_TRUE(s.ok()) << s.error_message();
    std::set<uint64_t> found;
    for (const auto& record : page.records()) found.insert(record.index());
    v1::AuditStatsRequest count;
    *count.mutable_filter() = request.filter();
    count.add_group_by("service");
    v1::AuditStatsResponse stats;
    EXPECT_TRUE(
        Ask(&v1::AuditService::Stub::Stats, kAuditor, count, &stats).ok());
    EXPECT_EQ(stats.records(), found.size());
    return found;
  }

  v1::AuditRecord Get(uint64_t index) {
    v1::AuditGetRequest get;
    get.set_index(index);
    v1::AuditRecord record;
    const grpc::Status s =
        Ask(&v1::AuditService::Stub::Get, kAuditor, get, &record);
    EXPECT_TRUE(s.ok()) << s.error_message();
    return record;
  }

  v1::DutyStanding Standing(uint64_t index) {
    const v1::AuditRecord record = Get(index);
    for (const auto& duty : record.duties()) {
      if (duty.obligation() == Duty()) return duty;
    }
    ADD_FAILURE() << "no such duty";
    return {};
  }

  std::unique_ptr<v1::AuditService::Stub> audit_;
};

using Indexes = std::set<uint64_t>;

TEST_F(DutyCallsTest, OpenOverdueAndFulfilledTellTheTruth) {
  StartAll();
  Fill(4);
  const int64_t decided = now_ms;
  AwaitIndex(4);
  EXPECT_EQ(Find(v1::DUTY_OPEN), (Indexes{0, 1, 2, 3}));
  now_ms += kDayMs / 24;
  const uint64_t first = Reported(Fulfilled(0));
  EXPECT_EQ(first, 4u);
  AwaitIndex(5);
  EXPECT_EQ(Find(v1::DUTY_OPEN), (Indexes{1, 2, 3}));
  EXPECT_EQ(Find(v1::DUTY_FULFILLED), (Indexes{0}));
  // Years later all terms have passed.
  now_ms += 1000 * kDayMs;
  v1::ReportDutyRequest late = Fulfilled(1);
  late.set_note("PAPER_REPLY");
  EXPECT_EQ(Reported(late), 5u);
  AwaitIndex(6);
  EXPECT_EQ(Find(v1::DUTY_OVERDUE), (Indexes{2, 3}));
  EXPECT_EQ(Find(v1::DUTY_OPEN), Indexes());
  EXPECT_EQ(Find(v1::DUTY_FULFILLED), (Indexes{0, 1}));
  EXPECT_EQ(Find(v1::DUTY_FULFILLED_LATE), (Indexes{1}));
  // An instant of the past, by the reports of today.
  EXPECT_EQ(Find(v1::DUTY_OPEN, decided + 1), (Indexes{0, 1, 2, 3}));
  EXPECT_EQ(Find(v1::DUTY_OVERDUE, now_ms - 1), (Indexes{1, 2, 3}));
  const v1::DutyStanding standing = Standing(1);
  EXPECT_EQ(standing.state(), v1::DUTY_FULFILLED);
  EXPECT_TRUE(standing.late());
  EXPECT_EQ(ToMilliseconds(standing.fulfilled_at()), now_ms);
  EXPECT_EQ(standing.report(), 5u);
  EXPECT_EQ(standing.reported_by(), "benefits");
  EXPECT_EQ(standing.note(), "PAPER_REPLY");
  EXPECT_FALSE(Standing(0).late());
  EXPECT_EQ(Standing(2).state(), v1::DUTY_OVERDUE);

  // Taken back: the last report counts.
  v1::ReportDutyRequest back = Fulfilled(1);
  back.clear_fulfilled_at();
  EXPECT_EQ(Reported(back), 6u);
  AwaitIndex(7);
  EXPECT_EQ(Find(v1::DUTY_OVERDUE), (Indexes{1, 2, 3}));
  EXPECT_FALSE(Standing(1).has_fulfilled_at());
  EXPECT_EQ(Standing(1).report(), 6u);
  EXPECT_EQ(Reported(late), 7u);
  AwaitIndex(8);
  EXPECT_EQ(Find(v1::DUTY_FULFILLED_LATE), (Indexes{1}));

  // The log is whole, and an index made anew says the same.
  Stop();
  VerifyOptions verify;
  verify.directory = config.log.directory;
  EXPECT_TRUE(VerifyLog(LogFiles(), verify).ok());
  RemoveIndex(config.index.path);
  StartAll();
  AwaitIndex(8);
  EXPECT_EQ(Find(v1::DUTY_OVERDUE), (Indexes{2, 3}));
  EXPECT_EQ(Find(v1::DUTY_FULFILLED), (Indexes{0, 1}));
  EXPECT_EQ(Standing(1).report(), 7u);
}

TEST_F(DutyCallsTest, ReportsAreRecordsOfTheirService) {
  StartAll();
  Fill(1);
  now_ms += 1000;
  v1::ReportDutyRequest request = Fulfilled(0);
  request.set_note("PAPER_REPLY");
  ASSERT_EQ(Reported(request), 1u);
  AwaitIndex(2);
  const v1::AuditRecord record = Get(1);
  ASSERT_TRUE(record.record().has_duty_report());
  EXPECT_EQ(record.record().duty_report().service(), "egov.benefits");
  EXPECT_EQ(record.record().duty_report().reported_by(), "benefits");
  EXPECT_FALSE(record.record().has_request());
  EXPECT_FALSE(record.record().has_response());
  v1::AuditQueryRequest only;
  only.mutable_filter()->set_duty_reports(true);
  v1::AuditQueryResponse page;
  ASSERT_TRUE(Ask(&v1::AuditService::Stub::Query, kOwn, only, &page).ok());
  ASSERT_EQ(page.records_size(), 1);
  EXPECT_EQ(page.records(0).index(), 1u);
  ASSERT_TRUE(Ask(&v1::AuditService::Stub::Query, kOther, only, &page).ok());
  EXPECT_EQ(page.records_size(), 0);
  v1::AuditGetRequest get;
  get.set_index(1);
  v1::AuditRecord seen;
  EXPECT_TRUE(Ask(&v1::AuditService::Stub::Get, kOwn, get, &seen).ok());
  EXPECT_EQ(Ask(&v1::AuditService::Stub::Get, kOther, get, &seen).error_code(),
            StatusCode::NOT_FOUND);
  auto replayer = Replayer::Make({});
  ASSERT_TRUE(replayer.ok());
  EXPECT_EQ((*replayer)->Replay(record.record()).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(DutyCallsTest, TheServiceThatAskedReportsAndNobodyElse) {
  StartAll();
  Fill(1);
  v1::ReportDutyResponse response;
  const std::pair<std::string, StatusCode> callers[] = {
      {"", StatusCode::UNAUTHENTICATED},
      {std::string(kOwn) + "x", StatusCode::UNAUTHENTICATED},
      {kAuditor, StatusCode::PERMISSION_DENIED},
      {kOther, StatusCode::NOT_FOUND},
      {kOwn, StatusCode::OK}};
  for (const auto& [token, code] : callers) {
    EXPECT_EQ(Report(Fulfilled(0), &response, token).error_code(), code)
        << token;
  }
  Stop();
  EXPECT_EQ(Records().size(), 2u);
}

TEST_F(DutyCallsTest, WithoutARightsTableNobodyReports) {
  config.rights.callers.clear();
  StartAll();
  Fill(1);
  v1::ReportDutyResponse response;
  EXPECT_EQ(Report(Fulfilled(0), &response).error_code(),
            StatusCode::UNAUTHENTICATED);
}

TEST_F(DutyCallsTest, BadReportsAreRefusedAndNothingIsRecorded) {
  StartAll();
  Fill(1);
  v1::DecideRequest forbidden = ForbiddenRequest();
  forbidden.set_service("egov.benefits");
  v1::DecideResponse denied;
  ASSERT_TRUE(Decide(forbidden, &denied).ok());
  ASSERT_EQ(denied.obligations_size(), 0);
  now_ms += 5000;
  ASSERT_EQ(Reported(Fulfilled(0)), 2u);
  struct Case {
    std::function<void(v1::ReportDutyRequest*)> change;
    StatusCode code;
    const char* message;
  };
  using R = v1::ReportDutyRequest;
  const Case cases[] = {
      {[](R* r) { r->set_index(3); }, StatusCode::NOT_FOUND, "no record"},
      {[](R* r) { r->set_index(~uint64_t{0}); }, StatusCode::NOT_FOUND,
       "no record"},
      {[](R* r) { r->set_index(2); }, StatusCode::FAILED_PRECONDITION,
       "record 2 is itself a report, about record 0"},
      {[](R* r) { r->set_index(1); }, StatusCode::INVALID_ARGUMENT,
       "which names no duties"},
      {[](R* r) { r->set_obligation("SECRET"); }, StatusCode::INVALID_ARGUMENT,
       "`obligation`: the answer of record 0 does not name it"},
      {[](R* r) { r->clear_obligation(); }, StatusCode::INVALID_ARGUMENT,
       "`obligation`: name it"},
      {[](R* r) { r->set_obligation(std::string(129, 'O')); },
       StatusCode::INVALID_ARGUMENT, "`obligation`: name it"},
      {[](R* r) {
         *r->mutable_fulfilled_at() = FromMilliseconds(kTestNowMs - 1);
       },
       StatusCode::INVALID_ARGUMENT,
       "before the decision was recorded, 2026-03-10T05:00:00.000Z by the "
       "server's clock"},
      {[this](R* r) {
         *r->mutable_fulfilled_at() = FromMilliseconds(now_ms + 1);
       },
       StatusCode::INVALID_ARGUMENT,
       "later than the server's clock, 2026-03-10T05:00:05.000Z"},
      {[](R* r) { r->mutable_fulfilled_at()->set_nanos(-1); },
       StatusCode::INVALID_ARGUMENT, "no instant"},
      {[](R* r) { r->mutable_fulfilled_at()->set_seconds(253402300800); },
       StatusCode::INVALID_ARGUMENT, "no instant"},
      {[](R* r) { r->set_note("lower"); }, StatusCode::INVALID_ARGUMENT,
       "`note`: is no code"},
      {[](R* r) { r->set_note("A B"); }, StatusCode::INVALID_ARGUMENT,
       "`note`: is no code"},
      {[](R* r) { r->set_note("1A"); }, StatusCode::INVALID_ARGUMENT,
       "`note`: is no code"},
      {[](R* r) { r->set_note(absl::StrCat("A", kIin)); },
       StatusCode::INVALID_ARGUMENT, "`note`: is no code"},
      {[](R* r) { r->set_note("A.850_315.400015"); },
       StatusCode::INVALID_ARGUMENT, "`note`: is no code"},
      {[](R* r) { r->set_note(std::string(33, 'A')); },
       StatusCode::INVALID_ARGUMENT, "33 bytes long; the limit is 32"},
  };
  for (const Case& c : cases) {
    v1::ReportDutyRequest request = Fulfilled(0);
    c.change(&request);
    v1::ReportDutyResponse response;
    const grpc::Status s = Report(request, &response);
    EXPECT_EQ(s.error_code(), c.code) << request.ShortDebugString();
    EXPECT_THAT(s.error_message(), HasSubstr(c.message));
    EXPECT_EQ(s.error_message().find("SECRET"), std::string::npos);
    EXPECT_EQ(s.error_message().find(kIin), std::string::npos);
  }
  v1::ReportDutyRequest nothing = Fulfilled(0);
  nothing.set_note("A1.2-3_456");
  EXPECT_EQ(Reported(nothing), 3u);
  Stop();
  EXPECT_EQ(Records().size(), 4u);
  // Nor does any file hold what was put in the wrong place.
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(folder())) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(in), {});
    EXPECT_EQ(text.find(kIin), std::string::npos) << entry.path();
    EXPECT_EQ(text.find("SECRET"), std::string::npos) << entry.path();
  }
  EXPECT_EQ(LogLines().find(kIin), std::string::npos);
}

TEST_F(DutyCallsTest, NothingIsTakenBackThatWasNotReported) {
  StartAll();
  Fill(1);
  v1::ReportDutyRequest back = Fulfilled(0);
  back.clear_fulfilled_at();
  v1::ReportDutyResponse response;
  const grpc::Status s = Report(back, &response);
  EXPECT_EQ(s.error_code(), StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(s.error_message(), HasSubstr("none stands"));
  EXPECT_EQ(Reported(Fulfilled(0)), 1u);
  EXPECT_EQ(Reported(back), 2u);
  // Again: that is known.
  EXPECT_EQ(Reported(back), 2u);
}

TEST_F(DutyCallsTest, TheSameReportAgainAddsNothing) {
  StartAll();
  Fill(2);
  const v1::ReportDutyRequest request = Fulfilled(0);
  // At once, before the index can know, from many sides.
  std::vector<std::thread> threads;
  std::mutex mutex;
  Indexes indexes;
  int fresh = 0;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] {
      v1::ReportDutyResponse response;
      const grpc::Status s = Report(request, &response);
      std::lock_guard<std::mutex> hold(mutex);
      EXPECT_TRUE(s.ok()) << s.error_message();
      indexes.insert(response.receipt().index());
      fresh += response.known() ? 0 : 1;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(indexes, (Indexes{2}));
  EXPECT_EQ(fresh, 1);
  now_ms += 1000;
  AwaitIndex(3);
  EXPECT_EQ(Reported(request), 2u);
  // Another instant or another note is another report.
  EXPECT_EQ(Reported(Fulfilled(0)), 3u);
  v1::ReportDutyRequest noted = Fulfilled(0);
  noted.set_note("X");
  EXPECT_EQ(Reported(noted), 4u);
  EXPECT_EQ(Reported(Fulfilled(1)), 5u);
  EXPECT_EQ(Reported(noted), 4u);
  // After a start, indexed or not: the index is taken away meanwhile.
  for (bool remove : {false, true}) {
    Stop();
    if (remove) RemoveIndex(config.index.path);
    StartAll();
    EXPECT_EQ(Reported(noted), 4u);
    v1::ReportDutyResponse response;
    ASSERT_TRUE(Report(noted, &response).ok());
    EXPECT_TRUE(response.known());
  }
  Stop();
  EXPECT_EQ(Records().size(), 6u);
}

TEST_F(DutyCallsTest, WithoutALogOrAnIndexNothingIsReported) {
  StartAll();
  Fill(1);
  Stop();
  v1::ReportDutyResponse response;
  const std::string path = config.index.path;
  config.index.path.clear();
  StartAll();
  grpc::Status s = Report(Fulfilled(0), &response);
  EXPECT_EQ(s.error_code(), StatusCode::UNAVAILABLE);
  EXPECT_THAT(s.error_message(), HasSubstr("`index.path`"));
  EXPECT_EQ(Get(0).duties_size(), 0);
  Stop();
  config.index.path = path;
  config.log.enabled = false;
  StartAll();
  s = Report(Fulfilled(0), &response);
  EXPECT_EQ(s.error_code(), StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(s.error_message(), HasSubstr("`log.enabled`"));
  EXPECT_EQ(Report(Fulfilled(0), &response, "").error_code(),
            StatusCode::UNAUTHENTICATED);
}

TEST_F(DutyCallsTest, PagesStayWhatTheyAreWhileReportsCome) {
  StartAll();
  Fill(6);
  AwaitIndex(6);
  ASSERT_EQ(Reported(Fulfilled(5)), 6u);
  AwaitIndex(7);
  for (bool newest : {false, true}) {
    for (v1::DutyState state : {v1::DUTY_OPEN, v1::DUTY_FULFILLED}) {
      v1::AuditQueryRequest request;
      request.mutable_filter()->set_duty(state);
      request.mutable_filter()->set_obligation(Duty());
      *request.mutable_filter()->mutable_duty_at() = FromMilliseconds(now_ms);
      request.set_newest_first(newest);
      const auto indexes = [&](int page_size, bool report_between) {
        std::vector<uint64_t> found;
        request.set_page_size(page_size);
        request.clear_page_token();
        for (;;) {
          v1::AuditQueryResponse page;
          const grpc::Status s =
              Ask(&v1::AuditService::Stub::Query, kAuditor, request, &page);
          EXPECT_TRUE(s.ok()) << s.error_message();
          for (const auto& r : page.records()) found.push_back(r.index());
          if (!s.ok() || page.next_page_token().empty()) return found;
          request.set_page_token(page.next_page_token());
          if (!report_between) continue;
          // Of every decision, what changes its state.
          v1::AuditStatsResponse stats;
          EXPECT_TRUE(Ask(&v1::AuditService::Stub::Stats, kAuditor,
                          v1::AuditStatsRequest(), &stats)
                          .ok());
          for (uint64_t i = 0; i < 6; ++i) {
            v1::ReportDutyRequest change = Fulfilled(i);
            if (state == v1::DUTY_FULFILLED) change.clear_fulfilled_at();
            v1::ReportDutyResponse response;
            Report(change, &response);
          }
          AwaitIndex(stats.progress().indexed() + 1);
          report_between = false;
        }
      };
      const auto before = indexes(100, false);
      EXPECT_EQ(indexes(1, true), before) << newest << state;
      // Back to how it was.
      v1::ReportDutyResponse response;
      for (uint64_t i = 0; i < 6; ++i) {
        v1::ReportDutyRequest change = Fulfilled(i);
        if (i < 4) change.clear_fulfilled_at();
        Report(change, &response);
      }
      AwaitIndex(response.receipt().index() + 1);
    }
  }
}

TEST_F(DutyCallsTest, AFullLogTakesNoReport) {
  MemoryFileSystem disk;
  std::atomic<bool> full{false};
  disk.set_faults([&full](MemoryFileSystem::Op op, int) {
    MemoryFileSystem::Fault fault;
    if (full && (op == MemoryFileSystem::Op::kWrite ||
                 op == MemoryFileSystem::Op::kPreallocate)) {
      fault.error = ENOSPC;
    }
    return fault;
  });
  hooks.log_files = &disk;
  config.log.directory = "log";
  StartAll();
  Fill(1);
  AwaitIndex(1);
  full = true;
  v1::ReportDutyResponse response;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Report(Fulfilled(0), &response).error_code(),
              StatusCode::UNAVAILABLE);
  }
  full = false;
  // Not known: it was never recorded.
  const grpc::Status s = Report(Fulfilled(0), &response);
  ASSERT_TRUE(s.ok()) << s.error_message();
  EXPECT_FALSE(response.known());
  EXPECT_EQ(response.receipt().index(), 1u);
  Stop();
}

}  // namespace
}  // namespace tarazy
