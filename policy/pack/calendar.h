// Days in Almaty: civil dates, calendar days and working days.
//
// A day is counted from 1970-01-01 (day 0). It begins at 00:00 in Almaty, at
// +05:00 for all instants: the whole country keeps that time since 2024-03-01,
// and no date before it matters here. "24:00 of a day" is the instant at which
// the next day begins, so a limit that ends at it is excluded from the limit.
//
// Which days are off is data with a version, and only for the span of days
// that the data covers. A question outside the span has no answer, rather than
// the guess that all weekdays are worked.
//
// Thread-safety: functions without state; WorkingDays is immutable after Make.
// Nothing here reads a clock or a file.

#ifndef TARAZY_POLICY_PACK_CALENDAR_H_
#define TARAZY_POLICY_PACK_CALENDAR_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tarazy {

constexpr int64_t kDayMs = 24 * 60 * 60 * 1000;
constexpr int64_t kAlmatyOffsetMs = 5 * 60 * 60 * 1000;

// 1970-01-01T00:00:00Z and 9999-12-31T23:59:59.999Z: the instants that the
// server knows, in milliseconds since 1970 UTC.
constexpr int64_t kMinInstantMs = 0;
constexpr int64_t kMaxInstantMs = 253402300799999;

struct CivilDate {
  int year = 1970;
  int month = 1;  // 1 to 12
  int day = 1;    // 1 to 31

  bool operator==(const CivilDate& o) const {
    return year == o.year && month == o.month && day == o.day;
  }
};

// Proleptic Gregorian calendar. `date` is a date that exists.
int64_t DayFromCivil(const CivilDate& date);
CivilDate CivilFromDay(int64_t day);

// "2026-03-10". INVALID_ARGUMENT for any other form and for dates that do not
// exist; years 1970 to 9999.
absl::StatusOr<int64_t> ParseDay(absl::string_view text);
std::string FormatDay(int64_t day);

// 1 for Monday to 7 for Sunday.
int IsoWeekday(int64_t day);

// The day in Almaty that the instant falls on.
int64_t AlmatyDay(int64_t ms);
// 00:00 in Almaty of `day`, in milliseconds since 1970 UTC.
int64_t AlmatyDayStart(int64_t day);
// 24:00 in Almaty of `day`.
int64_t AlmatyDayEnd(int64_t day);

// Which days are worked: Monday to Friday, except listed days off, and listed
// days that are worked in their place.
class WorkingDays {
 public:
  // Covers the days from `first` to `last`, both included. INVALID_ARGUMENT
  // when the span is empty, a listed day lies outside it or is listed twice
  // (in one list or in both).
  static absl::StatusOr<WorkingDays> Make(std::string version, int64_t first,
                                          int64_t last,
                                          std::vector<int64_t> days_off,
                                          std::vector<int64_t> days_worked);

  const std::string& version() const { return version_; }
  int64_t first() const { return first_; }
  int64_t last() const { return last_; }

  bool Covers(int64_t day) const { return first_ <= day && day <= last_; }
  // `day` is covered.
  bool IsWorked(int64_t day) const;

  // The `count`-th working day after `day` (count at least 1). OUT_OF_RANGE
  // when it, or a day before it, is not covered.
  absl::StatusOr<int64_t> Add(int64_t day, int count) const;

 private:
  WorkingDays() = default;

  std::string version_;
  int64_t first_ = 0;
  int64_t last_ = 0;
  std::vector<int64_t> off_;     // sorted
  std::vector<int64_t> worked_;  // sorted
};

// A statutory limit as instants, in milliseconds since 1970 UTC, both
// excluded.
struct Limit {
  // The day of receipt is not counted.
  int64_t due_ms = 0;
  // The stricter reading, for an alarm: the day of receipt is counted.
  int64_t alarm_ms = 0;
};

// `days` calendar days from a receipt at `received_ms`; days off do not move
// the end. Source: pd-2013/19-1/3#1 (bill).
Limit CalendarDayLimit(int64_t received_ms, int days);

// The same in working days. For the alarm the day of receipt counts when it is
// worked. Source: pd-2013/19-1/3#1 (enacted).
absl::StatusOr<Limit> WorkingDayLimit(int64_t received_ms, int days,
                                      const WorkingDays& calendar);

}  // namespace tarazy

#endif  // TARAZY_POLICY_PACK_CALENDAR_H_
