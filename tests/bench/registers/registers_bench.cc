// The registers: opening a file of many subjects, finding a subject's entries,
// and a write.
//
// References, in the same run: reading all rows of the same file with SQLite
// and doing nothing with them; a hash map under one lock; an fdatasync of as
// many bytes as a write adds.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/registers/handlers.h"
#include "tests/server/registers/fault_vfs.h"
#include "tests/server/registers/temporary_folder.h"

namespace tarazy {
namespace {

constexpr int kSubjects = 100000;
constexpr int kRounds = 5;
constexpr int kWrites = 300;
constexpr int kFinds = 1000000;
constexpr size_t kWriteBytes = 4096;

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "registers_bench: %s\n", what.c_str());
  std::exit(1);
}

double Seconds(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
      .count();
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Rounds of ours and of the reference in turn, as seconds each.
void Compare(const char* name, const char* unit, double scale,
             const std::function<void()>& ours,
             const std::function<void()>& reference) {
  std::vector<double> a;
  std::vector<double> b;
  std::vector<double> ratios;
  for (int i = 0; i < kRounds; ++i) {
    a.push_back(Seconds(ours) * scale);
    b.push_back(Seconds(reference) * scale);
    ratios.push_back(a.back() / b.back());
  }
  std::printf("%-34s %12.2f %12.2f %8.3f %s\n", name, Median(a), Median(b),
              Median(ratios), unit);
}

Pseudonym Subject(int i) {
  Pseudonym subject;
  for (size_t k = 0; k < subject.bytes.size(); ++k) {
    subject.bytes[k] =
        static_cast<uint8_t>((static_cast<unsigned>(i) * 2654435761u) >>
                             (8 * (k % 4))) ^
        static_cast<uint8_t>(k * 31);
  }
  return subject;
}

v1::RegisterConsentRequest Request(int i) {
  v1::RegisterConsentRequest request;
  v1::Consent* consent = request.mutable_consent();
  consent->mutable_subject()->set_pseudonym(Subject(i).ToHex());
  consent->set_given_by(v1::SUBJECT_IN_PERSON);
  consent->set_operator_bin("050140000011");
  consent->add_purposes("benefit.review");
  consent->add_data_items("income");
  consent->add_data_items("family");
  consent->set_channel(v1::STATE_SERVICE);
  consent->set_evidence("state service, request 2026-000001");
  consent->set_covers_automated_processing(true);
  return request;
}

std::unique_ptr<Registers> Open(const std::string& path) {
  RegistersOptions options;
  options.path = path;
  auto opened = Registers::Open(options);
  if (!opened.ok()) Fail(std::string(opened.status().message()));
  return *std::move(opened);
}

void ReadAllRows(const std::string& path) {
  sqlite3* file = nullptr;
  sqlite3_stmt* rows = nullptr;
  if (sqlite3_open_v2(path.c_str(), &file, SQLITE_OPEN_READONLY, "unix") !=
          SQLITE_OK ||
      sqlite3_prepare_v2(file, "SELECT * FROM change", -1, &rows, nullptr) !=
          SQLITE_OK) {
    Fail("the reference cannot open the file");
  }
  while (sqlite3_step(rows) == SQLITE_ROW) sqlite3_column_blob(rows, 4);
  sqlite3_finalize(rows);
  sqlite3_close(file);
}

void OpenAndFind(const std::string& path) {
  {
    // Filling it waits for no disk: that is measured below.
    FaultVfs::Install();
    const std::unique_ptr<Registers> registers = Open(path);
    for (int i = 0; i < kSubjects; ++i) {
      if (!registers->RegisterConsent(Request(i)).ok()) Fail("no write");
    }
  }
  Compare(
      "registers.open.100k_subjects", "ms", 1e3, [&] { Open(path); },
      [&] { ReadAllRows(path); });

  const std::unique_ptr<Registers> registers = Open(path);
  std::vector<Pseudonym> subjects;
  std::unordered_map<std::string, std::shared_ptr<const int>> map;
  std::vector<std::string> keys;
  for (int i = 0; i < kSubjects; ++i) {
    subjects.push_back(Subject(i));
    keys.emplace_back(
        reinterpret_cast<const char*>(subjects.back().bytes.data()), 32);
    map[keys.back()] = std::make_shared<const int>(i);
  }
  std::mutex mutex;
  size_t found = 0;
  Compare(
      "registers.find", "ns", 1e9 / kFinds,
      [&] {
        for (int i = 0; i < kFinds; ++i) {
          found += registers->Find(subjects[i * 7919L % kSubjects]) != nullptr;
        }
      },
      [&] {
        for (int i = 0; i < kFinds; ++i) {
          std::lock_guard<std::mutex> lock(mutex);
          const std::shared_ptr<const int> entry =
              map.find(keys[i * 7919L % kSubjects])->second;
          found += entry != nullptr;
        }
      });
  if (found != 2u * kRounds * kFinds) Fail("a subject was not found");
}

void Write(const std::string& folder) {
  sqlite3_vfs_register(sqlite3_vfs_find("unix"), 1);
  const std::unique_ptr<Registers> registers = Open(folder + "/write.db");
  const int probe =
      open((folder + "/probe").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  const std::string bytes(kWriteBytes, 'x');
  int next = 0;
  off_t end = 0;
  Compare(
      "registers.write", "us", 1e6 / kWrites,
      [&] {
        for (int i = 0; i < kWrites; ++i) {
          if (!registers->RegisterConsent(Request(next++)).ok()) {
            Fail("no write");
          }
        }
      },
      [&] {
        for (int i = 0; i < kWrites; ++i) {
          if (pwrite(probe, bytes.data(), bytes.size(), end) !=
                  static_cast<ssize_t>(bytes.size()) ||
              fdatasync(probe) != 0) {
            Fail("the probe cannot write");
          }
          end += static_cast<off_t>(bytes.size());
        }
      });
  close(probe);
}

int Main() {
  std::printf("# %-32s %12s %12s %8s %s\n", "name", "ours", "reference",
              "ratio", "unit");
  const TemporaryFolder folder;
  OpenAndFind(folder.path() + "/many.db");
  Write(folder.path());
  return 0;
}

}  // namespace
}  // namespace tarazy

int main() { return tarazy::Main(); }
