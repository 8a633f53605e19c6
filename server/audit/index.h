// The audit index: finds records of the log by time, operator, service,
// subject, norm, reason, duty, effect, edition and pack, and what was reported
// of duties. One SQLite file, which holds nothing that could not be made again
// from the log.
//
// A question picks the rarest of what is asked for (a subject, a word) and
// reads the rows that have it in the order of their time; everything else is
// looked up in those rows. So a question about one subject costs what that
// subject's rows in that time cost, however large the log is.
//
// Rows of some time lie together: the indexes over subjects and decisions are
// ordered by period first, half a million records each, so that adding touches
// few pages, and a question looks once into each period of its time.
//
// Every row has a checksum, and the file keeps their sum: Check finds any
// change of a row, and reading a row finds a change of that one.
//
// Thread-safety: an AuditIndex belongs to one thread at a time. One process
// may write a file while others read it; each read sees one state of it.

#ifndef TARAZY_SERVER_AUDIT_INDEX_H_
#define TARAZY_SERVER_AUDIT_INDEX_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "server/audit/duty_state.h"
#include "server/audit/index_row.h"
#include "server/audit/segment.h"
#include "server/ops/sqlite.h"
#include "tarazy/v1/audit.pb.h"

namespace tarazy {

// Where a page goes on.
struct IndexPosition {
  int64_t at_ms = 0;
  int64_t index = 0;
};

struct IndexQuery {
  v1::AuditFilter filter;
  // Where the filter names a subject: the pseudonyms of 64 hex digits that it
  // has in records under other keys.
  std::vector<std::string> other_pseudonyms;
  bool newest_first = false;
  // Only records before this number, reports of duties too. A count takes all
  // that are indexed.
  uint64_t upto = 0;
  absl::optional<IndexPosition> after;
  size_t limit = 100;
  // Rows that are looked at, at most.
  uint64_t max_scanned = 1u << 18;
  // How long a count may take.
  std::chrono::milliseconds max_time = std::chrono::hours(24);
  // For duties, where the filter names no instant.
  int64_t now_ms = 0;
};

struct IndexPage {
  std::vector<IndexRow> rows;
  // Empty: there are no more.
  absl::optional<IndexPosition> next;
};

struct IndexGroups {
  struct Group {
    std::vector<std::string> keys;
    uint64_t records = 0;
  };
  uint64_t records = 0;
  std::vector<Group> groups;  // the largest first, then by key
};

// What the index knows of the log that it was made of.
struct IndexedLog {
  std::string log_id;  // 32 hex digits
  // Records from `first` on and before `records` are in it. While rows are
  // taken out, their number is `records` less `first` all the same.
  uint64_t first = 0;
  uint64_t records = 0;
  uint32_t last_checksum = 0;  // CRC-32C of the last record's bytes
};

class AuditIndex {
 public:
  enum class Use { kWrite, kRead };

  // kWrite makes the file if it is absent. NOT_FOUND (kRead): there is none.
  // DATA_LOSS: damaged, or no index of this version: make it again.
  static absl::StatusOr<std::unique_ptr<AuditIndex>> Open(
      const std::string& path, Use use);

  // INVALID_ARGUMENT names the field.
  static absl::Status CheckFilter(const v1::AuditFilter& filter);
  // INVALID_ARGUMENT names the word that is none of AuditStatsRequest's.
  static absl::Status CheckGroups(const std::vector<std::string>& group_by);

  absl::StatusOr<IndexedLog> indexed();
  // Authenticates page tokens; random, made with the file.
  const std::string& token_key() const { return token_key_; }

  // The first record to be added, before any is. Only for kWrite.
  absl::Status BeginWith(uint64_t first);
  // Adds records in their order, all or none. Only for kWrite.
  struct Entry {
    uint64_t index = 0;
    uint64_t offset = 0;
    absl::string_view record;
  };
  absl::Status Add(const LogId& log_id, const std::vector<Entry>& entries);

  // Takes rows of records before `first`, at most `most` of them, out again,
  // since the log's retention has deleted their records; in one transaction.
  // Rows that stay, and page tokens, are as they were. Returns the rows that
  // are left to be taken out. Only for kWrite.
  absl::StatusOr<uint64_t> RemoveBefore(uint64_t first, uint64_t most);

