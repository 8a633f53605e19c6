// Bad input: a clear error naming the field and the reason, the call counted,
// the server as before.

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/server/service/server_fixture.h"

namespace tarazy {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kDecide[] = "/tarazy.v1.DecisionService/Decide";
constexpr char kDecideBatch[] = "/tarazy.v1.DecisionService/DecideBatch";

struct BadCase {
  std::string field;   // what the error begins with, in backticks
  std::string reason;  // and what it holds
  std::function<void(v1::DecideRequest*)> spoil;
};

// A valid number, so that free text may not hold it.
const std::string kFreeTextWithIin = "see " + std::string(kIin) + " there";

std::vector<BadCase> BadCases() {
  using R = v1::DecideRequest;
  const auto automated = [](R* r) {
    return r->mutable_operation()->mutable_automated_processing();
  };
  const auto biometric = [](R* r) {
    return r->mutable_operation()->mutable_biometric_use();
  };
  return {
      {"operator", "required", [](R* r) { r->clear_operator_(); }},
      {"operator.bin", "", [](R* r) { r->mutable_operator_()->clear_bin(); }},
      {"operator.bin", "",
       [](R* r) { r->mutable_operator_()->set_bin("050140000012"); }},
      {"operator.bin", "",
       [](R* r) { r->mutable_operator_()->set_bin("05014000001"); }},
      {"operator.kind", "99",
       [](R* r) {
         r->mutable_operator_()->set_kind(static_cast<v1::Operator::Kind>(99));
       }},
      {"subject.iin", "",
       [](R* r) { r->mutable_subject()->set_iin("850315400016"); }},
      {"subject.iin", "",
       [](R* r) { r->mutable_subject()->set_iin("85031540001x"); }},
      {"subject.pseudonym", "",
       [](R* r) { r->mutable_subject()->set_pseudonym("abc"); }},
      {"subject", "", [](R* r) { r->mutable_subject()->clear_iin(); }},
      {"operation", "required", [](R* r) { r->clear_operation(); }},
      {"operation", "exactly one",
       [](R* r) { r->mutable_operation()->Clear(); }},
      {"operation.biometric_use.place_of_use", "7",
       [&](R* r) {
         biometric(r)->set_place_of_use(static_cast<v1::Place>(7));
       }},
      {"operation.biometric_use.aim", "-1",
       [&](R* r) {
         biometric(r)->set_aim(static_cast<v1::BiometricUse::Aim>(-1));
       }},
      {"operation.automated_processing.effects.kinds[1]", "",
       [&](R* r) {
         using Effects = v1::AutomatedProcessing::Effects;
         Effects* effects = automated(r)->mutable_effects();
         effects->clear_kinds();
         effects->add_kinds(Effects::ARISE);
         effects->add_kinds(static_cast<Effects::Kind>(12));
       }},
      {"operation.automated_processing.effects.kinds", "16",
       [&](R* r) {
         for (int i = 0; i < 17; ++i) {
           automated(r)->mutable_effects()->add_kinds(
               v1::AutomatedProcessing::Effects::ARISE);
         }
       }},
      {"operation.automated_processing.processing_id", "64",
       [&](R* r) { automated(r)->set_processing_id(std::string(65, 'x')); }},
      {"request_id", "64",
       [](R* r) { r->set_request_id(std::string(65, 'x')); }},
      {"service", "identification number",
       [](R* r) { r->set_service(kFreeTextWithIin); }},
      {"purpose.code", "128",
       [](R* r) { r->mutable_purpose()->set_code(std::string(129, 'x')); }},
      {"purpose.code", "identification number",
       [](R* r) { r->mutable_purpose()->set_code(kFreeTextWithIin); }},
      {"purpose.code", "space",
       [](R* r) {
         r->mutable_purpose()->set_code(
             "\xe2\x80\x8b"
             "code");
       }},
      {"statutory_basis.norm", "space",
       [](R* r) { r->mutable_statutory_basis()->set_norm("pd-2013/9/1 "); }},
      {"statutory_basis.act", "space",
       [](R* r) { r->mutable_statutory_basis()->set_act("\ttax-code"); }},
      {"statutory_basis.article", "space",
       [](R* r) { r->mutable_statutory_basis()->set_article("18-1\xc2\xa0"); }},
      {"mandate.number", "space",
       [](R* r) { r->mutable_mandate()->set_number(" "); }},
      {"purpose.declared_at", "years",
       [](R* r) {
         r->mutable_purpose()->mutable_declared_at()->set_seconds(-1);
       }},
      {"data.items", "64",
       [](R* r) {
         for (int i = 0; i < 65; ++i) r->mutable_data()->add_items("x");
       }},
      {"data.items[0]", "",
       [](R* r) {
         r->mutable_data()->clear_items();
         r->mutable_data()->add_items("");
       }},
      {"statutory_basis.act", "128",
       [](R* r) {
         r->mutable_statutory_basis()->set_act(std::string(129, 'x'));
       }},
      {"mandate.issuer_bin", "",
       [](R* r) { r->mutable_mandate()->set_issuer_bin("123456789012"); }},
      {"mandate.validity.until", "after",
       [](R* r) {
         auto* validity = r->mutable_mandate()->mutable_validity();
         validity->mutable_from()->set_seconds(10);
         validity->mutable_until()->set_seconds(10);
       }},
      {"asserted_consent.channel", "9",
       [](R* r) {
         r->mutable_asserted_consent()->set_channel(
             static_cast<v1::ConsentChannel>(9));
       }},
      {"asserted_consent.evidence", "256",
       [](R* r) {
         r->mutable_asserted_consent()->set_evidence(std::string(257, 'x'));
       }},
      {"decision_time", "nanos",
       [](R* r) { r->mutable_decision_time()->set_nanos(-1); }},
      {"decision_time", "years",
       [](R* r) { r->mutable_decision_time()->set_seconds(1LL << 60); }},
      {"language", "42",
       [](R* r) { r->set_language(static_cast<v1::Language>(42)); }},
      {"at_least_as_fresh.store", "",
       [](R* r) { r->mutable_at_least_as_fresh()->set_revision(1); }},
      {"extensions[colour]", "not declared",
       [](R* r) { (*r->mutable_extensions())["colour"].set_bool_value(true); }},
      {"extensions", "identification number",
       [](R* r) { (*r->mutable_extensions())[kIin].set_bool_value(true); }},
  };
}

class BadInputTest : public ServerTest {
 protected:
  // Sends bytes as the request of a method.
  grpc::Status CallRaw(const std::string& method, const std::string& bytes) {
    grpc::GenericStub stub(channel());
    grpc::ClientContext context;
    grpc::CompletionQueue queue;
    const grpc::Slice slice(bytes);
    const grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer response;
    grpc::Status status;
    auto call = stub.PrepareUnaryCall(&context, method, request, &queue);
    call->StartCall();
    call->Finish(&response, &status, nullptr);
    void* tag;
    bool ok;
    queue.Next(&tag, &ok);
    return status;
  }

