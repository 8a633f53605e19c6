#include "server/audit/audit_queries.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/audit/duty_state.h"
#include "server/audit/index_token.h"
#include "server/audit/record_text.h"
#include "server/audit/tile_store.h"
#include "server/audit/verify.h"

namespace tarazy {
namespace {

constexpr int kMaxPageSize = 1000;
constexpr int kDefaultPageSize = 100;
constexpr size_t kMaxIdle = 8;

// Narrows a filter to what the caller may read.
absl::Status Narrow(const AuditScope& scope, v1::AuditFilter* filter) {
  if (scope.all) return absl::OkStatus();
  if (!filter->service().empty() && filter->service() != scope.service) {
    return absl::PermissionDeniedError(
        "`filter.service`: this caller reads its own decisions alone");
  }
  filter->set_service(scope.service);
  return absl::OkStatus();
}

bool MayRead(const AuditScope& scope, const v1::DecisionRecord& record) {
  return scope.all ||
         (!scope.service.empty() && ServiceOf(record) == scope.service);
}

absl::Status NoRecord(absl::string_view what) {
  return absl::NotFoundError(absl::StrCat("no record of `", what, "`"));
}

std::string HashBytes(const Hash& hash) {
  return std::string(reinterpret_cast<const char*>(hash.data()), hash.size());
}

// All that must be the same on every page.
std::string Question(const v1::AuditQueryRequest& request) {
  return absl::StrCat(request.newest_first() ? "-" : "+",
                      request.filter().SerializeAsString());
}

}  // namespace

// A reader that goes back when the question is answered; after an error of the
// file it does not.
class AuditQueries::Lease {
 public:
  Lease(AuditQueries* owner, std::unique_ptr<Reader> reader)
      : owner_(owner), reader_(std::move(reader)) {}
  ~Lease() {
    if (sound_) owner_->GiveBack(std::move(reader_));
  }
  Lease(const Lease&) = delete;

  AuditIndex* index() { return reader_->index.get(); }
  RecordSource* records() { return reader_->records.get(); }
  const absl::Status& Saw(const absl::Status& status) {
    if (!status.ok() && !absl::IsInvalidArgument(status)) sound_ = false;
    return status;
  }

