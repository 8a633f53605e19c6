// Files that hold a key: nobody else may use them, and what was read is wiped.
//
// Thread-safety: functions without state.

#ifndef TARAZY_SERVER_OPS_SECRET_FILE_H_
#define TARAZY_SERVER_OPS_SECRET_FILE_H_

#include <cstddef>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tarazy {

constexpr size_t kMaxSecretFileBytes = 4096;

// Text that is wiped when it is no longer needed.
struct Secret {
  std::string text;

  Secret() = default;
  explicit Secret(std::string t) : text(std::move(t)) {}
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();
};

// Reads a file of at most kMaxSecretFileBytes. PERMISSION_DENIED when others
// than its owner have any right to it, or when it belongs to neither this user
// nor root; NOT_FOUND, INVALID_ARGUMENT when it is no regular file or too long.
// Messages name the file and never hold its contents.
absl::Status ReadSecretFile(const std::string& path, Secret* out);

// Held by who reads a file to replace it, so that of two who do so at once none
// loses what the other has added.
class SecretFileLock {
 public:
  // Waits for the one who holds it. NOT_FOUND, PERMISSION_DENIED as for
  // reading.
  static absl::StatusOr<SecretFileLock> Take(const std::string& path);
  SecretFileLock(SecretFileLock&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)) {}
  ~SecretFileLock();

 private:
  explicit SecretFileLock(int fd) : fd_(fd) {}
  int fd_;
};

// Makes the file with mode 0600, durably; a process that is killed at any
// moment leaves all of it or none. ALREADY_EXISTS if it is there; UNAVAILABLE
// if another process makes it at this moment.
absl::Status CreateSecretFile(const std::string& path, absl::string_view text);
// The same in place of the one that is there: after a crash one of them is.
absl::Status ReplaceSecretFile(const std::string& path, absl::string_view text);

}  // namespace tarazy

#endif  // TARAZY_SERVER_OPS_SECRET_FILE_H_
