#include "server/registers/field_check.h"

#include <limits>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/registers/register_fixture.h"

namespace tarazy {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const FieldPath kField("f");

TEST(FieldPath, NamesElementsOfNestedFields) {
  const FieldPath consent("consent");
  const FieldPath purposes(consent, "purposes", 3);
  EXPECT_EQ(FieldPath(purposes, "code").ToString(), "consent.purposes[3].code");
}

TEST(CheckText, LimitsCountBytes) {
  EXPECT_TRUE(
      CheckText(kField, std::string(8, 'x'), 8, Presence::kRequired).ok());
  EXPECT_EQ(CheckText(kField, std::string(9, 'x'), 8, Presence::kRequired),
            absl::InvalidArgumentError("`f`: is 9 bytes long; the limit is 8"));
  EXPECT_FALSE(CheckText(kField, "қазақ", 9, Presence::kRequired).ok());
  EXPECT_TRUE(CheckText(kField, "қазақ", 10, Presence::kRequired).ok());
  EXPECT_TRUE(CheckText(kField, "", 8, Presence::kOptional).ok());
  EXPECT_EQ(CheckText(kField, "", 8, Presence::kRequired).message(),
            "`f`: is required");
}

TEST(CheckText, OnlyWellFormedUtf8Passes) {
  for (const char* good : {"a", "\x7f", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80",
                           "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF",
                           "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(CheckText(kField, good, 8, Presence::kRequired).ok()) << good;
  }
  for (const char* bad :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x41",
        "\xE0\x9F\xBF", "\xE1\x80", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "ok\xE1\x80\x41"}) {
    EXPECT_EQ(CheckText(kField, bad, 8, Presence::kRequired).message(),
              "`f`: is not valid UTF-8");
  }
}

TEST(CheckText, AnIinIsRefusedAndNotRepeated) {
  const absl::Status status =
      CheckText(kField, std::string("of ") + kIin, 64, Presence::kRequired);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr(kIin)));
  EXPECT_TRUE(CheckText(kField, kBin, 64, Presence::kRequired).ok());
}

TEST(CheckEnum, NumbersWithoutAMeaningAreRefused) {
  const auto is_valid = v1::ConsentChannel_IsValid;
  EXPECT_TRUE(CheckEnum(kField, 4, is_valid, Presence::kRequired).ok());
  EXPECT_TRUE(CheckEnum(kField, 0, is_valid, Presence::kOptional).ok());
  EXPECT_FALSE(CheckEnum(kField, 0, is_valid, Presence::kRequired).ok());
  EXPECT_EQ(CheckEnum(kField, 5, is_valid, Presence::kOptional).message(),
            "`f`: has no value numbered 5");
  EXPECT_FALSE(CheckEnum(kField, -1, is_valid, Presence::kOptional).ok());
}

TEST(CheckEntryId, IsThirtyTwoLowerCaseHexDigits) {
  EXPECT_TRUE(CheckEntryId(kField, std::string(32, 'f')).ok());
  for (const std::string& id :
       {std::string(), std::string(31, 'f'), std::string(33, 'f'),
        std::string(32, 'F'), std::string(32, 'g'), std::string(32, '\0')}) {
    EXPECT_FALSE(CheckEntryId(kField, id).ok()) << id;
  }
}

TEST(CheckBinField, NamesTheField) {
  EXPECT_TRUE(CheckBinField(kField, kBin, Presence::kRequired).ok());
  EXPECT_TRUE(CheckBinField(kField, "", Presence::kOptional).ok());
  EXPECT_EQ(
      CheckBinField(kField, "000140000003", Presence::kOptional).message(),
      "`f`: has a wrong check digit");
}

TEST(ReadTimestamp, ReadsToTheMillisecond) {
  google::protobuf::Timestamp timestamp;
  int64_t ms = -1;
  ASSERT_TRUE(ReadTimestamp(kField, timestamp, &ms).ok());
  EXPECT_EQ(ms, 0);
  timestamp.set_seconds(1772791200);
  timestamp.set_nanos(999999999);
  ASSERT_TRUE(ReadTimestamp(kField, timestamp, &ms).ok());
  EXPECT_EQ(ms, 1772791200999);
  google::protobuf::Timestamp back;
  WriteTimestamp(ms, &back);
  EXPECT_EQ(back.seconds(), 1772791200);
  EXPECT_EQ(back.nanos(), 999000000);
}

