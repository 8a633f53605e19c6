// Personal inputs of decisions: sealed in the log, their salts kept apart, so
// that erasing the salts erases the inputs and leaves the log whole.
//
// A record holds, of the inputs that may tell something of the subject, a
// salted commitment (HMAC-SHA-256) and the inputs sealed (AES-256-GCM) under a
// key that follows from the same salt. Each record has a salt of its own; it
// stands in a SQLite file, under a number that the record names. Without the
// salt neither the commitment can be tried out nor the seal be opened.
//
// Salts are durable before they are used, and no answer waits for that: they
// are made ahead, some thousands a transaction, and a decision takes the next
// one from memory (the first one that a process takes waits). So a record never
// names a salt that a crash has lost; what a crash leaves are salts that no
// record names.
//
// Thread-safety: all methods may be called from any thread.
// Source: RFC 2104, NIST SP 800-38D.

#ifndef TARAZY_SERVER_AUDIT_SALTS_H_
#define TARAZY_SERVER_AUDIT_SALTS_H_

#include <array>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/ops/sqlite.h"
#include "tarazy/v1/record.pb.h"

namespace tarazy {

struct Salt {
  uint64_t id = 0;
  std::array<uint8_t, 32> bytes{};
};

class SaltStore {
 public:
  ~SaltStore();

  // Opens the file or makes it (mode 0600). With `make_ahead` salts are made
  // for a server, once the first was taken; without, salts are only read and
  // erased.
  static absl::StatusOr<std::unique_ptr<SaltStore>> Open(
      const std::string& path, bool make_ahead);

  // The next salt, durable. Waits for the disk only when all that were made
  // are used up. UNAVAILABLE: no more could be made.
  absl::StatusOr<Salt> Take();
  // NOT_FOUND: it was erased.
  absl::StatusOr<Salt> Find(uint64_t id);
  // Erases them from the file and from its write-ahead log; durable when it
  // returns OK. Those that are gone already do no harm.
  absl::Status Erase(const std::vector<uint64_t>& ids);

 private:
  explicit SaltStore(std::unique_ptr<Database> database)
      : database_(std::move(database)) {}
  absl::Status Prepare();
  void MakeAhead();
  absl::StatusOr<std::vector<Salt>> MakeSome();

  std::mutex database_mutex_;
  std::unique_ptr<Database> database_;  // guarded by database_mutex_

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Salt> ready_;  // guarded by mutex_, like the next
  absl::Status failed_;
  bool wanted_ = false;  // somebody has taken one
  bool stopping_ = false;
  std::thread thread_;
};

// Whether a request has inputs that are to be sealed: what the pack declares
// under context.ext, and where evidence of asserted consent lies.
bool HasPersonalInputs(const v1::DecideRequest& request);
// Moves them from the request to what stands in the record.
absl::StatusOr<v1::SealedInputs> SealInputs(const Salt& salt,
                                            v1::DecideRequest* request);
// Puts them back. DATA_LOSS: the seal or the commitment does not fit.
absl::Status UnsealInputs(const Salt& salt, const v1::SealedInputs& sealed,
                          v1::DecideRequest* request);

}  // namespace tarazy

#endif  // TARAZY_SERVER_AUDIT_SALTS_H_
