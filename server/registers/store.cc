#include "server/registers/store.h"

#include <openssl/rand.h>
#include <openssl/sha.h>

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace tarazy {
namespace {

// "TRZR": tells this file from other databases.
constexpr int64_t kApplicationId = 0x54525A52;

// Each step brings the file from version i to i + 1.
constexpr const char* kMigrations[] = {
    "CREATE TABLE head ("
    "  one INTEGER PRIMARY KEY CHECK (one = 1),"
    "  store TEXT NOT NULL,"
    "  epoch INTEGER NOT NULL CHECK (epoch >= 1),"
    "  revision INTEGER NOT NULL CHECK (revision >= 0),"
    "  key_check TEXT NOT NULL,"
    "  digest BLOB NOT NULL CHECK (length(digest) = 32));"
    "CREATE TABLE change ("
    "  revision INTEGER PRIMARY KEY CHECK (revision >= 1),"
    "  epoch INTEGER NOT NULL,"
    "  at_ms INTEGER NOT NULL,"
    "  kind INTEGER NOT NULL CHECK (kind IN (1, 2)),"
    "  body BLOB NOT NULL,"
    "  digest BLOB NOT NULL CHECK (length(digest) = 32));"
    "CREATE TABLE idempotency ("
    "  kind INTEGER NOT NULL,"
    "  key TEXT NOT NULL,"
    "  digest BLOB NOT NULL CHECK (length(digest) = 32),"
    "  revision INTEGER NOT NULL REFERENCES change (revision),"
    "  PRIMARY KEY (kind, key)) WITHOUT ROWID;",
};
constexpr int64_t kSchemaVersion = sizeof(kMigrations) / sizeof(*kMigrations);

std::string Sha256(absl::string_view bytes) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
         reinterpret_cast<unsigned char*>(&digest[0]));
  return digest;
}

void AppendLittleEndian(uint64_t value, std::string* out) {
  for (int i = 0; i < 8; ++i) {
    out->push_back(static_cast<char>(value >> (8 * i)));
  }
}

// What the digest of the first change builds on.
std::string FirstDigest(absl::string_view store, absl::string_view key_check) {
  return Sha256(absl::StrCat(store, " ", key_check));
}

std::string ChainDigest(absl::string_view before, const Change& change) {
  std::string text(before);
  text.reserve(before.size() + 25 + change.body.size());
  AppendLittleEndian(change.revision, &text);
  AppendLittleEndian(change.epoch, &text);
  AppendLittleEndian(static_cast<uint64_t>(change.at_ms), &text);
  text.push_back(static_cast<char>(change.kind));
  text.append(change.body);
  return Sha256(text);
}

absl::Status Damaged(const std::string& path, absl::string_view what) {
  return absl::DataLossError(
      absl::StrCat("`", path, "`: is damaged: ", what, "; restore a copy"));
}

Change ReadChange(const Statement& row, int first_column) {
  Change change;
  change.revision = static_cast<uint64_t>(row.Int(first_column));
  change.epoch = static_cast<uint64_t>(row.Int(first_column + 1));
  change.at_ms = row.Int(first_column + 2);
  change.kind = static_cast<ChangeKind>(row.Int(first_column + 3));
  change.body = std::string(row.Bytes(first_column + 4));
  return change;
}

// 14 random hex digits.
absl::StatusOr<std::string> NewStoreId() {
  std::string bytes(7, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&bytes[0]),
                 static_cast<int>(bytes.size())) != 1) {
    return absl::InternalError("the machine gives no random bytes");
  }
  return absl::BytesToHexString(bytes);
}

}  // namespace

absl::StatusOr<std::unique_ptr<RegisterStore>> RegisterStore::Open(
    const std::string& path, const std::string& key_check,
    const std::function<absl::Status(const Change&)>& each) {
  absl::StatusOr<std::unique_ptr<Database>> database = Database::Open(path);
  if (!database.ok()) return database.status();
  std::unique_ptr<RegisterStore> store(new RegisterStore(*std::move(database)));
  absl::Status status = store->Migrate(path, key_check);
  if (status.ok()) status = store->Load(path, key_check, each);
  if (status.ok()) status = store->Prepare();
  if (!status.ok()) return status;
  return store;
}

