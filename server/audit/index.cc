#include "server/audit/index.h"

#include <openssl/rand.h>

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/audit/bytes.h"
#include "server/audit/crc32c.h"
#include "server/audit/record_text.h"

namespace tarazy {
namespace {

// 2: reports of duties.
constexpr int64_t kVersion = 2;
constexpr size_t kTokenKeyBytes = 32;
// Records of a period, about.
constexpr uint64_t kPeriodRecords = 1u << 19;
// Words that the writer keeps in memory.
constexpr size_t kMaxKeptWords = 1u << 17;

constexpr char kSchema[] =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;"
    // `sum` is a CRC-32C over the other columns.
    "CREATE TABLE word(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL,"
    " text BLOB NOT NULL, records INTEGER NOT NULL, first_ms INTEGER NOT NULL,"
    " last_ms INTEGER NOT NULL, sum INTEGER NOT NULL);"
    "CREATE UNIQUE INDEX word_by_text ON word(kind, text);"
    "CREATE TABLE period(id INTEGER PRIMARY KEY, from_ms INTEGER NOT NULL,"
    " records INTEGER NOT NULL);"
    "CREATE TABLE record(at_ms INTEGER NOT NULL, idx INTEGER NOT NULL,"
    " period INTEGER NOT NULL, subject INTEGER, decision INTEGER NOT NULL,"
    " body BLOB NOT NULL, PRIMARY KEY(at_ms, idx)) WITHOUT ROWID;"
    "CREATE INDEX record_by_subject ON record(period, subject, at_ms, idx)"
    " WHERE subject IS NOT NULL;"
    "CREATE INDEX record_by_decision ON record(period, decision);"
    "CREATE TABLE mention(word INTEGER NOT NULL, at_ms INTEGER NOT NULL,"
    " idx INTEGER NOT NULL, PRIMARY KEY(word, at_ms, idx)) WITHOUT ROWID;"
    // `at_ms` and `decision` are those of the decision; `idx` is the report's.
    "CREATE TABLE report(at_ms INTEGER NOT NULL, decision INTEGER NOT NULL,"
    " obligation INTEGER NOT NULL, idx INTEGER NOT NULL,"
    " fulfilled_ms INTEGER NOT NULL, reported_by TEXT NOT NULL,"
    " note TEXT NOT NULL, recorded_ms INTEGER NOT NULL,"
    " sum INTEGER NOT NULL,"
    " PRIMARY KEY(at_ms, decision, obligation, idx)) WITHOUT ROWID;";

uint32_t WordSum(int64_t id, int64_t kind, absl::string_view text,
                 int64_t records, int64_t first_ms, int64_t last_ms) {
  char numbers[40];
  PutLittle<uint64_t>(static_cast<uint64_t>(id), numbers);
  PutLittle<uint64_t>(static_cast<uint64_t>(kind), numbers + 8);
  PutLittle<uint64_t>(static_cast<uint64_t>(records), numbers + 16);
  PutLittle<uint64_t>(static_cast<uint64_t>(first_ms), numbers + 24);
  PutLittle<uint64_t>(static_cast<uint64_t>(last_ms), numbers + 32);
  return Crc32c(Crc32c(0, absl::string_view(numbers, sizeof numbers)), text);
}

// What a row of `mention` adds to the sum over all of them.
uint64_t MentionSum(uint64_t word, uint64_t at_ms, uint64_t index) {
  char numbers[24];
  PutLittle<uint64_t>(word, numbers);
  PutLittle<uint64_t>(at_ms, numbers + 8);
  PutLittle<uint64_t>(index, numbers + 16);
  return Crc32c(0, absl::string_view(numbers, sizeof numbers));
}

}  // namespace

std::string AuditIndex::WordKey(WordKind kind, absl::string_view text) {
  std::string key(1, static_cast<char>(kind));
  absl::StrAppend(&key, text);
  return key;
}

absl::Status IndexDamaged(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("the audit index is damaged: ", what,
                                          "; `tarazy audit reindex` makes it "
                                          "again from the log"));
}

