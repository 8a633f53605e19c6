// Which entries of a subject a decision looks at.
//
// Policies decide whether a consent suffices; here it is only settled in which
// order the consents are tried, and so whose failure is told when none does.
// The order is: those that name the purpose, then those not withdrawn, in
// time, given in person, through the state service, and the newest first; an
// earlier mark outweighs all later ones.
//
// Objections are taken together, since any one of them can stop an act.
//
// Withdrawals and objections count whatever the instant that is decided at:
// one that is there now stops a decision that is dated back.
//
// Thread-safety: pure functions. The results point into the entries, which the
// caller keeps alive.

#ifndef TARAZY_SERVER_REGISTERS_SELECTION_H_
#define TARAZY_SERVER_REGISTERS_SELECTION_H_

#include <cstddef>
#include <cstdint>

#include "absl/container/inlined_vector.h"
#include "absl/strings/string_view.h"
#include "server/registers/registers.h"

namespace tarazy {

struct ConsentQuery {
  absl::string_view operator_bin;
  absl::string_view purpose;
  // Milliseconds since 1970 UTC.
  int64_t at_ms = 0;
  // How many are tried at most.
  size_t max_tried = 16;
};

using ConsentsTried = absl::InlinedVector<const ConsentEntry*, 16>;

// The consents of `entries` (may be null) to the operator, best first.
ConsentsTried SelectConsents(const SubjectEntries* entries,
                             const ConsentQuery& query);

struct ObjectionSummary {
  // One is filed and not decided.
  bool undecided = false;
  // The earliest limit of those that are undecided.
  int64_t due_ms = ObjectionEntry::kNever;
  bool upheld = false;
  bool rejected_not_notified = false;

  // What stands in the record: at most kMaxFound, the undecided first by their
  // limit, then the upheld, then those rejected and not notified, then the
  // rest; among equals the newest first.
  static constexpr size_t kMaxFound = 8;
  absl::InlinedVector<const ObjectionEntry*, kMaxFound> found;
};

// The objections of `entries` (may be null) to this processing by this
// operator. An empty `processing_id` takes those to any processing: leaving
// out the name must not make an objection go away.
ObjectionSummary SummariseObjections(const SubjectEntries* entries,
                                     absl::string_view operator_bin,
                                     absl::string_view processing_id);

}  // namespace tarazy

#endif  // TARAZY_SERVER_REGISTERS_SELECTION_H_
