// What the tests of the registers share: a register in a folder of its own, a
// clock that stands still until it is moved, and requests that pass.

#ifndef TARAZY_TESTS_SERVER_REGISTERS_REGISTER_FIXTURE_H_
#define TARAZY_TESTS_SERVER_REGISTERS_REGISTER_FIXTURE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "server/registers/field_check.h"
#include "server/registers/handlers.h"
#include "server/registers/registers.h"
#include "tests/server/registers/temporary_folder.h"

namespace tarazy {

// Invented numbers with valid check digits.
constexpr char kIin[] = "900101300007";
constexpr char kOtherIin[] = "850505400008";
constexpr char kBin[] = "000140000002";
constexpr char kOtherBin[] = "991240999016";

// 2026-03-06T15:00:00+05:00, a Friday.
constexpr int64_t kFridayMs = 1772791200000;

inline v1::RegisterConsentRequest ConsentRequest(
    const std::string& iin = kIin) {
  v1::RegisterConsentRequest request;
  v1::Consent* consent = request.mutable_consent();
  consent->mutable_subject()->set_iin(iin);
  consent->set_given_by(v1::SUBJECT_IN_PERSON);
  consent->set_operator_bin(kBin);
  consent->add_purposes("benefit.assign");
  consent->set_channel(v1::STATE_SERVICE);
  consent->set_covers_automated_processing(true);
  return request;
}

inline v1::FileObjectionRequest ObjectionRequest(
    const std::string& iin = kIin) {
  v1::FileObjectionRequest request;
  v1::Objection* objection = request.mutable_objection();
  objection->mutable_subject()->set_iin(iin);
  objection->set_operator_bin(kBin);
  objection->set_processing_id("benefit-stop");
  objection->set_channel("egov");
  return request;
}

inline std::unique_ptr<const Pseudonymizer> TestPseudonymizer() {
  auto made = Pseudonymizer::Make("test-1", std::string(32, 'k'));
  EXPECT_TRUE(made.ok()) << made.status();
  return *std::move(made);
}

class RegisterTest : public testing::Test {
 protected:
  RegisterTest() : pseudonymizer_(TestPseudonymizer()) {
    options_.path = folder_.path() + "/registers.db";
    options_.clock = [this] { return now_ms_; };
    options_.steady_clock = [this] { return steady_ms_; };
    context_.pseudonymizer = pseudonymizer_.get();
  }

  void SetUp() override { Reopen(); }

  void Reopen() {
    registers_.reset();
    absl::StatusOr<std::unique_ptr<Registers>> opened =
        Registers::Open(options_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    registers_ = *std::move(opened);
    context_.registers = registers_.get();
  }

  // These fail the test when the call does.
  v1::Consent Register(const v1::RegisterConsentRequest& request) {
    auto response = HandleRegisterConsent(request, context_);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? response->consent() : v1::Consent();
  }
  v1::Objection File(const v1::FileObjectionRequest& request) {
    auto response = HandleFileObjection(request, context_);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? response->objection() : v1::Objection();
  }
  absl::StatusOr<v1::WithdrawConsentResponse> Withdraw(
      const std::string& id, const std::string& barred_reason = "") {
    v1::WithdrawConsentRequest request;
    request.set_consent_id(id);
    request.set_barred_reason(barred_reason);
    return HandleWithdrawConsent(request, context_);
  }
  absl::StatusOr<v1::ObjectionResponse> Decide(const std::string& id,
                                               v1::Objection::Result result) {
    v1::DecideObjectionRequest request;
    request.set_objection_id(id);
    request.set_result(result);
    request.set_reason("looked at by a person");
    return HandleDecideObjection(request, context_);
  }
  absl::StatusOr<v1::ObjectionResponse> Notify(const std::string& id,
                                               bool appeal_info = true) {
    v1::NotifyObjectionRequest request;
    request.set_objection_id(id);
    request.set_appeal_info_given(appeal_info);
    return HandleNotifyObjection(request, context_);
  }

  TemporaryFolder folder_;
  int64_t now_ms_ = kFridayMs;
  int64_t steady_ms_ = 1000;
  std::unique_ptr<const Pseudonymizer> pseudonymizer_;
  RegistersOptions options_;
  std::unique_ptr<Registers> registers_;
  RegisterContext context_;
};

inline int64_t Ms(const google::protobuf::Timestamp& timestamp) {
  int64_t ms = -1;
  EXPECT_TRUE(ReadTimestamp(FieldPath("t"), timestamp, &ms).ok());
  return ms;
}

}  // namespace tarazy

#endif  // TARAZY_TESTS_SERVER_REGISTERS_REGISTER_FIXTURE_H_
