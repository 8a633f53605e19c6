// How a write goes: check it against the entries in memory, append it to the
// store, put it in memory, then publish the revision. Readers that see the
// revision therefore see the write; a crash in between loses nothing, since
// memory is filled from the store.
//
// When the store fails in a way that leaves the file's state unknown, no more
// writes are taken and the age of the state grows, so that decisions which
// depend on it come to deny.

#include "server/registers/registers.h"

#include <openssl/rand.h>
#include <openssl/sha.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "server/registers/entry_table.h"
#include "server/registers/field_check.h"
#include "server/registers/page_token.h"
#include "server/registers/store.h"

namespace tarazy {
namespace {

int64_t WallClock() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

int64_t SteadyClock() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

absl::StatusOr<std::string> NewEntryId() {
  std::string bytes(16, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&bytes[0]),
                 static_cast<int>(bytes.size())) != 1) {
    return absl::InternalError("the machine gives no random bytes");
  }
  return absl::BytesToHexString(bytes);
}

// SHA-256 over what was asked, so that a key that comes again is known to come
// with the same content.
std::string DigestOf(const google::protobuf::MessageLite& content) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    content.SerializeToCodedStream(&coded);
  }
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
         reinterpret_cast<unsigned char*>(&digest[0]));
  return digest;
}

absl::Status NoSuch(absl::string_view what, absl::string_view id) {
  return absl::NotFoundError(
      absl::StrCat("there is no ", what, " with the id `", id, "`"));
}

absl::Status NotAPseudonym(absl::string_view field) {
  return FieldError(FieldPath(field), "has no pseudonym");
}

absl::StatusOr<Limit> FixLimit(const DatedTerm& dated, int64_t received_ms) {
  absl::StatusOr<Limit> limit =
      dated.term.working_days
          ? WorkingDayLimit(received_ms, dated.term.days, *dated.working_days)
          : CalendarDayLimit(received_ms, dated.term.days);
  if (!limit.ok()) {
    return absl::FailedPreconditionError(limit.status().message());
  }
  // The alarm counts the day of receipt.
  if (dated.term.receipt_day_counts) limit->due_ms = limit->alarm_ms;
  return limit;
}

class SqliteRegisters final : public Registers {
 public:
  explicit SqliteRegisters(const RegistersOptions& options)
      : options_(options) {
    if (!options_.clock) options_.clock = WallClock;
    if (!options_.steady_clock) options_.steady_clock = SteadyClock;
  }

  absl::Status Start();

  std::shared_ptr<const SubjectEntries> Find(
      const Pseudonym& subject) const override {
    return table_.Find(subject);
  }
  RegisterState state() const override;
  absl::Status SetObjectionTerms(std::vector<DatedTerm> terms) override;

  absl::StatusOr<v1::RegisterConsentResponse> RegisterConsent(
      const v1::RegisterConsentRequest& request) override;
  absl::StatusOr<v1::WithdrawConsentResponse> WithdrawConsent(
      const v1::WithdrawConsentRequest& request) override;
  absl::StatusOr<v1::Consent> GetConsent(absl::string_view id) const override;
  absl::StatusOr<v1::ListConsentsResponse> ListConsents(
      const v1::ListConsentsRequest& request) const override;
  absl::StatusOr<v1::ObjectionResponse> FileObjection(
      const v1::FileObjectionRequest& request) override;
  absl::StatusOr<v1::ObjectionResponse> DecideObjection(
      const v1::DecideObjectionRequest& request) override;
  absl::StatusOr<v1::ObjectionResponse> NotifyObjection(
      const v1::NotifyObjectionRequest& request) override;
  absl::StatusOr<v1::Objection> GetObjection(
      absl::string_view id) const override;
  absl::StatusOr<v1::ListObjectionsResponse> ListObjections(
      const v1::ListObjectionsRequest& request) const override;

 private:
  static constexpr int64_t kHealthy = -1;

  absl::Status LoadChange(const Change& change);
  template <typename Entry, typename Message>
  absl::Status LoadEntry(const Change& change);

  // The first answer to `keyed`; nothing when its key is new, ALREADY_EXISTS
  // when it came with other content. The write lock is held.
  template <typename Message>
  absl::StatusOr<bool> FirstAnswer(ChangeKind kind, const KeyedRequest& keyed,
                                   Message* entry, v1::StateToken* state);

