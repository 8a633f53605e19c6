#include "tests/server/audit/memory_file_system.h"

#include <errno.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace tarazy {
namespace {

constexpr size_t kSector = 512;

void WriteInto(uint64_t offset, const std::string& data, std::string* out) {
  if (out->size() < offset + data.size()) out->resize(offset + data.size());
  out->replace(offset, data.size(), data);
}

}  // namespace

class MemoryFile : public File {
 public:
  MemoryFile(MemoryFileSystem* files, int node, std::string path)
      : files_(files), node_(node), path_(std::move(path)) {}
  ~MemoryFile() override {
    std::lock_guard<std::mutex> hold(files_->mutex_);
    if (node_ < 0) files_->locked_.erase(path_);
  }

  absl::StatusOr<size_t> Read(uint64_t offset, char* out,
                              size_t size) const override {
    std::lock_guard<std::mutex> hold(files_->mutex_);
    absl::Status s = files_->Begin(MemoryFileSystem::Op::kRead, path_);
    if (!s.ok()) return s;
    const std::string& data = files_->nodes_[node_];
    if (offset >= data.size()) return 0;
    return data.copy(out, size, offset);
  }

  absl::StatusOr<size_t> Write(uint64_t offset,
                               absl::string_view data) override {
    std::lock_guard<std::mutex> hold(files_->mutex_);
    const auto fault = files_->Next(MemoryFileSystem::Op::kWrite);
    if (fault.error != 0) return absl::ErrnoToStatus(fault.error, path_);
    if (fault.short_write) data = data.substr(0, (data.size() + 1) / 2);
    Do({MemoryFileSystem::Op::kWrite, node_, path_, "", offset,
        std::string(data)});
    return data.size();
  }

  absl::Status Preallocate(uint64_t size) override {
    return Resize(MemoryFileSystem::Op::kPreallocate, size);
  }
  absl::Status Truncate(uint64_t size) override {
    return Resize(MemoryFileSystem::Op::kTruncate, size);
  }

  absl::Status Sync() override {
    std::lock_guard<std::mutex> hold(files_->mutex_);
    absl::Status s = files_->Begin(MemoryFileSystem::Op::kSync, path_);
    if (!s.ok()) return absl::DataLossError(s.message());
    files_->history_.push_back({MemoryFileSystem::Op::kSync, node_});
    return absl::OkStatus();
  }

  absl::StatusOr<uint64_t> Size() const override {
    std::lock_guard<std::mutex> hold(files_->mutex_);
    absl::Status s = files_->Begin(MemoryFileSystem::Op::kSize, path_);
    if (!s.ok()) return s;
    return files_->nodes_[node_].size();
  }

 private:
  absl::Status Resize(MemoryFileSystem::Op op, uint64_t size) {
    std::lock_guard<std::mutex> hold(files_->mutex_);
    absl::Status s = files_->Begin(op, path_);
    if (s.ok()) Do({op, node_, path_, "", size, ""});
    return s;
  }

  void Do(MemoryFileSystem::Event event) {
    MemoryFileSystem::Apply(event, &files_->nodes_[node_]);
    files_->history_.push_back(std::move(event));
  }

  MemoryFileSystem* const files_;
  const int node_;  // negative: a lock
  const std::string path_;
};

MemoryFileSystem::MemoryFileSystem(std::map<std::string, std::string> files)
    : before_(std::move(files)) {
  for (const auto& [path, data] : before_) {
    names_[path] = static_cast<int>(nodes_.size());
    nodes_.push_back(data);
  }
}

int MemoryFileSystem::operations() const {
  std::lock_guard<std::mutex> hold(mutex_);
  return operations_;
}

void MemoryFileSystem::Mark(uint64_t value) {
  std::lock_guard<std::mutex> hold(mutex_);
  Event event{Op::kMark};
  event.offset = value;
  history_.push_back(event);
}

int MemoryFileSystem::history_size() const {
  std::lock_guard<std::mutex> hold(mutex_);
  return static_cast<int>(history_.size());
}

