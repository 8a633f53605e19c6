// Consents and objections: what decisions know of a person's own will.
//
// Writes are durable before they are answered (a RegisterStore: SQLite here).
// Reads never touch the store: each subject's entries are an immutable value
// in memory, replaced as a whole by a write, so that a decision sees a
// subject's state of one revision.
//
// Thread-safety: all methods may be called from any thread. Writes are
// serialised.

#ifndef TARAZY_SERVER_REGISTERS_REGISTERS_H_
#define TARAZY_SERVER_REGISTERS_REGISTERS_H_

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "policy/pack/calendar.h"
#include "policy/pack/pack.h"
#include "server/registers/pseudonym.h"
#include "tarazy/v1/registers.pb.h"

namespace tarazy {

// A consent as decisions read it. Instants are milliseconds since 1970 UTC.
//
// A withdrawal that the law bars has no effect: `withdrawal_barred` is set and
// `withdrawn_ms` is not. A withdrawal that took effect is final and clears an
// earlier bar. So never are both set.
struct ConsentEntry {
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

  // The whole consent, with the pseudonym for the subject.
  v1::Consent consent;
  int64_t valid_from_ms = 0;
  int64_t valid_until_ms = kNever;  // excluded
  int64_t withdrawn_ms = kNever;    // kNever: not withdrawn
  bool withdrawal_barred = false;
};

struct ObjectionEntry {
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

  v1::Objection objection;
  int64_t received_ms = 0;
  int64_t due_ms = 0;  // excluded
};

// All entries of one subject, oldest first.
struct SubjectEntries {
  std::vector<ConsentEntry> consents;
  std::vector<ObjectionEntry> objections;
};

// The state that reads come from.
struct RegisterState {
  std::string store;
  uint64_t epoch = 0;
  uint64_t revision = 0;
  // Age of what reads see, in milliseconds. 0 for the store on this machine,
  // until a write ends in an I/O error: from then on it grows, since nobody
  // knows whether the store holds that write.
  int64_t age_ms = 0;
};

// How the limits of objections are counted that are received from an instant
// on (milliseconds since 1970 UTC), until the next term begins.
struct DatedTerm {
  int64_t from_ms = 0;
  ObjectionTerm term;
  // Needed where the term counts working days.
  std::shared_ptr<const WorkingDays> working_days;
};

struct RegistersOptions {
  // SQLite file; made if absent. ":memory:" is for tests.
  std::string path;
  // What the pseudonym key makes of a fixed text. A file is tied to the key
  // that it was made with: under another one no subject would be found, and
  // its objections would be gone.
  std::string key_check;
  // Milliseconds since 1970 UTC. Empty: the machine's clock.
  std::function<int64_t()> clock;
  // Milliseconds of a clock that only goes forward, for ages. Empty: the
  // machine's.
  std::function<int64_t()> steady_clock;
  // How objection limits are fixed; see SetObjectionTerms.
  std::vector<DatedTerm> objection_terms = {DatedTerm()};
  // How far back the receipt of an objection may lie, in days of 24 hours.
  uint32_t max_receipt_age_days = 7;
  // Entries that one subject may have, of each kind.
  uint32_t max_entries_per_subject = 1000;
};

// What decisions read.
class RegisterView {
 public:
  virtual ~RegisterView() = default;

  // Null when the subject has no entries.
  virtual std::shared_ptr<const SubjectEntries> Find(
      const Pseudonym& subject) const = 0;
  // What Find answers after this call holds at least this revision; so ask for
  // the state first. Allocates nothing.
  virtual RegisterState state() const = 0;
};

class Registers : public RegisterView {
 public:
  // Loads all entries after checking that the file is whole.
  // FAILED_PRECONDITION: another process has it open, a newer version wrote
  // it, it was made with another pseudonym key, or it is some other file.
  // DATA_LOSS: it is damaged; nothing is changed. PERMISSION_DENIED: it can't
  // be read or written.
  static absl::StatusOr<std::unique_ptr<Registers>> Open(
      const RegistersOptions& options);

  // From now on limits are fixed by these terms, ascending by instant; what is
  // received before the first counts by the first. Limits that are fixed stay.
  // INVALID_ARGUMENT, and the old terms stay: no term, no day, or working days
  // without a calendar.
  virtual absl::Status SetObjectionTerms(std::vector<DatedTerm> terms) = 0;

  // Writes: requests whose fields have been checked and whose subject has been
  // replaced by its pseudonym (server/registers/handlers.h does both). Errors
  // are those of the services in registers.proto; UNAVAILABLE: nothing was
  // written, or, after an I/O error of the disk, it is not known: ask again
  // with the same idempotency key.
  virtual absl::StatusOr<v1::RegisterConsentResponse> RegisterConsent(
      const v1::RegisterConsentRequest& request) = 0;
  virtual absl::StatusOr<v1::WithdrawConsentResponse> WithdrawConsent(
      const v1::WithdrawConsentRequest& request) = 0;
  virtual absl::StatusOr<v1::Consent> GetConsent(
      absl::string_view id) const = 0;
  virtual absl::StatusOr<v1::ListConsentsResponse> ListConsents(
      const v1::ListConsentsRequest& request) const = 0;
  virtual absl::StatusOr<v1::ObjectionResponse> FileObjection(
      const v1::FileObjectionRequest& request) = 0;
  virtual absl::StatusOr<v1::ObjectionResponse> DecideObjection(
      const v1::DecideObjectionRequest& request) = 0;
  virtual absl::StatusOr<v1::ObjectionResponse> NotifyObjection(
      const v1::NotifyObjectionRequest& request) = 0;
  virtual absl::StatusOr<v1::Objection> GetObjection(
      absl::string_view id) const = 0;
  virtual absl::StatusOr<v1::ListObjectionsResponse> ListObjections(
      const v1::ListObjectionsRequest& request) const = 0;
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_REGISTERS_REGISTERS_H_