absl::StatusOr<std::unique_ptr<AuditIndex>> AuditIndex::Open(
    const std::string& path, Use use) {
  auto database = Database::Open(
      path, use == Use::kWrite ? DatabaseUse::kShared : DatabaseUse::kReadOnly);
  if (!database.ok()) return database.status();
  std::unique_ptr<AuditIndex> index(new AuditIndex(*std::move(database)));
  if (absl::Status s = index->Prepare(use); !s.ok()) return s;
  return index;
}

absl::Status AuditIndex::Prepare(Use use) {
  const auto version = database_->QueryInt("PRAGMA user_version");
  if (!version.ok()) return version.status();
  if (*version == 0 && use == Use::kWrite) {
    if (absl::Status s = Make(); !s.ok()) return s;
  } else if (*version != kVersion) {
    return IndexDamaged("it is no index of this version");
  }
  auto key = database_->QueryText("SELECT value FROM meta WHERE key='token'");
  if (!key.ok() || key->size() != kTokenKeyBytes) return IndexDamaged("no key");
  token_key_ = *std::move(key);
  const auto prepare = [this](Statement* statement, const char* sql) {
    auto made = database_->Prepare(sql);
    if (made.ok()) *statement = *std::move(made);
    return made.status();
  };
  absl::Status ready =
      prepare(&find_word_,
              "SELECT id, records, first_ms, last_ms, sum FROM word"
              " WHERE kind=? AND text=?");
  if (ready.ok()) {
    ready = prepare(&word_text_, "SELECT text FROM word WHERE id=?");
  }
  if (use == Use::kRead || !ready.ok()) return ready;
  for (const auto& [statement, sql] :
       {std::make_pair(&add_row_, "INSERT INTO record VALUES(?,?,?,?,?,?)"),
        std::make_pair(&add_mention_,
                       "INSERT OR IGNORE INTO mention VALUES(?,?,?)"),
        std::make_pair(&put_word_,
                       "INSERT OR REPLACE INTO word VALUES(?,?,?,?,?,?,?)"),
        std::make_pair(&put_period_,
                       "INSERT OR REPLACE INTO period VALUES(?,?,?)"),
        std::make_pair(&add_report_,
                       "INSERT INTO report VALUES(?,?,?,?,?,?,?,?,?)"),
        std::make_pair(&find_row_,
                       "SELECT 1 FROM record WHERE at_ms=? AND idx=?"),
        std::make_pair(&put_meta_,
                       "INSERT OR REPLACE INTO meta VALUES(?,?)")}) {
    ready = prepare(statement, sql);
    if (!ready.ok()) return ready;
  }
  // It can be made again: a lost last commit does no harm. The rest makes
  // pages that change again and again go to the disk less often.
  ready = database_->Execute(
      "PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536;"
      "PRAGMA wal_autocheckpoint=16384");
  if (!ready.ok()) return ready;
  const auto known = indexed();
  if (!known.ok()) return known.status();
  records_ = known->records;
  const auto sum = database_->QueryInt(
      "SELECT coalesce((SELECT value FROM meta WHERE key='row_sum'), 0)");
  if (!sum.ok()) return sum.status();
  row_sum_ = static_cast<uint64_t>(*sum);
  const auto reports = LoadReportSums();
  if (!reports.ok()) return reports.status();
  reports_ = *reports;
  ready = LoadLastWord();
  if (!ready.ok()) return ready;
  const auto newest =
      database_->QueryInt("SELECT coalesce(max(at_ms), 0) FROM record");
  if (!newest.ok()) return newest.status();
  newest_ms_ = *newest;
  return LoadPeriods();
}

// Words that were taken out count: readers may know their numbers still.
absl::Status AuditIndex::LoadLastWord() {
  const auto last = database_->QueryInt(
      "SELECT max(coalesce((SELECT max(id) FROM word), 0),"
      " coalesce((SELECT value FROM meta WHERE key='last_word'), 0))");
  if (!last.ok()) return last.status();
  last_word_ = static_cast<uint32_t>(*last);
  return absl::OkStatus();
}

absl::Status AuditIndex::LoadPeriods() {
  periods_.clear();
  auto rows =
      database_->Prepare("SELECT from_ms, records FROM period ORDER BY id");
  if (!rows.ok()) return rows.status();
  for (;;) {
    const auto more = rows->Step();
    if (!more.ok()) return more.status();
    if (!*more) return absl::OkStatus();
    periods_.push_back({rows->Int(0), static_cast<uint64_t>(rows->Int(1))});
  }
}