 private:
  AuditQueries* const owner_;
  std::unique_ptr<Reader> reader_;
  bool sound_ = true;
};

AuditQueries::AuditQueries(AuditQueriesOptions options, FileSystem* files)
    : options_(std::move(options)),
      files_(files),
      published_(files, options_.log_directory) {}

AuditQueries::~AuditQueries() = default;

absl::StatusOr<std::unique_ptr<AuditQueries::Reader>> AuditQueries::Take() {
  const uint64_t generation = options_.generation ? options_.generation() : 0;
  {
    std::lock_guard<std::mutex> hold(mutex_);
    while (!idle_.empty()) {
      std::unique_ptr<Reader> reader = std::move(idle_.back());
      idle_.pop_back();
      if (reader->generation == generation) return reader;
    }
  }
  if (options_.index_path.empty()) {
    return absl::UnavailableError(
        "this server keeps no audit index; set `index.path`");
  }
  auto reader = std::make_unique<Reader>();
  auto index = AuditIndex::Open(options_.index_path, AuditIndex::Use::kRead);
  if (absl::IsNotFound(index.status())) {
    return absl::UnavailableError(
        absl::StrCat("there is no audit index `", options_.index_path,
                     "`; `tarazy audit reindex` makes one"));
  }
  if (!index.ok()) return index.status();
  reader->index = *std::move(index);
  reader->records =
      std::make_unique<RecordSource>(files_, options_.log_directory);
  reader->generation = generation;
  return reader;
}

void AuditQueries::GiveBack(std::unique_ptr<Reader> reader) {
  std::lock_guard<std::mutex> hold(mutex_);
  if (idle_.size() < kMaxIdle) idle_.push_back(std::move(reader));
}

absl::Status AuditQueries::Progress(AuditIndex* index,
                                    v1::IndexProgress* progress) {
  const auto known = index->indexed();
  if (!known.ok()) return known.status();
  progress->set_indexed(known->records);
  const auto durable = options_.durable();
  if (!durable.ok()) return durable.status();
  progress->set_durable(std::max(*durable, known->records));
  return absl::OkStatus();
}

absl::StatusOr<v1::AuditQueryResponse> AuditQueries::Query(
    const v1::AuditQueryRequest& asked, const AuditScope& scope) {
  v1::AuditQueryRequest request = asked;
  absl::Status s = Narrow(scope, request.mutable_filter());
  if (s.ok()) s = AuditIndex::CheckFilter(request.filter());
  if (s.ok() &&
      (request.page_size() < 0 || request.page_size() > kMaxPageSize)) {
    s = absl::InvalidArgumentError(
        absl::StrCat("`page_size`: is not between 0 and ", kMaxPageSize));
  }
  if (!s.ok()) return s;
  auto taken = Take();
  if (!taken.ok()) return taken.status();
  Lease lease(this, *std::move(taken));

  v1::AuditQueryResponse response;
  s = Progress(lease.index(), response.mutable_progress());
  if (!lease.Saw(s).ok()) return s;
  IndexQuery query;
  query.filter = request.filter();
  if (options_.other_pseudonyms && !request.filter().subject().empty()) {
    query.other_pseudonyms =
        options_.other_pseudonyms(request.filter().subject());
  }
  query.newest_first = request.newest_first();
  query.limit = static_cast<size_t>(
      request.page_size() == 0 ? kDefaultPageSize : request.page_size());
  query.upto = response.progress().indexed();
  query.now_ms = options_.clock();
  const std::string question = Question(request);
  if (!request.page_token().empty()) {
    const auto token = ReadIndexToken(lease.index()->token_key(), question,
                                      request.page_token());
    if (!token.ok()) return token.status();
    query.upto = token->upto;
    query.now_ms = token->now_ms;
    query.after = token->after;
  }
  const auto page = lease.index()->Query(query);
  if (!lease.Saw(page.status()).ok()) return page.status();
  for (const IndexRow& row : page->rows) {
    const auto bytes = lease.records()->Read(row.index, row.offset);
    // Deleted since it was indexed.
    if (absl::IsNotFound(bytes.status())) continue;
    if (!lease.Saw(bytes.status()).ok()) return bytes.status();
    v1::AuditRecord* record = response.add_records();
    record->set_index(row.index);
    if (!record->mutable_record()->ParseFromString(*bytes) ||
        ToMilliseconds(record->record().recorded_at()) != row.at_ms ||
        !MayRead(scope, record->record())) {
      return lease.Saw(absl::DataLossError(
          absl::StrCat("record ", row.index,
                       " is not as the audit index says; "
                       "`tarazy audit reindex` makes it again")));
    }
    if (request.filter().duty() == v1::DUTY_STATE_UNSPECIFIED) continue;
    s = AddDuties(lease.index(), row.at_ms, query.upto,
                  request.filter().has_duty_at()
                      ? ToMilliseconds(request.filter().duty_at())
                      : query.now_ms,
                  record);
    if (!lease.Saw(s).ok()) return s;
  }
  if (page->next.has_value()) {
    response.set_next_page_token(
        MakeIndexToken(lease.index()->token_key(), question,
                       {query.upto, query.now_ms, *page->next}));
  }
  return response;
}

// What has become of the duties that the record names, at an instant.
absl::Status AuditQueries::AddDuties(AuditIndex* index, int64_t recorded_ms,
                                     uint64_t upto, int64_t at_ms,
                                     v1::AuditRecord* record) {
  const v1::DecideResponse& response = record->record().response();
  if (response.obligations().empty()) return absl::OkStatus();
  const auto reports = index->ReportsOn(recorded_ms, record->index(), upto);
  if (!reports.ok()) return reports.status();
  ListDuties(response, *reports, at_ms, record);
  return absl::OkStatus();
}

// The same as the index has it now; without one that can be read, nothing.
void AuditQueries::AddDutiesNow(v1::AuditRecord* record) {
  if (record->record().response().obligations().empty()) return;
  auto taken = Take();
  if (!taken.ok()) return;
  Lease lease(this, *std::move(taken));
  v1::AuditRecord known = *record;
  absl::Status s = Progress(lease.index(), known.mutable_progress());
  if (s.ok()) {
    s = AddDuties(lease.index(), ToMilliseconds(record->record().recorded_at()),
                  known.progress().indexed(), options_.clock(), &known);
  }
  if (lease.Saw(s).ok()) *record = std::move(known);
}

absl::StatusOr<v1::AuditRecord> AuditQueries::ByNumber(
    uint64_t index, const AuditScope& scope) {
  const auto durable = options_.durable();
  if (!durable.ok()) return durable.status();
  if (index >= *durable) return NoRecord(absl::StrCat(index));
  const auto bytes = published_.ReadRecord(index);
  if (absl::IsOutOfRange(bytes.status())) return NoRecord(absl::StrCat(index));
  if (!bytes.ok()) return bytes.status();
  v1::AuditRecord record;
  record.set_index(index);
  auto parsed = ParseRecord(*bytes);
  if (!parsed.ok()) {
    return absl::DataLossError(
        absl::StrCat("record ", index, " ", parsed.status().message()));
  }
  if (!MayRead(scope, *parsed)) return NoRecord(absl::StrCat(index));
  *record.mutable_record() = *std::move(parsed);
  return record;
}

absl::StatusOr<v1::AuditRecord> AuditQueries::ByDecision(
    absl::string_view id, const AuditScope& scope) {
  const auto number = DecisionNumber(id);
  if (!number.has_value()) {
    return absl::InvalidArgumentError(
        "`decision_id`: is not 32 lower-case hex digits");
  }
  auto taken = Take();
  if (!taken.ok()) return taken.status();
  Lease lease(this, *std::move(taken));
  const auto rows = lease.index()->FindDecision(*number);
  if (!lease.Saw(rows.status()).ok()) return rows.status();
  for (const IndexRow& row : *rows) {
    const auto bytes = lease.records()->Read(row.index, row.offset);
    if (absl::IsNotFound(bytes.status())) continue;
    if (!lease.Saw(bytes.status()).ok()) return bytes.status();
    v1::AuditRecord record;
    record.set_index(row.index);
    if (record.mutable_record()->ParseFromString(*bytes) &&
        record.record().response().decision_id() == id &&
        MayRead(scope, record.record())) {
      return record;
    }
  }
  return NoRecord(id);
}

absl::StatusOr<v1::AuditRecord> AuditQueries::Get(
    const v1::AuditGetRequest& request, const AuditScope& scope) {
  absl::StatusOr<v1::AuditRecord> record;
  switch (request.key_case()) {
    case v1::AuditGetRequest::kIndex:
      record = ByNumber(request.index(), scope);
      break;
    case v1::AuditGetRequest::kDecisionId:
      record = ByDecision(request.decision_id(), scope);
      break;
    default:
      return absl::InvalidArgumentError("`key`: give `index` or `decision_id`");
  }
  if (record.ok()) AddDutiesNow(&*record);
  return record;
}

absl::StatusOr<v1::AuditStatsResponse> AuditQueries::Stats(
    const v1::AuditStatsRequest& asked, const AuditScope& scope) {
  v1::AuditStatsRequest request = asked;
  absl::Status s = Narrow(scope, request.mutable_filter());
  if (!s.ok()) return s;
  auto taken = Take();
  if (!taken.ok()) return taken.status();
  Lease lease(this, *std::move(taken));
  v1::AuditStatsResponse response;
  s = Progress(lease.index(), response.mutable_progress());
  if (!lease.Saw(s).ok()) return s;
  IndexQuery query;
  query.filter = request.filter();
  if (options_.other_pseudonyms && !request.filter().subject().empty()) {
    query.other_pseudonyms =
        options_.other_pseudonyms(request.filter().subject());
  }
  query.now_ms = options_.clock();
  query.max_scanned = options_.max_counted;
  query.max_time = options_.max_count_time;
  const auto counted = lease.index()->Count(
      query, {request.group_by().begin(), request.group_by().end()});
  if (!lease.Saw(counted.status()).ok()) return counted.status();
  response.set_records(counted->records);
  for (const IndexGroups::Group& group : counted->groups) {
    v1::AuditGroup* out = response.add_groups();
    for (const std::string& key : group.keys) out->add_keys(key);
    out->set_records(group.records);
  }
  return response;
}

struct AuditQueries::Proven {
  std::string record;
  RecordProof proof;
  Checkpoint tree;
};

absl::StatusOr<AuditQueries::Proven> AuditQueries::ProvePublished(
    uint64_t index, const AuditScope& scope) {
  const auto durable = options_.durable();
  if (!durable.ok()) return durable.status();
  if (index >= *durable) return NoRecord(absl::StrCat(index));
  auto proof = ProveRecord(files_, options_.log_directory, index);
  // Nothing is to be told of a record that the caller may not read.
  if (absl::IsOutOfRange(proof.status()) && !scope.all) {
    const auto may = ByNumber(index, scope);
    if (!may.ok()) return may.status();
  }
  if (!proof.ok()) return proof.status();
  const auto tree = Checkpoint::FromUncheckedNote(proof->checkpoint);
  if (!tree.ok()) return tree.status();
  auto record = published_.ReadRecord(index);
  if (!record.ok()) return record.status();
  Proven proven;
  proven.proof = *std::move(proof);
  proven.tree = *tree;
  proven.record = *std::move(record);
  const auto parsed = ParseRecord(proven.record);
  if (!parsed.ok()) {
    return absl::DataLossError(
        absl::StrCat("record ", index, " ", parsed.status().message()));
  }
  if (!MayRead(scope, *parsed)) return NoRecord(absl::StrCat(index));
  return proven;
}

absl::StatusOr<v1::AuditProof> AuditQueries::Prove(
    const v1::AuditProveRequest& request, const AuditScope& scope) {
  auto proven = ProvePublished(request.index(), scope);
  if (!proven.ok()) return proven.status();
  v1::AuditProof answer;
  answer.set_record(std::move(proven->record));
  answer.set_proof(proven->proof.ToText());
  return answer;
}

absl::StatusOr<v1::AuditReceipt> AuditQueries::GetReceipt(
    const v1::AuditReceiptRequest& request, const AuditScope& scope) {
  const auto durable = options_.durable();
  if (!durable.ok()) return durable.status();
  if (request.index() >= *durable) {
    return NoRecord(absl::StrCat(request.index()));
  }
  if (options_.sign_through) {
    const absl::Status covered = options_.sign_through(request.index());
    if (!covered.ok()) return covered;
  }
  auto proven = ProvePublished(request.index(), scope);
  if (!proven.ok()) return proven.status();
  const Hash leaf = LeafHash(proven->record);
  proven->proof.leaf = leaf;
  v1::AuditReceipt receipt;
  receipt.set_log(proven->tree.origin);
  receipt.set_index(request.index());
  receipt.set_leaf_hash(HashBytes(leaf));
  receipt.set_tree_size(proven->tree.size);
  receipt.set_root(HashBytes(proven->tree.root));
  receipt.set_receipt(proven->proof.ToText());
  return receipt;
}

absl::StatusOr<v1::AuditTile> AuditQueries::ReadTile(
    const v1::AuditTileRequest& request, const AuditScope& scope) {
  const std::string& path = request.path();
  if (absl::StartsWith(path, "tile/entries/") && !scope.all) {
    return absl::PermissionDeniedError(
        "`path`: bundles of records are for auditors alone");
  }
  auto content = published_.Read(path);
  if (absl::IsNotFound(content.status())) return NoRecord(path);
  if (!content.ok()) return content.status();
  v1::AuditTile tile;
  tile.set_content(*std::move(content));
  return tile;
}

}  // namespace tarazy
