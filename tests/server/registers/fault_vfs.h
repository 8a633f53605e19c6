// A disk that fails on demand, below SQLite: a layer over SQLite's own file
// system that counts its calls and breaks one of them.
//
// Install once for a process. Synchronising is not passed on to the disk, for
// speed; instead a copy of the file as it then is can be kept, which is what a
// loss of power would leave.

#ifndef TARAZY_TESTS_SERVER_REGISTERS_FAULT_VFS_H_
#define TARAZY_TESTS_SERVER_REGISTERS_FAULT_VFS_H_

#include <sqlite3.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>

namespace tarazy {

enum class Fault {
  kNone,
  kDiskFull,        // nothing of the write gets there
  kShortWriteFull,  // half of it does
  kWriteError,
  kSyncError,
  kReadError,
  kTruncateError,
};

struct FaultPlan {
  Fault fault = Fault::kNone;
  // Which call of that kind fails, from 1; and whether all after it do too.
  int64_t nth = 0;
  bool for_good = false;
  // Open the database for reading alone.
  bool read_only = false;
  // Where copies of synchronised files go; empty: no copies.
  std::string synced_folder;

  // Calls counted since the plan was set, and whether one was broken.
  int64_t calls = 0;
  bool fired = false;
};

class FaultVfs {
 public:
  static FaultPlan& plan() {
    static FaultPlan plan;
    return plan;
  }

  static void Install() {
    static sqlite3_vfs vfs;
    static const bool installed = [] {
      base() = sqlite3_vfs_find(nullptr);
      vfs = *base();
      vfs.zName = "tarazy-fault";
      vfs.szOsFile = static_cast<int>(sizeof(File)) + base()->szOsFile;
      vfs.xOpen = Open;
      vfs.xDelete = Delete;
      return sqlite3_vfs_register(&vfs, 1) == SQLITE_OK;
    }();
    (void)installed;
    plan() = FaultPlan();
  }

 private:
  struct File {
    sqlite3_file base;
    const char* name;
    sqlite3_file* inner() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  };

  static sqlite3_vfs*& base() {
    static sqlite3_vfs* vfs = nullptr;
    return vfs;
  }
  static sqlite3_file* Inner(sqlite3_file* file) {
    return reinterpret_cast<File*>(file)->inner();
  }

  static bool Breaks(Fault fault) {
    FaultPlan& p = plan();
    if (p.fault != fault) return false;
    ++p.calls;
    if (p.calls != p.nth && !(p.for_good && p.calls > p.nth)) return false;
    p.fired = true;
    return true;
  }

  static int Open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags,
                  int* out_flags) {
    static const sqlite3_io_methods methods = Methods();
    File* const self = reinterpret_cast<File*>(file);
    self->name = name;
    self->base.pMethods = nullptr;
    if (plan().read_only && (flags & SQLITE_OPEN_MAIN_DB) != 0) {
      flags = (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) |
              SQLITE_OPEN_READONLY;
    }
    const int code =
        base()->xOpen(base(), name, self->inner(), flags, out_flags);
    if (self->inner()->pMethods != nullptr) self->base.pMethods = &methods;
    return code;
  }

  static int Delete(sqlite3_vfs*, const char* name, int sync) {
    if (!plan().synced_folder.empty()) {
      std::filesystem::remove(SyncedCopy(name));
    }
    return base()->xDelete(base(), name, sync);
  }

  static std::filesystem::path SyncedCopy(const char* name) {
    return std::filesystem::path(plan().synced_folder) /
           std::filesystem::path(name).filename();
  }

  static int Write(sqlite3_file* file, const void* data, int size,
                   sqlite3_int64 offset) {
    sqlite3_file* const inner = Inner(file);
    if (Breaks(Fault::kDiskFull)) return SQLITE_FULL;
    if (Breaks(Fault::kShortWriteFull)) {
      inner->pMethods->xWrite(inner, data, size / 2, offset);
      return SQLITE_FULL;
    }
    if (Breaks(Fault::kWriteError)) return SQLITE_IOERR_WRITE;
    return inner->pMethods->xWrite(inner, data, size, offset);
  }

  static int Sync(sqlite3_file* file, int) {
    if (Breaks(Fault::kSyncError)) return SQLITE_IOERR_FSYNC;
    const char* const name = reinterpret_cast<File*>(file)->name;
    if (!plan().synced_folder.empty() && name != nullptr) {
      std::filesystem::copy_file(
          name, SyncedCopy(name),
          std::filesystem::copy_options::overwrite_existing);
    }
    return SQLITE_OK;
  }

  static sqlite3_io_methods Methods() {
    sqlite3_io_methods m;
    std::memset(&m, 0, sizeof(m));
    m.iVersion = 1;  // no shared memory: the register is opened exclusively
    m.xClose = [](sqlite3_file* f) {
      return Inner(f)->pMethods->xClose(Inner(f));
    };
    m.xRead = [](sqlite3_file* f, void* data, int size,
                 sqlite3_int64 offset) -> int {
      if (Breaks(Fault::kReadError)) return SQLITE_IOERR_READ;
      return Inner(f)->pMethods->xRead(Inner(f), data, size, offset);
    };
    m.xWrite = Write;
    m.xTruncate = [](sqlite3_file* f, sqlite3_int64 size) -> int {
      if (Breaks(Fault::kTruncateError)) return SQLITE_IOERR_TRUNCATE;
      return Inner(f)->pMethods->xTruncate(Inner(f), size);
    };
    m.xSync = Sync;
    m.xFileSize = [](sqlite3_file* f, sqlite3_int64* size) {
      return Inner(f)->pMethods->xFileSize(Inner(f), size);
    };
    m.xLock = [](sqlite3_file* f, int level) {
      return Inner(f)->pMethods->xLock(Inner(f), level);
    };
    m.xUnlock = [](sqlite3_file* f, int level) {
      return Inner(f)->pMethods->xUnlock(Inner(f), level);
    };
    m.xCheckReservedLock = [](sqlite3_file* f, int* out) {
      return Inner(f)->pMethods->xCheckReservedLock(Inner(f), out);
    };
    m.xFileControl = [](sqlite3_file* f, int op, void* argument) {
      return Inner(f)->pMethods->xFileControl(Inner(f), op, argument);
    };
    m.xSectorSize = [](sqlite3_file* f) {
      return Inner(f)->pMethods->xSectorSize(Inner(f));
    };
    m.xDeviceCharacteristics = [](sqlite3_file* f) {
      return Inner(f)->pMethods->xDeviceCharacteristics(Inner(f));
    };
    return m;
  }
};

}  // namespace tarazy

#endif  // TARAZY_TESTS_SERVER_REGISTERS_FAULT_VFS_H_
