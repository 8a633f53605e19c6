#include "server/registers/registers.h"

#include <string>

#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "tests/server/registers/register_fixture.h"

namespace tarazy {
namespace {

using ::google::protobuf::util::MessageDifferencer;
using ::testing::HasSubstr;

constexpr int64_t kHourMs = 60 * 60 * 1000;

using ConsentsTest = RegisterTest;
using ObjectionsTest = RegisterTest;
using StateTest = RegisterTest;

TEST_F(ConsentsTest, ARegisteredConsentIsFoundUnderItsSubject) {
  const v1::Consent consent = Register(ConsentRequest());
  EXPECT_EQ(consent.id().size(), 32u);
  EXPECT_EQ(consent.subject().pseudonym(), pseudonymizer_->Of(kIin).ToHex());
  EXPECT_EQ(Ms(consent.registered_at()), kFridayMs);
  EXPECT_EQ(Ms(consent.validity().from()), kFridayMs);
  EXPECT_FALSE(consent.validity().has_until());

  const auto entries = registers_->Find(pseudonymizer_->Of(kIin));
  ASSERT_NE(entries, nullptr);
  ASSERT_EQ(entries->consents.size(), 1u);
  const ConsentEntry& entry = entries->consents[0];
  EXPECT_TRUE(MessageDifferencer::Equals(entry.consent, consent));
  EXPECT_EQ(entry.valid_from_ms, kFridayMs);
  EXPECT_EQ(entry.valid_until_ms, ConsentEntry::kNever);
  EXPECT_EQ(entry.withdrawn_ms, ConsentEntry::kNever);
  EXPECT_FALSE(entry.withdrawal_barred);

  EXPECT_EQ(registers_->Find(pseudonymizer_->Of(kOtherIin)), nullptr);
}

TEST_F(ConsentsTest, EntriesSurviveTheServer) {
  const v1::Consent consent = Register(ConsentRequest());
  ASSERT_TRUE(Withdraw(Register(ConsentRequest()).id()).ok());
  const v1::Objection objection = File(ObjectionRequest());
  const RegisterState before = registers_->state();
  const auto entries = registers_->Find(pseudonymizer_->Of(kIin));
  Reopen();

  const RegisterState after = registers_->state();
  EXPECT_EQ(after.store, before.store);
  EXPECT_EQ(after.epoch, before.epoch);
  EXPECT_EQ(after.revision, before.revision);
  EXPECT_EQ(after.age_ms, 0);
  const auto loaded = registers_->Find(pseudonymizer_->Of(kIin));
  ASSERT_NE(loaded, nullptr);
  ASSERT_EQ(loaded->consents.size(), 2u);
  ASSERT_EQ(loaded->objections.size(), 1u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_TRUE(MessageDifferencer::Equals(loaded->consents[i].consent,
                                           entries->consents[i].consent));
  }
  EXPECT_EQ(loaded->consents[1].withdrawn_ms, kFridayMs);
  EXPECT_TRUE(MessageDifferencer::Equals(*registers_->GetConsent(consent.id()),
                                         consent));
  EXPECT_TRUE(MessageDifferencer::Equals(
      *registers_->GetObjection(objection.id()), objection));
}

TEST_F(ConsentsTest, TheTermIsHalfOpenAndMustHoldAnInstant) {
  v1::RegisterConsentRequest request = ConsentRequest();
  v1::Period* validity = request.mutable_consent()->mutable_validity();
  WriteTimestamp(kFridayMs, validity->mutable_from());
  WriteTimestamp(kFridayMs, validity->mutable_until());
  EXPECT_EQ(HandleRegisterConsent(request, context_).status().message(),
            "`consent.validity.until`: is not after `from`; a period ends "
            "before `until`");
  WriteTimestamp(kFridayMs + 1, validity->mutable_until());
  const v1::Consent consent = Register(request);
  const auto entries = registers_->Find(pseudonymizer_->Of(kIin));
  EXPECT_EQ(entries->consents[0].valid_until_ms, kFridayMs + 1);
}

TEST_F(ConsentsTest, ATermThatHasEndedNeedsItsBeginning) {
  v1::RegisterConsentRequest request = ConsentRequest();
  WriteTimestamp(
      kFridayMs - 1,
      request.mutable_consent()->mutable_validity()->mutable_until());
  EXPECT_EQ(HandleRegisterConsent(request, context_).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(ConsentsTest, WithdrawalTakesEffectAtOnceAndOnce) {
  const v1::Consent consent = Register(ConsentRequest());
  const auto held = registers_->Find(pseudonymizer_->Of(kIin));
  now_ms_ += kHourMs;
  auto first = Withdraw(consent.id());
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(Ms(first->consent().withdrawn_at()), kFridayMs + kHourMs);
  EXPECT_EQ(Ms(first->effective_by()), kFridayMs + kHourMs);
  EXPECT_EQ(first->state().revision(), 2u);
  EXPECT_EQ(
      registers_->Find(pseudonymizer_->Of(kIin))->consents[0].withdrawn_ms,
      kFridayMs + kHourMs);
  // What a reader holds does not change under it.
  EXPECT_EQ(held->consents[0].withdrawn_ms, ConsentEntry::kNever);

  now_ms_ += kHourMs;
  auto second = Withdraw(consent.id());
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_TRUE(MessageDifferencer::Equals(second->consent(), first->consent()));
  EXPECT_EQ(second->state().revision(), 2u);
  EXPECT_EQ(registers_->state().revision, 2u);
}

TEST_F(ConsentsTest, ABarredWithdrawalIsRecordedAndHasNoEffect) {
  const v1::Consent consent = Register(ConsentRequest());
  auto barred = Withdraw(consent.id(), "loan not repaid");
  ASSERT_TRUE(barred.ok()) << barred.status();
  EXPECT_EQ(barred->consent().withdrawal_barred_reason(), "loan not repaid");
  EXPECT_FALSE(barred->consent().has_withdrawn_at());
  EXPECT_FALSE(barred->has_effective_by());
  ConsentEntry entry = registers_->Find(pseudonymizer_->Of(kIin))->consents[0];
  EXPECT_TRUE(entry.withdrawal_barred);
  EXPECT_EQ(entry.withdrawn_ms, ConsentEntry::kNever);

  // The same again changes nothing; another reason is recorded.
  EXPECT_EQ(Withdraw(consent.id(), "loan not repaid")->state().revision(), 2u);
  EXPECT_EQ(Withdraw(consent.id(), "court order")->state().revision(), 3u);

  // The bar falls: the withdrawal is final.
  ASSERT_TRUE(Withdraw(consent.id()).ok());
  entry = registers_->Find(pseudonymizer_->Of(kIin))->consents[0];
  EXPECT_EQ(entry.withdrawn_ms, kFridayMs);
  EXPECT_FALSE(entry.withdrawal_barred);
  EXPECT_EQ(Withdraw(consent.id(), "court order").status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(ConsentsTest, AnUnknownIdIsNotFound) {
  const std::string id(32, 'a');
  EXPECT_EQ(Withdraw(id).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(registers_->GetConsent(id).status().message(),
            "there is no consent with the id "
            "`aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`");
  // An objection's id is no consent's.
  const v1::Objection objection = File(ObjectionRequest());
  EXPECT_EQ(registers_->GetConsent(objection.id()).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(ConsentsTest, AKeyAnswersTheFirstResultAgain) {
  v1::RegisterConsentRequest request = ConsentRequest();
  request.set_idempotency_key("order-17");
  auto first = HandleRegisterConsent(request, context_);
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_TRUE(Withdraw(first->consent().id()).ok());
  now_ms_ += 30 * kDayMs;
  Reopen();
  auto again = HandleRegisterConsent(request, context_);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(MessageDifferencer::Equals(*again, *first));
  EXPECT_EQ(registers_->state().revision, 2u);

  // The pseudonym in the place of the IIN is the same content.
  *request.mutable_consent()->mutable_subject() = first->consent().subject();
  EXPECT_TRUE(HandleRegisterConsent(request, context_).ok());

  request.mutable_consent()->set_cross_border(true);
  EXPECT_EQ(HandleRegisterConsent(request, context_).status().code(),
            absl::StatusCode::kAlreadyExists);

  // Objections have keys of their own.
  v1::FileObjectionRequest objection = ObjectionRequest();
  objection.set_idempotency_key("order-17");
  File(objection);
}

TEST_F(ConsentsTest, RequestsWithoutAKeyAreAllNew) {
  EXPECT_NE(Register(ConsentRequest()).id(), Register(ConsentRequest()).id());
}

TEST_F(ConsentsTest, TheNumberOfEntriesOfASubjectIsBounded) {
  options_.max_entries_per_subject = 2;
  Reopen();
  Register(ConsentRequest());
  const v1::Consent last = Register(ConsentRequest());
  EXPECT_EQ(HandleRegisterConsent(ConsentRequest(), context_).status(),
            absl::ResourceExhaustedError(
                "the subject has 2 consents, which is the limit"));
  File(ObjectionRequest());
  File(ObjectionRequest());
  EXPECT_EQ(HandleFileObjection(ObjectionRequest(), context_).status().code(),
            absl::StatusCode::kResourceExhausted);
  // Others are not touched, and withdrawing always works.
  Register(ConsentRequest(kOtherIin));
  EXPECT_TRUE(Withdraw(last.id()).ok());
}

TEST_F(ConsentsTest, PagesTileTheList) {
  std::vector<std::string> ids;
  for (int i = 0; i < 7; ++i) {
    v1::RegisterConsentRequest request = ConsentRequest();
    if (i % 3 == 2) request.mutable_consent()->set_operator_bin(kOtherBin);
    const v1::Consent consent = Register(request);
    if (i % 3 != 2) ids.push_back(consent.id());
  }
  for (int size = 1; size <= 6; ++size) {
    v1::ListConsentsRequest request;
    request.mutable_subject()->set_iin(kIin);
    request.set_operator_bin(kBin);
    request.set_page_size(size);
    std::vector<std::string> listed;
    do {
      auto page = HandleListConsents(request, context_);
      ASSERT_TRUE(page.ok()) << page.status();
      EXPECT_LE(page->consents_size(), size);
      EXPECT_GT(page->consents_size(), 0);
      for (const auto& consent : page->consents()) {
        listed.push_back(consent.id());
      }
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    EXPECT_EQ(listed, ids);
  }
}

TEST_F(ConsentsTest, ATokenBelongsToItsQuestion) {
  for (int i = 0; i < 3; ++i) Register(ConsentRequest());
  Register(ConsentRequest(kOtherIin));
  v1::ListConsentsRequest request;
  request.mutable_subject()->set_iin(kIin);
  request.set_page_size(1);
  const std::string token =
      HandleListConsents(request, context_)->next_page_token();

  // It stays good while the list grows.
  Register(ConsentRequest());
  request.set_page_token(token);
  EXPECT_EQ(HandleListConsents(request, context_)->consents_size(), 1);

  for (std::string forged : {std::string("x"), token + "0", token.substr(1),
                             std::string(24, '0'), "1" + token.substr(1)}) {
    request.set_page_token(forged);
    EXPECT_EQ(HandleListConsents(request, context_).status().message(),
              "`page_token`: is not one that this list gave; begin without "
              "it");
  }
  request.set_page_token(token);
  request.set_operator_bin(kBin);
  EXPECT_FALSE(HandleListConsents(request, context_).ok());
  request.clear_operator_bin();
  request.mutable_subject()->set_iin(kOtherIin);
  EXPECT_FALSE(HandleListConsents(request, context_).ok());
  request.clear_page_token();
  request.set_page_size(1001);
  EXPECT_EQ(HandleListConsents(request, context_).status().message(),
            "`page_size`: is not between 0 and 1000");
}

TEST_F(ConsentsTest, AnUnknownSubjectHasAnEmptyList) {
  v1::ListConsentsRequest request;
  request.mutable_subject()->set_iin(kIin);
  auto page = HandleListConsents(request, context_);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->consents_size(), 0);
  EXPECT_TRUE(page->next_page_token().empty());
}

TEST_F(ObjectionsTest, FilingFixesTheLimits) {
  const v1::Objection objection = File(ObjectionRequest());
  EXPECT_EQ(objection.status(), v1::Objection::PENDING);
  EXPECT_EQ(Ms(objection.received_at()), kFridayMs);
  // Monday 9 March 24:00, and a day before it.
  EXPECT_EQ(Ms(objection.due()), kFridayMs + 9 * kHourMs + 3 * kDayMs);
  EXPECT_EQ(Ms(objection.alarm()), kFridayMs + 9 * kHourMs + 2 * kDayMs);
  EXPECT_TRUE(objection.calendar_version().empty());

  // A new term does not move what was fixed.
  options_.objection_terms[0].term.days = 30;
  Reopen();
  EXPECT_EQ(Ms(registers_->GetObjection(objection.id())->due()),
            Ms(objection.due()));
}

TEST_F(ObjectionsTest, WorkingDaysAreCountedByTheCalendar) {
  auto calendar =
      WorkingDays::Make("kz-2026", *ParseDay("2026-03-01"),
                        *ParseDay("2026-03-31"), {*ParseDay("2026-03-09")}, {});
  ASSERT_TRUE(calendar.ok()) << calendar.status();
  options_.objection_terms[0].term.working_days = true;
  options_.objection_terms[0].working_days =
      std::make_shared<WorkingDays>(*calendar);
  Reopen();
  const v1::Objection objection = File(ObjectionRequest());
  EXPECT_EQ(Ms(objection.due()), AlmatyDayEnd(*ParseDay("2026-03-12")));
  EXPECT_EQ(Ms(objection.alarm()), AlmatyDayEnd(*ParseDay("2026-03-11")));
  EXPECT_EQ(objection.calendar_version(), "kz-2026");

  now_ms_ = AlmatyDayStart(*ParseDay("2026-03-30"));
  EXPECT_EQ(HandleFileObjection(ObjectionRequest(), context_).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(ObjectionsTest, ANewTermFixesNewLimitsOnly) {
  const v1::Objection before = File(ObjectionRequest());
  ObjectionTerm term;
  term.days = 5;
  ASSERT_TRUE(registers_->SetObjectionTerms({{0, term, nullptr}}).ok());
  EXPECT_EQ(Ms(File(ObjectionRequest()).due()), Ms(before.due()) + 2 * kDayMs);
  EXPECT_EQ(Ms(registers_->GetObjection(before.id())->due()), Ms(before.due()));

  term.days = 0;
  EXPECT_FALSE(registers_->SetObjectionTerms({{0, term, nullptr}}).ok());
  term = {3, true};
  EXPECT_FALSE(registers_->SetObjectionTerms({{0, term, nullptr}}).ok());
  EXPECT_EQ(Ms(File(ObjectionRequest()).due()), Ms(before.due()) + 2 * kDayMs);
}

TEST_F(ObjectionsTest, TheTermIsThatOfTheInstantOfReceipt) {
  const ObjectionTerm three = {3, false};
  const ObjectionTerm five = {5, false};
  const ObjectionTerm ten = {10, false};
  ASSERT_TRUE(registers_
                  ->SetObjectionTerms({{kFridayMs - kDayMs, three, nullptr},
                                       {kFridayMs, five, nullptr},
                                       {kFridayMs + kDayMs, ten, nullptr}})
                  .ok());
  v1::FileObjectionRequest request = ObjectionRequest();
  const auto days = [&](int64_t received_ms) {
    WriteTimestamp(received_ms,
                   request.mutable_objection()->mutable_received_at());
    return AlmatyDay(Ms(File(request).due()) - 1) - AlmatyDay(received_ms);
  };
  EXPECT_EQ(days(kFridayMs - 3 * kDayMs), 3);  // before the first
  EXPECT_EQ(days(kFridayMs - 1), 3);
  EXPECT_EQ(days(kFridayMs), 5);
  now_ms_ = kFridayMs + kDayMs;
  EXPECT_EQ(days(kFridayMs + kDayMs - 1), 5);
  EXPECT_EQ(days(kFridayMs + kDayMs), 10);
  EXPECT_FALSE(registers_->SetObjectionTerms({}).ok());
}

TEST_F(ObjectionsTest, ATermInWorkingDaysNeedsACalendar) {
  options_.path = folder_.path() + "/other.db";
  options_.objection_terms[0].term.working_days = true;
  EXPECT_EQ(Registers::Open(options_).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(ObjectionsTest, ReceiptLiesAtMostSevenDaysBackAndNotAhead) {
  v1::FileObjectionRequest request = ObjectionRequest();
  auto* received = request.mutable_objection()->mutable_received_at();
  WriteTimestamp(kFridayMs - 7 * kDayMs, received);
  const v1::Objection objection = File(request);
  EXPECT_EQ(Ms(objection.received_at()), kFridayMs - 7 * kDayMs);
  EXPECT_EQ(Ms(objection.due()), kFridayMs + 9 * kHourMs - 4 * kDayMs);

  WriteTimestamp(kFridayMs - 7 * kDayMs - 1, received);
  EXPECT_EQ(HandleFileObjection(request, context_).status().message(),
            "`objection.received_at`: lies more than 7 days back");
  WriteTimestamp(kFridayMs + 1, received);
  EXPECT_EQ(HandleFileObjection(request, context_).status().message(),
            "`objection.received_at`: lies in the future; leave it out for "
            "the present");
}

TEST_F(ObjectionsTest, AKeyAnswersEvenWhenTheReceiptIsLongPast) {
  v1::FileObjectionRequest request = ObjectionRequest();
  request.set_idempotency_key("k");
  WriteTimestamp(kFridayMs, request.mutable_objection()->mutable_received_at());
  auto first = HandleFileObjection(request, context_);
  ASSERT_TRUE(first.ok());
  now_ms_ += 60 * kDayMs;
  auto again = HandleFileObjection(request, context_);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(MessageDifferencer::Equals(*again, *first));
}

TEST_F(ObjectionsTest, StepsGoInOrder) {
  const std::string id = File(ObjectionRequest()).id();
  EXPECT_EQ(Notify(id).status().code(), absl::StatusCode::kFailedPrecondition);
  now_ms_ += kHourMs;
  auto decided = Decide(id, v1::Objection::REJECTED);
  ASSERT_TRUE(decided.ok()) << decided.status();
  EXPECT_EQ(decided->objection().status(), v1::Objection::DECIDED);
  EXPECT_EQ(decided->objection().result(), v1::Objection::REJECTED);
  EXPECT_EQ(Ms(decided->objection().decided_at()), kFridayMs + kHourMs);
  EXPECT_EQ(decided->state().revision(), 2u);
  EXPECT_EQ(Decide(id, v1::Objection::UPHELD).status().code(),
            absl::StatusCode::kFailedPrecondition);

  now_ms_ += kHourMs;
  auto notified = Notify(id, false);
  ASSERT_TRUE(notified.ok()) << notified.status();
  EXPECT_EQ(Ms(notified->objection().notified_at()), kFridayMs + 2 * kHourMs);
  EXPECT_FALSE(notified->objection().appeal_info_given());
  EXPECT_EQ(Decide(id, v1::Objection::UPHELD).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(ObjectionsTest, ANoticeMayBeRepeatedAndMayTellMore) {
  const std::string id = File(ObjectionRequest()).id();
  ASSERT_TRUE(Decide(id, v1::Objection::REJECTED).ok());
  ASSERT_TRUE(Notify(id, false).ok());
  EXPECT_EQ(registers_->state().revision, 3u);
  EXPECT_EQ(Notify(id, false)->state().revision(), 3u);
  now_ms_ += kHourMs;
  auto more = Notify(id, true);
  ASSERT_TRUE(more.ok()) << more.status();
  EXPECT_TRUE(more->objection().appeal_info_given());
  EXPECT_EQ(Ms(more->objection().notified_at()), kFridayMs);
  // What was told is not untold.
  EXPECT_TRUE(Notify(id, false)->objection().appeal_info_given());
  EXPECT_EQ(registers_->state().revision, 4u);
}

TEST_F(ObjectionsTest, ListsFilterByOperatorAndProcessing) {
  File(ObjectionRequest());
  v1::FileObjectionRequest other = ObjectionRequest();
  other.mutable_objection()->set_processing_id("triage");
  const std::string id = File(other).id();
  other.mutable_objection()->set_operator_bin(kOtherBin);
  File(other);

  v1::ListObjectionsRequest request;
  request.mutable_subject()->set_iin(kIin);
  EXPECT_EQ(HandleListObjections(request, context_)->objections_size(), 3);
  request.set_processing_id("triage");
  EXPECT_EQ(HandleListObjections(request, context_)->objections_size(), 2);
  request.set_operator_bin(kBin);
  auto page = HandleListObjections(request, context_);
  ASSERT_EQ(page->objections_size(), 1);
  EXPECT_EQ(page->objections(0).id(), id);
}

TEST_F(StateTest, RevisionsCountWritesWithoutGaps) {
  EXPECT_EQ(registers_->state().revision, 0u);
  EXPECT_EQ(registers_->state().epoch, 1u);
  EXPECT_FALSE(registers_->state().store.empty());
  for (uint64_t i = 1; i <= 5; ++i) {
    auto response = HandleRegisterConsent(ConsentRequest(), context_);
    ASSERT_TRUE(response.ok());
    EXPECT_EQ(response->state().revision(), i);
    EXPECT_EQ(response->state().store(), registers_->state().store);
    EXPECT_EQ(registers_->state().revision, i);
    // A refused write takes no number.
    EXPECT_FALSE(Withdraw(std::string(32, 'b')).ok());
  }
}

TEST_F(StateTest, TwoStoresHaveTwoNames) {
  const std::string first = registers_->state().store;
  options_.path = folder_.path() + "/other.db";
  Reopen();
  EXPECT_NE(registers_->state().store, first);
}

}  // namespace
}  // namespace tarazy