  // Makes `entry` durable and visible. The write lock is held.
  template <typename Message>
  absl::Status Commit(ChangeKind kind, const KeyedRequest* keyed,
                      const Pseudonym& subject, int64_t now,
                      const Message& entry, v1::StateToken* state);

  void WriteState(uint64_t epoch, uint64_t revision,
                  v1::StateToken* state) const;
  // The write lock is held.
  const DatedTerm& TermAt(int64_t received_ms) const;
  absl::StatusOr<v1::ObjectionResponse> UpdateObjection(
      int64_t now, v1::Objection objection);

  RegistersOptions options_;
  // Of the store; constant after Start.
  std::string store_id_;
  uint64_t epoch_ = 0;

  EntryTable table_;
  std::atomic<uint64_t> revision_{0};
  // Since when, on the steady clock, the state is in doubt.
  std::atomic<int64_t> doubt_since_{kHealthy};

  std::mutex write_mutex_;
  std::unique_ptr<RegisterStore> store_;  // used under write_mutex_
};

absl::Status SqliteRegisters::Start() {
  absl::StatusOr<std::unique_ptr<RegisterStore>> store = RegisterStore::Open(
      options_.path, options_.key_check,
      [this](const Change& change) { return LoadChange(change); });
  if (!store.ok()) return store.status();
  store_ = *std::move(store);
  store_id_ = store_->id();
  epoch_ = store_->epoch();
  revision_.store(store_->revision(), std::memory_order_release);
  return absl::OkStatus();
}

absl::Status SqliteRegisters::SetObjectionTerms(std::vector<DatedTerm> terms) {
  const bool bad =
      std::any_of(terms.begin(), terms.end(), [](const DatedTerm& dated) {
        return dated.term.days < 1 ||
               (dated.term.working_days && dated.working_days == nullptr);
      });
  if (terms.empty() || bad) {
    return absl::InvalidArgumentError(
        "the objection term needs at least one day, and a calendar of days "
        "off where it counts working days");
  }
  std::lock_guard<std::mutex> lock(write_mutex_);
  options_.objection_terms = std::move(terms);
  return absl::OkStatus();
}

absl::Status SqliteRegisters::LoadChange(const Change& change) {
  return change.kind == ChangeKind::kConsent
             ? LoadEntry<ConsentEntry, v1::Consent>(change)
             : LoadEntry<ObjectionEntry, v1::Objection>(change);
}

template <typename Entry, typename Message>
absl::Status SqliteRegisters::LoadEntry(const Change& change) {
  Message message;
  Pseudonym subject;
  if (!message.ParseFromString(change.body) || message.id().empty() ||
      !Pseudonym::FromHex(message.subject().pseudonym(), &subject)) {
    return absl::DataLossError(
        absl::StrCat("revision ", change.revision, " holds no entry"));
  }
  table_.Load(subject, MakeEntry(std::move(message)));
  return absl::OkStatus();
}

RegisterState SqliteRegisters::state() const {
  RegisterState state;
  const int64_t doubt_since = doubt_since_.load(std::memory_order_acquire);
  if (doubt_since != kHealthy) {
    state.age_ms = options_.steady_clock() - doubt_since;
  }
  state.store = store_id_;
  state.epoch = epoch_;
  state.revision = revision_.load(std::memory_order_acquire);
  return state;
}

void SqliteRegisters::WriteState(uint64_t epoch, uint64_t revision,
                                 v1::StateToken* state) const {
  state->set_store(store_id_);
  state->set_epoch(epoch);
  state->set_revision(revision);
}

template <typename Message>
absl::StatusOr<bool> SqliteRegisters::FirstAnswer(ChangeKind kind,
                                                  const KeyedRequest& keyed,
                                                  Message* entry,
                                                  v1::StateToken* state) {
  absl::StatusOr<absl::optional<RegisterStore::Answered>> first =
      store_->FindKey(kind, keyed.key);
  if (!first.ok()) return first.status();
  if (!first->has_value()) return false;
  const RegisterStore::Answered& answered = **first;
  if (answered.digest != keyed.digest) {
    return absl::AlreadyExistsError(
        "`idempotency_key`: was used with other content; take a new key");
  }
  if (!entry->ParseFromString(answered.change.body)) {
    return absl::DataLossError(
        absl::StrCat("revision ", answered.change.revision, " holds no entry"));
  }
  WriteState(answered.change.epoch, answered.change.revision, state);
  return true;
}

