#include "server/command/audit_seal.h"

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "server/audit/file_system.h"
#include "server/audit/sealed_files.h"
#include "server/command/audit_source.h"
#include "server/command/progress.h"

namespace tarazy {
namespace {

struct SealFlags {
  std::string log = "log";
  uint64_t keep = 4;
  bool json = false;
};

absl::Status Seal(const SealFlags& flags) {
  absl::StatusOr<SealedSegments> sealed;
  {
    Progress bar("segments", 0);
    sealed = SealSegments(FileSystem::Posix(), flags.log, flags.keep,
                          [&bar](uint64_t segments) { bar.Show(segments); });
  }
  if (!sealed.ok()) return sealed.status();
  std::printf(flags.json ? "{\"segments\":%llu,\"bytes_before\":%llu,"
                           "\"bytes_after\":%llu}\n"
                         : "%llu segments sealed, %llu bytes became %llu\n",
              static_cast<unsigned long long>(sealed->segments),
              static_cast<unsigned long long>(sealed->bytes_before),
              static_cast<unsigned long long>(sealed->bytes_after));
  return absl::OkStatus();
}

}  // namespace

void AddAuditSeal(CLI::App* audit, std::function<int()>* run) {
  auto flags = std::make_shared<SealFlags>();
  CLI::App* seal = audit->add_subcommand(
      "seal",
      "Compresses old segments of the log, each compared before the original "
      "goes. A server may be running. Exit code 2: a segment is damaged.");
  seal->add_option("--log", flags->log, "folder of the log")
      ->capture_default_str();
  seal->add_option("--keep", flags->keep,
                   "how many of the newest segments stay as they are")
      ->check(CLI::Range(uint64_t{2}, uint64_t{1000000}))
      ->capture_default_str();
  seal->add_flag("--json", flags->json, "what was sealed as JSON");
  seal->callback([flags, run] {
    *run = [flags] { return EndAudit("seal", Seal(*flags)); };
  });
}

}  // namespace tarazy
