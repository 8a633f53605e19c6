#include "server/ops/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

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

// What becomes a key file once all of it is on the disk, so that a process that
// ends at any moment leaves a whole key or none. What a former one left behind
// is thrown away.
class Temporary {
 public:
  explicit Temporary(const std::string& key_file)
      : path_(absl::StrCat(key_file, ".tmp")) {
    unlink(path_.c_str());
    fd_ = std::make_unique<Descriptor>(
        open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (fd_->get() < 0) failed_ = errno;
  }
  ~Temporary() { Remove(); }

  absl::Status Write(absl::string_view text) {
    if (failed_ == EEXIST) return OtherAtWork();
    errno = failed_;
    if (failed_ != 0) return FileError(path_, "make the key file");
    return WriteAll(fd_->get(), text);
  }

  // Gives this very file its name, whatever has become of the temporary one.
  absl::Status LinkTo(const std::string& key_file) {
    const std::string mine = absl::StrCat("/proc/self/fd/", fd_->get());
    if (linkat(AT_FDCWD, mine.c_str(), AT_FDCWD, key_file.c_str(),
               AT_SYMLINK_FOLLOW) == 0) {
      return absl::OkStatus();
    }
    if (errno == ENOENT && access(path_.c_str(), F_OK) == 0) {
      return OtherAtWork();
    }
    return FileError(key_file, "make the key file");
  }

  // The name is another's from then on.
  absl::Status RenameTo(const std::string& key_file) {
    if (rename(path_.c_str(), key_file.c_str()) != 0) {
      return FileError(key_file, "replace the key file");
    }
    failed_ = ENOENT;
    return absl::OkStatus();
  }

  void Remove() {
    if (failed_ == 0) unlink(path_.c_str());
    failed_ = ENOENT;
  }

 private:
  absl::Status OtherAtWork() const {
    return absl::UnavailableError(
        absl::StrCat("another process is making `", path_, "`; try again"));
  }

  const std::string path_;
  std::unique_ptr<Descriptor> fd_;
  int failed_ = 0;  // errno; not 0: there is no such file of ours
};

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

absl::StatusOr<SecretFileLock> SecretFileLock::Take(const std::string& path) {
  for (;;) {
    SecretFileLock lock(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (lock.fd_ < 0) return FileError(path, "open the key file");
    int locked;
    do {
      locked = flock(lock.fd_, LOCK_EX);
    } while (locked != 0 && errno == EINTR);
    if (locked != 0) return FileError(path, "lock the key file");
    // It may have been replaced while we waited.
    struct stat mine, now;
    if (fstat(lock.fd_, &mine) == 0 && stat(path.c_str(), &now) == 0 &&
        mine.st_dev == now.st_dev && mine.st_ino == now.st_ino) {
      return lock;
    }
  }
}

SecretFileLock::~SecretFileLock() {
  if (fd_ >= 0) close(fd_);
}

absl::Status CreateSecretFile(const std::string& path, absl::string_view text) {
  // Also where nothing can be written any more.
  struct stat info;
  if (lstat(path.c_str(), &info) == 0) {
    errno = EEXIST;
    return FileError(path, "make the key file");
  }
  Temporary temporary(path);
  if (absl::Status s = temporary.Write(text); !s.ok()) return s;
  if (absl::Status s = temporary.LinkTo(path); !s.ok()) return s;
  temporary.Remove();
  return SyncFolderOf(path);
}

absl::Status ReplaceSecretFile(const std::string& path,
                               absl::string_view text) {
  Temporary temporary(path);
  if (absl::Status s = temporary.Write(text); !s.ok()) return s;
  if (absl::Status s = temporary.RenameTo(path); !s.ok()) return s;
  return SyncFolderOf(path);
}

}  // namespace tarazy
