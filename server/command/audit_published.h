// The files of a published log (C2SP tlog-tiles) from outside: from a folder
// that `tarazy audit publish` has written, or from a web server over HTTP.
//
// Whoever gives them out may be hostile. A file may have as many bytes as one
// of its name can have and no more, an answer's head 64 KiB, its first line 1
// KiB; no redirect is followed; a whole answer must come within the deadline.
//
// Thread-safety: for one thread.

#ifndef TARAZY_SERVER_COMMAND_AUDIT_PUBLISHED_H_
#define TARAZY_SERVER_COMMAND_AUDIT_PUBLISHED_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"

namespace tarazy {

// Reads a file by its path in C2SP tlog-tiles. NOT_FOUND: it is not there.
// DATA_LOSS: it is longer than such a file can be.
using ReadPublished =
    std::function<absl::StatusOr<std::string>(const std::string& path)>;

ReadPublished ReadPublishedFolder(const std::string& folder);

struct PublishedUrl {
  // http://HOST[:PORT][/PATH], of the folder.
  std::string url;
  // Sent with what is asked of bundles of records, and with nothing else.
  std::string token;
  // Milliseconds that one file may take.
  int64_t deadline_ms = 60000;
};

// INVALID_ARGUMENT: no such URL. The result gives UNAUTHENTICATED and
// PERMISSION_DENIED for 401 and 403, FAILED_PRECONDITION for a redirect,
// DEADLINE_EXCEEDED, UNAVAILABLE for all else.
absl::StatusOr<ReadPublished> ReadPublishedUrl(const PublishedUrl& from);

}  // namespace tarazy

#endif  // TARAZY_SERVER_COMMAND_AUDIT_PUBLISHED_H_
