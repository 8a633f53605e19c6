// Reads single records of a log at places that are known.
//
// Thread-safety: for one thread; any number of sources may read one log.

#ifndef TARAZY_SERVER_AUDIT_RECORD_SOURCE_H_
#define TARAZY_SERVER_AUDIT_RECORD_SOURCE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/audit/file_system.h"
#include "server/audit/recovery.h"

namespace tarazy {

class RecordSource {
 public:
  RecordSource(FileSystem* files, std::string directory)
      : files_(files), directory_(std::move(directory)) {}

  // The record `index`, whose frame begins at `offset` of its segment.
  // DATA_LOSS: it does not stand there. NOT_FOUND: it was deleted.
  absl::StatusOr<std::string> Read(uint64_t index, uint64_t offset);

 private:
  // The segment that holds the record; null: none.
  const SegmentFile* Find(uint64_t index) const;
  absl::StatusOr<const File*> Open(const SegmentFile& segment);

  FileSystem* const files_;
  const std::string directory_;
  std::vector<SegmentFile> segments_;
  std::map<std::string, std::unique_ptr<File>> open_;  // by path
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_AUDIT_RECORD_SOURCE_H_
