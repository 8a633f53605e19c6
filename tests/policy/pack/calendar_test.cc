#include "policy/pack/calendar.h"

#include <cstdint>
#include <string>

#include "gtest/gtest.h"

namespace tarazy {
namespace {

int64_t Day(const std::string& text) {
  absl::StatusOr<int64_t> day = ParseDay(text);
  EXPECT_TRUE(day.ok()) << day.status();
  return day.ok() ? *day : 0;
}

// The instant of a wall clock in Almaty.
int64_t At(const std::string& date, int hour, int minute = 0, int second = 0) {
  return Day(date) * kDayMs - kAlmatyOffsetMs +
         ((hour * 60 + minute) * 60 + second) * int64_t{1000};
}

WorkingDays March2026() {
  absl::StatusOr<WorkingDays> calendar = WorkingDays::Make(
      "kz-2026", Day("2026-01-01"), Day("2026-12-31"),
      {Day("2026-03-09"), Day("2026-03-23")}, {Day("2026-03-28")});
  EXPECT_TRUE(calendar.ok()) << calendar.status();
  return *calendar;
}

TEST(Calendar, DaysAndDatesAgreeWithACountDayByDay) {
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30,
                                  31, 31, 30, 31, 30, 31};
  int64_t day = 0;
  int weekday = 4;
  for (int year = 1970; year < 2500; ++year) {
    const bool leap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0);
    for (int month = 1; month <= 12; ++month) {
      const int last = kDays[month - 1] + (month == 2 && leap ? 1 : 0);
      for (int d = 1; d <= last; ++d) {
        const CivilDate date{year, month, d};
        ASSERT_EQ(DayFromCivil(date), day);
        ASSERT_TRUE(CivilFromDay(day) == date) << day;
        ASSERT_EQ(IsoWeekday(day), weekday) << FormatDay(day);
        ++day;
        weekday = weekday % 7 + 1;
      }
    }
  }
}

TEST(Calendar, DaysBefore1970) {
  EXPECT_EQ(FormatDay(-1), "1969-12-31");
  EXPECT_EQ(IsoWeekday(-1), 3);
  EXPECT_EQ(DayFromCivil({1969, 12, 31}), -1);
  EXPECT_EQ(FormatDay(Day("1972-02-29") - 366 - 365), "1970-02-28");
}

TEST(Calendar, DatesOfOtherFormsAreRefused) {
  for (const char* text :
       {"", "2026-3-10", "2026/03/10", "2026-02-29", "2026-13-01", "2026-00-10",
        "2026-04-31", "1969-12-31", "2026-03-1a", "-026-03-10",
        "2026-03-10T00:00", "2026-03-00"}) {
    absl::StatusOr<int64_t> day = ParseDay(text);
    EXPECT_EQ(day.status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
  EXPECT_EQ(FormatDay(Day("2024-02-29")), "2024-02-29");
  EXPECT_EQ(FormatDay(Day("9999-12-31")), "9999-12-31");
}

TEST(Calendar, ADayBeginsAtMidnightInAlmaty) {
  // 2026-01-17T19:00:00Z, when the amendment came into force.
  EXPECT_EQ(AlmatyDayStart(Day("2026-01-18")), 1768676400000);
  EXPECT_EQ(AlmatyDayEnd(Day("2026-01-17")), 1768676400000);
  EXPECT_EQ(AlmatyDay(1768676400000), Day("2026-01-18"));
  EXPECT_EQ(AlmatyDay(1768676399999), Day("2026-01-17"));
  EXPECT_EQ(AlmatyDay(0), 0);
  EXPECT_EQ(AlmatyDay(-kAlmatyOffsetMs - 1), -1);
}

TEST(Calendar, CalendarDaysLeaveOutTheDayOfReceiptAndDoNotRollForward) {
  const Limit limit = CalendarDayLimit(At("2026-03-06", 15), 3);
  EXPECT_EQ(limit.due_ms, At("2026-03-09", 24));
  EXPECT_EQ(limit.alarm_ms, At("2026-03-08", 24));
}

TEST(Calendar, TheHourOfReceiptDoesNotMatter) {
  for (int hour = 0; hour < 24; ++hour) {
    EXPECT_EQ(CalendarDayLimit(At("2026-03-06", hour), 3).due_ms,
              At("2026-03-09", 24));
  }
  EXPECT_EQ(CalendarDayLimit(At("2026-03-06", 24), 3).due_ms,
            At("2026-03-10", 24));
  EXPECT_EQ(CalendarDayLimit(At("2026-03-06", 23, 59, 59) + 999, 3).due_ms,
            At("2026-03-09", 24));
}

TEST(Calendar, WorkingDaysSkipDaysOff) {
  absl::StatusOr<Limit> limit =
      WorkingDayLimit(At("2026-03-06", 15), 3, March2026());
  ASSERT_TRUE(limit.ok()) << limit.status();
  EXPECT_EQ(limit->due_ms, At("2026-03-12", 24));
  // Friday itself, Tuesday, Wednesday.
  EXPECT_EQ(limit->alarm_ms, At("2026-03-11", 24));
}

TEST(Calendar, ReceiptOnADayOffIsNotADayOfTheAlarm) {
  absl::StatusOr<Limit> limit =
      WorkingDayLimit(At("2026-03-07", 12), 3, March2026());
  ASSERT_TRUE(limit.ok()) << limit.status();
  EXPECT_EQ(limit->due_ms, At("2026-03-12", 24));
  EXPECT_EQ(limit->alarm_ms, At("2026-03-12", 24));
}

TEST(Calendar, ASaturdayMayBeWorked) {
  const WorkingDays calendar = March2026();
  EXPECT_TRUE(calendar.IsWorked(Day("2026-03-28")));
  EXPECT_FALSE(calendar.IsWorked(Day("2026-03-29")));
  EXPECT_FALSE(calendar.IsWorked(Day("2026-03-23")));
  EXPECT_EQ(*calendar.Add(Day("2026-03-27"), 1), Day("2026-03-28"));
}

TEST(Calendar, NoAnswerOutsideOfTheCalendar) {
  const WorkingDays calendar = March2026();
  EXPECT_EQ(*calendar.Add(Day("2026-12-30"), 1), Day("2026-12-31"));
  absl::StatusOr<int64_t> late = calendar.Add(Day("2026-12-30"), 2);
  EXPECT_EQ(late.status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(late.status().message(),
            "the calendar of days off does not cover 2027-01-01; it covers "
            "2026-01-01 to 2026-12-31");
  EXPECT_FALSE(calendar.Add(Day("2025-12-30"), 1).ok());
  EXPECT_EQ(WorkingDayLimit(At("2026-12-30", 9), 3, calendar).status().code(),
            absl::StatusCode::kOutOfRange);
}

TEST(Calendar, ACalendarThatContradictsItselfIsRefused) {
  const int64_t first = Day("2026-01-01");
  const int64_t last = Day("2026-12-31");
  EXPECT_FALSE(WorkingDays::Make("v", last, first, {}, {}).ok());
  EXPECT_EQ(WorkingDays::Make("v", first, last, {first, first}, {})
                .status()
                .message(),
            "2026-01-01 is listed twice");
  EXPECT_FALSE(WorkingDays::Make("v", first, last, {first}, {first}).ok());
  EXPECT_FALSE(WorkingDays::Make("v", first, last, {last + 1}, {}).ok());
  EXPECT_TRUE(WorkingDays::Make("v", first, first, {first}, {}).ok());
}

}  // namespace
}  // namespace tarazy
