// The audit index at size: filling it, questions by subject and time, and
// taking rows out again.
//
//   audit_index_bench [RECORDS [FOLDER]]
//
// Rows are made of records like the server's, without a log: what is measured
// is the index alone. The reference for a question is one read of 4 KiB at a
// random place of the same file. The file (about 350 bytes a record) is removed
// at the end.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/audit/index.h"
#include "server/audit/index_follower.h"

namespace tarazy {
namespace {

constexpr int64_t kStartMs = 1767225600000;
constexpr uint64_t kSubjects = 500000;
constexpr size_t kBatch = 32768;
constexpr int kQuestions = 1000;
constexpr uint64_t kMostRemoved = 200000;
constexpr uint64_t kRemovedTogether = 4096;
// A day of records each, at 10 million in a year's twelfth.
constexpr int64_t kStepMs = 260;

[[noreturn]] void Fail(const absl::Status& status) {
  std::fprintf(stderr, "audit_index_bench: %s\n", status.ToString().c_str());
  std::exit(1);
}

double Milliseconds(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(
             std::chrono::steady_clock::now() - begin)
      .count();
}

std::string Subject(uint64_t number) {
  // Spread as pseudonyms are.
  std::mt19937_64 random(number);
  std::string bytes;
  for (int i = 0; i < 4; ++i) {
    const uint64_t part = random();
    bytes.append(reinterpret_cast<const char*>(&part), sizeof part);
  }
  return absl::BytesToHexString(bytes);
}

std::string MakeRecord(uint64_t index, std::mt19937_64* random) {
  v1::DecisionRecord record;
  const int64_t at = kStartMs + static_cast<int64_t>(index) * kStepMs;
  record.mutable_recorded_at()->set_seconds(at / 1000);
  record.mutable_recorded_at()->set_nanos(
      static_cast<int32_t>(at % 1000 * 1000000));
  v1::DecideRequest* request = record.mutable_request();
  request->set_service(absl::StrCat("egov.service-", (*random)() % 40));
  request->mutable_operator_()->set_bin(
      absl::StrCat("9712400", 10000 + (*random)() % 500));
  request->mutable_subject()->set_pseudonym(Subject((*random)() % kSubjects));
  request->mutable_operation()->mutable_automated_processing();
  v1::DecideResponse* response = record.mutable_response();
  response->set_decision_id(
      absl::StrFormat("%016x%016x", (*random)(), (*random)()));
  response->set_effect((*random)() % 10 < 7 ? v1::PERMIT : v1::DENY);
  response->set_edition("seed-bill");
  response->set_bundle_digest(std::string(64, 'a'));
  v1::Reason* reason = response->add_reasons();
  reason->set_code(absl::StrCat("REASON_", (*random)() % 30));
  reason->set_norm(absl::StrCat("pd-2013/", (*random)() % 30));
  for (uint64_t i = 0; i < 3; ++i) {
    v1::Obligation* duty = response->add_obligations();
    duty->set_id(absl::StrCat("DUTY_", i));
    duty->set_norm("pd-2013/19-1/2");
    if (i == 0) duty->mutable_due()->set_seconds(at / 1000 + 86400 * 15);
  }
  return record.SerializeAsString();
}

// CPU time of this thread.
double CpuMicroseconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 +
         static_cast<double>(now.tv_nsec) / 1e3;
}

void Fill(const std::string& path, uint64_t records) {
  auto index = AuditIndex::Open(path, AuditIndex::Use::kWrite);
  if (!index.ok()) Fail(index.status());
  std::mt19937_64 random(1);
  double adding = 0;
  std::vector<std::string> texts(kBatch);
  for (uint64_t at = 0; at < records;) {
    std::vector<AuditIndex::Entry> entries;
    for (size_t i = 0; i < kBatch && at < records; ++i, ++at) {
      texts[i] = MakeRecord(at, &random);
      entries.push_back({at, at * 600, texts[i]});
    }
    const double begin = CpuMicroseconds();
    const absl::Status added = (*index)->Add(LogId{}, entries);
    adding += CpuMicroseconds() - begin;
    if (!added.ok()) Fail(added);
    if (at % (1u << 20) == 0) {
      std::printf("# %llu records, %.1f us of CPU each so far\n",
                  static_cast<unsigned long long>(at),
                  adding / static_cast<double>(at));
      std::fflush(stdout);
    }
  }
  struct stat info;
  if (stat(path.c_str(), &info) != 0) Fail(absl::InternalError("no file"));
  std::printf("index.add %.2f us of CPU a record, %.0f bytes a record\n",
              adding / static_cast<double>(records),
              static_cast<double>(info.st_size) / static_cast<double>(records));
}

void Print(const char* name, std::vector<double> times, size_t rows) {
  std::sort(times.begin(), times.end());
  const auto at = [&times](double share) {
    return times[static_cast<size_t>(share *
                                     static_cast<double>(times.size() - 1))];
  };
  std::printf("%s p50 %.3f p99 %.3f max %.3f ms, %.1f rows each\n", name,
              at(0.5), at(0.99), times.back(),
              static_cast<double>(rows) / static_cast<double>(times.size()));
}

void Ask(AuditIndex* index, const char* name, uint64_t records,
         const std::function<void(uint64_t, v1::AuditFilter*)>& fill) {
  std::mt19937_64 random(2);
  std::vector<double> times;
  size_t rows = 0;
  for (int i = 0; i < kQuestions; ++i) {
    IndexQuery query;
    fill(random(), &query.filter);
    query.upto = records;
    query.newest_first = i % 2 == 0;
    const auto begin = std::chrono::steady_clock::now();
    const auto page = index->Query(query);
    times.push_back(Milliseconds(begin));
    if (!page.ok()) Fail(page.status());
    rows += page->rows.size();
  }
  Print(name, std::move(times), rows);
}

void ReadPages(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat info;
  if (file < 0 || fstat(file, &info) != 0) return;
  std::mt19937_64 random(3);
  std::vector<double> times;
  std::vector<char> page(4096);
  for (int i = 0; i < kQuestions; ++i) {
    const uint64_t pages = static_cast<uint64_t>(info.st_size) / page.size();
    const auto begin = std::chrono::steady_clock::now();
    if (pread(file, page.data(), page.size(),
              static_cast<off_t>(random() % pages * page.size())) <= 0) {
      break;
    }
    times.push_back(Milliseconds(begin));
  }
  Print("page.read", std::move(times), 0);
  close(file);
}

// Rows are taken out as behind a deletion of the log's retention.
void Remove(const std::string& path, uint64_t records) {
  auto index = AuditIndex::Open(path, AuditIndex::Use::kWrite);
  if (!index.ok()) Fail(index.status());
  const uint64_t gone = std::min<uint64_t>(records / 2, kMostRemoved);
  std::vector<double> times;
  const double begin = CpuMicroseconds();
  for (uint64_t left = gone; left > 0;) {
    const auto start = std::chrono::steady_clock::now();
    const auto removed = (*index)->RemoveBefore(gone, kRemovedTogether);
    if (!removed.ok()) Fail(removed.status());
    times.push_back(Milliseconds(start));
    left = *removed;
  }
  std::printf("index.remove %.2f us of CPU a record\n",
              (CpuMicroseconds() - begin) / static_cast<double>(gone));
  Print("index.remove.transaction", std::move(times), 0);
}

int Run(uint64_t records, const std::string& folder) {
  const std::string path = folder + "/index-bench.db";
  RemoveIndex(path);
  Fill(path, records);
  auto index = AuditIndex::Open(path, AuditIndex::Use::kRead);
  if (!index.ok()) Fail(index.status());
  const int64_t span_s = static_cast<int64_t>(records) * kStepMs / 1000;
  const auto third = [&](uint64_t random, v1::AuditFilter* filter) {
    const int64_t from =
        kStartMs / 1000 +
        static_cast<int64_t>(random % static_cast<uint64_t>(span_s * 2 / 3));
    filter->mutable_from()->set_seconds(from);
    filter->mutable_until()->set_seconds(from + span_s / 3);
  };
  Ask(index->get(), "query.subject_and_time", records,
      [&](uint64_t random, v1::AuditFilter* filter) {
        filter->set_subject(Subject(random % kSubjects));
        third(random, filter);
      });
  Ask(index->get(), "query.subject_time_and_norm", records,
      [&](uint64_t random, v1::AuditFilter* filter) {
        filter->set_subject(Subject(random % kSubjects));
        filter->set_norm(absl::StrCat("pd-2013/", random % 30));
        third(random, filter);
      });
  Ask(index->get(), "query.operator_and_time", records,
      [&](uint64_t random, v1::AuditFilter* filter) {
        filter->set_operator_bin(absl::StrCat("9712400", 10000 + random % 500));
        third(random, filter);
      });
  Ask(index->get(), "query.time", records, third);
  ReadPages(path);
  const auto begin = std::chrono::steady_clock::now();
  IndexQuery count;
  count.filter.set_effect(v1::DENY);
  count.max_scanned = records;
  const auto counted = (*index)->Count(count, {"norm"});
  if (!counted.ok()) Fail(counted.status());
  std::printf("count.by_norm_of_denials %.0f ms over all rows\n",
              Milliseconds(begin));
  index->reset();
  Remove(path, records);
  RemoveIndex(path);
  return 0;
}

}  // namespace
}  // namespace tarazy

int main(int argc, char** argv) {
  uint64_t records = 1000000;
  if (argc > 1 && (!absl::SimpleAtoi(argv[1], &records) || records < 1000)) {
    std::fputs("usage: audit_index_bench [RECORDS [FOLDER]]\n", stderr);
    return 1;
  }
  return tarazy::Run(records, argc > 2 ? argv[2] : ".");
}