// The period that an instant lies in, numbered from 1. A record counts for it,
// and one that is full is followed by another, behind all that is there.
size_t AuditIndex::CountPeriod(int64_t at_ms) {
  if (periods_.empty()) periods_.push_back({0, 0});
  newest_ms_ = std::max(newest_ms_, at_ms);
  if (periods_.back().records >= kPeriodRecords) {
    periods_.push_back({newest_ms_ + 1, 0});
  }
  const size_t period = PeriodOf(at_ms);
  ++periods_[period - 1].records;
  return period;
}

size_t AuditIndex::PeriodOf(int64_t at_ms) const {
  const auto after = std::upper_bound(
      periods_.begin(), periods_.end(), at_ms,
      [](int64_t at, const Period& period) { return at < period.from_ms; });
  return std::max<size_t>(1, static_cast<size_t>(after - periods_.begin()));
}

absl::Status AuditIndex::WritePeriods() {
  for (size_t i = 0; i < periods_.size(); ++i) {
    put_period_.BindInt(1, static_cast<int64_t>(i + 1));
    put_period_.BindInt(2, periods_[i].from_ms);
    put_period_.BindInt(3, static_cast<int64_t>(periods_[i].records));
    if (absl::Status s = put_period_.Run(); !s.ok()) return s;
  }
  return absl::OkStatus();
}

absl::Status AuditIndex::Make() {
  std::string key(kTokenKeyBytes, '\0');
  if (RAND_bytes(reinterpret_cast<uint8_t*>(&key[0]), kTokenKeyBytes) != 1) {
    return absl::InternalError("no randomness for the index's key");
  }
  return database_->Execute(
      absl::StrCat("BEGIN;", kSchema, "INSERT INTO meta VALUES('token', x'",
                   absl::BytesToHexString(key),
                   "');PRAGMA user_version=", kVersion, ";COMMIT;"));
}

absl::StatusOr<IndexedLog> AuditIndex::indexed() {
  auto row = database_->Prepare(
      "SELECT coalesce((SELECT value FROM meta WHERE key='log_id'), ''),"
      " coalesce((SELECT value FROM meta WHERE key='records'), 0),"
      " coalesce((SELECT value FROM meta WHERE key='last_checksum'), 0),"
      " coalesce((SELECT value FROM meta WHERE key='first'), 0)");
  if (!row.ok()) return row.status();
  const auto found = row->Step();
  if (!found.ok()) return found.status();
  IndexedLog log;
  log.log_id = std::string(row->Bytes(0));
  log.records = static_cast<uint64_t>(row->Int(1));
  log.last_checksum = static_cast<uint32_t>(row->Int(2));
  log.first = static_cast<uint64_t>(row->Int(3));
  return log;
}

absl::Status AuditIndex::BeginWith(uint64_t first) {
  const auto known = indexed();
  if (!known.ok()) return known.status();
  if (known->records != known->first) {
    return absl::InternalError("the audit index has records already");
  }
  const absl::Status s = database_->Execute(absl::StrCat(
      "BEGIN;INSERT OR REPLACE INTO meta VALUES('first', ", first,
      ");INSERT OR REPLACE INTO meta VALUES('records', ", first, ");COMMIT;"));
  if (s.ok()) records_ = first;
  return s;
}

absl::Status AuditIndex::Add(const LogId& log_id,
                             const std::vector<Entry>& entries) {
  if (entries.empty()) return absl::OkStatus();
  if (absl::Status s = database_->Execute("BEGIN IMMEDIATE"); !s.ok()) return s;
  const uint64_t records = records_;
  const uint64_t sum = row_sum_;
  const ReportSums reports = reports_;
  absl::Status added;
  for (size_t i = 0; i < entries.size() && added.ok(); ++i) {
    added = AddOne(entries[i]);
  }
  if (added.ok()) added = WriteWords();
  if (added.ok()) added = WritePeriods();
  if (added.ok()) added = WriteMeta(log_id, entries.back());
  if (added.ok()) added = database_->Execute("COMMIT");
  if (!added.ok()) {
    database_->Rollback();
    records_ = records;
    row_sum_ = sum;
    reports_ = reports;
    words_.clear();
    LoadLastWord().IgnoreError();
    LoadPeriods().IgnoreError();
  }
  if (words_.size() > kMaxKeptWords) words_.clear();
  return added;
}

