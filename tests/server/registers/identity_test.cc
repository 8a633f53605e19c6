#include "server/registers/identity.h"

#include <cstdio>
#include <random>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"

namespace tarazy {
namespace {

// The rule of the header, written apart from the code under test: -1 when the
// 11 digits have no check digit.
int SlowCheckDigit(const std::string& eleven) {
  const int first[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  const int second[] = {3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2};
  for (const int* weights : {first, second}) {
    int sum = 0;
    for (int i = 0; i < 11; ++i) sum += (eleven[i] - '0') * weights[i];
    if (sum % 11 != 10) return sum % 11;
  }
  return -1;
}

std::string Digits(long value, int width) {
  char text[24];
  std::snprintf(text, sizeof text, "%0*ld", width, value);
  return text;
}

// `eleven` digits with the check digit; empty where there is none.
std::string Complete(const std::string& eleven) {
  const int check = SlowCheckDigit(eleven);
  return check < 0 ? "" : eleven + static_cast<char>('0' + check);
}

// The same with the first serial from `from` on that has a check digit.
std::string CompleteFrom(const std::string& seven, int from) {
  for (int serial = from;; ++serial) {
    const std::string made = Complete(seven + Digits(serial, 4));
    if (!made.empty()) return made;
  }
}

bool SlowIsDate(int year, int month, int day) {
  const absl::CivilDay made(year, month, day);  // normalises what is no date
  return month >= 1 && month <= 12 && made.month() == month &&
         made.day() == day;
}

TEST(CheckIin, EveryDateAndCentury) {
  for (int date = 0; date < 1000000; ++date) {
    for (int seventh = 0; seventh < 10; ++seventh) {
      // All impossible days of a month are alike; a tenth of them will do.
      if (date % 100 > 35 && seventh != date % 10) continue;
      const std::string iin =
          CompleteFrom(Digits(date, 6) + Digits(seventh, 1), 12);
      const int century = seventh < 1 || seventh > 6 ? 0
                          : seventh < 3              ? 1800
                          : seventh < 5              ? 1900
                                                     : 2000;
      const bool expected =
          century != 0 &&
          SlowIsDate(century + date / 10000, date / 100 % 100, date % 100);
      ASSERT_EQ(CheckIin(iin).ok(), expected)
          << "date " << date << " seventh " << seventh;
    }
  }
}

TEST(CheckIin, EverySerialAndCheckDigit) {
  for (int serial = 0; serial < 10000; ++serial) {
    const std::string eleven = "8501013" + Digits(serial, 4);
    const int check = SlowCheckDigit(eleven);
    for (int last = 0; last < 10; ++last) {
      ASSERT_EQ(CheckIin(eleven + Digits(last, 1)).ok(), last == check);
    }
  }
}

TEST(CheckBin, EveryPrefixAndCheckDigit) {
  for (int prefix = 0; prefix < 1000000; ++prefix) {
    const std::string eleven = Digits(prefix, 6) + "00012";
    const int check = SlowCheckDigit(eleven);
    const int month = prefix / 100 % 100;
    const int kind = prefix / 10 % 10;
    const bool shape =
        month >= 1 && month <= 12 && kind >= 4 && kind <= 6 && prefix % 10 <= 4;
    for (int last = 0; last < 10; ++last) {
      ASSERT_EQ(CheckBin(eleven + Digits(last, 1)).ok(),
                shape && last == check);
    }
  }
}

// Banks' numbers, as their own sites publish them.
TEST(CheckBin, PublishedNumbers) {
  EXPECT_TRUE(CheckBin("971240001315").ok());
  EXPECT_TRUE(CheckBin("940140000385").ok());
  EXPECT_FALSE(CheckBin("971240001316").ok());
}

TEST(Check, NotTwelveAsciiDigits) {
  const std::string good = CompleteFrom("8501013", 1);
  const std::string bad[] = {"",
                             good.substr(1),
                             good + "0",
                             " " + good.substr(1),
                             good.substr(0, 11) + "x",
                             good.substr(0, 10) + "٣",
                             "+" + good.substr(1),
                             std::string(12, '\0')};
  for (const std::string& text : bad) {
    EXPECT_EQ(CheckIin(text).message(), "must be 12 digits");
    EXPECT_EQ(CheckBin(text).message(), "must be 12 digits");
    EXPECT_EQ(CheckIin(text).code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(Check, MessagesNameTheFaultAndNeverTheNumber) {
  const std::string good = CompleteFrom("8501013", 1);
  std::string wrong_check = good;
  wrong_check[11] = static_cast<char>('0' + (good[11] - '0' + 1) % 10);
  EXPECT_EQ(CheckIin(wrong_check).message(), "has a wrong check digit");
  EXPECT_EQ(CheckIin(CompleteFrom("8513013", 1)).message(),
            "must begin with a date, as YYMMDD");
  EXPECT_EQ(CheckIin(CompleteFrom("8501017", 1)).message(),
            "must have 1 to 6 as its seventh digit (century and sex)");
  EXPECT_EQ(CheckBin("971340001315").message(),
            "must begin with a year and a month, as YYMM");
  EXPECT_EQ(CheckBin("971230001315").message(),
            "must have 4 to 6 as its fifth digit (kind of entity)");
  EXPECT_EQ(CheckBin("971245001315").message(),
            "must have 0 to 4 as its sixth digit");
  EXPECT_EQ(CheckBin("971240001314").message(), "has a wrong check digit");
}

TEST(Check, NoNumberIsBoth) {
  for (int serial = 0; serial < 2000; ++serial) {
    const std::string iin = CompleteFrom("9712313", serial);
    EXPECT_TRUE(CheckIin(iin).ok());
    EXPECT_FALSE(CheckBin(iin).ok());
  }
}

// Every run of digits looked at.
bool SlowContainsIin(const std::string& text) {
  for (size_t i = 0; i < text.size();) {
    size_t end = i;
    while (end < text.size() && absl::ascii_isdigit(text[end])) ++end;
    if (end - i == 12 && CheckIin(text.substr(i, 12)).ok()) return true;
    i = end + 1;
  }
  return false;
}

TEST(ContainsIin, Places) {
  const std::string iin = CompleteFrom("8501013", 1);
  EXPECT_TRUE(ContainsIin(iin));
  EXPECT_TRUE(ContainsIin("iin:" + iin));
  EXPECT_TRUE(ContainsIin("iin" + iin + "x"));
  EXPECT_TRUE(ContainsIin("гражданин " + iin + ", г. Алматы"));
  EXPECT_TRUE(ContainsIin("1234567 " + iin));
  EXPECT_FALSE(ContainsIin(""));
  EXPECT_FALSE(ContainsIin("1" + iin));
  EXPECT_FALSE(ContainsIin(iin + "1"));
  EXPECT_FALSE(ContainsIin(iin.substr(1)));
  EXPECT_FALSE(ContainsIin("971240001315"));  // a BIN is no person's
}

TEST(ContainsIin, AgreesWithTheSlowForm) {
  std::mt19937 random(20260101);
  const std::string iin = CompleteFrom("8501013", 1);
  int found = 0;
  for (int round = 0; round < 200000; ++round) {
    std::string text;
    for (int piece = random() % 6; piece >= 0; --piece) {
      switch (random() % 4) {
        case 0:
          text += iin;
          break;
        case 1:
          text += std::string(random() % 14, '7');
          break;
        case 2:
          text += std::string(random() % 14, '-');
          break;
        case 3:
          text += iin.substr(0, random() % 13);
          break;
      }
    }
    const bool expected = SlowContainsIin(text);
    found += expected;
    ASSERT_EQ(ContainsIin(text), expected) << text;
  }
  EXPECT_GT(found, 1000);
}

}  // namespace
}  // namespace tarazy
