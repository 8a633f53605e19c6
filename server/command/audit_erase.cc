// Which salts are a subject's is read from the log itself, every record of it:
// the index may be behind, and what is to be erased must not depend on it.

#include "server/command/audit_erase.h"

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/audit/file_system.h"
#include "server/audit/log_reader.h"
#include "server/audit/record_text.h"
#include "server/audit/salts.h"
#include "server/audit/sealed_files.h"
#include "server/command/audit_source.h"
#include "server/command/progress.h"

namespace tarazy {
namespace {

struct EraseFlags {
  std::string log = "log";
  std::string salts;
  std::string subject;
  bool json = false;
};

struct Erased {
  uint64_t records = 0;  // about the subject
  std::vector<uint64_t> salts;
};

absl::StatusOr<Erased> Find(const EraseFlags& flags) {
  auto reader = LogReader::Open(LogFiles(), flags.log);
  if (!reader.ok()) return reader.status();
  Erased found;
  Progress bar("records", 0);
  for (;;) {
    const auto more = (*reader)->Next();
    if (!more.ok()) return more.status();
    if (!*more) break;
    bar.Show((*reader)->index() + 1);
    const auto record = ParseRecord((*reader)->record());
    if (!record.ok()) {
      return absl::DataLossError(absl::StrCat("record ", (*reader)->index(),
                                              " ", record.status().message()));
    }
    if (record->request().subject().pseudonym() != flags.subject) continue;
    ++found.records;
    if (record->has_sealed_inputs()) {
      found.salts.push_back(record->sealed_inputs().salt());
    }
  }
  if (absl::Status s = (*reader)->CheckEnd(); !s.ok()) return s;
  return found;
}

absl::Status Erase(const EraseFlags& flags) {
  if (flags.subject.size() != 64 ||
      flags.subject.find_first_not_of("0123456789abcdef") !=
          std::string::npos) {
    return absl::InvalidArgumentError(
        "the subject is named by its pseudonym of 64 lower-case hex digits");
  }
  const auto found = Find(flags);
  if (!found.ok()) return found.status();
  auto salts = SaltStore::Open(flags.salts, false);
  if (!salts.ok()) return salts.status();
  if (absl::Status s = (*salts)->Erase(found->salts); !s.ok()) return s;
  std::printf(
      flags.json
          ? "{\"records\":%llu,\"erased\":%llu}\n"
          : "%llu records about the subject, the inputs of %llu erased\n",
      static_cast<unsigned long long>(found->records),
      static_cast<unsigned long long>(found->salts.size()));
  return absl::OkStatus();
}

}  // namespace

void AddAuditErase(CLI::App* audit, std::function<int()>* run) {
  auto flags = std::make_shared<EraseFlags>();
  CLI::App* erase = audit->add_subcommand(
      "erase",
      "Erases the personal inputs of a subject's decisions, for good: their "
      "salts. The log stays as it is and verifies. A server may be running. "
      "Copies of the file of salts are not reached.");
  erase->add_option("--log", flags->log, "folder of the log")
      ->capture_default_str();
  erase->add_option("--salts", flags->salts, "file of the salts")
      ->required()
      ->check(CLI::ExistingFile);
  erase->add_option("subject", flags->subject, "the subject's pseudonym")
      ->required();
  erase->add_flag("--json", flags->json, "what was erased as JSON");
  erase->callback([flags, run] {
    *run = [flags] { return EndAudit("erase", Erase(*flags)); };
  });
}

}  // namespace tarazy