template <typename Message>
absl::Status SqliteRegisters::Commit(ChangeKind kind, const KeyedRequest* keyed,
                                     const Pseudonym& subject, int64_t now,
                                     const Message& entry,
                                     v1::StateToken* state) {
  Change change;
  change.kind = kind;
  change.at_ms = now;
  change.body = entry.SerializeAsString();
  const absl::Status status = store_->Append(keyed, &change);
  if (!status.ok()) {
    int64_t healthy = kHealthy;
    if (store_->failed()) {
      doubt_since_.compare_exchange_strong(healthy, options_.steady_clock(),
                                           std::memory_order_release);
    }
    return status;
  }
  table_.Put(subject, MakeEntry(entry));
  revision_.store(change.revision, std::memory_order_release);
  WriteState(change.epoch, change.revision, state);
  return absl::OkStatus();
}

absl::StatusOr<v1::RegisterConsentResponse> SqliteRegisters::RegisterConsent(
    const v1::RegisterConsentRequest& request) {
  Pseudonym subject;
  if (!Pseudonym::FromHex(request.consent().subject().pseudonym(), &subject)) {
    return NotAPseudonym("consent.subject");
  }
  v1::RegisterConsentResponse response;
  const KeyedRequest keyed{request.idempotency_key(),
                           DigestOf(request.consent())};
  std::lock_guard<std::mutex> lock(write_mutex_);
  if (!keyed.key.empty()) {
    absl::StatusOr<bool> answered =
        FirstAnswer(ChangeKind::kConsent, keyed, response.mutable_consent(),
                    response.mutable_state());
    if (!answered.ok()) return answered.status();
    if (*answered) return response;
  }

  const std::shared_ptr<const SubjectEntries> entries = table_.Find(subject);
  if (entries != nullptr &&
      entries->consents.size() >= options_.max_entries_per_subject) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the subject has ", entries->consents.size(),
                     " consents, which is the limit"));
  }
  const int64_t now = options_.clock();
  v1::Consent consent = request.consent();
  if (!consent.validity().has_from()) {
    WriteTimestamp(now, consent.mutable_validity()->mutable_from());
  }
  int64_t from = 0;
  int64_t until = 0;
  const FieldPath root("consent");
  const absl::Status period = ReadPeriod(FieldPath(root, "validity"),
                                         consent.validity(), &from, &until);
  if (!period.ok()) return period;
  absl::StatusOr<std::string> id = NewEntryId();
  if (!id.ok()) return id.status();
  consent.set_id(*id);
  WriteTimestamp(now, consent.mutable_registered_at());

  const absl::Status status =
      Commit(ChangeKind::kConsent, keyed.key.empty() ? nullptr : &keyed,
             subject, now, consent, response.mutable_state());
  if (!status.ok()) return status;
  *response.mutable_consent() = std::move(consent);
  return response;
}

absl::StatusOr<v1::WithdrawConsentResponse> SqliteRegisters::WithdrawConsent(
    const v1::WithdrawConsentRequest& request) {
  std::lock_guard<std::mutex> lock(write_mutex_);
  absl::StatusOr<v1::Consent> consent = GetConsent(request.consent_id());
  if (!consent.ok()) return consent.status();
  const bool barred = !request.barred_reason().empty();
  if (consent->has_withdrawn_at() && barred) {
    return absl::FailedPreconditionError(
        "the consent is withdrawn; a bar comes too late");
  }

  const int64_t now = options_.clock();
  v1::WithdrawConsentResponse response;
  const bool nothing_new =
      barred ? consent->withdrawal_barred_reason() == request.barred_reason()
             : consent->has_withdrawn_at();
  if (nothing_new) {
    WriteState(epoch_, revision_.load(std::memory_order_relaxed),
               response.mutable_state());
  } else {
    if (barred) {
      consent->set_withdrawal_barred_reason(request.barred_reason());
    } else {
      consent->clear_withdrawal_barred_reason();
      WriteTimestamp(now, consent->mutable_withdrawn_at());
    }
    Pseudonym subject;
    Pseudonym::FromHex(consent->subject().pseudonym(), &subject);
    const absl::Status status = Commit(ChangeKind::kConsent, nullptr, subject,
                                       now, *consent, response.mutable_state());
    if (!status.ok()) return status;
  }
  if (consent->has_withdrawn_at()) {
    WriteTimestamp(options_.clock(), response.mutable_effective_by());
  }
  *response.mutable_consent() = *std::move(consent);
  return response;
}

