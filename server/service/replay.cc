#include "server/service/replay.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/registers/entry_table.h"
#include "server/registers/field_check.h"
#include "server/service/decider.h"

namespace tarazy {
namespace {

constexpr char kIgnored[] = "ASSERTED_CONSENT_IGNORED";
constexpr char kGivenTime[] = "AS_OF_GIVEN_TIME";

bool HasNotice(const v1::DecideResponse& response, const char* notice) {
  return std::find(response.notices().begin(), response.notices().end(),
                   notice) != response.notices().end();
}

// Maps in order, so that equal messages have equal bytes.
std::string Bytes(const google::protobuf::Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream out(&stream);
  out.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&out);
  out.Trim();
  return bytes;
}

// The registers as the record says they were.
class RecordedRegisters final : public RegisterView {
 public:
  explicit RecordedRegisters(const v1::DecisionRecord& record) {
    const v1::DecideResponse& response = record.response();
    state_.store = response.state().store();
    state_.epoch = response.state().epoch();
    state_.revision = response.state().revision();
    state_.age_ms = response.state_age().seconds() * 1000 +
                    response.state_age().nanos() / 1000000;
    auto entries = std::make_shared<SubjectEntries>();
    for (const v1::Consent& consent : record.other_consents()) {
      entries->consents.push_back(MakeEntry(consent));
    }
    if (record.has_consent()) {
      const auto place = std::min<std::ptrdiff_t>(
          record.consent_place(),
          static_cast<std::ptrdiff_t>(entries->consents.size()));
      entries->consents.insert(entries->consents.begin() + place,
                               MakeEntry(record.consent()));
    }
    // Of equal ones the last is tried first.
    std::reverse(entries->consents.begin(), entries->consents.end());
    for (const v1::Objection& objection : record.objections()) {
      entries->objections.push_back(MakeEntry(objection));
    }
    std::reverse(entries->objections.begin(), entries->objections.end());
    if (record.has_objection_facts()) {
      AddWhatIsNotThere(record, entries.get());
    }
    if (!entries->consents.empty() || !entries->objections.empty()) {
      entries_ = std::move(entries);
    }
  }

  std::shared_ptr<const SubjectEntries> Find(const Pseudonym&) const override {
    return entries_;
  }
  RegisterState state() const override { return state_; }

 private:
  // Objections that the record had no room for, as far as policies can tell
  // them apart. They come after those that are there, and weigh less.
  static void AddWhatIsNotThere(const v1::DecisionRecord& record,
                                SubjectEntries* entries) {
    const v1::ObjectionFacts& facts = record.objection_facts();
    v1::Objection objection = record.objections(0);
    objection.set_status(v1::Objection::DECIDED);
    const auto add = [&](v1::Objection::Result result) {
      objection.set_result(result);
      objection.clear_notified_at();
      entries->objections.insert(entries->objections.begin(),
                                 MakeEntry(objection));
    };
    if (facts.rejected_not_notified()) add(v1::Objection::REJECTED);
    if (facts.upheld()) add(v1::Objection::UPHELD);
  }

