// Where `tarazy audit` takes its answers from: the files of a log, or a server.
//
// Thread-safety: for one thread.

#ifndef TARAZY_SERVER_COMMAND_AUDIT_SOURCE_H_
#define TARAZY_SERVER_COMMAND_AUDIT_SOURCE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tarazy/v1/audit.pb.h"

namespace tarazy {

class AuditSource {
 public:
  virtual ~AuditSource() = default;

  virtual absl::StatusOr<v1::AuditQueryResponse> Query(
      const v1::AuditQueryRequest& request) = 0;
  virtual absl::StatusOr<v1::AuditRecord> Get(
      const v1::AuditGetRequest& request) = 0;
  virtual absl::StatusOr<v1::AuditStatsResponse> Stats(
      const v1::AuditStatsRequest& request) = 0;
  virtual absl::StatusOr<v1::AuditProof> Prove(
      const v1::AuditProveRequest& request) = 0;
  virtual absl::StatusOr<v1::AuditReceipt> GetReceipt(
      const v1::AuditReceiptRequest& request) = 0;
  virtual absl::StatusOr<v1::AuditTile> ReadTile(
      const v1::AuditTileRequest& request) = 0;
  virtual absl::StatusOr<v1::ReportDutyResponse> ReportDuty(
      const v1::ReportDutyRequest& request) = 0;
};

struct SourceFlags {
  std::string log = "log";
  // Empty: `index.db` in the folder of the log.
  std::string index;
  // File of the pseudonym keys. Empty: a subject is found by the pseudonym
  // that its records hold.
  std::string keys;
  std::string server;
  std::string token_file;
  int64_t deadline_ms = 60000;

  std::string IndexPath() const;
  void AddTo(CLI::App* app);
  // The flags of a server alone; gives that of its address.
  CLI::Option* AddServerTo(CLI::App* app);
};

absl::StatusOr<std::unique_ptr<AuditSource>> OpenSource(
    const SourceFlags& flags);

// Of --token-file; empty without the flag.
absl::StatusOr<std::string> ReadToken(const SourceFlags& flags);

// Prints the error of `tarazy audit COMMAND`; gives the exit code: 0, 1, or 2
// where something is not as it was written or signed.
int EndAudit(const char* command, const absl::Status& status);

// Writes to a file, or to standard output where `path` is empty.
absl::Status WriteOutput(const std::string& path, absl::string_view text);

}  // namespace tarazy

#endif  // TARAZY_SERVER_COMMAND_AUDIT_SOURCE_H_