  // Ends what it has to say without having said anything.
  grpc::Status CallWithoutMessage(const std::string& method) {
    grpc::GenericStub stub(channel());
    grpc::ClientContext context;
    grpc::CompletionQueue queue;
    grpc::Status status;
    void* tag;
    bool ok;
    auto call = stub.PrepareCall(&context, method, &queue);
    call->StartCall(nullptr);
    queue.Next(&tag, &ok);
    call->WritesDone(nullptr);
    queue.Next(&tag, &ok);
    call->Finish(&status, nullptr);
    queue.Next(&tag, &ok);
    return status;
  }

  // It answers as ever.
  void ExpectServing() {
    v1::DecideResponse response;
    const grpc::Status status = Decide(ForbiddenRequest(), &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(response.effect(), v1::DENY);
  }
};

TEST_F(BadInputTest, EachFieldIsNamedWithTheReason) {
  Start();
  uint64_t refused = 0;
  for (const BadCase& bad : BadCases()) {
    v1::DecideRequest request = PermittedRequest();
    bad.spoil(&request);
    v1::DecideResponse response;
    const grpc::Status status = Decide(request, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT)
        << bad.field << ": " << status.error_message();
    EXPECT_THAT(status.error_message(), HasSubstr(bad.field));
    EXPECT_THAT(status.error_message(), HasSubstr(bad.reason)) << bad.field;
    EXPECT_THAT(status.error_message(), Not(HasSubstr(kIin)));
    EXPECT_EQ(Calls(kDecide, "INVALID_ARGUMENT"), ++refused) << bad.field;
  }
  ExpectServing();
  Stop();
  EXPECT_EQ(Records().size(), 1u);  // the last one alone
}

TEST_F(BadInputTest, BytesThatAreNoRequestAreRefusedAndCounted) {
  Start();
  for (const std::string& bytes :
       {std::string("\xff\xff\xff"), std::string("\x0a\x05"),
        // request_id that is not UTF-8
        std::string("\x0a\x02\xc3\x28", 4)}) {
    const grpc::Status status = CallRaw(kDecide, bytes);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(status.error_message(), HasSubstr("request"));
  }
  EXPECT_EQ(Calls(kDecide, "INVALID_ARGUMENT"), 3);
  ExpectServing();
}

TEST_F(BadInputTest, AFieldOfALaterVersionIsRefused) {
  Start();
  // Field 1000 at the top, and inside the operation.
  std::string bytes = PermittedRequest().SerializeAsString();
  EXPECT_THAT(CallRaw(kDecide, bytes + "\xc2\x3e\x01x").error_message(),
              HasSubstr("does not know"));
  v1::DecideRequest request = PermittedRequest();
  v1::Operation* operation = request.mutable_operation();
  operation->GetReflection()->MutableUnknownFields(operation)->AddVarint(77, 1);
  const grpc::Status status = CallRaw(kDecide, request.SerializeAsString());
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("operation"));
  ExpectServing();
}

TEST_F(BadInputTest, AMessageOverTheLimitIsRefusedAndCounted) {
  config.limits.message_bytes = 10000;
  Start();
  for (const char* method : {kDecide, kDecideBatch}) {
    const grpc::Status status = CallRaw(method, std::string(10001, 'x'));
    EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_THAT(status.error_message(), HasSubstr("10000"));
    while (Calls(method, "") == 0) {  // counted when the call's end arrives
    }
    EXPECT_EQ(Calls(method, "RESOURCE_EXHAUSTED"), 1);
  }
  ExpectServing();
}

// What came before it is answered; it does not pass for the caller's end.
TEST_F(BadInputTest, AMessageOverTheLimitEndsAStreamWithAnError) {
  config.limits.message_bytes = 10000;
  Start();
  grpc::ClientContext context;
  auto stream = decisions().DecideStream(&context);
  ASSERT_TRUE(stream->Write(ForbiddenRequest()));
  v1::DecideResult result;
  ASSERT_TRUE(stream->Read(&result));
  EXPECT_EQ(result.response().effect(), v1::DENY);
  v1::DecideRequest large = ForbiddenRequest();
  large.set_service(std::string(10001, 'x'));
  stream->Write(large);
  stream->WritesDone();
  EXPECT_FALSE(stream->Read(&result));
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(status.error_message(), HasSubstr("10000"));
  ExpectServing();
}

// gRPC does not even take it in.
TEST_F(BadInputTest, AMessageFarOverTheLimitIsRefused) {
  config.limits.message_bytes = 10000;
  Start();
  for (const char* method : {kDecide, kDecideBatch}) {
    const grpc::Status status = CallRaw(method, std::string(3 << 20, 'x'));
    EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  }
  ExpectServing();
}

TEST_F(BadInputTest, ACallWithoutAMessageIsRefused) {
  Start();
  for (const char* method : {kDecide, kDecideBatch}) {
    EXPECT_EQ(CallWithoutMessage(method).error_code(),
              grpc::StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_EQ(Calls(method, "RESOURCE_EXHAUSTED"), 1);
  }
  ExpectServing();
}

TEST_F(BadInputTest, ACallOfNoMethodIsRefusedAndCounted) {
  Start();
  for (int i = 1; i <= 5; ++i) {  // more than wait at a time
    const grpc::Status status = CallRaw("/tarazy.v1.DecisionService/Guess", "");
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
    EXPECT_EQ(Calls("unknown", "UNIMPLEMENTED"), i);
  }
  ExpectServing();
}

TEST_F(BadInputTest, ABatchOverItsLimitIsRefusedAndCounted) {
  config.limits.batch_requests = 3;
  Start();
  v1::DecideBatchRequest batch;
  v1::DecideBatchResponse answer;
  {
    grpc::ClientContext context;
    const grpc::Status status =
        decisions().DecideBatch(&context, batch, &answer);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(status.error_message(), HasSubstr("requests"));
  }
  for (int i = 0; i < 4; ++i) *batch.add_requests() = ForbiddenRequest();
  grpc::ClientContext context;
  const grpc::Status status = decisions().DecideBatch(&context, batch, &answer);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(status.error_message(), HasSubstr("requests"));
  EXPECT_THAT(status.error_message(), HasSubstr("3"));
  EXPECT_EQ(Calls(kDecideBatch, "RESOURCE_EXHAUSTED"), 1);
  EXPECT_EQ(Calls(kDecideBatch, "INVALID_ARGUMENT"), 1);
  ExpectServing();
}

TEST_F(BadInputTest, ABatchThatTheLogCannotHoldIsRefused) {
  config.log.max_queue_bytes = 70000;
  Start();
  v1::DecideBatchRequest batch;
  for (int i = 0; i < 200; ++i) *batch.add_requests() = ForbiddenRequest();
  v1::DecideBatchResponse answer;
  grpc::ClientContext context;
  const grpc::Status status = decisions().DecideBatch(&context, batch, &answer);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED)
      << status.error_message();
  EXPECT_THAT(status.error_message(), HasSubstr("requests"));
  ExpectServing();
}

TEST_F(BadInputTest, RegisterCallsAreRefusedAndCounted) {
  Start();
  v1::RegisterConsentRequest request;
  *request.mutable_consent() = MatchingConsent();
  request.mutable_consent()->mutable_subject()->set_iin("850315400016");
  v1::RegisterConsentResponse response;
  grpc::ClientContext context;
  const grpc::Status status = consents().Register(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("consent.subject.iin"));
  EXPECT_EQ(Calls("/tarazy.v1.ConsentService/Register", "INVALID_ARGUMENT"), 1);
  EXPECT_EQ(CallRaw("/tarazy.v1.ObjectionService/File", "\xff").error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(CallRaw("/tarazy.v1.ObjectionService/Nothing", "").error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
  ExpectServing();
}

}  // namespace
}  // namespace tarazy