std::vector<uint64_t> MemoryFileSystem::MarksBefore(int events) const {
  std::lock_guard<std::mutex> hold(mutex_);
  std::vector<uint64_t> marks;
  for (int i = 0; i < events; ++i) {
    if (history_[i].op == Op::kMark) marks.push_back(history_[i].offset);
  }
  return marks;
}

MemoryFileSystem::Fault MemoryFileSystem::Next(Op op) {
  const int number = operations_++;
  return faults_ ? faults_(op, number) : Fault();
}

absl::Status MemoryFileSystem::Begin(Op op, const std::string& path) {
  const Fault fault = Next(op);
  if (fault.error == 0) return absl::OkStatus();
  return absl::ErrnoToStatus(fault.error, path);
}

void MemoryFileSystem::Apply(const Event& event, std::string* data) {
  switch (event.op) {
    case Op::kWrite:
      WriteInto(event.offset, event.data, data);
      break;
    case Op::kPreallocate:
      if (data->size() < event.offset) data->resize(event.offset);
      break;
    case Op::kTruncate:
      data->resize(event.offset);
      break;
    default:
      break;
  }
}

void MemoryFileSystem::ApplyName(const Event& event,
                                 std::map<std::string, int>* names) {
  switch (event.op) {
    case Op::kCreate:
      (*names)[event.path] = event.node;
      break;
    case Op::kRename:
      (*names)[event.to] = event.node;
      names->erase(event.path);
      break;
    case Op::kRemove:
      names->erase(event.path);
      break;
    default:
      break;
  }
}

// Some sectors of a write reach the disk, some only in part.
void MemoryFileSystem::ApplyTorn(const Event& event, std::mt19937* random,
                                 std::string* data) {
  const int fate = static_cast<int>((*random)() % 4);
  if (fate == 0) return;
  if (fate == 1 || event.op != Op::kWrite) return Apply(event, data);
  uint64_t at = event.offset;
  const uint64_t end = event.offset + event.data.size();
  while (at < end) {
    const uint64_t next = std::min<uint64_t>(end, (at / kSector + 1) * kSector);
    uint64_t bytes = next - at;
    if (fate == 3 && (*random)() % 4 == 0) bytes = (*random)() % (bytes + 1);
    if ((*random)() % 2 == 0) {
      WriteInto(at, event.data.substr(at - event.offset, bytes), data);
    }
    at = next;
  }
}

// Names of one folder; those of others stay as they are.
void MemoryFileSystem::SyncNames(const std::string& directory,
                                 std::vector<const Event*>* unsynced,
                                 std::map<std::string, int>* names) {
  std::vector<const Event*> others;
  for (const Event* e : *unsynced) {
    if (e->path.substr(0, e->path.rfind('/')) == directory) {
      ApplyName(*e, names);
    } else {
      others.push_back(e);
    }
  }
  *unsynced = std::move(others);
}

std::map<std::string, std::string> MemoryFileSystem::AfterPowerLoss(
    int events, std::mt19937* random) const {
  std::lock_guard<std::mutex> hold(mutex_);
  std::vector<std::string> data(nodes_.size());
  std::vector<std::vector<const Event*>> unsynced(nodes_.size());
  std::map<std::string, int> names;
  std::vector<const Event*> unsynced_names;
  for (const auto& [path, text] : before_) {
    const int node = static_cast<int>(names.size());
    data[node] = text;
    names[path] = node;
  }
  for (int i = 0; i < events; ++i) {
    const Event& event = history_[i];
    switch (event.op) {
      case Op::kWrite:
      case Op::kPreallocate:
      case Op::kTruncate:
        unsynced[event.node].push_back(&event);
        break;
      case Op::kSync:
        for (const Event* e : unsynced[event.node]) Apply(*e, &data[e->node]);
        unsynced[event.node].clear();
        break;
      case Op::kCreate:
      case Op::kRename:
      case Op::kRemove:
        unsynced_names.push_back(&event);
        break;
      case Op::kSyncDirectory:
        SyncNames(event.path, &unsynced_names, &names);
        break;
      default:
        break;
    }
  }
  for (const auto& list : unsynced) {
    for (const Event* e : list) ApplyTorn(*e, random, &data[e->node]);
  }
  // A file system's journal keeps the order of names.
  const size_t kept = (*random)() % (unsynced_names.size() + 1);
  for (size_t i = 0; i < kept; ++i) ApplyName(*unsynced_names[i], &names);
  std::map<std::string, std::string> files;
  for (const auto& [path, node] : names) files[path] = data[node];
  return files;
}