absl::Status AuditIndex::AddOne(const Entry& entry) {
  if (entry.index != records_) {
    return absl::InternalError(absl::StrCat("record ", entry.index,
                                            " can't follow ", records_,
                                            " records in the audit index"));
  }
  v1::DecisionRecord record;
  IndexRow row;
  row.index = entry.index;
  row.offset = entry.offset;
  // What is no decision is in the log all the same, and counts.
  RecordWords words;
  if (record.ParseFromArray(entry.record.data(),
                            static_cast<int>(entry.record.size()))) {
    words = WordsOf(record);
  }
  row.at_ms = words.at_ms;
  row.decision = words.decision;
  row.subject = words.subject;
  const auto number = [&](WordKind kind, absl::string_view text,
                          uint32_t* id) -> absl::Status {
    auto counted = Count(kind, text, row.at_ms);
    if (!counted.ok()) return counted.status();
    *id = *counted;
    return absl::OkStatus();
  };
  absl::Status s;
  for (size_t i = 0; i < kSingleKinds && s.ok(); ++i) {
    if (words.single[i].empty()) continue;
    s = number(static_cast<WordKind>(i), words.single[i], &row.single[i]);
  }
  for (absl::string_view norm : words.norms) {
    row.norms.push_back(0);
    if (s.ok()) s = number(WordKind::kNorm, norm, &row.norms.back());
  }
  for (absl::string_view reason : words.reasons) {
    row.reasons.push_back(0);
    if (s.ok()) s = number(WordKind::kReason, reason, &row.reasons.back());
  }
  for (const RecordWords::Duty& duty : words.duties) {
    row.duties.push_back({0, duty.due_ms});
    if (!s.ok()) continue;
    s = number(WordKind::kObligation, duty.id, &row.duties.back().word);
  }
  if (record.has_duty_report()) {
    row.report_on = record.duty_report().index();
    if (s.ok()) s = AddReport(record.duty_report(), row.at_ms, row.index);
  }
  return s.ok() ? AddRow(row) : s;
}

absl::Status AuditIndex::AddRow(const IndexRow& row) {
  const std::string body = EncodeRow(row);
  add_row_.BindInt(1, row.at_ms);
  add_row_.BindInt(2, static_cast<int64_t>(row.index));
  add_row_.BindInt(3, static_cast<int64_t>(CountPeriod(row.at_ms)));
  if (!row.subject.empty()) {
    add_row_.BindInt(4, IndexRow::SubjectKey(row.subject));
  }
  add_row_.BindInt(5, static_cast<int64_t>(row.decision));
  add_row_.BindBlob(6, body);
  absl::Status s = add_row_.Run();
  for (uint32_t word : MentionedWords(row)) {
    if (s.ok()) s = Mention(word, row);
  }
  if (const auto kind = KindOf(row); s.ok() && kind.has_value()) {
    const auto word = Count(*kind, "", row.at_ms);
    s = word.ok() ? Mention(*word, row) : word.status();
  }
  ++records_;
  row_sum_ += RowChecksum(body);
  return s;
}

absl::Status AuditIndex::Mention(uint32_t word, const IndexRow& row) {
  add_mention_.BindInt(1, word);
  add_mention_.BindInt(2, row.at_ms);
  add_mention_.BindInt(3, static_cast<int64_t>(row.index));
  return add_mention_.Run();
}

// Counts a record for a word, which is numbered when it is new.
absl::StatusOr<uint32_t> AuditIndex::Count(WordKind kind,
                                           absl::string_view text,
                                           int64_t at_ms) {
  const std::string key = WordKey(kind, text);
  auto kept = words_.find(key);
  if (kept == words_.end()) {
    auto found = FindWord(kind, text);
    if (!found.ok()) return found.status();
    Word word = found->value_or(Word());
    if (word.id == 0) {
      word.id = ++last_word_;
      word.first_ms = word.last_ms = at_ms;
    }
    kept = words_.emplace(key, word).first;
  }
  Word& word = kept->second;
  ++word.records;
  word.first_ms = std::min(word.first_ms, at_ms);
  word.last_ms = std::max(word.last_ms, at_ms);
  word.dirty = true;
  return word.id;
}

