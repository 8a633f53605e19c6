#include "server/service/tile_http.h"

#include <httplib.h>

#include <atomic>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/service/audit_calls.h"

namespace tarazy {
namespace {

constexpr int kThreads = 4;
constexpr size_t kMaxRequestsOnAConnection = 1000;
constexpr time_t kSeconds = 5;  // for reading a request and writing an answer
// Tiles never change; the checkpoint does each second.
constexpr char kForever[] = "public, max-age=31536000, immutable";

int HttpCode(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kUnauthenticated:
      return 401;
    case absl::StatusCode::kPermissionDenied:
      return 403;
    default:
      return 503;
  }
}

class TileHttpServer final : public TileHttp {
 public:
  TileHttpServer(AuditQueries* queries, const Callers* callers)
      : queries_(queries), callers_(callers) {
    server_.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    // Without the library's own SO_REUSEPORT, by which a second server would
    // take part of the requests unseen.
    server_.set_socket_options([](socket_t socket) {
      const int yes = 1;
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    server_.set_keep_alive_max_count(kMaxRequestsOnAConnection);
    server_.set_read_timeout(kSeconds);
    server_.set_write_timeout(kSeconds);
    server_.set_payload_max_length(0);
    for (const char* note : {"/checkpoint", "/PRUNED"}) {
      server_.Get(note,
                  [this](const httplib::Request& q, httplib::Response& r) {
                    Answer(q, "text/plain; charset=utf-8", "no-cache", &r);
                  });
    }
    server_.Get("/tile/.*",
                [this](const httplib::Request& q, httplib::Response& r) {
                  Answer(q, "application/octet-stream", kForever, &r);
                });
  }

  ~TileHttpServer() override {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }

  absl::Status Listen(const std::string& address) {
    const size_t colon = address.rfind(':');
    const std::string host = address.substr(0, colon);
    int port = 0;
    if (colon == std::string::npos ||
        !absl::SimpleAtoi(address.substr(colon + 1), &port)) {
      return absl::InvalidArgumentError(
          absl::StrCat("`", address, "` is not host:port"));
    }
    if (port == 0) {
      port = server_.bind_to_any_port(host);
    } else if (!server_.bind_to_port(host, port)) {
      port = -1;
    }
    if (port < 0) {
      return absl::UnavailableError(absl::StrCat(
          "can't listen on `", address, "` for HTTP; is the address in use?"));
    }
    address_ = absl::StrCat(host, ":", port);
    thread_ = std::thread([this] {
      server_.listen_after_bind();
      ended_ = true;
    });
    // A stop before that would be lost on the library.
    while (!server_.is_running() && !ended_) std::this_thread::yield();
    return absl::OkStatus();
  }

  const std::string& address() const override { return address_; }

 private:
  void Answer(const httplib::Request& request, const char* type,
              const char* caching, httplib::Response* response) {
    v1::AuditTileRequest tile;
    tile.set_path(request.path.substr(1));
    AuditScope scope;
    absl::Status status;
    const bool bundle = absl::StartsWith(tile.path(), "tile/entries/");
    if (bundle) {
      const auto found =
          ScopeOf(*callers_, request.get_header_value("Authorization"));
      status = found.status();
      if (found.ok()) scope = *found;
    }
    auto content = status.ok() ? queries_->ReadTile(tile, scope)
                               : absl::StatusOr<v1::AuditTile>(status);
    if (!content.ok()) {
      response->status = HttpCode(content.status());
      response->set_content(absl::StrCat(content.status().message(), "\n"),
                            "text/plain; charset=utf-8");
      return;
    }
    response->set_header("Cache-Control",
                         bundle ? "private, immutable" : caching);
    response->set_content(std::move(*content->mutable_content()), type);
  }

  AuditQueries* const queries_;
  const Callers* const callers_;
  httplib::Server server_;
  std::string address_;
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<TileHttp>> TileHttp::Start(
    const std::string& address, AuditQueries* queries, const Callers* callers) {
  auto server = std::make_unique<TileHttpServer>(queries, callers);
  if (absl::Status s = server->Listen(address); !s.ok()) return s;
  return std::unique_ptr<TileHttp>(std::move(server));
}

}  // namespace tarazy
