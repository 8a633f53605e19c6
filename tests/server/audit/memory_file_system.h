// A disk in memory that fails where it is told to, and that can be looked at
// as it might be after the power failed at any moment.

#ifndef TARAZY_TESTS_SERVER_AUDIT_MEMORY_FILE_SYSTEM_H_
#define TARAZY_TESTS_SERVER_AUDIT_MEMORY_FILE_SYSTEM_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "server/audit/file_system.h"

namespace tarazy {

class MemoryFileSystem : public FileSystem {
 public:
  enum class Op {
    kOpen,
    kCreate,
    kRead,
    kWrite,
    kPreallocate,
    kTruncate,
    kSync,
    kSize,
    kList,
    kMakeDirectory,
    kRename,
    kRemove,
    kSyncDirectory,
    kLock,
    kMark,  // of Mark, not of the disk
  };
  struct Fault {
    int error = 0;             // an errno; 0: none
    bool short_write = false;  // half of what was asked for
  };
  // Asked before each operation; they are numbered from 0.
  using Faults = std::function<Fault(Op op, int number)>;

  MemoryFileSystem() = default;
  explicit MemoryFileSystem(std::map<std::string, std::string> files);

  void set_faults(Faults faults) { faults_ = std::move(faults); }
  // Operations so far.
  int operations() const;

  // Puts a mark in the history, for example that a record was answered.
  void Mark(uint64_t value);
  int history_size() const;
  // Marks among the first `events` of the history.
  std::vector<uint64_t> MarksBefore(int events) const;
  // What the disk may hold if the power failed after the first `events` of the
  // history: of what was not synced, any part.
  std::map<std::string, std::string> AfterPowerLoss(int events,
                                                    std::mt19937* random) const;
  // What a new process finds after this one was killed.
  std::map<std::string, std::string> AfterKill() const;

  absl::StatusOr<std::unique_ptr<File>> Open(const std::string& path,
                                             Mode mode) override;
  absl::StatusOr<std::vector<std::string>> List(
      const std::string& directory) override;
  absl::Status MakeDirectory(const std::string& directory) override;
  absl::Status Rename(const std::string& from, const std::string& to) override;
  absl::Status Remove(const std::string& path) override;
  absl::Status SyncDirectory(const std::string& directory) override;
  absl::StatusOr<std::unique_ptr<File>> Lock(const std::string& path) override;

 private:
  friend class MemoryFile;

  struct Event {
    Op op;
    int node = -1;
    std::string path;
    std::string to;
    uint64_t offset = 0;
    std::string data;
  };

  Fault Next(Op op);
  absl::Status Begin(Op op, const std::string& path);
  static void Apply(const Event& event, std::string* data);
  static void ApplyName(const Event& event, std::map<std::string, int>* names);
  static void SyncNames(const std::string& directory,
                        std::vector<const Event*>* unsynced,
                        std::map<std::string, int>* names);
  static void ApplyTorn(const Event& event, std::mt19937* random,
                        std::string* data);

  mutable std::mutex mutex_;
  Faults faults_;
  int operations_ = 0;
  std::vector<Event> history_;
  std::vector<std::string> nodes_;
  std::map<std::string, int> names_;
  std::set<std::string> directories_;
  std::set<std::string> locked_;
  std::map<std::string, std::string> before_;  // durable from the start
};

}  // namespace tarazy

#endif  // TARAZY_TESTS_SERVER_AUDIT_MEMORY_FILE_SYSTEM_H_