  absl::StatusOr<IndexPage> Query(const IndexQuery& query);
  // RESOURCE_EXHAUSTED when more than `max_scanned` rows would be looked at, or
  // for longer than `max_time`;
  // `limit`, `after` and `newest_first` mean nothing here.
  absl::StatusOr<IndexGroups> Count(const IndexQuery& query,
                                    const std::vector<std::string>& group_by);
  // The last report about each duty of a decision, of those before the record
  // `upto`.
  absl::StatusOr<std::vector<ReportedDuty>> ReportsOn(int64_t at_ms,
                                                      uint64_t decision,
                                                      uint64_t upto);
  // Records whose decision's id begins as this one does.
  absl::StatusOr<std::vector<IndexRow>> FindDecision(uint64_t decision);

  // DATA_LOSS unless the file is whole and each row as it was written.
  absl::Status Check();

 private:
  struct Word {
    uint32_t id = 0;
    uint64_t records = 0;
    int64_t first_ms = 0;
    int64_t last_ms = 0;
    bool dirty = false;
  };
  struct Period {
    int64_t from_ms;
    uint64_t records;
  };
  // The words of what a row is (KindOf); 0: no row is.
  struct KindWords {
    uint32_t any_obligation = 0;
    uint32_t report = 0;
    uint32_t Of(const IndexRow& row) const {
      const auto kind = KindOf(row);
      if (!kind.has_value()) return 0;
      return *kind == WordKind::kReport ? report : any_obligation;
    }
  };
  // Of the reports of duties: their number, and the sum of their checksums.
  struct ReportSums {
    uint64_t count = 0;
    uint64_t sum = 0;
  };
  struct Plan;
  using Visit = std::function<bool(const IndexRow&)>;  // false: enough

  explicit AuditIndex(std::unique_ptr<Database> database)
      : database_(std::move(database)) {}
  absl::Status Prepare(Use use);
  absl::Status Make();
  absl::Status LoadLastWord();
  absl::Status LoadPeriods();
  size_t CountPeriod(int64_t at_ms);
  size_t PeriodOf(int64_t at_ms) const;
  absl::Status WritePeriods();
  absl::Status AddOne(const Entry& entry);
  absl::Status AddRow(const IndexRow& row);
  absl::Status Mention(uint32_t word, const IndexRow& row);
  absl::Status AddReport(const v1::DutyReport& report, int64_t recorded_ms,
                         uint64_t index);
  absl::Status RemoveReportsOn(const IndexRow& row);
  absl::Status WriteReportSums();
  absl::StatusOr<ReportSums> LoadReportSums();
  absl::Status CheckReports();
  absl::StatusOr<uint32_t> Count(WordKind kind, absl::string_view text,
                                 int64_t at_ms);
  absl::Status WriteWords();
  absl::Status WriteMeta(const LogId& log_id, const Entry& last);
  absl::Status PutNumber(const char* key, int64_t value);
  absl::Status RemoveRows(uint64_t first, uint64_t count);
  absl::Status Uncount(uint32_t id, uint64_t times);
  absl::StatusOr<absl::optional<Word>> FindWord(WordKind kind,
                                                absl::string_view text);
  absl::StatusOr<KindWords> FindKinds();
  static std::string WordKey(WordKind kind, absl::string_view text);
  absl::StatusOr<std::string> WordText(uint32_t id);
  absl::StatusOr<Plan> MakePlan(const IndexQuery& query);
  absl::Status PlanDuties(const IndexQuery& query, uint64_t fewest, Plan* plan);
  absl::Status Scan(const Plan& plan, const IndexQuery& query,
                    const Visit& visit);
  absl::StatusOr<Statement> Select(const Plan& plan, const IndexQuery& query);
  absl::Status ScanOne(const Plan& plan, const IndexQuery& query, size_t period,
                       const Visit& visit, bool* enough, Statement* rows);
  absl::Status CountWords(WordKind kind, IndexGroups* groups);
  absl::Status CountRows(const IndexQuery& query,
                         const std::vector<std::string>& group_by,
                         IndexGroups* groups);
  absl::Status CheckRows();
  absl::Status CheckWords();

  std::unique_ptr<Database> database_;
  std::string token_key_;
  // Of the writer.
  std::unordered_map<std::string, Word> words_;
  uint32_t last_word_ = 0;  // never given to another word
  uint64_t row_sum_ = 0;
  ReportSums reports_;
  uint64_t records_ = 0;
  int64_t newest_ms_ = 0;
  Statement add_row_, add_mention_, put_word_, put_period_, put_meta_;
  Statement add_report_, find_row_;
  Statement find_word_;
  std::vector<Period> periods_;  // by time
  // Texts of words, by id.
  std::unordered_map<uint32_t, std::string> texts_;
  Statement word_text_;
};

// DATA_LOSS, with what helps.
absl::Status IndexDamaged(absl::string_view what);

}  // namespace tarazy

#endif  // TARAZY_SERVER_AUDIT_INDEX_H_