absl::Status RegisterStore::Migrate(const std::string& path,
                                    const std::string& key_check) {
  absl::StatusOr<int64_t> application =
      database_->QueryInt("PRAGMA application_id");
  if (!application.ok()) return application.status();
  absl::StatusOr<int64_t> tables =
      database_->QueryInt("SELECT count(*) FROM sqlite_schema");
  if (!tables.ok()) return tables.status();

  int64_t version = 0;
  if (*application == kApplicationId) {
    absl::StatusOr<int64_t> found =
        database_->QueryInt("SELECT version FROM schema_version");
    if (absl::IsUnavailable(found.status())) return found.status();
    if (!found.ok()) return Damaged(path, "it has no schema version");
    version = *found;
  } else if (*application != 0 || *tables != 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        "`", path, "`: is a database, but not a register; name another file"));
  }
  if (version > kSchemaVersion) {
    return absl::FailedPreconditionError(absl::StrCat(
        "`", path, "`: was written by a newer server (schema ", version,
        ", this one knows ", kSchemaVersion, "); start that server"));
  }
  if (version == kSchemaVersion) return absl::OkStatus();

  std::string sql = "BEGIN IMMEDIATE;";
  if (version == 0) {
    absl::StatusOr<std::string> id = NewStoreId();
    if (!id.ok()) return id.status();
    absl::StrAppend(&sql, "PRAGMA application_id=", kApplicationId,
                    "; CREATE TABLE schema_version (version INTEGER NOT NULL);"
                    "INSERT INTO schema_version VALUES (0);",
                    kMigrations[0], "INSERT INTO head VALUES (1, '", *id,
                    "', 1, 0, CAST(x'", absl::BytesToHexString(key_check),
                    "' AS TEXT), x'",
                    absl::BytesToHexString(FirstDigest(*id, key_check)), "');");
    version = 1;
  }
  for (; version < kSchemaVersion; ++version) {
    absl::StrAppend(&sql, kMigrations[version]);
  }
  absl::StrAppend(&sql, "UPDATE schema_version SET version = ", kSchemaVersion,
                  "; COMMIT;");
  const absl::Status status = database_->Execute(sql);
  if (!status.ok()) database_->Rollback();
  return status;
}

absl::Status RegisterStore::Load(
    const std::string& path, const std::string& key_check,
    const std::function<absl::Status(const Change&)>& each) {
  absl::StatusOr<std::string> whole =
      database_->QueryText("PRAGMA quick_check(1)");
  if (!whole.ok()) return whole.status();
  if (*whole != "ok") return Damaged(path, *whole);

  absl::StatusOr<Statement> head = database_->Prepare(
      "SELECT store, epoch, revision, digest, key_check FROM head");
  if (!head.ok()) return head.status();
  absl::StatusOr<bool> row = head->Step();
  if (!row.ok()) return row.status();
  if (!*row) return Damaged(path, "it has no head");
  id_ = std::string(head->Bytes(0));
  epoch_ = static_cast<uint64_t>(head->Int(1));
  const uint64_t last = static_cast<uint64_t>(head->Int(2));
  const std::string last_digest(head->Bytes(3));
  const std::string made_with(head->Bytes(4));
  head->Reset();
  digest_ = FirstDigest(id_, made_with);
  absl::StatusOr<Statement> changes = database_->Prepare(
      "SELECT revision, epoch, at_ms, kind, body, digest FROM change "
      "ORDER BY revision");
  if (!changes.ok()) return changes.status();
  for (row = changes->Step(); row.ok() && *row; row = changes->Step()) {
    const Change change = ReadChange(*changes, 0);
    if (change.revision != revision_ + 1) {
      return Damaged(path,
                     absl::StrCat("revision ", revision_ + 1, " is missing"));
    }
    digest_ = ChainDigest(digest_, change);
    if (digest_ != changes->Bytes(5)) {
      return Damaged(path, absl::StrCat("revision ", change.revision,
                                        " does not match its digest"));
    }
    const absl::Status taken = each(change);
    if (!taken.ok()) return Damaged(path, taken.message());
    revision_ = change.revision;
  }
  if (!row.ok()) return row.status();
  if (revision_ != last || digest_ != last_digest) {
    return Damaged(path, absl::StrCat("it ends at revision ", revision_,
                                      ", not at ", last));
  }
  if (made_with != key_check) {
    return absl::FailedPreconditionError(absl::StrCat(
        "`", path,
        "`: was made with another pseudonym key, under which alone "
        "its subjects are found; give that key's file"));
  }
  return absl::OkStatus();
}

