// Which salts are a subject's is read from the log itself, every record of it:
// the index may be behind, and what is to be erased must not depend on it.

#include "server/command/audit_erase.h"

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "server/audit/salts.h"
#include "server/command/audit_source.h"
#include "server/command/audit_walk.h"

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
  Erased found;
  const absl::Status walked =
      WalkLog(flags.log, [&](const v1::DecisionRecord& record) {
        if (record.request().subject().pseudonym() == flags.subject) {
          ++found.records;
          if (record.has_sealed_inputs()) {
            found.salts.push_back(record.sealed_inputs().salt());
          }
        }
        return absl::OkStatus();
      });
  if (!walked.ok()) return walked;
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
