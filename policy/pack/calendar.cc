// Conversion between dates and days works in eras of 400 years, which all have
// 146,097 days, with years that begin on 1 March so that the leap day is the
// last day of its year. Checked day by day against a slow count in the tests.

#include "policy/pack/calendar.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace tarazy {
namespace {

constexpr int64_t kDaysOfEra = 146097;
// From 0000-03-01 to 1970-01-01.
constexpr int64_t kDaysTo1970 = 719468;

int64_t FloorDiv(int64_t a, int64_t b) {
  return a / b - (a % b != 0 && (a % b < 0) != (b < 0) ? 1 : 0);
}

bool IsLeap(int year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int DaysOfMonth(int year, int month) {
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30,
                                  31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeap(year) ? 29 : kDays[month - 1];
}

// The number that `text` spells in digits alone; -1 if it does not.
int Number(absl::string_view text) {
  int n = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return -1;
    n = n * 10 + (c - '0');
  }
  return n;
}

bool Holds(const std::vector<int64_t>& sorted, int64_t day) {
  return std::binary_search(sorted.begin(), sorted.end(), day);
}

}  // namespace

int64_t DayFromCivil(const CivilDate& date) {
  const int64_t year = date.month <= 2 ? date.year - 1 : date.year;
  const int64_t era = FloorDiv(year, 400);
  const int64_t year_of_era = year - era * 400;
  const int64_t month = (date.month + 9) % 12;  // March is 0
  const int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
  return era * kDaysOfEra + year_of_era * 365 + year_of_era / 4 -
         year_of_era / 100 + day_of_year - kDaysTo1970;
}

CivilDate CivilFromDay(int64_t day) {
  const int64_t shifted = day + kDaysTo1970;
  const int64_t era = FloorDiv(shifted, kDaysOfEra);
  const int64_t day_of_era = shifted - era * kDaysOfEra;
  const int64_t year_of_era = (day_of_era - day_of_era / 1460 +
                               day_of_era / 36524 - day_of_era / 146096) /
                              365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t month = (5 * day_of_year + 2) / 153;
  CivilDate date;
  date.day = static_cast<int>(day_of_year - (153 * month + 2) / 5 + 1);
  date.month = static_cast<int>(month < 10 ? month + 3 : month - 9);
  date.year =
      static_cast<int>(year_of_era + era * 400 + (date.month <= 2 ? 1 : 0));
  return date;
}

absl::StatusOr<int64_t> ParseDay(absl::string_view text) {
  CivilDate date;
  if (text.size() == 10 && text[4] == '-' && text[7] == '-') {
    date.year = Number(text.substr(0, 4));
    date.month = Number(text.substr(5, 2));
    date.day = Number(text.substr(8, 2));
    if (date.year >= 1970 && date.month >= 1 && date.month <= 12 &&
        date.day >= 1 && date.day <= DaysOfMonth(date.year, date.month)) {
      return DayFromCivil(date);
    }
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "`", text, "` is not a date from 1970 on; write it as 2026-03-10"));
}

std::string FormatDay(int64_t day) {
  const CivilDate date = CivilFromDay(day);
  return absl::StrFormat("%04d-%02d-%02d", date.year, date.month, date.day);
}

int IsoWeekday(int64_t day) {
  // 1970-01-01 was a Thursday.
  return static_cast<int>(day + 3 - FloorDiv(day + 3, 7) * 7) + 1;
}

int64_t AlmatyDay(int64_t ms) { return FloorDiv(ms + kAlmatyOffsetMs, kDayMs); }

int64_t AlmatyDayStart(int64_t day) { return day * kDayMs - kAlmatyOffsetMs; }

int64_t AlmatyDayEnd(int64_t day) { return AlmatyDayStart(day + 1); }

absl::StatusOr<WorkingDays> WorkingDays::Make(
    std::string version, int64_t first, int64_t last,
    std::vector<int64_t> days_off, std::vector<int64_t> days_worked) {
  if (first > last) {
    return absl::InvalidArgumentError(
        absl::StrCat("the calendar ends on ", FormatDay(last),
                     ", before it begins on ", FormatDay(first)));
  }
  WorkingDays calendar;
  calendar.version_ = std::move(version);
  calendar.first_ = first;
  calendar.last_ = last;
  calendar.off_ = std::move(days_off);
  calendar.worked_ = std::move(days_worked);
  std::sort(calendar.off_.begin(), calendar.off_.end());
  std::sort(calendar.worked_.begin(), calendar.worked_.end());

  std::vector<int64_t> all = calendar.off_;
  all.insert(all.end(), calendar.worked_.begin(), calendar.worked_.end());
  std::sort(all.begin(), all.end());
  for (size_t i = 0; i < all.size(); ++i) {
    if (!calendar.Covers(all[i])) {
      return absl::InvalidArgumentError(absl::StrCat(
          FormatDay(all[i]), " lies outside of the calendar, which covers ",
          FormatDay(first), " to ", FormatDay(last)));
    }
    if (i > 0 && all[i] == all[i - 1]) {
      return absl::InvalidArgumentError(
          absl::StrCat(FormatDay(all[i]), " is listed twice"));
    }
  }
  return calendar;
}

bool WorkingDays::IsWorked(int64_t day) const {
  if (Holds(off_, day)) return false;
  return IsoWeekday(day) <= 5 || Holds(worked_, day);
}

absl::StatusOr<int64_t> WorkingDays::Add(int64_t day, int count) const {
  for (int64_t d = day + 1;; ++d) {
    if (!Covers(d)) {
      return absl::OutOfRangeError(absl::StrCat(
          "the calendar of days off does not cover ", FormatDay(d),
          "; it covers ", FormatDay(first_), " to ", FormatDay(last_)));
    }
    if (IsWorked(d) && --count <= 0) return d;
  }
}

Limit CalendarDayLimit(int64_t received_ms, int days) {
  const int64_t day = AlmatyDay(received_ms);
  return {AlmatyDayEnd(day + days), AlmatyDayEnd(day + days - 1)};
}

absl::StatusOr<Limit> WorkingDayLimit(int64_t received_ms, int days,
                                      const WorkingDays& calendar) {
  const int64_t day = AlmatyDay(received_ms);
  absl::StatusOr<int64_t> due = calendar.Add(day, days);
  if (!due.ok()) return due.status();
  absl::StatusOr<int64_t> alarm = calendar.Add(day - 1, days);
  if (!alarm.ok()) return alarm.status();
  return Limit{AlmatyDayEnd(*due), AlmatyDayEnd(*alarm)};
}

}  // namespace tarazy
