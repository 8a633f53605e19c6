#include "server/command/audit_publish.h"

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "server/audit/published_files.h"
#include "server/audit/sealed_files.h"
#include "server/command/audit_source.h"
#include "server/command/progress.h"

namespace tarazy {
namespace {

struct PublishFlags {
  std::string log = "log";
  std::string to;
  bool json = false;
};

absl::Status Publish(const PublishFlags& flags) {
  absl::StatusOr<uint64_t> records;
  {
    Progress bar("records", 0);
    records =
        WritePublishedFiles(LogFiles(), flags.log, flags.to,
                            [&bar](uint64_t written) { bar.Show(written); });
  }
  if (!records.ok()) return records.status();
  std::printf(flags.json ? "{\"records\":%llu}\n"
                         : "%llu records and the tree over them written\n",
              static_cast<unsigned long long>(*records));
  return absl::OkStatus();
}

}  // namespace

void AddAuditPublish(CLI::App* audit, std::function<int()>* run) {
  auto flags = std::make_shared<PublishFlags>();
  CLI::App* publish = audit->add_subcommand(
      "publish",
      "Writes the published log as the static files of C2SP tlog-tiles, for a "
      "web server or for other tools that verify it: checkpoint, tiles, "
      "bundles of records. Again later: adds what is new. A server may be "
      "running.");
  publish->add_option("--log", flags->log, "folder of the log")
      ->capture_default_str();
  publish->add_option("--to", flags->to, "folder for the files")->required();
  publish->add_flag("--json", flags->json, "what was written as JSON");
  publish->callback([flags, run] {
    *run = [flags] { return EndAudit("publish", Publish(*flags)); };
  });
}

}  // namespace tarazy
