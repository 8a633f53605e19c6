#include "server/ops/sqlite.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace tarazy {
namespace {

constexpr char kMemory[] = ":memory:";
constexpr int kBusyMilliseconds = 10000;

// Makes the file before SQLite does, so that nobody else can read it. A file
// that is there is not opened: closing it again would drop the locks that this
// process may hold on it.
absl::Status MakePrivateFile(const std::string& path) {
  const int fd =
      open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd >= 0) {
    close(fd);
    return absl::OkStatus();
  }
  const int error = errno;
  const std::string message =
      absl::StrCat("`", path, "`: can't be made: ", std::strerror(error));
  switch (error) {
    case EEXIST:
      return absl::OkStatus();
    case ENOENT:
    case ENOTDIR:
      return absl::NotFoundError(
          absl::StrCat(message, "; make its folder first"));
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::PermissionDeniedError(message);
    default:
      return absl::UnavailableError(message);
  }
}

}  // namespace

Statement::~Statement() { sqlite3_finalize(statement_); }

Statement::Statement(Statement&& other) noexcept
    : database_(other.database_),
      statement_(std::exchange(other.statement_, nullptr)) {}

Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(database_, other.database_);
  std::swap(statement_, other.statement_);
  return *this;
}

void Statement::BindBlob(int parameter, absl::string_view value) {
  // A null pointer would bind NULL rather than an empty blob.
  const char* data = value.empty() ? "" : value.data();
  sqlite3_bind_blob64(statement_, parameter, data, value.size(), SQLITE_STATIC);
}

void Statement::BindText(int parameter, absl::string_view value) {
  const char* data = value.empty() ? "" : value.data();
  sqlite3_bind_text64(statement_, parameter, data, value.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
}

void Statement::BindInt(int parameter, int64_t value) {
  sqlite3_bind_int64(statement_, parameter, value);
}

absl::StatusOr<bool> Statement::Step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return database_->Error(code);
}

absl::Status Statement::Run() {
  absl::StatusOr<bool> row = true;
  while (row.ok() && *row) row = Step();
  Reset();
  return row.status();
}

void Statement::Reset() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

int64_t Statement::Int(int column) const {
  return sqlite3_column_int64(statement_, column);
}

absl::string_view Statement::Bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return {static_cast<const char*>(data), static_cast<size_t>(size)};
}

absl::StatusOr<std::unique_ptr<Database>> Database::Open(
    const std::string& path, DatabaseUse use) {
  std::unique_ptr<Database> database(new Database(path, use));
  const absl::Status status = database->Connect();
  if (!status.ok()) return status;
  return database;
}

Database::~Database() { sqlite3_close_v2(handle_); }

absl::Status Database::Connect() {
  const bool reads = use_ == DatabaseUse::kReadOnly;
  if (reads && access(path_.c_str(), F_OK) != 0) {
    return absl::NotFoundError(absl::StrCat("`", path_, "`: is not there"));
  }
  if (!reads && path_ != kMemory) {
    const absl::Status made = MakePrivateFile(path_);
    if (!made.ok()) return made;
  }
  const int code =
      sqlite3_open_v2(path_.c_str(), &handle_,
                      (reads ? SQLITE_OPEN_READONLY
                             : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) |
                          SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                      nullptr);
  if (code != SQLITE_OK) return Error(code);
  // SQLite falls back to reading alone without a word.
  if (!reads && sqlite3_db_readonly(handle_, "main") == 1) {
    return absl::PermissionDeniedError(
        absl::StrCat("`", path_, "`: can't be written"));
  }
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  if (use_ != DatabaseUse::kAlone) {
    sqlite3_busy_timeout(handle_, kBusyMilliseconds);
  }
  absl::Status status = Execute(
      "PRAGMA trusted_schema=OFF;"
      "PRAGMA cell_size_check=ON;"
      "PRAGMA foreign_keys=ON;");
  if (!status.ok() || reads) return status;
  return BecomeWriter();
}

absl::Status Database::BecomeWriter() {
  const bool alone = use_ == DatabaseUse::kAlone;
  absl::Status status =
      alone ? Execute("PRAGMA locking_mode=EXCLUSIVE") : absl::OkStatus();
  if (!status.ok()) return status;
  absl::StatusOr<std::string> mode = QueryText("PRAGMA journal_mode=WAL");
  if (!mode.ok()) return mode.status();
  if (*mode != "wal" && path_ != kMemory) {
    return absl::FailedPreconditionError(absl::StrCat(
        "`", path_, "`: its file system can't hold a write-ahead log"));
  }
  status = Execute("PRAGMA synchronous=FULL");
  if (!status.ok() || !alone) return status;
  return Execute("BEGIN EXCLUSIVE; COMMIT;");
}

absl::StatusOr<Statement> Database::Prepare(absl::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(
      handle_, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  if (code != SQLITE_OK) return Error(code);
  return Statement(this, statement);
}

absl::Status Database::Execute(const std::string& sql) {
  const int code =
      sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : Error(code);
}

absl::StatusOr<int64_t> Database::QueryInt(absl::string_view sql) {
  absl::StatusOr<Statement> statement = Prepare(sql);
  if (!statement.ok()) return statement.status();
  absl::StatusOr<bool> row = statement->Step();
  if (!row.ok()) return row.status();
  if (!*row) return absl::NotFoundError("no row");
  return statement->Int(0);
}

absl::StatusOr<std::string> Database::QueryText(absl::string_view sql) {
  absl::StatusOr<Statement> statement = Prepare(sql);
  if (!statement.ok()) return statement.status();
  absl::StatusOr<bool> row = statement->Step();
  if (!row.ok()) return row.status();
  if (!*row) return absl::NotFoundError("no row");
  return std::string(statement->Bytes(0));
}

void Database::Rollback() {
  if (sqlite3_get_autocommit(handle_) == 0) {
    sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

absl::Status Database::Error(int code) {
  disk_full_ = (code & 0xFF) == SQLITE_FULL;
  const std::string file = absl::StrCat("`", path_, "`: ");
  const char* const own =
      handle_ != nullptr ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::FailedPreconditionError(absl::StrCat(
          file, "is in use by another process; stop that one first"));
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::DataLossError(
          absl::StrCat(file, "is damaged: ", own, "; restore a copy"));
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
      return absl::PermissionDeniedError(absl::StrCat(file, own));
    case SQLITE_FULL:
      return absl::UnavailableError(
          absl::StrCat(file, "the disk is full; make room and ask again"));
    case SQLITE_IOERR:
      return absl::UnavailableError(absl::StrCat(file, own));
    default:
      return absl::InternalError(absl::StrCat(file, own, " (", code, ")"));
  }
}

}  // namespace tarazy
