// The last version accepted of each pack, so that no older one comes back.
//
// A text file, a line `id version digest` for each pack, sorted. It is written
// anew as a whole and durably before a version goes in service. A file that is
// not exactly that is refused: to start without it would let an old pack in.
//
// Thread-safety: all methods may be called from any thread.

#ifndef TARAZY_SERVER_PACKS_ACCEPTED_PACKS_H_
#define TARAZY_SERVER_PACKS_ACCEPTED_PACKS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/audit/file_system.h"

namespace tarazy {

class AcceptedPacks {
 public:
  // An absent file holds nothing. `files` outlives the result. DATA_LOSS: the
  // file is damaged.
  static absl::StatusOr<std::unique_ptr<AcceptedPacks>> Open(
      const std::string& path, FileSystem* files);

  // PERMISSION_DENIED: a newer version was accepted, or the same version with
  // another digest.
  absl::Status Check(const std::string& id, uint32_t version,
                     const std::string& digest) const;

  // Checks, and puts it on record. On an error nothing has changed.
  absl::Status Accept(const std::string& id, uint32_t version,
                      const std::string& digest);

 private:
  struct Last {
    uint32_t version = 0;
    std::string digest;
  };

  AcceptedPacks(std::string path, FileSystem* files)
      : path_(std::move(path)), files_(files) {}
  absl::Status CheckLocked(const std::string& id, uint32_t version,
                           const std::string& digest) const;
  absl::Status Read(const std::string& text);

  const std::string path_;
  FileSystem* const files_;
  mutable std::mutex mutex_;
  std::map<std::string, Last> last_;  // by id
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_PACKS_ACCEPTED_PACKS_H_
