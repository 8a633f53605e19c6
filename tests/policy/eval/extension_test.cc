#include "policy/eval/extension.h"

#include <limits>

#include "gtest/gtest.h"

namespace tarazy {
namespace {

TEST(DecimalTest, ReadsOneToFourFractionDigits) {
  EXPECT_EQ(ParseDecimal("1.5"), 15000);
  EXPECT_EQ(ParseDecimal("-0.5"), -5000);
  EXPECT_EQ(ParseDecimal("-0.0"), 0);
  EXPECT_EQ(ParseDecimal("007.1234"), 71234);
  EXPECT_EQ(ParseDecimal("922337203685477.5807"),
            std::numeric_limits<int64_t>::max());
  EXPECT_EQ(ParseDecimal("-922337203685477.5808"),
            std::numeric_limits<int64_t>::min());
}

TEST(DecimalTest, RefusesWhatTheLanguageRefuses) {
  for (const char* text :
       {"", "1", "1.", ".5", "+1.0", "1.00000", "1e5", "--1.0", "1.0 ", " 1.0",
        "922337203685477.5808", "-922337203685477.5809", "1.-5", "1..5"}) {
    EXPECT_FALSE(ParseDecimal(text)) << text;
  }
}

TEST(DatetimeTest, CountsMillisecondsFromTheEpoch) {
  EXPECT_EQ(ParseDatetime("1970-01-01"), 0);
  EXPECT_EQ(ParseDatetime("1970-01-01T00:00:00.001Z"), 1);
  EXPECT_EQ(ParseDatetime("1969-12-31T23:59:59Z"), -1000);
  EXPECT_EQ(ParseDatetime("2000-02-29"), int64_t{951782400000});
  EXPECT_EQ(ParseDatetime("0000-01-01"), int64_t{-62167219200000});
  EXPECT_EQ(ParseDatetime("9999-12-31T23:59:59.999Z"),
            int64_t{253402300799999});
  EXPECT_EQ(ParseDatetime("1970-01-01T05:00:00+0500"), 0);
  EXPECT_EQ(ParseDatetime("1970-01-01T00:00:00.000-0030"), 30 * 60 * 1000);
}

TEST(DatetimeTest, RefusesWhatTheLanguageRefuses) {
  for (const char* text : {"",
                           "1970",
                           "1970-1-1",
                           "1970-13-01",
                           "1900-02-29",
                           "2023-02-29",
                           "1970-01-01T",
                           "1970-01-01Z",
                           "1970-01-01 00:00:00Z",
                           "1970-01-01T24:00:00Z",
                           "1970-01-01T00:60:00Z",
                           "1970-01-01T00:00:60Z",
                           "1970-01-01T00:00:00",
                           "1970-01-01T00:00:00.1Z",
                           "1970-01-01T00:00:00z",
                           "1970-01-01t00:00:00Z",
                           "1970-01-01T00:00:00+05:00",
                           "1970-01-01T00:00:00+2400",
                           "1970-01-01T00:00:00+0060",
                           "1970-01-01T00:00:00Zx",
                           "-1970-01-01"}) {
    EXPECT_FALSE(ParseDatetime(text)) << text;
  }
}

TEST(DurationTest, AddsItsUnits) {
  EXPECT_EQ(ParseDuration("1d2h3m4s5ms"), int64_t{93784005});
  EXPECT_EQ(ParseDuration("-1h"), -3600000);
  EXPECT_EQ(ParseDuration("5ms"), 5);
  EXPECT_EQ(ParseDuration("-9223372036854775808ms"),
            std::numeric_limits<int64_t>::min());
  EXPECT_EQ(ParseDuration("106751991167d7h12m55s807ms"),
            std::numeric_limits<int64_t>::max());
}

TEST(DurationTest, RefusesWhatTheLanguageRefuses) {
  for (const char* text :
       {"", "-", "1", "1h1d", "1h 1m", "1.5h", "1H", "1d1d", "ms", "+1h",
        "9223372036854775808ms", "106751991168d", "106751991167d7h12m55s808ms",
        "18446744073709551616ms", "1h-1m"}) {
    EXPECT_FALSE(ParseDuration(text)) << text;
  }
}

TEST(IpTest, ReadsBothFamilies) {
  const auto v4 = ParseIp("10.0.0.1");
  ASSERT_TRUE(v4);
  EXPECT_EQ(FormatIp(*v4), "10.0.0.1/32");
  const auto range = ParseIp("::/0");
  ASSERT_TRUE(range);
  EXPECT_EQ(FormatIp(*range), "0:0:0:0:0:0:0:0/0");
  EXPECT_EQ(FormatIp(*ParseIp("1:2:3:4:5:6:7::")), "1:2:3:4:5:6:7:0/128");
  EXPECT_EQ(FormatIp(*ParseIp("::2:3:4:5:6:7:8")), "0:2:3:4:5:6:7:8/128");
  EXPECT_EQ(FormatIp(*ParseIp("FE80::1/64")), "fe80:0:0:0:0:0:0:1/64");
}

TEST(IpTest, RefusesWhatTheLanguageRefuses) {
  for (const char* text : {"",
                           "1.2.3",
                           "1.2.3.4.5",
                           "01.2.3.4",
                           "1.2.3.256",
                           "1.2.3.4/",
                           "1.2.3.4/33",
                           "1.2.3.4/08",
                           "1.2.3.4/+1",
                           "::/129",
                           "::/064",
                           "::ffff:1.2.3.4",
                           "::1.2.3.4",
                           "1::2::3",
                           "fe80::1%eth0",
                           "[::1]",
                           "1:2:3:4:5:6:7:8::",
                           "::1:2:3:4:5:6:7:8",
                           "1:2:3:4:5:6:7",
                           "12345::",
                           ":",
                           ":::",
                           "1:",
                           ":1",
                           "g::",
                           " ::1",
                           "0000:0000:0000:0000:0000:0000:0000:0000:/128"}) {
    EXPECT_FALSE(ParseIp(text)) << text;
  }
}

TEST(IpTest, RangesHoldByPrefix) {
  const auto in = [](const char* ip, const char* range) {
    return IsInRange(*ParseIp(ip), *ParseIp(range));
  };
  EXPECT_TRUE(in("10.0.0.5", "10.0.0.0/24"));
  EXPECT_TRUE(in("10.0.0.5", "10.0.0.9/24"));
  EXPECT_FALSE(in("10.0.0.0/16", "10.0.0.0/24"));
  EXPECT_TRUE(in("1.2.3.4", "0.0.0.0/0"));
  EXPECT_FALSE(in("::1", "0.0.0.0/0"));
  EXPECT_TRUE(in("ffee::1", "ffee::/65"));
  EXPECT_FALSE(in("ffee::8000:0:0:1", "ffee::/65"));
  EXPECT_TRUE(IsLoopback(*ParseIp("127.3.0.1/8")));
  EXPECT_FALSE(IsLoopback(*ParseIp("127.0.0.1/7")));
  EXPECT_FALSE(IsLoopback(*ParseIp("::1/127")));
  EXPECT_TRUE(IsMulticast(*ParseIp("224.0.0.0/4")));
  EXPECT_FALSE(IsMulticast(*ParseIp("ff00::/7")));
}

TEST(ApplyTest, TimeOfDayIsNeverNegative) {
  Arena arena;
  Value result;
  ASSERT_EQ(
      Apply(Function::kToTime, Value::Datetime(-1), Value(), &arena, &result),
      ApplyResult::kOk);
  EXPECT_EQ(result.as_number(), 24 * 60 * 60 * 1000 - 1);
  const Value least = Value::Datetime(std::numeric_limits<int64_t>::min());
  EXPECT_EQ(Apply(Function::kToDate, least, Value(), &arena, &result),
            ApplyResult::kRefused);
}

}  // namespace
}  // namespace tarazy
