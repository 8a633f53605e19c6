// The gRPC server: listens, hands each call to a handler, drains.
//
// Start brings up everything that the configuration names: pack, pseudonym
// key, decision log, registers, then the listening addresses. From then on
// each completion queue has one thread that polls and decides inline; register
// writes, which wait for the disk, run on a small pool of their own.
//
// Drain loses nothing: health turns NOT_SERVING, no new call is taken, calls
// under way are answered (streams end after the requests that have arrived;
// what is left after the configured time is cancelled), and the log is closed
// once all of its records are durable.
//
// Thread-safety: all methods may be called from any thread.

#ifndef TARAZY_SERVER_SERVICE_SERVER_H_
#define TARAZY_SERVER_SERVICE_SERVER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/ops/config.h"

namespace tarazy {

class FileSystem;  // server/audit/file_system.h
class Metrics;     // server/ops/metrics.h

// What tests replace. Null or empty: the real one.
struct ServerHooks {
  // Milliseconds since 1970 UTC.
  std::function<int64_t()> clock;
  // The log's disk; outlives the server.
  FileSystem* log_files = nullptr;
  // Takes one structured log line, without the newline. Default: stderr.
  std::function<void(absl::string_view)> log_line;
};

class Server {
 public:
  // Drains if nobody has.
  virtual ~Server() = default;

  // Serving when it returns. Otherwise says what is wrong: INVALID_ARGUMENT
  // for the configuration or the pack (the message holds all its diagnostics,
  // a line each), DATA_LOSS for a damaged log, UNAVAILABLE for an address that
  // can't be listened on, and what the files gave.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const Config& config,
                                                       ServerHooks hooks = {});

  // Where it listens, as a gRPC client takes them: "127.0.0.1:41234",
  // "unix:/run/tarazy.sock". TCP first; a port of 0 is replaced by the real
  // one.
  virtual const std::vector<std::string>& addresses() const = 0;

  // Puts the packs of these folders in service, one or several editions, under
  // the configured readings; calls under way end with the law they began with.
  // On an error nothing changes.
  virtual absl::Status ReplacePacks(
      const std::vector<std::string>& directories) = 0;

  // Drains and returns when all is done. Not from a signal handler. Further
  // calls wait for the first.
  virtual void Drain() = 0;

  // Returns after a Drain has ended.
  virtual void Wait() = 0;

  // What was counted so far.
  virtual const Metrics& metrics() const = 0;
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_SERVICE_SERVER_H_
