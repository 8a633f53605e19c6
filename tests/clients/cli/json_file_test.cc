#include "clients/cli/json_file.h"

#include <string>

#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "tarazy/v1/decision.pb.h"

namespace tarazy {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string ErrorOf(const std::string& text) {
  v1::DecideRequest request;
  const absl::Status status = ParseJson("f.json", text, &request);
  if (status.ok()) return "no error";
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

TEST(JsonFileTest, ReadsBothSpellingsOfNames) {
  for (const char* text : {R"({"request_id": "a", "operation": {"biometric_use":
            {"place_of_use": "PLACE_PUBLIC"}}})",
                           R"({"requestId": "a", "operation": {"biometricUse":
            {"placeOfUse": "PLACE_PUBLIC"}}})"}) {
    v1::DecideRequest request;
    const absl::Status status = ParseJson("f.json", text, &request);
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_EQ(request.request_id(), "a");
    EXPECT_EQ(request.operation().biometric_use().place_of_use(),
              v1::PLACE_PUBLIC);
  }
}

TEST(JsonFileTest, AbsentIsNotFalse) {
  v1::DecideRequest request;
  ASSERT_TRUE(ParseJson("f",
                        R"({"data": {"biometric": false, "excessive": null}})",
                        &request)
                  .ok());
  EXPECT_TRUE(request.data().has_biometric());
  EXPECT_FALSE(request.data().has_excessive());
  EXPECT_FALSE(request.data().has_identifiable());
}

TEST(JsonFileTest, EveryKindOfValueSurvivesTheRoundTrip) {
  const std::string text = R"({
    "subject": {"iin": "850315400015"},
    "extensions": {
      "a": {"bool_value": true},
      "b": {"long_value": "-9223372036854775808"},
      "c": {"long_value": 7},
      "d": {"datetime_value": "2026-03-10T10:00:00.5+05:00"},
      "e": {"duration_value": "-1.5s"},
      "f": {"string_set": {"values": ["қ", ""]}}
    },
    "at_least_as_fresh": {"epoch": "18446744073709551615"}
  })";
  v1::DecideRequest request, again;
  ASSERT_TRUE(ParseJson("f", text, &request).ok());
  EXPECT_EQ(request.extensions().at("b").long_value(), INT64_MIN);
  EXPECT_EQ(request.extensions().at("c").long_value(), 7);
  EXPECT_EQ(request.at_least_as_fresh().epoch(), UINT64_MAX);
  ASSERT_TRUE(ParseJson("f", ToJson(request), &again).ok());
  EXPECT_TRUE(
      google::protobuf::util::MessageDifferencer::Equals(again, request));
  EXPECT_THAT(ToJson(request), HasSubstr("\"at_least_as_fresh\""));
}

TEST(JsonFileTest, EveryErrorNamesItsPlace) {
  EXPECT_EQ(ErrorOf(R"({"operator": {"bin": 1, "kind": "STATE"},
                        "data": {"items": ["a", 2, null]}})"),
            "f.json: `data.items[1]`: must be a string\n"
            "f.json: `data.items[2]`: must be a string\n"
            "f.json: `operator.bin`: must be a string\n"
            "f.json: `operator.kind`: must be one of STATE_BODY, "
            "STATE_ENTITY, PRIVATE_ENTITY, INDIVIDUAL");
}

struct BadCase {
  const char* text;
  const char* message;
};

class BadJsonTest : public ::testing::TestWithParam<BadCase> {};

TEST_P(BadJsonTest, IsRefused) {
  EXPECT_THAT(ErrorOf(GetParam().text), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadJsonTest,
    ::testing::Values(
        BadCase{"", "parse error at line 1, column 1"},
        BadCase{"{\n \"a\" 1}", "parse error at line 2, column 6"},
        BadCase{"{} {}", "parse error at line 1, column 4"},
        BadCase{"[]", "the request must be an object"},
        BadCase{"null", "the request must be an object"},
        BadCase{R"({"operatr": {}})",
                "`operatr`: no such field; known here: request_id, service"},
        BadCase{R"({"service": "a", "service": "b"})",
                "the key `service` is given twice"},
        BadCase{R"({"request_id": "a", "requestId": "b"})",
                "`request_id`: is given twice, as `requestId` too"},
        BadCase{R"({"subject": {"iin": "1", "pseudonym": "2"}})",
                "`subject.pseudonym`: can't be given beside `iin`"},
        BadCase{R"({"operation": {"naip_supply": {}, "biometric_use": {}}})",
                "only one of them"},
        BadCase{R"({"data": {"biometric": "yes"}})",
                "`data.biometric`: must be true or false"},
        BadCase{R"({"data": {"biometric": 1}})",
                "`data.biometric`: must be true or false"},
        BadCase{R"({"data": []})", "`data`: must be an object"},
        BadCase{R"({"data": {"items": "a"}})",
                "`data.items`: must be an array"},
        BadCase{R"({"language": 1})", "`language`: must be one of LANGUAGE_KK"},
        BadCase{R"({"language": "KK"})",
                "`language`: must be one of LANGUAGE_KK"},
        BadCase{R"({"decision_time": "yesterday"})",
                "`decision_time`: must be an instant"},
        BadCase{R"({"decision_time": 5})",
                "`decision_time`: must be an instant"},
        BadCase{R"({"extensions": []})", "`extensions`: must be an object"},
        BadCase{R"({"extensions": {"a": {"long_value": 1.5}}})",
                "`extensions[\"a\"].long_value`: must be a whole number"},
        BadCase{R"({"extensions": {"a": {"long_value":
                    9223372036854775808}}})",
                "`extensions[\"a\"].long_value`: must be a whole number"},
        BadCase{R"({"extensions": {"a": {"duration_value": "1h"}}})",
                "`extensions[\"a\"].duration_value`: must be a duration"},
        BadCase{"{\"service\": \"\xff\"}", "ill-formed UTF-8"}));

TEST(JsonFileTest, ErrorsDoNotRepeatIdentificationNumbers) {
  for (const char* text : {R"({"subject": {"iin": 850315400015}})",
                           R"({"subject": {"iin": ["850315400015"]}})",
                           R"({"subject": {"iin": "850315400015)",
                           R"({"decision_time": "850315400015"})",
                           R"({"language": "850315400015"})"}) {
    EXPECT_THAT(ErrorOf(text), Not(HasSubstr("850315400015")));
    EXPECT_NE(ErrorOf(text), "no error");
  }
}

TEST(JsonFileTest, DeepAndLongInputsAreRefused) {
  EXPECT_NE(ErrorOf(std::string(1000000, '[')), "no error");
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "{\"data\":";
  EXPECT_THAT(ErrorOf(deep), HasSubstr("is nested too deep"));

  EXPECT_EQ(ReadInput("/dev/zero").status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReadInput("/no such file").status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_FALSE(ReadInput("/").ok());
}

}  // namespace
}  // namespace tarazy