absl::Status RegisterStore::Prepare() {
  const std::pair<Statement*, const char*> statements[] = {
      {&insert_change_, "INSERT INTO change VALUES (?, ?, ?, ?, ?, ?)"},
      {&insert_key_, "INSERT INTO idempotency VALUES (?, ?, ?, ?)"},
      {&move_head_, "UPDATE head SET revision = ?, digest = ?"},
      {&find_key_,
       "SELECT c.revision, c.epoch, c.at_ms, c.kind, c.body, i.digest "
       "FROM idempotency i JOIN change c ON c.revision = i.revision "
       "WHERE i.kind = ? AND i.key = ?"},
  };
  for (const auto& s : statements) {
    absl::StatusOr<Statement> statement = database_->Prepare(s.second);
    if (!statement.ok()) return statement.status();
    *s.first = *std::move(statement);
  }
  return absl::OkStatus();
}

absl::Status RegisterStore::Append(const KeyedRequest* keyed, Change* change) {
  if (failed_) {
    return absl::UnavailableError(
        "the register's disk has failed; restart the server once it is well");
  }
  change->epoch = epoch_;
  change->revision = revision_ + 1;
  std::string digest = ChainDigest(digest_, *change);
  const absl::Status status = Write(keyed, *change, digest);
  if (!status.ok()) {
    failed_ = !database_->disk_full();
    database_->Rollback();
    return status;
  }
  revision_ = change->revision;
  digest_ = std::move(digest);
  return absl::OkStatus();
}

absl::Status RegisterStore::Write(const KeyedRequest* keyed,
                                  const Change& change,
                                  absl::string_view digest) {
  absl::Status status = database_->Execute("BEGIN IMMEDIATE");
  if (status.ok()) {
    move_head_.BindInt(1, static_cast<int64_t>(change.revision));
    move_head_.BindBlob(2, digest);
    status = move_head_.Run();
  }
  if (status.ok()) {
    insert_change_.BindInt(1, static_cast<int64_t>(change.revision));
    insert_change_.BindInt(2, static_cast<int64_t>(change.epoch));
    insert_change_.BindInt(3, change.at_ms);
    insert_change_.BindInt(4, static_cast<int64_t>(change.kind));
    insert_change_.BindBlob(5, change.body);
    insert_change_.BindBlob(6, digest);
    status = insert_change_.Run();
  }
  if (status.ok() && keyed != nullptr) {
    insert_key_.BindInt(1, static_cast<int64_t>(change.kind));
    insert_key_.BindText(2, keyed->key);
    insert_key_.BindBlob(3, keyed->digest);
    insert_key_.BindInt(4, static_cast<int64_t>(change.revision));
    status = insert_key_.Run();
  }
  if (status.ok()) status = database_->Execute("COMMIT");
  return status;
}

absl::StatusOr<absl::optional<RegisterStore::Answered>> RegisterStore::FindKey(
    ChangeKind kind, absl::string_view key) {
  find_key_.BindInt(1, static_cast<int64_t>(kind));
  find_key_.BindText(2, key);
  absl::optional<Answered> answered;
  absl::StatusOr<bool> row = find_key_.Step();
  if (row.ok() && *row) {
    answered.emplace();
    answered->change = ReadChange(find_key_, 0);
    answered->digest = std::string(find_key_.Bytes(5));
  }
  find_key_.Reset();
  if (!row.ok()) return row.status();
  return answered;
}

}  // namespace tarazy
