// A thin layer over SQLite: statements that finalise themselves and errors as
// statuses that name the file.
//
// Statuses: FAILED_PRECONDITION when another process has the file open,
// DATA_LOSS when it is damaged or is no database, PERMISSION_DENIED and
// NOT_FOUND from the file system, UNAVAILABLE when the disk is full or fails,
// INTERNAL for everything else.
//
// Thread-safety: a Database and its Statements belong to one thread at a time.

#ifndef TARAZY_SERVER_OPS_SQLITE_H_
#define TARAZY_SERVER_OPS_SQLITE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

struct sqlite3;
struct sqlite3_stmt;

namespace tarazy {

class Database;

// A prepared statement. Columns and parameters count as SQLite counts them:
// columns from 0, parameters from 1.
class Statement {
 public:
  Statement() = default;
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;

  // Borrows `value` until Reset.
  void BindBlob(int parameter, absl::string_view value);
  void BindText(int parameter, absl::string_view value);
  void BindInt(int parameter, int64_t value);

  // True when there is a row.
  absl::StatusOr<bool> Step();
  // Steps to the end and resets, whatever came of it.
  absl::Status Run();
  void Reset();

  // Of the row; views last until the next Step or Reset.
  int64_t Int(int column) const;
  absl::string_view Bytes(int column) const;

 private:
  friend class Database;
  Statement(Database* database, sqlite3_stmt* statement)
      : database_(database), statement_(statement) {}

  Database* database_ = nullptr;
  sqlite3_stmt* statement_ = nullptr;
};

enum class DatabaseUse {
  // For this process alone: entries are held in memory, and a second writer
  // would make them stale unseen. Waits for nobody.
  kAlone,
  // Others may read, and write in turn; each waits up to 10 s for the other.
  kShared,
  // NOT_FOUND when the file is absent. Nothing is written.
  kReadOnly,
};

class Database {
 public:
  // Opens `path`, making it (mode 0600) when absent; WAL, synchronous=FULL,
  // foreign keys.
  static absl::StatusOr<std::unique_ptr<Database>> Open(
      const std::string& path, DatabaseUse use = DatabaseUse::kAlone);
  ~Database();

  absl::StatusOr<Statement> Prepare(absl::string_view sql);
  // Statements without parameters and results.
  absl::Status Execute(const std::string& sql);
  // The one value that `sql` gives, as a number or as text.
  absl::StatusOr<int64_t> QueryInt(absl::string_view sql);
  absl::StatusOr<std::string> QueryText(absl::string_view sql);

  // Undoes the open transaction, if there is one.
  void Rollback();

  // The status for a result code of SQLite's, with its own message.
  absl::Status Error(int code);
  // Whether the last error was that of a full disk: the only one that leaves
  // the file as it was for sure.
  bool disk_full() const { return disk_full_; }

 private:
  Database(std::string path, DatabaseUse use)
      : path_(std::move(path)), use_(use) {}
  Database(const Database&) = delete;

  absl::Status Connect();
  absl::Status BecomeWriter();

  const std::string path_;
  const DatabaseUse use_;
  sqlite3* handle_ = nullptr;
  bool disk_full_ = false;
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_OPS_SQLITE_H_
