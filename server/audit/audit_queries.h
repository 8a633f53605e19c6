// The questions of AuditService, answered from a log and its index: by the
// server while it writes them, and by `tarazy audit` over files.
//
// Thread-safety: all methods may be called from any thread.

#ifndef TARAZY_SERVER_AUDIT_AUDIT_QUERIES_H_
#define TARAZY_SERVER_AUDIT_AUDIT_QUERIES_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/audit/file_system.h"
#include "server/audit/index.h"
#include "server/audit/published_files.h"
#include "server/audit/record_source.h"
#include "tarazy/v1/audit.pb.h"

namespace tarazy {

struct AuditQueriesOptions {
  std::string log_directory;
  std::string index_path;
  // Milliseconds since 1970 UTC.
  std::function<int64_t()> clock;
  // Records of the log that are durable.
  std::function<absl::StatusOr<uint64_t>()> durable;
  // Changes when the index's file was replaced. Empty: it never is.
  std::function<uint64_t()> generation;
  // The pseudonyms that a subject has in records under other keys than the one
  // that made this (64 hex digits). Empty: none.
  std::function<std::vector<std::string>(const std::string& subject)>
      other_pseudonyms;
  // Has a checkpoint signed that covers this record, if none does. Empty: what
  // was signed is all there is.
  std::function<absl::Status(uint64_t index)> sign_through;
  // Rows that one count may look at.
  uint64_t max_counted = 20000000;
  // How long it may take.
  std::chrono::milliseconds max_count_time = std::chrono::seconds(10);
};

// What a caller may read.
struct AuditScope {
  bool all = false;
  // If not `all`: the decisions that this service asked for.
  std::string service;
};

class AuditQueries {
 public:
  // `files` outlives the object.
  AuditQueries(AuditQueriesOptions options, FileSystem* files);
  ~AuditQueries();

  absl::StatusOr<v1::AuditQueryResponse> Query(
      const v1::AuditQueryRequest& request, const AuditScope& scope);
  absl::StatusOr<v1::AuditRecord> Get(const v1::AuditGetRequest& request,
                                      const AuditScope& scope);
  absl::StatusOr<v1::AuditStatsResponse> Stats(
      const v1::AuditStatsRequest& request, const AuditScope& scope);
  absl::StatusOr<v1::AuditProof> Prove(const v1::AuditProveRequest& request,
                                       const AuditScope& scope);
  absl::StatusOr<v1::AuditReceipt> GetReceipt(
      const v1::AuditReceiptRequest& request, const AuditScope& scope);
  absl::StatusOr<v1::AuditTile> ReadTile(const v1::AuditTileRequest& request,
                                         const AuditScope& scope);

 private:
  // What one question at a time reads with.
  struct Reader {
    std::unique_ptr<AuditIndex> index;
    std::unique_ptr<RecordSource> records;
    uint64_t generation = 0;
  };
  class Lease;
  struct Proven;

  absl::StatusOr<std::unique_ptr<Reader>> Take();
  void GiveBack(std::unique_ptr<Reader> reader);
  absl::StatusOr<v1::AuditRecord> ByNumber(uint64_t index,
                                           const AuditScope& scope);
  absl::StatusOr<v1::AuditRecord> ByDecision(absl::string_view id,
                                             const AuditScope& scope);
  // A record that was published, and its proof.
  absl::StatusOr<Proven> ProvePublished(uint64_t index,
                                        const AuditScope& scope);
  absl::Status Progress(AuditIndex* index, v1::IndexProgress* progress);
  absl::Status AddDuties(AuditIndex* index, int64_t recorded_ms, uint64_t upto,
                         int64_t at_ms, v1::AuditRecord* record);
  void AddDutiesNow(v1::AuditRecord* record);

  const AuditQueriesOptions options_;
  FileSystem* const files_;
  PublishedFiles published_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Reader>> idle_;  // guarded by mutex_
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_AUDIT_AUDIT_QUERIES_H_