absl::StatusOr<v1::Consent> SqliteRegisters::GetConsent(
    absl::string_view id) const {
  const std::shared_ptr<const SubjectEntries> entries =
      table_.FindById<ConsentEntry>(id);
  const ConsentEntry* entry = FindConsent(entries.get(), id);
  if (entry == nullptr) return NoSuch("consent", id);
  return entry->consent;
}

absl::StatusOr<v1::ListConsentsResponse> SqliteRegisters::ListConsents(
    const v1::ListConsentsRequest& request) const {
  Pseudonym subject;
  if (!Pseudonym::FromHex(request.subject().pseudonym(), &subject)) {
    return NotAPseudonym("subject");
  }
  const absl::string_view question[] = {
      "consents", request.subject().pseudonym(), request.operator_bin()};
  absl::StatusOr<Page> page =
      ReadPage(request.page_size(), request.page_token(), question);
  if (!page.ok()) return page.status();

  v1::ListConsentsResponse response;
  const std::shared_ptr<const SubjectEntries> entries = table_.Find(subject);
  if (entries == nullptr) return response;
  for (size_t i = page->begin; i < entries->consents.size(); ++i) {
    const v1::Consent& consent = entries->consents[i].consent;
    if (!request.operator_bin().empty() &&
        consent.operator_bin() != request.operator_bin()) {
      continue;
    }
    if (static_cast<size_t>(response.consents_size()) == page->size) {
      response.set_next_page_token(MakePageToken(i, question));
      break;
    }
    *response.add_consents() = consent;
  }
  return response;
}

const DatedTerm& SqliteRegisters::TermAt(int64_t received_ms) const {
  const std::vector<DatedTerm>& terms = options_.objection_terms;
  size_t i = terms.size() - 1;
  while (i > 0 && received_ms < terms[i].from_ms) --i;
  return terms[i];
}

absl::StatusOr<v1::ObjectionResponse> SqliteRegisters::FileObjection(
    const v1::FileObjectionRequest& request) {
  Pseudonym subject;
  if (!Pseudonym::FromHex(request.objection().subject().pseudonym(),
                          &subject)) {
    return NotAPseudonym("objection.subject");
  }
  v1::ObjectionResponse response;
  const KeyedRequest keyed{request.idempotency_key(),
                           DigestOf(request.objection())};
  std::lock_guard<std::mutex> lock(write_mutex_);
  if (!keyed.key.empty()) {
    absl::StatusOr<bool> answered =
        FirstAnswer(ChangeKind::kObjection, keyed, response.mutable_objection(),
                    response.mutable_state());
    if (!answered.ok()) return answered.status();
    if (*answered) return response;
  }

  const std::shared_ptr<const SubjectEntries> entries = table_.Find(subject);
  if (entries != nullptr &&
      entries->objections.size() >= options_.max_entries_per_subject) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the subject has ", entries->objections.size(),
                     " objections, which is the limit"));
  }
  const int64_t now = options_.clock();
  int64_t received = now;
  const FieldPath root("objection");
  const FieldPath field(root, "received_at");
  if (request.objection().has_received_at()) {
    const absl::Status read =
        ReadTimestamp(field, request.objection().received_at(), &received);
    if (!read.ok()) return read;
    if (received > now) {
      return FieldError(field,
                        "lies in the future; leave it out for the present");
    }
    if (received < now - options_.max_receipt_age_days * kDayMs) {
      return FieldError(
          field, absl::StrCat("lies more than ", options_.max_receipt_age_days,
                              " days back"));
    }
  }
  const DatedTerm& dated = TermAt(received);
  absl::StatusOr<Limit> limit = FixLimit(dated, received);
  if (!limit.ok()) return limit.status();
  absl::StatusOr<std::string> id = NewEntryId();
  if (!id.ok()) return id.status();

  v1::Objection objection = request.objection();
  objection.set_id(*id);
  objection.set_status(v1::Objection::PENDING);
  WriteTimestamp(received, objection.mutable_received_at());
  WriteTimestamp(limit->due_ms, objection.mutable_due());
  WriteTimestamp(limit->alarm_ms, objection.mutable_alarm());
  if (dated.term.working_days) {
    objection.set_calendar_version(dated.working_days->version());
  }
  const absl::Status status =
      Commit(ChangeKind::kObjection, keyed.key.empty() ? nullptr : &keyed,
             subject, now, objection, response.mutable_state());
  if (!status.ok()) return status;
  *response.mutable_objection() = std::move(objection);
  return response;
}

