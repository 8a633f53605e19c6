#include "server/command/audit_published.h"

#include <errno.h>
#include <httplib.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/audit/file_system.h"
#include "server/audit/merkle.h"

namespace tarazy {
namespace {

using Clock = std::chrono::steady_clock;

constexpr uint64_t kMaxNoteBytes = 1u << 16;
constexpr uint64_t kMaxHeadBytes = 1u << 16;
constexpr uint64_t kMaxFirstLineBytes = 1024;
constexpr uint64_t kMaxRecordBytes = 2 + 65535;  // with its length

// How long a file of that name can be.
uint64_t MaxBytes(const std::string& path) {
  const auto tile = ParseTilePath(path);
  if (!tile.has_value()) return kMaxNoteBytes;
  return tile->width *
         (tile->level == TileId::kEntries ? kMaxRecordBytes : sizeof(Hash));
}

// What one answer may cost, counted as it is read.
struct Allowance {
  Clock::time_point deadline;
  uint64_t bytes = kMaxHeadBytes;
  uint64_t first_line = kMaxFirstLineBytes;  // 0: it has been read
  bool too_long = false;
  bool too_late = false;
};

// A connection that stops where the allowance ends: the library itself reads
// lines and heads of any length.
class AllowedStream final : public httplib::Stream {
 public:
  AllowedStream(socket_t socket, Allowance* allowance)
      : socket_(socket), allowance_(allowance) {}

  bool is_readable() const override { return Wait(POLLIN); }
  bool is_writable() const override { return Wait(POLLOUT); }

  ssize_t read(char* out, size_t size) override {
    if (at_ == end_ && !Fill()) return end_of_file_ ? 0 : -1;
    const size_t n = std::min(size, end_ - at_);
    const char* const from = buffer_ + at_;
    if (!Count(from, n)) return -1;
    std::copy_n(from, n, out);
    at_ += n;
    return static_cast<ssize_t>(n);
  }

  ssize_t write(const char* data, size_t size) override {
    if (!Wait(POLLOUT)) return -1;
    return send(socket_, data, size, MSG_NOSIGNAL);
  }

  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return socket_; }

 private:
  bool Wait(int16_t event) const {
    for (;;) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          allowance_->deadline - Clock::now());
      pollfd waited = {socket_, event, 0};
      const int ready = left.count() <= 0
                            ? 0
                            : poll(&waited, 1, static_cast<int>(left.count()));
      if (ready > 0) return true;
      if (ready < 0 && errno == EINTR) continue;
      if (ready == 0) allowance_->too_late = true;
      return false;
    }
  }

  bool Fill() {
    if (!Wait(POLLIN)) return false;
    ssize_t n;
    do {
      n = recv(socket_, buffer_, sizeof buffer_, 0);
    } while (n < 0 && errno == EINTR);
    end_of_file_ = n == 0;
    if (n <= 0) return false;
    at_ = 0;
    end_ = static_cast<size_t>(n);
    return true;
  }

  bool Count(const char* from, size_t n) {
    if (allowance_->first_line > 0) {
      if (std::find(from, from + n, '\n') != from + n) {
        allowance_->first_line = 0;
      } else {
        allowance_->too_long = n >= allowance_->first_line;
        allowance_->first_line -= std::min<uint64_t>(n, allowance_->first_line);
      }
    }
    if (n > allowance_->bytes) allowance_->too_long = true;
    if (allowance_->too_long) return false;
    allowance_->bytes -= n;
    return true;
  }

  const socket_t socket_;
  Allowance* const allowance_;
  char buffer_[4096];
  size_t at_ = 0;
  size_t end_ = 0;
  bool end_of_file_ = false;
};

class AllowedClient final : public httplib::ClientImpl {
 public:
  using ClientImpl::ClientImpl;

  void Allow(Allowance* allowance) { allowance_ = allowance; }

 private:
  bool process_socket(const Socket& socket,
                      std::function<bool(httplib::Stream&)> talk) override {
    AllowedStream stream(socket.sock, allowance_);
    return talk(stream);
  }

  Allowance* allowance_ = nullptr;
};

class PublishedOverHttp {
 public:
  PublishedOverHttp(const std::string& host, int port, std::string folder,
                    PublishedUrl from)
      : client_(host, port),
        folder_(std::move(folder)),
        from_(std::move(from)) {
    client_.set_keep_alive(true);
    client_.set_follow_location(false);
    client_.set_decompress(false);
    client_.set_connection_timeout(
        std::chrono::milliseconds(from_.deadline_ms));
  }

  absl::StatusOr<std::string> Read(const std::string& path) {
    bool untouched = false;
    auto content = ReadOnce(path, &untouched);
    // A server may have closed a connection that was kept for more.
    if (untouched) content = ReadOnce(path, &untouched);
    return content;
  }