absl::Status AuditIndex::WriteWords() {
  for (auto& [key, word] : words_) {
    if (!word.dirty) continue;
    const auto kind = static_cast<uint8_t>(key[0]);
    const absl::string_view text = absl::string_view(key).substr(1);
    const int64_t records = static_cast<int64_t>(word.records);
    put_word_.BindInt(1, word.id);
    put_word_.BindInt(2, kind);
    put_word_.BindBlob(3, text);
    put_word_.BindInt(4, records);
    put_word_.BindInt(5, word.first_ms);
    put_word_.BindInt(6, word.last_ms);
    put_word_.BindInt(
        7, WordSum(word.id, kind, text, records, word.first_ms, word.last_ms));
    if (absl::Status s = put_word_.Run(); !s.ok()) return s;
    word.dirty = false;
  }
  return absl::OkStatus();
}

absl::Status AuditIndex::WriteMeta(const LogId& log_id, const Entry& last) {
  const std::string id = absl::BytesToHexString(absl::string_view(
      reinterpret_cast<const char*>(log_id.data()), log_id.size()));
  put_meta_.BindText(1, "log_id");
  put_meta_.BindText(2, id);
  if (absl::Status s = put_meta_.Run(); !s.ok()) return s;
  const std::pair<const char*, int64_t> numbers[] = {
      {"records", static_cast<int64_t>(records_)},
      {"row_sum", static_cast<int64_t>(row_sum_)},
      {"last_checksum", Crc32c(0, last.record)}};
  for (const auto& [key, value] : numbers) {
    if (absl::Status s = PutNumber(key, value); !s.ok()) return s;
  }
  return WriteReportSums();
}

absl::Status AuditIndex::PutNumber(const char* key, int64_t value) {
  put_meta_.BindText(1, key);
  put_meta_.BindInt(2, value);
  return put_meta_.Run();
}

absl::StatusOr<absl::optional<AuditIndex::Word>> AuditIndex::FindWord(
    WordKind kind, absl::string_view text) {
  find_word_.BindInt(1, static_cast<int64_t>(kind));
  find_word_.BindBlob(2, text);
  const auto row = find_word_.Step();
  absl::optional<Word> word;
  bool sound = true;
  if (row.ok() && *row) {
    word.emplace();
    word->id = static_cast<uint32_t>(find_word_.Int(0));
    word->records = static_cast<uint64_t>(find_word_.Int(1));
    word->first_ms = find_word_.Int(2);
    word->last_ms = find_word_.Int(3);
    sound = find_word_.Int(4) == WordSum(word->id, static_cast<int64_t>(kind),
                                         text, find_word_.Int(1),
                                         word->first_ms, word->last_ms);
  }
  find_word_.Reset();
  if (!row.ok()) return row.status();
  if (!sound) return IndexDamaged("a word's sum does not fit");
  return word;
}

absl::StatusOr<AuditIndex::KindWords> AuditIndex::FindKinds() {
  KindWords kinds;
  for (const auto& [kind, id] :
       {std::make_pair(WordKind::kAnyObligation, &kinds.any_obligation),
        std::make_pair(WordKind::kReport, &kinds.report)}) {
    const auto word = FindWord(kind, "");
    if (!word.ok()) return word.status();
    if (word->has_value()) *id = (*word)->id;
  }
  return kinds;
}

absl::StatusOr<std::string> AuditIndex::WordText(uint32_t id) {
  if (id == 0) return std::string();
  const auto kept = texts_.find(id);
  if (kept != texts_.end()) return kept->second;
  word_text_.BindInt(1, id);
  const auto row = word_text_.Step();
  std::string text;
  if (row.ok() && *row) text = std::string(word_text_.Bytes(0));
  word_text_.Reset();
  if (!row.ok()) return row.status();
  if (!*row) return IndexDamaged("a row names an unknown word");
  texts_.emplace(id, text);
  return text;
}

