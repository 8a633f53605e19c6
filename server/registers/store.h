// The register on disk: a history of changes that is only ever added to.
//
// Each write is one row of `change`: the whole entry as it became. Nothing is
// updated in place, so the rows are at once the entries, what replicas follow,
// and the answer to what the register said at an earlier revision. The row
// `head` carries the last revision; it is moved in the same transaction, which
// keeps revisions free of gaps and in commit order.
//
// Each change has a digest over the digest before it and over itself. Open
// checks all of them against `head`: a flipped bit, a missing row or a row
// that was changed by hand is DATA_LOSS and never an entry.
//
// Tables and digest are written down in server/registers/README.md.
//
// Thread-safety: one thread at a time.

#ifndef TARAZY_SERVER_REGISTERS_STORE_H_
#define TARAZY_SERVER_REGISTERS_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "server/ops/sqlite.h"

namespace tarazy {

enum class ChangeKind : uint8_t { kConsent = 1, kObjection = 2 };

struct Change {
  uint64_t revision = 0;
  uint64_t epoch = 0;
  // When it was written, in milliseconds since 1970 UTC.
  int64_t at_ms = 0;
  ChangeKind kind = ChangeKind::kConsent;
  // The entry as it became: a serialised v1::Consent or v1::Objection.
  std::string body;
};

// A caller's own key for a request, with the digest of what it asked for.
struct KeyedRequest {
  std::string key;
  std::string digest;
};

class RegisterStore {
 public:
  // Opens or makes the file and hands `each` all changes in order. Errors are
  // those of Registers::Open, or what `each` answers.
  static absl::StatusOr<std::unique_ptr<RegisterStore>> Open(
      const std::string& path, const std::string& key_check,
      const std::function<absl::Status(const Change&)>& each);

  // Adds a change, durable when this returns OK, and fills in its epoch and
  // revision. `keyed` may be null. After any failure but that of a full disk
  // the store takes no more writes, since the file's state is not known.
  absl::Status Append(const KeyedRequest* keyed, Change* change);

  struct Answered {
    std::string digest;
    Change change;
  };
  // What was written for this key; nothing when the key is new.
  absl::StatusOr<absl::optional<Answered>> FindKey(ChangeKind kind,
                                                   absl::string_view key);

  // At most 15 characters, so that copying it allocates nothing.
  const std::string& id() const { return id_; }
  uint64_t epoch() const { return epoch_; }
  uint64_t revision() const { return revision_; }
  bool failed() const { return failed_; }

 private:
  explicit RegisterStore(std::unique_ptr<Database> database)
      : database_(std::move(database)) {}

  absl::Status Migrate(const std::string& path, const std::string& key_check);
  absl::Status Load(const std::string& path, const std::string& key_check,
                    const std::function<absl::Status(const Change&)>& each);
  absl::Status Prepare();
  absl::Status Write(const KeyedRequest* keyed, const Change& change,
                     absl::string_view digest);

  std::unique_ptr<Database> database_;
  Statement insert_change_;
  Statement insert_key_;
  Statement move_head_;
  Statement find_key_;

  std::string id_;
  uint64_t epoch_ = 0;
  uint64_t revision_ = 0;
  std::string digest_;
  bool failed_ = false;
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_REGISTERS_STORE_H_