 private:
  // `untouched`: the connection ended before anything was answered.
  absl::StatusOr<std::string> ReadOnce(const std::string& path,
                                       bool* untouched) {
    Allowance allowance;
    allowance.deadline =
        Clock::now() + std::chrono::milliseconds(from_.deadline_ms);
    client_.Allow(&allowance);
    *untouched = false;
    const uint64_t limit = MaxBytes(path);
    httplib::Headers headers;
    if (!from_.token.empty() && absl::StartsWith(path, "tile/entries/")) {
      headers.emplace("Authorization", absl::StrCat("Bearer ", from_.token));
    }
    int code = 0;
    std::string body;
    const httplib::Result got = client_.Get(
        absl::StrCat(folder_, path), headers,
        [&](const httplib::Response& head) {
          code = head.status;
          // What it takes to send that in pieces, too.
          allowance.bytes = 2 * limit + kMaxHeadBytes;
          return code == 200;
        },
        [&](const char* data, size_t size) {
          allowance.too_long = size > limit - body.size();
          if (!allowance.too_long) body.append(data, size);
          return !allowance.too_long;
        });
    if (allowance.too_long) {
      return Failed(absl::StatusCode::kDataLoss, path,
                    absl::StrCat("the answer is longer than it can be: ", limit,
                                 " bytes"));
    }
    if (allowance.too_late) {
      return Failed(absl::StatusCode::kDeadlineExceeded, path,
                    absl::StrCat("no whole answer within ", from_.deadline_ms,
                                 " ms (--deadline-ms)"));
    }
    *untouched = !got && allowance.bytes == kMaxHeadBytes;
    if (code == 200 && got) return body;
    if (code == 200 || code == 0) {
      return Failed(
          absl::StatusCode::kUnavailable, path,
          absl::StrCat("no whole answer: ", httplib::to_string(got.error())));
    }
    return Failed(CodeOf(code), path, absl::StrCat("answered with ", code));
  }

  static absl::StatusCode CodeOf(int code) {
    switch (code) {
      case 401:
        return absl::StatusCode::kUnauthenticated;
      case 403:
        return absl::StatusCode::kPermissionDenied;
      case 404:
      case 410:
        return absl::StatusCode::kNotFound;
      default:
        return code >= 300 && code < 400 ? absl::StatusCode::kFailedPrecondition
                                         : absl::StatusCode::kUnavailable;
    }
  }

  absl::Status Failed(absl::StatusCode code, const std::string& path,
                      absl::string_view reason) const {
    return absl::Status(
        code, absl::StrCat("`", from_.url, "`: `", path, "`: ", reason,
                           code == absl::StatusCode::kFailedPrecondition
                               ? "; a redirect is not followed"
                               : ""));
  }

  AllowedClient client_;
  const std::string folder_;  // with its last slash
  const PublishedUrl from_;
};

}  // namespace

ReadPublished ReadPublishedFolder(const std::string& folder) {
  return [folder](const std::string& path) -> absl::StatusOr<std::string> {
    auto content = ReadAll(FileSystem::Posix(), absl::StrCat(folder, "/", path),
                           MaxBytes(path));
    if (!absl::IsOutOfRange(content.status())) return content;
    return absl::DataLossError(content.status().message());
  };
}

absl::StatusOr<ReadPublished> ReadPublishedUrl(const PublishedUrl& from) {
  absl::string_view rest = from.url;
  if (!absl::ConsumePrefix(&rest, "http://")) {
    return absl::InvalidArgumentError(absl::StrCat(
        "`", from.url,
        "` does not begin with http://; of a log behind anything else copy the "
        "files and verify the copy with --published"));
  }
  const size_t slash = std::min(rest.find('/'), rest.size());
  absl::string_view host = rest.substr(0, slash);
  std::string folder(rest.substr(slash));
  if (!absl::EndsWith(folder, "/")) folder.push_back('/');
  int port = 80;
  const size_t colon = host.rfind(':');
  bool good = !host.empty();
  if (colon != absl::string_view::npos && !absl::EndsWith(host, "]")) {
    good = absl::SimpleAtoi(host.substr(colon + 1), &port) && port > 0 &&
           port < 65536 && colon > 0;
    host = host.substr(0, colon);
  }
  if (absl::ConsumePrefix(&host, "[")) {
    good = absl::ConsumeSuffix(&host, "]") && good;
  }
  // What would end the request's line, or begin a query.
  for (const char c : rest) {
    good = good && absl::ascii_isgraph(c) && c != '?' && c != '#' && c != '@';
  }
  if (!good) {
    return absl::InvalidArgumentError(absl::StrCat(
        "`", from.url, "` is not http://HOST[:PORT][/PATH] of a folder"));
  }
  const auto client = std::make_shared<PublishedOverHttp>(std::string(host),
                                                          port, folder, from);
  return ReadPublished(
      [client](const std::string& path) { return client->Read(path); });
}

}  // namespace tarazy
