// All that the log does to a disk, so that tests can fail, tear and lose it.
//
// Statuses carry errno: a full disk or quota, and a lack of descriptors or
// memory, is RESOURCE_EXHAUSTED; the rest is what absl::ErrnoToStatus says.
// A sync that failed is always DATA_LOSS, for whatever reason: the kernel may
// have dropped what was to be written, and a second try would hide it.
//
// Thread-safety: a FileSystem may be used from any thread; a File by one
// thread at a time, except that Read may run beside all else.

#ifndef TARAZY_SERVER_AUDIT_FILE_SYSTEM_H_
#define TARAZY_SERVER_AUDIT_FILE_SYSTEM_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tarazy {

class File {
 public:
  // Closes; syncs nothing.
  virtual ~File() = default;

  // Bytes read: fewer than `size` at the file's end.
  virtual absl::StatusOr<size_t> Read(uint64_t offset, char* out,
                                      size_t size) const = 0;
  // Bytes written: at least one, perhaps fewer than `data` has.
  virtual absl::StatusOr<size_t> Write(uint64_t offset,
                                       absl::string_view data) = 0;
  // Zeros, as Write writes them, and the disk begins with them at once. They
  // may go past the kernel's memory, so nothing else of the file should be in
  // it.
  virtual absl::Status WriteZeros(uint64_t offset, uint64_t size);
  // Makes the file that long, with room on the disk behind every byte.
  virtual absl::Status Preallocate(uint64_t size) = 0;
  virtual absl::Status Truncate(uint64_t size) = 0;
  // Asks the disk to begin with these bytes, which were written, so that there
  // is less left for Sync to wait for. Makes nothing durable; a failure is
  // Sync's to tell.
  virtual void StartWriting(uint64_t /*offset*/, uint64_t /*size*/) {}
  // fdatasync: contents and size are durable.
  virtual absl::Status Sync() = 0;
  virtual absl::StatusOr<uint64_t> Size() const = 0;
};

class FileSystem {
 public:
  enum class Mode {
    kRead,
    kReadWrite,
    // Made if absent, emptied if there, mode 0600.
    kCreate,
  };

  virtual ~FileSystem() = default;

  // The real one.
  static FileSystem* Posix();

  virtual absl::StatusOr<std::unique_ptr<File>> Open(const std::string& path,
                                                     Mode mode) = 0;
  // Names, without "." and "..", sorted.
  virtual absl::StatusOr<std::vector<std::string>> List(
      const std::string& directory) = 0;
  // Durable. OK when it is there already. The parent must exist.
  virtual absl::Status MakeDirectory(const std::string& directory) = 0;
  // Replaces `to`.
  virtual absl::Status Rename(const std::string& from,
                              const std::string& to) = 0;
  // A file or an empty directory.
  virtual absl::Status Remove(const std::string& path) = 0;
  // Makes additions, renames and removals in a directory durable.
  virtual absl::Status SyncDirectory(const std::string& directory) = 0;
  // Held until the result dies or the process ends. FAILED_PRECONDITION when
  // another process, or this one, holds it.
  virtual absl::StatusOr<std::unique_ptr<File>> Lock(
      const std::string& path) = 0;
};

// Writes all of `data` at `offset`, in as many calls as it takes.
absl::Status WriteAll(File* file, uint64_t offset, absl::string_view data);

// Reads the whole of a file of at most `limit` bytes.
absl::StatusOr<std::string> ReadAll(FileSystem* files, const std::string& path,
                                    uint64_t limit);

// Makes or replaces `path` with `data` so that after a crash it is the old or
// the new one: written beside it, synced, renamed, the directory synced.
absl::Status ReplaceFile(FileSystem* files, const std::string& directory,
                         const std::string& name, absl::string_view data);

}  // namespace tarazy

#endif  // TARAZY_SERVER_AUDIT_FILE_SYSTEM_H_