absl::StatusOr<std::vector<IndexRow>> AuditIndex::FindDecision(
    uint64_t decision) {
  if (absl::Status s = LoadPeriods(); !s.ok()) return s;
  auto found = database_->Prepare(
      "SELECT at_ms, idx, body FROM record INDEXED BY record_by_decision"
      " WHERE period=? AND decision=?");
  if (!found.ok()) return found.status();
  std::vector<IndexRow> rows;
  for (size_t period = 1; period <= periods_.size(); ++period) {
    found->BindInt(1, static_cast<int64_t>(period));
    found->BindInt(2, static_cast<int64_t>(decision));
    for (;;) {
      const auto more = found->Step();
      if (!more.ok()) return more.status();
      if (!*more) break;
      rows.emplace_back();
      absl::Status s = DecodeRow(found->Bytes(2), found->Int(0),
                                 static_cast<uint64_t>(found->Int(1)), decision,
                                 &rows.back());
      if (!s.ok()) return s;
    }
    found->Reset();
  }
  return rows;
}

absl::Status AuditIndex::Check() {
  auto whole = database_->QueryText("PRAGMA integrity_check(1)");
  if (!whole.ok()) return whole.status();
  if (*whole != "ok") return IndexDamaged(*whole);
  if (absl::Status s = database_->Execute("BEGIN"); !s.ok()) return s;
  absl::Status checked = CheckRows();
  database_->Rollback();
  return checked;
}

absl::Status AuditIndex::CheckRows() {
  const auto known = indexed();
  if (!known.ok()) return known.status();
  const auto kinds = FindKinds();
  if (!kinds.ok()) return kinds.status();
  if (absl::Status s = LoadPeriods(); !s.ok()) return s;
  uint64_t rows = 0, sum = 0, mentions = 0;
  auto record = database_->Prepare(
      "SELECT at_ms, idx, decision, body, subject, period FROM record");
  if (!record.ok()) return record.status();
  for (;;) {
    const auto more = record->Step();
    if (!more.ok()) return more.status();
    if (!*more) break;
    IndexRow row;
    const auto at_ms = static_cast<uint64_t>(record->Int(0));
    const auto index = static_cast<uint64_t>(record->Int(1));
    absl::Status s = DecodeRow(record->Bytes(3), record->Int(0), index,
                               static_cast<uint64_t>(record->Int(2)), &row);
    if (!s.ok()) return IndexDamaged(s.message());
    if (record->Int(4) != IndexRow::SubjectKey(row.subject) ||
        static_cast<size_t>(record->Int(5)) != PeriodOf(row.at_ms)) {
      return IndexDamaged("a row's subject or period is not its own");
    }
    ++rows;
    sum += RowChecksum(record->Bytes(3));
    for (uint32_t word : MentionedWords(row)) {
      mentions += MentionSum(word, at_ms, index);
    }
    if (const uint32_t word = kinds->Of(row); word != 0) {
      mentions += MentionSum(word, at_ms, index);
    }
  }
  auto stored =
      database_->QueryInt("SELECT value FROM meta WHERE key='row_sum'");
  if (rows > 0 && !stored.ok()) return IndexDamaged("its sum is missing");
  if (rows != known->records - known->first ||
      (rows > 0 && sum != static_cast<uint64_t>(*stored))) {
    return IndexDamaged("its rows are not those that were written");
  }
  auto mention = database_->Prepare("SELECT word, at_ms, idx FROM mention");
  if (!mention.ok()) return mention.status();
  for (;;) {
    const auto more = mention->Step();
    if (!more.ok()) return more.status();
    if (!*more) break;
    mentions -= MentionSum(static_cast<uint64_t>(mention->Int(0)),
                           static_cast<uint64_t>(mention->Int(1)),
                           static_cast<uint64_t>(mention->Int(2)));
  }
  if (mentions != 0) return IndexDamaged("its words are not those of its rows");
  if (absl::Status s = CheckReports(); !s.ok()) return s;
  return CheckWords();
}

absl::Status AuditIndex::CheckWords() {
  auto word = database_->Prepare(
      "SELECT id, kind, text, records, first_ms, last_ms, sum FROM word");
  if (!word.ok()) return word.status();
  for (;;) {
    const auto more = word->Step();
    if (!more.ok()) return more.status();
    if (!*more) return absl::OkStatus();
    if (WordSum(word->Int(0), word->Int(1), word->Bytes(2), word->Int(3),
                word->Int(4), word->Int(5)) != word->Int(6)) {
      return IndexDamaged("a word's sum does not fit");
    }
  }
}

}  // namespace tarazy