absl::StatusOr<v1::ObjectionResponse> SqliteRegisters::UpdateObjection(
    int64_t now, v1::Objection objection) {
  Pseudonym subject;
  Pseudonym::FromHex(objection.subject().pseudonym(), &subject);
  v1::ObjectionResponse response;
  const absl::Status status = Commit(ChangeKind::kObjection, nullptr, subject,
                                     now, objection, response.mutable_state());
  if (!status.ok()) return status;
  *response.mutable_objection() = std::move(objection);
  return response;
}

absl::StatusOr<v1::ObjectionResponse> SqliteRegisters::DecideObjection(
    const v1::DecideObjectionRequest& request) {
  std::lock_guard<std::mutex> lock(write_mutex_);
  absl::StatusOr<v1::Objection> objection =
      GetObjection(request.objection_id());
  if (!objection.ok()) return objection.status();
  if (objection->status() != v1::Objection::PENDING) {
    return absl::FailedPreconditionError(
        "the objection is decided already; a decision is final");
  }
  const int64_t now = options_.clock();
  objection->set_status(v1::Objection::DECIDED);
  objection->set_result(request.result());
  objection->set_result_reason(request.reason());
  WriteTimestamp(now, objection->mutable_decided_at());
  return UpdateObjection(now, *std::move(objection));
}

absl::StatusOr<v1::ObjectionResponse> SqliteRegisters::NotifyObjection(
    const v1::NotifyObjectionRequest& request) {
  std::lock_guard<std::mutex> lock(write_mutex_);
  absl::StatusOr<v1::Objection> objection =
      GetObjection(request.objection_id());
  if (!objection.ok()) return objection.status();
  if (objection->status() != v1::Objection::DECIDED) {
    return absl::FailedPreconditionError(
        "the objection is not decided yet; decide it before the notice");
  }
  const int64_t now = options_.clock();
  const bool tells_more =
      request.appeal_info_given() && !objection->appeal_info_given();
  if (objection->has_notified_at() && !tells_more) {
    v1::ObjectionResponse response;
    WriteState(epoch_, revision_.load(std::memory_order_relaxed),
               response.mutable_state());
    *response.mutable_objection() = *std::move(objection);
    return response;
  }
  if (!objection->has_notified_at()) {
    WriteTimestamp(now, objection->mutable_notified_at());
  }
  objection->set_appeal_info_given(request.appeal_info_given());
  return UpdateObjection(now, *std::move(objection));
}

absl::StatusOr<v1::Objection> SqliteRegisters::GetObjection(
    absl::string_view id) const {
  const std::shared_ptr<const SubjectEntries> entries =
      table_.FindById<ObjectionEntry>(id);
  const ObjectionEntry* entry = FindObjection(entries.get(), id);
  if (entry == nullptr) return NoSuch("objection", id);
  return entry->objection;
}

absl::StatusOr<v1::ListObjectionsResponse> SqliteRegisters::ListObjections(
    const v1::ListObjectionsRequest& request) const {
  Pseudonym subject;
  if (!Pseudonym::FromHex(request.subject().pseudonym(), &subject)) {
    return NotAPseudonym("subject");
  }
  const absl::string_view question[] = {
      "objections", request.subject().pseudonym(), request.operator_bin(),
      request.processing_id()};
  absl::StatusOr<Page> page =
      ReadPage(request.page_size(), request.page_token(), question);
  if (!page.ok()) return page.status();

  v1::ListObjectionsResponse response;
  const std::shared_ptr<const SubjectEntries> entries = table_.Find(subject);
  if (entries == nullptr) return response;
  for (size_t i = page->begin; i < entries->objections.size(); ++i) {
    const v1::Objection& objection = entries->objections[i].objection;
    if ((!request.operator_bin().empty() &&
         objection.operator_bin() != request.operator_bin()) ||
        (!request.processing_id().empty() &&
         objection.processing_id() != request.processing_id())) {
      continue;
    }
    if (static_cast<size_t>(response.objections_size()) == page->size) {
      response.set_next_page_token(MakePageToken(i, question));
      break;
    }
    *response.add_objections() = objection;
  }
  return response;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Registers>> Registers::Open(
    const RegistersOptions& options) {
  auto registers = std::make_unique<SqliteRegisters>(options);
  absl::Status status = registers->SetObjectionTerms(options.objection_terms);
  if (status.ok()) status = registers->Start();
  if (!status.ok()) return status;
  return std::unique_ptr<Registers>(std::move(registers));
}

}  // namespace tarazy
