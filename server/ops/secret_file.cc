#include "server/ops/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "absl/strings/str_cat.h"

namespace tarazy {
namespace {

absl::Status FileError(const std::string& file, absl::string_view what) {
  return absl::ErrnoToStatus(errno,
                             absl::StrCat("can't ", what, " `", file, "`"));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  const int fd_;
};

absl::Status WriteAll(int fd, absl::string_view text) {
  while (!text.empty()) {
    const ssize_t n = write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return absl::ErrnoToStatus(errno, "can't write the key");
    text.remove_prefix(static_cast<size_t>(n));
  }
  if (fsync(fd) != 0) return absl::ErrnoToStatus(errno, "can't sync the key");
  return absl::OkStatus();
}

absl::Status SyncFolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "."
                             : slash == 0               ? "/"
                                                        : path.substr(0, slash);
  Descriptor dir(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (dir.get() < 0 || fsync(dir.get()) != 0) {
    return FileError(folder, "sync the folder");
  }
  return absl::OkStatus();
}

}  // namespace

Secret::~Secret() { OPENSSL_cleanse(&text[0], text.size()); }

absl::Status ReadSecretFile(const std::string& file, Secret* out) {
  Descriptor fd(open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return FileError(file, "open the key file");
  struct stat info;
  if (fstat(fd.get(), &info) != 0) return FileError(file, "look at");
  if (!S_ISREG(info.st_mode)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the key file `", file, "` is not a regular file"));
  }
  if ((info.st_mode & 077) != 0) {
    return absl::PermissionDeniedError(
        absl::StrCat("other users may use the key file `", file,
                     "`; take their rights away with `chmod 600`"));
  }
  if (info.st_uid != geteuid() && info.st_uid != 0) {
    return absl::PermissionDeniedError(absl::StrCat(
        "the key file `", file, "` belongs to neither this user nor root"));
  }
  std::string& text = out->text;
  text.resize(kMaxSecretFileBytes +
              1);  // never grows, so nothing is left behind
  size_t size = 0;
  while (size < text.size()) {
    const ssize_t n = read(fd.get(), &text[size], text.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return FileError(file, "read the key file");
    if (n == 0) break;
    size += static_cast<size_t>(n);
  }
  if (size > kMaxSecretFileBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("the key file `", file, "` has more than ",
                     kMaxSecretFileBytes, " bytes"));
  }
  text.resize(size);
  return absl::OkStatus();
}

absl::Status CreateSecretFile(const std::string& path, absl::string_view text) {
  Descriptor fd(
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (fd.get() < 0) return FileError(path, "make the key file");
  if (absl::Status s = WriteAll(fd.get(), text); !s.ok()) {
    unlink(path.c_str());
    return s;
  }
  return SyncFolderOf(path);
}

absl::Status ReplaceSecretFile(const std::string& path,
                               absl::string_view text) {
  const std::string temporary = absl::StrCat(path, ".tmp");
  unlink(temporary.c_str());  // of a try that a crash ended
  if (absl::Status s = CreateSecretFile(temporary, text); !s.ok()) return s;
  if (rename(temporary.c_str(), path.c_str()) != 0) {
    const absl::Status failed = FileError(path, "replace the key file");
    unlink(temporary.c_str());
    return failed;
  }
  return SyncFolderOf(path);
}

}  // namespace tarazy
