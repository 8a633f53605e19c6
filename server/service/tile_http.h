// The published log over HTTP, as the static files that C2SP tlog-tiles names:
// the checkpoint, the tiles of hashes, the bundles of records. Reads alone.
//
//   GET /checkpoint
//   GET /tile/<L>/<N>[.p/<W>]
//   GET /tile/entries/<N>[.p/<W>]
//
// Hashes tell nothing of a record and are open to anybody who can reach the
// address. Bundles hold the records themselves: for auditors alone, by the
// token that AuditService takes, in the header `Authorization`.
//
// Thread-safety: all methods may be called from any thread.
// Source: C2SP tlog-tiles.

#ifndef TARAZY_SERVER_SERVICE_TILE_HTTP_H_
#define TARAZY_SERVER_SERVICE_TILE_HTTP_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/audit/audit_queries.h"
#include "server/ops/callers.h"

namespace tarazy {

class TileHttp {
 public:
  // Ends what is under way.
  virtual ~TileHttp() = default;

  // Serves on `address`, host:port; port 0 takes a free one. UNAVAILABLE: it
  // can't be listened on. The pointers outlive the server.
  static absl::StatusOr<std::unique_ptr<TileHttp>> Start(
      const std::string& address, AuditQueries* queries,
      const Callers* callers);

  // Where it listens, host:port.
  virtual const std::string& address() const = 0;
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_SERVICE_TILE_HTTP_H_
