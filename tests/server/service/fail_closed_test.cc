// Attempts to get a permit out of doubt: policies that err, duties that err,
// packs that are cut short, requests that say little. None may permit.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "tests/server/service/pack_variant.h"
#include "tests/server/service/server_fixture.h"

namespace tarazy {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::SizeIs;

// Consumer products: the one kind that the default pack permits whatever is
// said, so that a deny comes from what the test added.
v1::DecideRequest ProductRequest() {
  v1::DecideRequest request;
  request.mutable_operator_()->set_bin(kPrivateBin);
  request.mutable_operation()
      ->mutable_consumer_product()
      ->set_has_ai_components(true);
  request.mutable_operation()->mutable_consumer_product()->set_risk_notice(
      true);
  request.mutable_operation()->mutable_consumer_product()->set_safe_use_notice(
      true);
  request.mutable_operation()->mutable_consumer_product()->set_ai_origin(
      v1::ConsumerProduct::PRODUCED_BY_AI);
  return request;
}

std::string Policy(const std::string& effect, const std::string& condition) {
  return "@id(\"zz\")\n@norm(\"consumer-2010/27/6\")\n@reason(\"ZZ\")\n" +
         effect +
         " (principal, action == Action::\"consumerProduct\", resource)\n"
         "when { " +
         condition + " };\n";
}

std::string Duty(const std::string& condition) {
  return "@id(\"zz.duty\")\n@norm(\"consumer-2010/27/6\")\n"
         "@obligation(\"INFORM_RISK\")\n"
         "permit (principal, action == Action::\"consumerProduct\", resource)\n"
         "when { " +
         condition + " };\n";
}

class FailClosedTest : public ServerTest {
 protected:
  v1::DecideResponse Ask(const v1::DecideRequest& request) {
    v1::DecideResponse response;
    const grpc::Status status = Decide(request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
};

TEST_F(FailClosedTest, TheProductIsPermittedBeforeTheTestMeddles) {
  Start();
  EXPECT_EQ(Ask(ProductRequest()).effect(), v1::PERMIT);
}

TEST_F(FailClosedTest, APolicyThatErrsDenies) {
  for (const char* effect : {"permit", "forbid"}) {
    PackVariant pack(folder(), std::string("err-") + effect);
    pack.DeclareExtension("n: Long");
    pack.Write("decision/zz.cedar",
               Policy(effect, "context has ext && context.ext.n + 1 == 0"));
    config.pack.directory = pack.folder();
    Start();
    v1::DecideRequest request = ProductRequest();
    EXPECT_EQ(Ask(request).effect(), v1::PERMIT);
    v1::ExtensionValue& n = (*request.mutable_extensions())["n"];
    n.set_long_value(5);
    EXPECT_EQ(Ask(request).effect(), v1::PERMIT);
    n.set_long_value(std::numeric_limits<int64_t>::max());
    const v1::DecideResponse response = Ask(request);
    EXPECT_EQ(response.effect(), v1::DENY);
    EXPECT_EQ(response.outcome(), v1::INDETERMINATE);
    ASSERT_THAT(response.reasons(), SizeIs(1));
    EXPECT_EQ(response.reasons(0).code(), "EVALUATION_ERROR");
    EXPECT_EQ(response.reasons(0).norm(), "consumer-2010/27/6");
    EXPECT_EQ(response.reasons(0).policy(), "zz");
    EXPECT_FALSE(response.reasons(0).text().empty());
    Stop();
  }
}

TEST_F(FailClosedTest, ADutyThatErrsTurnsAPermitIntoADeny) {
  PackVariant pack(folder(), "duty-errs");
  pack.DeclareExtension("n: Long, m?: Long");
  pack.Write("obligations/zz.cedar",
             Duty("context has ext && context.ext.n + 1 == 0"));
  config.pack.directory = pack.folder();
  Start();
  v1::DecideRequest request = ProductRequest();
  EXPECT_EQ(Ask(request).effect(), v1::PERMIT);
  (*request.mutable_extensions())["n"].set_long_value(
      std::numeric_limits<int64_t>::max());
  v1::DecideResponse response = Ask(request);
  EXPECT_EQ(response.effect(), v1::DENY);
  EXPECT_EQ(response.outcome(), v1::INDETERMINATE);
  ASSERT_THAT(response.reasons(), SizeIs(1));
  EXPECT_EQ(response.reasons(0).policy(), "zz.duty");

  // The fact that the duty turns on is missing.
  request.mutable_extensions()->clear();
  (*request.mutable_extensions())["m"].set_long_value(1);
  response = Ask(request);
  EXPECT_EQ(response.effect(), v1::DENY);
  ASSERT_THAT(response.missing_facts(), SizeIs(1));
  EXPECT_EQ(response.missing_facts(0).path(), "context.ext.n");
  EXPECT_EQ(response.missing_facts(0).field(), "extensions[n]");
}

TEST_F(FailClosedTest, AnExtensionOfAnotherTypeIsRefused) {
  PackVariant pack(folder(), "types");
  pack.DeclareExtension(
      "n: Long, t: String, d: decimal, at: datetime, len: duration, "
      "set: Set<String>, b: Bool");
  pack.Write("decision/zz.cedar",
             Policy("forbid",
                    "context has ext && context.ext.b && "
                    "context.ext.d.lessThan(decimal(\"1.5\")) && "
                    "context.ext.at < datetime(\"2026-01-01\") && "
                    "context.ext.len < duration(\"2h\") && "
                    "context.ext.set.contains(\"x\") && "
                    "context.ext.t == \"yes\""));
  config.pack.directory = pack.folder();
  Start();
  v1::DecideRequest request = ProductRequest();
  auto& extensions = *request.mutable_extensions();
  extensions["b"].set_bool_value(true);
  extensions["d"].set_decimal_value("1.25");
  extensions["at"].mutable_datetime_value()->set_seconds(1700000000);
  extensions["len"].mutable_duration_value()->set_seconds(3600);
  extensions["set"].mutable_string_set()->add_values("x");
  extensions["t"].set_string_value("yes");
  v1::DecideResponse response = Ask(request);
  EXPECT_EQ(response.effect(), v1::DENY);
  ASSERT_THAT(response.reasons(), SizeIs(1)) << response.DebugString();
  EXPECT_EQ(response.reasons(0).code(), "ZZ");
  // Each of them decides.
  extensions["d"].set_decimal_value("1.5");
  EXPECT_EQ(Ask(request).effect(), v1::PERMIT);

  const auto refused = [&](const char* name, v1::ExtensionValue value) {
    v1::DecideRequest bad = request;
    (*bad.mutable_extensions())[name] = value;
    v1::DecideResponse ignored;
    const grpc::Status status = Decide(bad, &ignored);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << name;
    EXPECT_THAT(status.error_message(),
                HasSubstr(std::string("extensions[") + name + "]"));
  };
  v1::ExtensionValue text, number, decimal, none;
  text.set_string_value("1");
  number.set_long_value(1);
  decimal.set_decimal_value("1.23456");
  refused("n", text);
  refused("t", number);
  refused("b", number);
  refused("d", decimal);
  refused("d", text);
  refused("at", number);
  refused("len", number);
  refused("set", text);
  refused("n", none);
}

TEST_F(FailClosedTest, APackCutShortIsNotLoaded) {
  PackVariant pack(folder(), "cut");
  Start();
  // At the start, and within what is written last. (A file of policies that
  // ends after a whole policy is a file with fewer policies, with another
  // digest.)
  const std::vector<std::pair<const char*, std::vector<int>>> cuts = {
      {"schema.cedarschema", {0, 400, -5}},
      {"pack.yaml", {0, 40}},
      {"norms.yaml", {0, 400}},
      {"obligations.yaml", {0, 400}},
      {"decision/automated.cedar", {-5}},
      {"decision/biometric.cedar", {-5}},
      {"obligations/automated.cedar", {-5}},
  };
  for (const auto& file : cuts) {
    const std::string whole = pack.Read(file.first);
    for (int size : file.second) {
      const size_t bytes = size < 0 ? whole.size() + size : size;
      ASSERT_LT(bytes, whole.size()) << file.first;
      pack.Write(file.first, whole.substr(0, bytes));
      EXPECT_FALSE(server().ReplacePacks({pack.folder()}).ok())
          << file.first << " of " << bytes << " bytes";
    }
    pack.Write(file.first, whole);
  }
  EXPECT_TRUE(server().ReplacePacks({pack.folder()}).ok());
}

TEST_F(FailClosedTest, APackWithoutPermitsPermitsNothing) {
  PackVariant pack(folder(), "no-policies");
  for (const auto& entry :
       std::filesystem::directory_iterator(pack.folder() + "/decision")) {
    std::filesystem::remove(entry.path());
  }
  pack.Write("decision/zz.cedar",
             Policy("forbid", "context.now < datetime(\"2000-01-01\")"));
  config.pack.directory = pack.folder();
  Start();
  const v1::DecideResponse response = Ask(ProductRequest());
  EXPECT_EQ(response.effect(), v1::DENY);
  EXPECT_EQ(response.outcome(), v1::NOT_PERMITTED);
  ASSERT_THAT(response.reasons(), SizeIs(1));
  EXPECT_EQ(response.reasons(0).code(), "NOT_PERMITTED");
  EXPECT_FALSE(response.reasons(0).text().empty());
}

// What permits with all facts given does not permit with one of them left out,
// unless the fact did not matter; it never errs.
TEST_F(FailClosedTest, LeavingOutAFactNeverHelps) {
  Start();
  const v1::DecideRequest denied = PermittedRequest();  // has no consent yet
  EXPECT_EQ(Ask(denied).effect(), v1::DENY);
  const auto* descriptor = v1::DecideRequest::descriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const auto* field = descriptor->field(i);
    if (field->name() == "operator" || field->name() == "operation" ||
        field->name() == "decision_time") {
      continue;
    }
    v1::DecideRequest request = denied;
    request.GetReflection()->ClearField(&request, field);
    EXPECT_EQ(Ask(request).effect(), v1::DENY) << field->name();
  }
  // The same inside each message of the request.
  for (const char* name : {"data", "purpose", "operation"}) {
    const auto* field = descriptor->FindFieldByName(name);
    v1::DecideRequest whole = denied;
    google::protobuf::Message* message =
        whole.GetReflection()->MutableMessage(&whole, field);
    if (std::string(name) == "operation") {
      message = whole.mutable_operation()->mutable_automated_processing();
    }
    for (int i = 0; i < message->GetDescriptor()->field_count(); ++i) {
      v1::DecideRequest request = whole;
      google::protobuf::Message* inner =
          std::string(name) == "operation"
              ? request.mutable_operation()->mutable_automated_processing()
              : request.GetReflection()->MutableMessage(&request, field);
      inner->GetReflection()->ClearField(inner,
                                         inner->GetDescriptor()->field(i));
      EXPECT_EQ(Ask(request).effect(), v1::DENY)
          << name << "." << inner->GetDescriptor()->field(i)->name();
    }
  }
}

}  // namespace
}  // namespace tarazy
