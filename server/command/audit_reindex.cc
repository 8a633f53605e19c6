#include "server/command/audit_reindex.h"

#include <cstdio>
#include <limits>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/audit/file_system.h"
#include "server/audit/index_follower.h"
#include "server/audit/log_reader.h"
#include "server/audit/sealed_files.h"
#include "server/command/audit_source.h"
#include "server/command/progress.h"

namespace tarazy {
namespace {

struct ReindexFlags {
  std::string log = "log";
  std::string index;
  bool json = false;
};

// Made beside the old one and put in its place when it is whole.
absl::StatusOr<uint64_t> Reindex(const ReindexFlags& flags) {
  FileSystem* const files = LogFiles();
  auto reader = LogReader::Open(files, flags.log);
  if (!reader.ok()) return reader.status();
  const auto lock = files->Lock(absl::StrCat(flags.log, "/LOCK"));
  if (!lock.ok()) {
    return absl::FailedPreconditionError(absl::StrCat(
        lock.status().message(),
        "; a server that has the log open keeps its index itself"));
  }
  const absl::Status end =
      (*reader)->Seek(std::numeric_limits<uint64_t>::max());
  if (!absl::IsOutOfRange(end)) return end;
  if (absl::Status s = (*reader)->CheckEnd(); !s.ok()) return s;
  const uint64_t records = (*reader)->next_index();

  const std::string path =
      flags.index.empty() ? absl::StrCat(flags.log, "/index.db") : flags.index;
  IndexFollowerOptions options;
  options.log_directory = flags.log;
  options.path = absl::StrCat(path, ".new");
  RemoveIndex(options.path);
  {
    auto follower = IndexFollower::Open(options, files);
    if (!follower.ok()) return follower.status();
    Progress bar("records", records);
    const absl::Status followed =
        (*follower)->Follow(records, [&bar](uint64_t done) { bar.Show(done); });
    if (!followed.ok()) return followed;
  }
  RemoveIndex(path);
  if (std::rename(options.path.c_str(), path.c_str()) != 0) {
    return absl::UnavailableError(absl::StrCat("can't make `", path, "`"));
  }
  return records;
}

absl::Status Run(const ReindexFlags& flags) {
  const auto records = Reindex(flags);
  if (!records.ok()) return records.status();
  std::printf(flags.json ? "{\"indexed\":%llu}\n" : "%llu records indexed\n",
              static_cast<unsigned long long>(*records));
  return absl::OkStatus();
}

}  // namespace

void AddAuditReindex(CLI::App* audit, std::function<int()>* run) {
  auto flags = std::make_shared<ReindexFlags>();
  CLI::App* reindex = audit->add_subcommand(
      "reindex",
      "Makes the audit index again from the log. Exit code 2: the log is "
      "damaged.");
  reindex->add_option("--log", flags->log, "folder of the log")
      ->capture_default_str();
  reindex->add_option("--index", flags->index,
                      "file of the index; default: LOG/index.db");
  reindex->add_flag("--json", flags->json, "the number of records as JSON");
  reindex->callback([flags, run] {
    *run = [flags] { return EndAudit("reindex", Run(*flags)); };
  });
}

}  // namespace tarazy
