// Each field of each call, on either side of its limit.

#include "server/registers/handlers.h"

#include <functional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "tests/server/registers/register_fixture.h"

namespace tarazy {
namespace {

using ::testing::Not;
using ::testing::StartsWith;

class HandlersTest : public RegisterTest {
 protected:
  void TearDown() override {
    // No refused call left anything behind.
    EXPECT_EQ(registers_->state().revision, expected_revision_);
  }
  uint64_t expected_revision_ = 0;
};

struct ConsentCase {
  // How the message begins; empty: accepted.
  std::string field;
  std::function<void(v1::RegisterConsentRequest*)> change;
};

TEST_F(HandlersTest, RegisterChecksEachField) {
  using R = v1::RegisterConsentRequest;
  const std::vector<ConsentCase> cases = {
      {"`consent.subject`: is required", [](R* r) { r->clear_consent(); }},
      {"`consent.subject`: is required",
       [](R* r) { r->mutable_consent()->clear_subject(); }},
      {"`consent.subject.iin`: must be 12 digits",
       [](R* r) {
         r->mutable_consent()->mutable_subject()->set_iin("90010130000");
       }},
      {"`consent.subject.pseudonym`: is not",
       [](R* r) {
         r->mutable_consent()->mutable_subject()->set_pseudonym("ab");
       }},
      {"`consent.id`: is given by the register",
       [](R* r) { r->mutable_consent()->set_id(std::string(32, 'a')); }},
      {"`consent.given_by`: is required",
       [](R* r) { r->mutable_consent()->clear_given_by(); }},
      {"`consent.given_by`: has no value numbered 9",
       [](R* r) {
         r->mutable_consent()->set_given_by(static_cast<v1::ConsentGiver>(9));
       }},
      {"`consent.operator_bin`: is required",
       [](R* r) { r->mutable_consent()->clear_operator_bin(); }},
      {"`consent.operator_bin`: has a wrong check digit",
       [](R* r) { r->mutable_consent()->set_operator_bin("000140000003"); }},
      {"`consent.purposes`: is required",
       [](R* r) { r->mutable_consent()->clear_purposes(); }},
      {"`consent.purposes`: has 65 elements; the limit is 64",
       [](R* r) {
         while (r->consent().purposes_size() < 65) {
           r->mutable_consent()->add_purposes("p");
         }
       }},
      {"",
       [](R* r) {
         while (r->consent().purposes_size() < 64) {
           r->mutable_consent()->add_purposes(std::string(128, 'p'));
         }
       }},
      {"`consent.purposes[1]`: is 129 bytes long",
       [](R* r) { r->mutable_consent()->add_purposes(std::string(129, 'p')); }},
      {"`consent.purposes[1]`: is required",
       [](R* r) { r->mutable_consent()->add_purposes(""); }},
      {"`consent.data_items[0]`: is 65 bytes long",
       [](R* r) {
         r->mutable_consent()->add_data_items(std::string(65, 'd'));
       }},
      {"`consent.data_items`: has 65 elements",
       [](R* r) {
         while (r->consent().data_items_size() < 65) {
           r->mutable_consent()->add_data_items("d");
         }
       }},
      {"`consent.validity.from`: lies outside",
       [](R* r) {
         r->mutable_consent()->mutable_validity()->mutable_from()->set_seconds(
             -1);
       }},
      {"`consent.validity.until`: lies outside",
       [](R* r) {
         r->mutable_consent()->mutable_validity()->mutable_until()->set_seconds(
             253402300800);
       }},
      {"`consent.channel`: is required",
       [](R* r) { r->mutable_consent()->clear_channel(); }},
      {"`consent.channel`: has no value numbered 5",
       [](R* r) {
         r->mutable_consent()->set_channel(static_cast<v1::ConsentChannel>(5));
       }},
      {"`consent.evidence`: is 257 bytes long",
       [](R* r) { r->mutable_consent()->set_evidence(std::string(257, 'e')); }},
      {"`consent.evidence`: holds an individual identification number",
       [](R* r) {
         r->mutable_consent()->set_evidence(std::string("passport of ") +
                                            kOtherIin);
       }},
      {"`consent.text_version`: is 65 bytes long",
       [](R* r) {
         r->mutable_consent()->set_text_version(std::string(65, 'v'));
       }},
      {"`consent.language`: has no value numbered 4",
       [](R* r) {
         r->mutable_consent()->set_language(static_cast<v1::Language>(4));
       }},
      {"`consent.withdrawn_at`: is given by the register",
       [](R* r) { r->mutable_consent()->mutable_withdrawn_at(); }},
      {"`consent.withdrawal_barred_reason`: is given by the register",
       [](R* r) { r->mutable_consent()->set_withdrawal_barred_reason("x"); }},
      {"`consent.registered_at`: is given by the register",
       [](R* r) { r->mutable_consent()->mutable_registered_at(); }},
      {"`idempotency_key`: is 65 bytes long",
       [](R* r) { r->set_idempotency_key(std::string(65, 'k')); }},
      {"`idempotency_key`: holds an individual identification number",
       [](R* r) { r->set_idempotency_key(kOtherIin); }},
  };
  for (const ConsentCase& c : cases) {
    v1::RegisterConsentRequest request = ConsentRequest();
    c.change(&request);
    const auto response = HandleRegisterConsent(request, context_);
    if (c.field.empty()) {
      EXPECT_TRUE(response.ok()) << response.status();
      ++expected_revision_;
      continue;
    }
    EXPECT_EQ(response.status().code(), absl::StatusCode::kInvalidArgument)
        << c.field;
    EXPECT_THAT(std::string(response.status().message()), StartsWith(c.field));
    EXPECT_THAT(std::string(response.status().message()),
                Not(testing::HasSubstr(kOtherIin)));
  }
}

struct ObjectionCase {
  std::string field;
  std::function<void(v1::Objection*)> change;
};

TEST_F(HandlersTest, FileChecksEachField) {
  using O = v1::Objection;
  const std::vector<ObjectionCase> cases = {
      {"`objection.subject`: is required", [](O* o) { o->clear_subject(); }},
      {"`objection.id`: is given by", [](O* o) { o->set_id("x"); }},
      {"`objection.operator_bin`: is required",
       [](O* o) { o->clear_operator_bin(); }},
      {"`objection.processing_id`: is required",
       [](O* o) { o->clear_processing_id(); }},
      {"`objection.processing_id`: is 65 bytes long",
       [](O* o) { o->set_processing_id(std::string(65, 'p')); }},
      {"`objection.received_at`: lies outside",
       [](O* o) { o->mutable_received_at()->set_seconds(-5); }},
      {"`objection.channel`: is required", [](O* o) { o->clear_channel(); }},
      {"`objection.channel`: is 65 bytes long",
       [](O* o) { o->set_channel(std::string(65, 'c')); }},
      {"`objection.due`: is given by", [](O* o) { o->mutable_due(); }},
      {"`objection.alarm`: is given by", [](O* o) { o->mutable_alarm(); }},
      {"`objection.calendar_version`: is given by",
       [](O* o) { o->set_calendar_version("v"); }},
      {"`objection.status`: is given by",
       [](O* o) { o->set_status(O::DECIDED); }},
      {"`objection.result`: is given by",
       [](O* o) { o->set_result(O::UPHELD); }},
      {"`objection.decided_at`: is given by",
       [](O* o) { o->mutable_decided_at(); }},
      {"`objection.result_reason`: is given by",
       [](O* o) { o->set_result_reason("r"); }},
      {"`objection.notified_at`: is given by",
       [](O* o) { o->mutable_notified_at(); }},
      {"`objection.appeal_info_given`: is given by",
       [](O* o) { o->set_appeal_info_given(true); }},
  };
  for (const ObjectionCase& c : cases) {
    v1::FileObjectionRequest request = ObjectionRequest();
    c.change(request.mutable_objection());
    const auto response = HandleFileObjection(request, context_);
    EXPECT_EQ(response.status().code(), absl::StatusCode::kInvalidArgument)
        << c.field;
    EXPECT_THAT(std::string(response.status().message()), StartsWith(c.field));
  }
}

TEST_F(HandlersTest, StepsCheckTheirFields) {
  const std::string id(32, 'a');
  v1::DecideObjectionRequest decide;
  EXPECT_THAT(
      std::string(HandleDecideObjection(decide, context_).status().message()),
      StartsWith("`objection_id`: is required"));
  decide.set_objection_id(id);
  EXPECT_THAT(
      std::string(HandleDecideObjection(decide, context_).status().message()),
      StartsWith("`result`: is required"));
  decide.set_result(v1::Objection::UPHELD);
  EXPECT_THAT(
      std::string(HandleDecideObjection(decide, context_).status().message()),
      StartsWith("`reason`: is required"));
  decide.set_reason(std::string(1025, 'r'));
  EXPECT_THAT(
      std::string(HandleDecideObjection(decide, context_).status().message()),
      StartsWith("`reason`: is 1025 bytes long"));
  decide.set_reason(std::string(1024, 'r'));
  EXPECT_EQ(HandleDecideObjection(decide, context_).status().code(),
            absl::StatusCode::kNotFound);

  v1::WithdrawConsentRequest withdraw;
  withdraw.set_consent_id("not an id");
  EXPECT_THAT(
      std::string(HandleWithdrawConsent(withdraw, context_).status().message()),
      StartsWith("`consent_id`: is not 32"));
  withdraw.set_consent_id(id);
  withdraw.set_barred_reason(std::string(257, 'r'));
  EXPECT_THAT(
      std::string(HandleWithdrawConsent(withdraw, context_).status().message()),
      StartsWith("`barred_reason`: is 257 bytes long"));

  EXPECT_THAT(std::string(HandleGetConsent({}, context_).status().message()),
              StartsWith("`consent_id`: is required"));
  EXPECT_THAT(std::string(HandleGetObjection({}, context_).status().message()),
              StartsWith("`objection_id`: is required"));
  EXPECT_THAT(
      std::string(HandleNotifyObjection({}, context_).status().message()),
      StartsWith("`objection_id`: is required"));
  EXPECT_THAT(std::string(HandleListConsents({}, context_).status().message()),
              StartsWith("`subject`: is required"));
  v1::ListObjectionsRequest list;
  list.mutable_subject()->set_iin(kIin);
  list.set_operator_bin("1");
  EXPECT_THAT(
      std::string(HandleListObjections(list, context_).status().message()),
      StartsWith("`operator_bin`: must be 12 digits"));
}

TEST_F(HandlersTest, AllLimitsAtOnceAreAccepted) {
  v1::RegisterConsentRequest request = ConsentRequest();
  v1::Consent* consent = request.mutable_consent();
  consent->clear_purposes();
  for (int i = 0; i < 64; ++i) {
    consent->add_purposes(std::string(128, 'p'));
    consent->add_data_items(std::string(64, 'd'));
  }
  consent->set_evidence(std::string(256, 'e'));
  consent->set_text_version(std::string(64, 'v'));
  consent->set_language(v1::LANGUAGE_EN);
  request.set_idempotency_key(std::string(64, 'k'));
  Register(request);
  expected_revision_ = 1;
}

}  // namespace
}  // namespace tarazy
