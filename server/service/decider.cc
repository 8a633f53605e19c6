#include "server/service/decider.h"

#include <openssl/rand.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/pack/calendar.h"
#include "server/registers/field_check.h"
#include "server/registers/selection.h"
#include "server/service/check.h"
#include "server/service/record.h"
#include "server/service/wire.h"

namespace tarazy {
namespace {

constexpr size_t kIdBytes = 16;

bool IsMissingFact(const PolicyError& error) {
  return error.code == EvalErrorCode::kMissingAttribute &&
         error.slot != PolicyError::kNoSlot;
}

// Whether the duty of an obligation policy goes with this effect.
bool GoesWith(DutyWith on, bool permitted) {
  return on == DutyWith::kAny ||
         on == (permitted ? DutyWith::kPermit : DutyWith::kDeny);
}

bool IsBehind(const RegisterState& state, const v1::StateToken& wanted) {
  return wanted.store() != state.store || wanted.epoch() != state.epoch ||
         wanted.revision() > state.revision;
}

// Whether the register knows that the subject took back consent to this
// purpose. What a caller asserts does not count against that.
bool WasWithdrawn(const SubjectEntries& entries,
                  const v1::DecideRequest& request) {
  const std::string& purpose = request.purpose().code();
  return std::any_of(
      entries.consents.begin(), entries.consents.end(),
      [&](const ConsentEntry& entry) {
        const auto& purposes = entry.consent.purposes();
        return entry.withdrawn_ms != ConsentEntry::kNever &&
               !entry.withdrawal_barred &&
               entry.consent.operator_bin() == request.operator_().bin() &&
               (purpose.empty() || std::find(purposes.begin(), purposes.end(),
                                             purpose) != purposes.end());
      });
}

absl::optional<int64_t> DueOf(const DueRule& rule, const Fact* fact,
                              const Binding& binding) {
  switch (rule.kind) {
    case DueRule::Kind::kNone:
      return absl::nullopt;
    case DueRule::Kind::kDays:
      return CalendarDayLimit(binding.now_ms, rule.days).due_ms;
    case DueRule::Kind::kFact: {
      if (fact == nullptr) return absl::nullopt;
      const Value value = fact->read(binding, "");
      if (value.tag() != ValueTag::kDatetime) return absl::nullopt;
      return value.as_number();
    }
  }
  return absl::nullopt;
}

// Evaluates one policy set.
void EvaluateSet(const ResolvedProgram& set, const Binding& unnamed,
                 Evaluation* evaluation) {
  Binding binding = unnamed;
  binding.names = &set.names();
  BoundFacts facts(set, binding);
  ResolvedProgram::ScopeNames names;
  const ScopeRequest scope = set.Scope(*binding.request, &names);
  Evaluate(set.program(), scope, &facts, evaluation);
}

void AddError(const ResolvedProgram& set, const PolicyLinks& links,
              const PolicyError& error, const Binding& binding, bool reason,
              Answer* answer) {
  const std::string& policy = set.program().policies()[error.policy].id;
  const bool missing = IsMissingFact(error);
  if (reason) {
    answer->AddReason(missing ? kMissingFact : kEvaluationError, links.norm,
                      policy);
  }
  if (!missing) return;
  answer->AddMissing(set.program().facts()[error.slot].ToString(),
                     set.Field(binding, error.slot), policy);
}

// When to ask again: set only where everything that stands in the way ends.
absl::optional<int64_t> RetryAfter(const PackInService& pack,
                                   const Binding& unnamed,
                                   const Evaluation& decision) {
  if (!decision.errors().empty() || decision.forbids().empty()) {
    return absl::nullopt;
  }
  Binding binding = unnamed;
  binding.names = &pack.decision->names();
  int64_t latest = 0;
  for (uint32_t policy : decision.forbids()) {
    const auto slot = pack.pack->decision_links()[policy].retry_after;
    if (!slot) return absl::nullopt;
    const Value value = pack.decision->Read(binding, *slot);
    if (value.tag() != ValueTag::kDatetime) return absl::nullopt;
    latest = std::max(latest, value.as_number());
  }
  return latest;
}

}  // namespace

Decider::Decider(DeciderOptions options) : options_(std::move(options)) {}

bool Decider::NewDecisionId(std::string* id) {
  if (random_used_ + kIdBytes > sizeof(random_)) {
    if (RAND_bytes(random_, sizeof(random_)) != 1) return false;
    random_used_ = 0;
  }
  static constexpr char kDigits[] = "0123456789abcdef";
  id->resize(2 * kIdBytes);
  for (size_t i = 0; i < kIdBytes; ++i) {
    const uint8_t byte = random_[random_used_ + i];
    (*id)[2 * i] = kDigits[byte >> 4];
    (*id)[2 * i + 1] = kDigits[byte & 15];
  }
  random_used_ += kIdBytes;
  return true;
}

absl::string_view Decider::RefusalWithoutPolicies(const Case& c) const {
  if (!InForce(*c.pack->pack, c.binding.now_ms)) return kEditionNotInForce;
  if (c.request->has_subject() && c.state.age_ms > options_.max_state_age_ms) {
    return kStaleState;
  }
  if (c.request->has_at_least_as_fresh() &&
      IsBehind(c.state, c.request->at_least_as_fresh())) {
    return kStaleState;
  }
  return "";
}

Decider::Candidates Decider::FindCandidates(const Case& c,
                                            v1::DecideResponse* response) {
  Candidates candidates;
  ConsentQuery query;
  query.operator_bin = c.request->operator_().bin();
  query.purpose = c.request->purpose().code();
  query.at_ms = c.binding.now_ms;
  query.max_tried = options_.consents_tried;
  tried_ = SelectConsents(c.entries.get(), query);
  for (const ConsentEntry* entry : tried_) {
    candidates.push_back({entry, FromRegister(*entry), true});
  }
  if (c.request->has_asserted_consent()) {
    if (options_.assert_consent &&
        (c.entries == nullptr || !WasWithdrawn(*c.entries, *c.request))) {
      candidates.push_back(
          {nullptr, FromCaller(c.request->asserted_consent()), true});
    } else {
      response->add_notices("ASSERTED_CONSENT_IGNORED");
    }
  }
  if (candidates.empty()) candidates.push_back({});
  return candidates;
}

bool Decider::Permits(const Case& c) {
  EvaluateSet(*c.pack->decision, c.binding, &decision_);
  if (!decision_.FailClosedAllows()) return false;
  EvaluateSet(*c.pack->obligations, c.binding, &duties_);
  // A permit whose duties are not known is none.
  const std::vector<PolicyLinks>& links = c.pack->pack->obligation_links();
  for (const PolicyError& error : duties_.errors()) {
    if (GoesWith(links[error.policy].on, true)) return false;
  }
  return true;
}

void Decider::Explain(const Case& c, bool permitted, Answer* answer) {
  const ResolvedProgram& set = *c.pack->decision;
  const std::vector<PolicyLinks>& links = c.pack->pack->decision_links();
  const bool forbidden = !decision_.forbids().empty();
  for (uint32_t policy :
       permitted ? decision_.permits() : decision_.forbids()) {
    answer->AddReason(*c.pack->pack, policy);
  }
  for (const PolicyError& error : decision_.errors()) {
    AddError(set, links[error.policy], error, c.binding, !forbidden, answer);
  }
  if (!permitted && decision_.FailClosedAllows()) {
    // The duties stood in the way.
    const std::vector<PolicyLinks>& duty_links =
        c.pack->pack->obligation_links();
    for (const PolicyError& error : duties_.errors()) {
      if (!GoesWith(duty_links[error.policy].on, true)) continue;
      AddError(*c.pack->obligations, duty_links[error.policy], error, c.binding,
               true, answer);
    }
  } else if (!permitted && !forbidden && decision_.errors().empty()) {
    answer->AddReason(kNotPermitted, nullptr, "");
  }
}

void Decider::ExplainDuties(const Case& c, bool permitted, Answer* answer) {
  if (!permitted) EvaluateSet(*c.pack->obligations, c.binding, &duties_);
  const std::vector<PolicyLinks>& links = c.pack->pack->obligation_links();
  for (uint32_t policy : duties_.permits()) {
    const PolicyLinks& link = links[policy];
    if (link.obligation == nullptr || !GoesWith(link.on, permitted)) continue;
    const Fact* fact = c.pack->due[policy][c.request->operation().kind_case()];
    answer->AddDuty(*c.pack->pack, policy,
                    DueOf(link.obligation->due, fact, c.binding));
  }
  if (permitted) return;
  for (const PolicyError& error : duties_.errors()) {
    if (!GoesWith(links[error.policy].on, false)) continue;
    AddError(*c.pack->obligations, links[error.policy], error, c.binding, false,
             answer);
  }
}

Decider::Candidate Decider::Run(Case* c, v1::DecideResponse* response,
                                Answer* answer) {
  response->set_effect(v1::DENY);
  const absl::string_view refusal = RefusalWithoutPolicies(*c);
  if (!refusal.empty()) {
    const bool stale = refusal == kStaleState;
    response->set_outcome(stale ? v1::INDETERMINATE : v1::NOT_PERMITTED);
    answer->AddReason(refusal, nullptr, "");
    return {};
  }
  Candidates candidates = FindCandidates(*c, response);
  const auto take = [&](const Candidate& candidate) {
    c->binding.consent = candidate.present ? &candidate.facts : nullptr;
    return Permits(*c);
  };
  size_t chosen = 0;
  bool permitted = take(candidates[0]);
  for (size_t i = 1; i < candidates.size() && !permitted; ++i) {
    permitted = take(candidates[i]);
    if (permitted) chosen = i;
  }
  // None permits: the answer is that of the best one.
  if (!permitted && candidates.size() > 1) permitted = take(candidates[0]);

  if (permitted) {
    response->set_effect(v1::PERMIT);
    response->set_outcome(v1::PERMITTED);
  } else if (!decision_.forbids().empty()) {
    response->set_outcome(v1::FORBIDDEN);
  } else if (!decision_.errors().empty() || decision_.FailClosedAllows()) {
    response->set_outcome(v1::INDETERMINATE);
  } else {
    response->set_outcome(v1::NOT_PERMITTED);
  }
  Explain(*c, permitted, answer);
  if (!permitted) {
    if (const auto at = RetryAfter(*c->pack, c->binding, decision_)) {
      WriteTimestamp(*at, response->mutable_retry_after());
    }
  }
  ExplainDuties(*c, permitted, answer);
  if (candidates[chosen].facts.asserted) {
    response->add_notices("ASSERTED_CONSENT_USED");
  }
  Candidate result = candidates[chosen];
  if (c->request->explain() && !permitted) {
    c->binding.consent = candidates[0].present ? &candidates[0].facts : nullptr;
    answer->SetRequirements(*c->pack->pack,
                            c->pack->remedies->Find(c->binding));
  }
  if (c->enacted != nullptr &&
      Diverges(*c->enacted, *c, candidates, permitted)) {
    response->add_notices("DIVERGES_FROM_ENACTED");
  }
  if (options_.observe) options_.observe(*c->pack, c->binding);
  c->binding.consent = nullptr;
  return result;
}

bool Decider::Diverges(const PackInService& enacted, const Case& c,
                       const Candidates& candidates, bool permitted) {
  Case other = c;
  other.pack = &enacted;
  const bool enacted_permits = std::any_of(
      candidates.begin(), candidates.end(), [&](const Candidate& candidate) {
        other.binding.consent = candidate.present ? &candidate.facts : nullptr;
        return Permits(other);
      });
  return enacted_permits != permitted;
}

absl::Status Decider::ChooseInstant(const v1::DecideRequest& request,
                                    int64_t clock_ms, int64_t* now_ms) const {
  *now_ms = clock_ms;
  if (!request.has_decision_time()) return absl::OkStatus();
  const FieldPath field("decision_time");
  int64_t given_ms = 0;
  const absl::Status status =
      ReadTimestamp(field, request.decision_time(), &given_ms);
  if (!status.ok()) return status;
  if (options_.choose_decision_time) {
    *now_ms = given_ms;
    return absl::OkStatus();
  }
  if (std::abs(given_ms - clock_ms) <= options_.decision_time_skew_ms) {
    return absl::OkStatus();
  }
  return absl::PermissionDeniedError(
      FieldError(field, absl::StrCat(
                            "lies more than ", options_.decision_time_skew_ms,
                            " ms from the server's clock, and requests may not "
                            "choose their instant; leave it out, or ask the "
                            "server's operator for the right "
                            "`rights.choose_decision_time`"))
          .message());
}

absl::Status Decider::Decide(const LawInService& law,
                             v1::DecideRequest* request,
                             EncodedDecision* decision) {
  const int64_t clock_ms = options_.clock();
  int64_t now_ms = 0;
  absl::Status status = ChooseInstant(*request, clock_ms, &now_ms);
  if (!status.ok()) return status;
  const PackInService& pack = law.At(now_ms);
  status = CheckRequest(*request, pack.extensions);
  if (!status.ok()) return status;
  v1::DecideResponse* response = &head_;
  response->Clear();
  subject_in_log_.clear();
  Case c;
  c.pack = &pack;
  c.enacted = law.Enacted(pack, now_ms);
  c.request = request;
  // The state before the entries: they may be newer than it, never older.
  c.state = options_.registers->state();
  if (request->has_subject()) {
    Pseudonym subject;
    status = ReplaceSubject(FieldPath("subject"), *options_.pseudonymizer,
                            request->mutable_subject(), &subject);
    if (!status.ok()) return status;
    c.entries = options_.registers->Find(subject);
    c.objections = SummariseObjections(
        c.entries.get(), request->operator_().bin(),
        request->operation().automated_processing().processing_id());
    c.binding.objections = &c.objections;
    if (options_.pseudonymizer->rotated()) {
      subject_in_log_ = options_.pseudonymizer->InLog(subject).ToHex();
      subject_outside_ = request->subject().pseudonym();
    } else {
      response->set_subject_pseudonym(request->subject().pseudonym());
    }
  }
  arena_.Reset();
  answer_.Clear();
  tried_.clear();
  c.binding.request = request;
  c.binding.arena = &arena_;
  c.binding.now_ms = now_ms;
  if (request->has_decision_time() && options_.choose_decision_time) {
    response->add_notices("AS_OF_GIVEN_TIME");
  }
  if (!NewDecisionId(response->mutable_decision_id())) {
    return absl::InternalError("no randomness for the id of the decision");
  }
  const Candidate used = Run(&c, response, &answer_);

  response->set_request_id(request->request_id());
  response->set_edition(pack.pack->edition());
  response->set_bundle_digest(pack.pack->digest());
  for (const auto& [reading, alternative] : pack.pack->choice()) {
    response->add_readings(absl::StrCat(reading, "=", alternative));
  }
  v1::StateToken* token = response->mutable_state();
  token->set_store(c.state.store);
  token->set_epoch(c.state.epoch);
  token->set_revision(c.state.revision);
  response->mutable_state_age()->set_seconds(c.state.age_ms / 1000);
  response->mutable_state_age()->set_nanos(
      static_cast<int32_t>(c.state.age_ms % 1000) * 1000000);
  WriteTimestamp(c.binding.now_ms, response->mutable_decided_as_of());
  answer_.Sort();

  decision->effect = response->effect();
  std::string* bytes = &decision->response;
  bytes->clear();
  AppendEncoded(*response, bytes);
  const size_t head = bytes->size();
  decision->record.clear();
  if (options_.record) {
    if (!subject_in_log_.empty()) {
      AppendBytes(v1::DecideResponse::kSubjectPseudonymFieldNumber,
                  subject_in_log_, bytes);
      request->mutable_subject()->set_pseudonym(subject_in_log_);
    }
    answer_.Append(*pack.parts, v1::LANGUAGE_UNSPECIFIED, bytes);
    RecordParts parts;
    parts.subject_in_log = subject_in_log_;
    parts.recorded_ms = clock_ms;
    parts.request = request;
    parts.response = *bytes;
    parts.consent = used.entry;
    parts.consent_asserted = used.facts.asserted;
    parts.tried = tried_;
    parts.objections = &c.objections;
    parts.pseudonym_key = options_.pseudonymizer->key_id();
    parts.max_state_age_ms = options_.max_state_age_ms;
    if (c.enacted != nullptr) parts.enacted_digest = c.enacted->pack->digest();
    v1::SealedInputs sealed;
    if (options_.salts != nullptr && request->has_subject() &&
        HasPersonalInputs(*request)) {
      const auto salt = options_.salts->Take();
      if (!salt.ok()) return salt.status();
      auto made = SealInputs(*salt, request);
      if (!made.ok()) return made.status();
      sealed = *std::move(made);
      parts.sealed = &sealed;
    }
    AppendRecord(parts, options_.max_record_bytes, &decision->record);
    if (decision->record.size() > options_.max_record_bytes) {
      return absl::InvalidArgumentError(absl::StrCat(
          "request: its record would take ", decision->record.size(),
          " bytes; the limit is ", options_.max_record_bytes));
    }
    bytes->resize(head);
  }
  if (!subject_in_log_.empty()) {
    AppendBytes(v1::DecideResponse::kSubjectPseudonymFieldNumber,
                subject_outside_, bytes);
  }
  const v1::Language language = request->language() != v1::LANGUAGE_UNSPECIFIED
                                    ? request->language()
                                    : options_.default_language;
  answer_.Append(*pack.parts, language, bytes);
  return absl::OkStatus();
}

}  // namespace tarazy