std::map<std::string, std::string> MemoryFileSystem::AfterKill() const {
  std::lock_guard<std::mutex> hold(mutex_);
  std::map<std::string, std::string> files;
  for (const auto& [path, node] : names_) files[path] = nodes_[node];
  return files;
}

absl::StatusOr<std::unique_ptr<File>> MemoryFileSystem::Open(
    const std::string& path, Mode mode) {
  std::lock_guard<std::mutex> hold(mutex_);
  const bool create = mode == Mode::kCreate;
  absl::Status s = Begin(create ? Op::kCreate : Op::kOpen, path);
  if (!s.ok()) return s;
  auto found = names_.find(path);
  if (!create) {
    if (found == names_.end()) return absl::NotFoundError(path);
    return std::make_unique<MemoryFile>(this, found->second, path);
  }
  const int node = static_cast<int>(nodes_.size());
  nodes_.emplace_back();
  names_[path] = node;
  history_.push_back({Op::kCreate, node, path});
  return std::make_unique<MemoryFile>(this, node, path);
}

absl::StatusOr<std::vector<std::string>> MemoryFileSystem::List(
    const std::string& directory) {
  std::lock_guard<std::mutex> hold(mutex_);
  absl::Status s = Begin(Op::kList, directory);
  if (!s.ok()) return s;
  std::vector<std::string> names;
  const std::string prefix = directory + "/";
  for (const auto& [path, node] : names_) {
    if (!absl::StartsWith(path, prefix)) continue;
    const std::string rest = path.substr(prefix.size());
    if (rest.find('/') == std::string::npos) names.push_back(rest);
  }
  return names;
}

absl::Status MemoryFileSystem::MakeDirectory(const std::string& directory) {
  std::lock_guard<std::mutex> hold(mutex_);
  return Begin(Op::kMakeDirectory, directory);
}

absl::Status MemoryFileSystem::Rename(const std::string& from,
                                      const std::string& to) {
  std::lock_guard<std::mutex> hold(mutex_);
  absl::Status s = Begin(Op::kRename, from);
  if (!s.ok()) return s;
  auto found = names_.find(from);
  if (found == names_.end()) return absl::NotFoundError(from);
  Event event{Op::kRename, found->second, from, to};
  ApplyName(event, &names_);
  history_.push_back(event);
  return absl::OkStatus();
}

absl::Status MemoryFileSystem::Remove(const std::string& path) {
  std::lock_guard<std::mutex> hold(mutex_);
  absl::Status s = Begin(Op::kRemove, path);
  if (!s.ok()) return s;
  if (names_.erase(path) == 0) return absl::NotFoundError(path);
  history_.push_back({Op::kRemove, -1, path});
  return absl::OkStatus();
}

absl::Status MemoryFileSystem::SyncDirectory(const std::string& directory) {
  std::lock_guard<std::mutex> hold(mutex_);
  absl::Status s = Begin(Op::kSyncDirectory, directory);
  if (!s.ok()) return absl::DataLossError(s.message());
  history_.push_back({Op::kSyncDirectory, -1, directory});
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<File>> MemoryFileSystem::Lock(
    const std::string& path) {
  std::lock_guard<std::mutex> hold(mutex_);
  absl::Status s = Begin(Op::kLock, path);
  if (!s.ok()) return s;
  if (!locked_.insert(path).second) {
    return absl::FailedPreconditionError(absl::StrCat(path, " is locked"));
  }
  return std::make_unique<MemoryFile>(this, -1, path);
}

}  // namespace tarazy