  RegisterState state_;
  std::shared_ptr<const SubjectEntries> entries_;
};

// Records had it once.
void LeaveOutFreeText(v1::DecisionRecord* record) {
  if (record->has_consent()) record->mutable_consent()->clear_evidence();
  for (v1::Consent& consent : *record->mutable_other_consents()) {
    consent.clear_evidence();
  }
  for (v1::Objection& objection : *record->mutable_objections()) {
    objection.clear_result_reason();
  }
}

std::set<std::string> Reasons(const v1::DecideResponse& response) {
  std::set<std::string> reasons;
  for (const v1::Reason& reason : response.reasons()) {
    reasons.insert(reason.norm().empty() ? reason.code() : reason.norm());
  }
  return reasons;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Replayer>> Replayer::Make(
    ReplayOptions options) {
  std::unique_ptr<Replayer> replayer(new Replayer(std::move(options)));
  const ReplayOptions& o = replayer->options_;
  if (o.instead != nullptr || o.as_of_ms.has_value()) {
    std::vector<std::shared_ptr<const Pack>> packs = o.law;
    if (o.instead != nullptr) packs = {o.instead};
    auto law = LawInService::Make(std::move(packs));
    if (!law.ok()) return law.status();
    replayer->other_ = *std::move(law);
  }
  return replayer;
}

absl::StatusOr<const LawInService*> Replayer::LawFor(
    const v1::DecisionRecord& record) {
  if (other_ != nullptr) {
    if (record.other_consents_left_out()) {
      return absl::FailedPreconditionError(
          "the record had no room for all consents that could have counted; "
          "what another law would say of them is not known");
    }
    return other_.get();
  }
  const std::string& digest = record.response().bundle_digest();
  const std::string key = absl::StrCat(digest, " ", record.enacted_digest());
  const auto kept = by_digest_.find(key);
  if (kept != by_digest_.end()) return kept->second.get();
  ReadingChoice choice;
  for (const std::string& reading : record.response().readings()) {
    choice.insert(std::pair<std::string, std::string>(
        absl::StrSplit(reading, absl::MaxSplits('=', 1))));
  }
  const auto decided = FindPack(digest, choice);
  if (decided == nullptr) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the pack that decided, `", record.response().edition(),
        "` with the digest ", digest, ", is not among those given"));
  }
  std::vector<std::shared_ptr<const Pack>> enacted;
  if (!record.enacted_digest().empty()) {
    enacted.push_back(FindPack(record.enacted_digest(), {}));
    if (enacted.back() == nullptr) {
      return absl::FailedPreconditionError(absl::StrCat(
          "the pack that the answer was compared with, with the digest ",
          record.enacted_digest(), ", is not among those given"));
    }
  }
  auto law = LawInService::Make({decided}, {}, std::move(enacted));
  if (!law.ok()) return law.status();
  return by_digest_.emplace(key, *std::move(law)).first->second.get();
}

// The pack of this digest among those given, as it is or under these readings.
std::shared_ptr<const Pack> Replayer::FindPack(
    const std::string& digest, const ReadingChoice& choice) const {
  for (const auto& pack : options_.law) {
    if (pack->digest() == digest) return pack;
    if (choice.empty()) continue;
    auto other = pack->WithReadings(choice);
    if (other.ok() && (*other)->digest() == digest) return *std::move(other);
  }
  return nullptr;
}

absl::StatusOr<Replayed> Replayer::Replay(const v1::DecisionRecord& sealed) {
  if (sealed.has_duty_report()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the record is a report about a duty of record ",
                     sealed.duty_report().index(), ", and no decision"));
  }
  v1::DecisionRecord record = sealed;
  if (record.has_sealed_inputs()) {
    if (options_.salts == nullptr) {
      return absl::FailedPreconditionError(
          "personal inputs are sealed, and no salts were given");
    }
    const auto salt = options_.salts->Find(record.sealed_inputs().salt());
    if (absl::IsNotFound(salt.status())) {
      return absl::FailedPreconditionError(salt.status().message());
    }
    if (!salt.ok()) return salt.status();
    const absl::Status opened =
        UnsealInputs(*salt, record.sealed_inputs(), record.mutable_request());
    if (!opened.ok()) return opened;
    record.clear_sealed_inputs();
  }
  LeaveOutFreeText(&record);
  const auto law = LawFor(record);
  if (!law.ok()) return law.status();
  const RecordedRegisters registers(record);
  // Subjects are pseudonyms already.
  const auto no_key =
      Pseudonymizer::Make(record.pseudonym_key(), std::string(32, '\0'));
  if (!no_key.ok()) return no_key.status();

  v1::DecideRequest request = record.request();
  const v1::DecideResponse& before = record.response();
  DeciderOptions options;
  options.registers = &registers;
  options.pseudonymizer = no_key->get();
  int64_t clock_ms = TimestampMs(record.recorded_at());
  options.clock = [&clock_ms] { return clock_ms; };
  options.consents_tried = 1000;
  options.max_state_age_ms = static_cast<int64_t>(record.max_state_age_ms());
  options.assert_consent = !HasNotice(before, kIgnored);
  options.choose_decision_time = HasNotice(before, kGivenTime);
  if (!options.choose_decision_time) {
    // It was near enough then.
    options.decision_time_skew_ms = std::numeric_limits<int64_t>::max();
  }
  if (options_.as_of_ms.has_value()) {
    options.choose_decision_time = true;
    WriteTimestamp(*options_.as_of_ms, request.mutable_decision_time());
  }
  EncodedDecision decision;
  Decider decider(options);
  const absl::Status decided = decider.Decide(**law, &request, &decision);
  if (!decided.ok()) return decided;

  v1::DecisionRecord again;
  if (!again.ParseFromString(decision.record)) {
    return absl::InternalError("the record that was made is no record");
  }
  // Random in every decision.
  again.mutable_response()->set_decision_id(before.decision_id());
  Replayed replayed;
  replayed.same = Bytes(again) == Bytes(record);
  replayed.response = std::move(*again.mutable_response());
  return replayed;
}

bool ReplayDifferences::Add(const v1::DecideResponse& before,
                            const v1::DecideResponse& after) {
  ++replayed;
  const std::set<std::string> old_reasons = Reasons(before);
  const std::set<std::string> new_reasons = Reasons(after);
  const bool turned = before.effect() != after.effect();
  if (!turned && before.outcome() == after.outcome() &&
      old_reasons == new_reasons) {
    return false;
  }
  ++changed;
  const std::string& id = before.decision_id();
  Turned& turn = by_effect[{before.effect(), before.outcome(), after.effect(),
                            after.outcome()}];
  ++turn.count;
  Keep(id, &turn.examples);
  const bool now_permits = after.effect() == v1::PERMIT;
  if (turned) ++(now_permits ? deny_to_permit : permit_to_deny);
  for (const std::string& norm : new_reasons) {
    const bool appears = old_reasons.count(norm) == 0;
    if (!appears && !turned) continue;
    ByNorm& counts = by_norm[norm];
    if (appears) ++counts.appears;
    if (turned) {
      ++(now_permits ? counts.deny_to_permit : counts.permit_to_deny);
    }
    Keep(id, &counts.examples);
  }
  for (const std::string& norm : old_reasons) {
    if (new_reasons.count(norm) != 0) continue;
    ByNorm& counts = by_norm[norm];
    ++counts.disappears;
    Keep(id, &counts.examples);
  }
  return true;
}

void ReplayDifferences::Keep(const std::string& id,
                             std::vector<std::string>* examples) const {
  if (examples->size() < examples_) examples->push_back(id);
}

}  // namespace tarazy
