// One decision: a request in, an answer and its record out. Knows no gRPC.
//
// The steps: check the request; replace the subject by its pseudonym; take
// what the registers know; evaluate the decision policies, and after them the
// obligation policies, with each consent that could count until one permits;
// write down the answer. There is one place that says PERMIT (Decider::Run),
// and it says so only after an evaluation of both policy sets in which some
// policy permits, none forbids and none erred. Everything else is a deny.
//
// Thread-safety: a Decider belongs to one thread; what its options point to is
// shared.

#ifndef TARAZY_SERVER_SERVICE_DECIDER_H_
#define TARAZY_SERVER_SERVICE_DECIDER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "policy/eval/arena.h"
#include "policy/eval/evaluator.h"
#include "server/audit/salts.h"
#include "server/registers/pseudonym.h"
#include "server/registers/registers.h"
#include "server/registers/selection.h"
#include "server/service/answer.h"
#include "server/service/law_in_service.h"
#include "tarazy/v1/decision.pb.h"

namespace tarazy {

struct DeciderOptions {
  // Both outlive the decider.
  const RegisterView* registers = nullptr;
  const Pseudonymizer* pseudonymizer = nullptr;
  // Milliseconds since 1970 UTC.
  std::function<int64_t()> clock;
  uint32_t consents_tried = 16;
  // How old the state of the registers may be, in milliseconds, for a decision
  // about a subject.
  int64_t max_state_age_ms = 2000;
  bool assert_consent = false;
  // Whether requests may choose the instant they are decided at. Without that
  // right one that states an instant is refused when it lies further than this
  // many milliseconds from the clock, and the clock decides.
  bool choose_decision_time = false;
  int64_t decision_time_skew_ms = 5000;
  v1::Language default_language = v1::LANGUAGE_KK;
  // Whether records are wanted.
  bool record = true;
  uint32_t max_record_bytes = 65535;
  // Seals personal inputs in records; outlives the decider. Null: they stand
  // in the record as they came, which is for tests and replays.
  SaltStore* salts = nullptr;
  // For tools: what the policies of a decision were asked about, before it is
  // answered. Not called where no policy was asked.
  std::function<void(const PackInService&, const Binding&)> observe;
};

// What was decided. Kept and used again, its buffers are allocated once. (The
// client library has a Decision; one program may hold both.)
struct EncodedDecision {
  v1::Effect effect = v1::DENY;
  // An encoded DecideResponse, without its receipt.
  std::string response;
  // An encoded DecisionRecord; empty when none is wanted.
  std::string record;
};

class Decider {
 public:
  explicit Decider(DeciderOptions options);

  // Decides. `request` is changed: its subject becomes a pseudonym, and what
  // is sealed in the record is taken from it. On OK
  // `decision` has been written anew. INVALID_ARGUMENT and PERMISSION_DENIED
  // name the field; INTERNAL: no randomness for the decision's id.
  absl::Status Decide(const LawInService& law, v1::DecideRequest* request,
                      EncodedDecision* decision);

  // What the last decision evaluated, for tools: with the consent that the
  // answer speaks of, unless it was refused before any policy, or compared with
  // an enacted edition.
  const Evaluation& last_decision() const { return decision_; }
  const Evaluation& last_duties() const { return duties_; }

 private:
  // What one decision looks at.
  struct Case {
    const PackInService* pack;
    const PackInService* enacted;  // null: nothing to compare with
    const v1::DecideRequest* request;
    Binding binding;
    std::shared_ptr<const SubjectEntries> entries;
    ObjectionSummary objections;
    RegisterState state;
  };
  // A consent to try; both null: none.
  struct Candidate {
    const ConsentEntry* entry = nullptr;
    ConsentFacts facts;
    bool present = false;
  };
  using Candidates = absl::InlinedVector<Candidate, 4>;

  // The instant that decides.
  absl::Status ChooseInstant(const v1::DecideRequest& request, int64_t clock_ms,
                             int64_t* now_ms) const;
  // The code of a reason that needs no policy; empty: there is none.
  absl::string_view RefusalWithoutPolicies(const Case& c) const;
  Candidates FindCandidates(const Case& c, v1::DecideResponse* response);
  // Evaluates both policy sets; true: permit.
  bool Permits(const Case& c);
  // The answer for the evaluation that Permits left.
  void Explain(const Case& c, bool permitted, Answer* answer);
  void ExplainDuties(const Case& c, bool permitted, Answer* answer);
  // Decides; the candidate that the answer speaks of.
  Candidate Run(Case* c, v1::DecideResponse* response, Answer* answer);
  // Whether an enacted edition permits what was denied, or the other way
  // round. Leaves the evaluations of that edition behind.
  bool Diverges(const PackInService& enacted, const Case& c,
                const Candidates& candidates, bool permitted);
  bool NewDecisionId(std::string* id);

  DeciderOptions options_;
  Arena arena_;
  Evaluation decision_;
  Evaluation duties_;
  Answer answer_;
  v1::DecideResponse head_;  // what is not in answer_
  ConsentsTried tried_;      // of the register, for the record
  // Where the log's key is not the registers': the subject's pseudonyms.
  std::string subject_in_log_;
  std::string subject_outside_;
  // Random bytes that no decision has used yet.
  uint8_t random_[4096];
  size_t random_used_ = sizeof(random_);
};

}  // namespace tarazy

#endif  // TARAZY_SERVER_SERVICE_DECIDER_H_