TEST(ReadTimestamp, YearsOutOfRangeAreRefused) {
  int64_t ms = 0;
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(253402300799);
  timestamp.set_nanos(999999999);
  EXPECT_TRUE(ReadTimestamp(kField, timestamp, &ms).ok());
  EXPECT_EQ(ms, kMaxInstantMs);
  for (int64_t seconds :
       {int64_t{-1}, int64_t{253402300800}, std::numeric_limits<int64_t>::max(),
        std::numeric_limits<int64_t>::min()}) {
    timestamp.set_seconds(seconds);
    timestamp.set_nanos(0);
    EXPECT_EQ(ReadTimestamp(kField, timestamp, &ms).message(),
              "`f`: lies outside of the years 1970 to 9999");
  }
  timestamp.set_seconds(1);
  for (int nanos : {-1, 1000000000}) {
    timestamp.set_nanos(nanos);
    EXPECT_FALSE(ReadTimestamp(kField, timestamp, &ms).ok());
  }
}

TEST(ReadPeriod, EndsMayBeOpen) {
  v1::Period period;
  int64_t from = 0;
  int64_t until = 0;
  ASSERT_TRUE(ReadPeriod(kField, period, &from, &until).ok());
  EXPECT_EQ(from, std::numeric_limits<int64_t>::min());
  EXPECT_EQ(until, std::numeric_limits<int64_t>::max());
  WriteTimestamp(5000, period.mutable_from());
  WriteTimestamp(5001, period.mutable_until());
  ASSERT_TRUE(ReadPeriod(kField, period, &from, &until).ok());
  EXPECT_EQ(from, 5000);
  EXPECT_EQ(until, 5001);
  // The same millisecond: holds no instant.
  WriteTimestamp(5000, period.mutable_until());
  period.mutable_until()->set_nanos(999);
  EXPECT_FALSE(ReadPeriod(kField, period, &from, &until).ok());
  period.mutable_until()->set_nanos(-1);
  EXPECT_THAT(std::string(ReadPeriod(kField, period, &from, &until).message()),
              HasSubstr("`f.until`: has nanos"));
}

TEST(ReplaceSubject, LeavesNoIin) {
  const auto pseudonymizer = TestPseudonymizer();
  v1::Subject subject;
  subject.set_iin(kIin);
  Pseudonym pseudonym;
  ASSERT_TRUE(
      ReplaceSubject(kField, *pseudonymizer, &subject, &pseudonym).ok());
  EXPECT_TRUE(pseudonym == pseudonymizer->Of(kIin));
  EXPECT_EQ(subject.pseudonym(), pseudonym.ToHex());
  EXPECT_TRUE(subject.iin().empty());

  Pseudonym again;
  ASSERT_TRUE(ReplaceSubject(kField, *pseudonymizer, &subject, &again).ok());
  EXPECT_TRUE(again == pseudonym);
}

TEST(ReplaceSubject, SaysWhatIsWrongWithoutTheNumber) {
  const auto pseudonymizer = TestPseudonymizer();
  Pseudonym pseudonym;
  v1::Subject subject;
  EXPECT_EQ(
      ReplaceSubject(kField, *pseudonymizer, &subject, &pseudonym).message(),
      "`f`: is required; give an `iin` or a `pseudonym`");
  subject.set_iin("900101300008");
  EXPECT_EQ(
      ReplaceSubject(kField, *pseudonymizer, &subject, &pseudonym).message(),
      "`f.iin`: has a wrong check digit");
  subject.set_pseudonym(std::string(64, 'X'));
  EXPECT_EQ(
      ReplaceSubject(kField, *pseudonymizer, &subject, &pseudonym).message(),
      "`f.pseudonym`: is not 64 lower-case hex digits");
}

}  // namespace
}  // namespace tarazy
