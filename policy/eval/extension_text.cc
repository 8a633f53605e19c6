// Reading decimals, datetimes and durations from text. (ip addresses: ip.cc.)

#include <limits>

#include "absl/strings/ascii.h"
#include "policy/eval/extension.h"

namespace tarazy {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes all digits at the front; none is a failure of the caller's pattern.
absl::string_view TakeDigits(absl::string_view* text) {
  size_t n = 0;
  while (n < text->size() && IsDigit((*text)[n])) ++n;
  const absl::string_view digits = text->substr(0, n);
  text->remove_prefix(n);
  return digits;
}

bool TakeChar(absl::string_view* text, char c) {
  if (text->empty() || text->front() != c) return false;
  text->remove_prefix(1);
  return true;
}

// Exactly `count` digits.
bool TakeNumber(absl::string_view* text, int count, int* number) {
  if (text->size() < static_cast<size_t>(count)) return false;
  *number = 0;
  for (int i = 0; i < count; ++i) {
    if (!IsDigit((*text)[i])) return false;
    *number = *number * 10 + ((*text)[i] - '0');
  }
  text->remove_prefix(count);
  return true;
}

// Adds sign * digits * unit to `sum`; false when it does not fit.
bool Accumulate(absl::string_view digits, int64_t unit, bool negative,
                int64_t* sum) {
  // The magnitude may be that of the least number, so count downwards.
  int64_t number = 0;
  for (char c : digits) {
    if (__builtin_mul_overflow(number, int64_t{10}, &number) ||
        __builtin_sub_overflow(number, int64_t{c - '0'}, &number)) {
      return false;
    }
  }
  if (__builtin_mul_overflow(number, unit, &number)) return false;
  return negative ? !__builtin_add_overflow(*sum, number, sum)
                  : !__builtin_sub_overflow(*sum, number, sum);
}

bool IsLeapYear(int year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

bool IsDate(int year, int month, int day) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || day < 1) return false;
  return day <= kDays[month - 1] + (month == 2 && IsLeapYear(year) ? 1 : 0);
}

// Days since 1970-01-01 in the proleptic Gregorian calendar: years are counted
// from March, so that the leap day is the last of its year.
int64_t DaysSinceEpoch(int year, int month, int day) {
  const int y = month <= 2 ? year - 1 : year;
  const int era = (y >= 0 ? y : y - 399) / 400;
  const int year_of_era = y - era * 400;
  const int month_from_march = month > 2 ? month - 3 : month + 9;
  const int day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
  const int day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return int64_t{era} * 146097 + day_of_era - 719468;
}

// "Z" or "+hhmm"; gives milliseconds east of Greenwich.
bool TakeZone(absl::string_view* text, int64_t* offset_ms) {
  *offset_ms = 0;
  if (TakeChar(text, 'Z')) return true;
  const bool plus = TakeChar(text, '+');
  if (!plus && !TakeChar(text, '-')) return false;
  int hours = 0;
  int minutes = 0;
  if (!TakeNumber(text, 2, &hours) || !TakeNumber(text, 2, &minutes)) {
    return false;
  }
  if (hours >= 24 || minutes >= 60) return false;
  const int64_t magnitude = (int64_t{hours} * 60 + minutes) * 60 * 1000;
  *offset_ms = plus ? magnitude : -magnitude;
  return true;
}

}  // namespace

absl::optional<int64_t> ParseDecimal(absl::string_view text) {
  const bool negative = TakeChar(&text, '-');
  const absl::string_view whole = TakeDigits(&text);
  if (whole.empty() || !TakeChar(&text, '.')) return absl::nullopt;
  const absl::string_view fraction = TakeDigits(&text);
  if (fraction.empty() || fraction.size() > 4 || !text.empty()) {
    return absl::nullopt;
  }
  int64_t unit = 1;
  for (size_t i = fraction.size(); i < 4; ++i) unit *= 10;
  int64_t sum = 0;
  if (!Accumulate(whole, 10000, negative, &sum) ||
      !Accumulate(fraction, unit, negative, &sum)) {
    return absl::nullopt;
  }
  return sum;
}

absl::optional<int64_t> ParseDatetime(absl::string_view text) {
  int year = 0, month = 0, day = 0;
  if (!TakeNumber(&text, 4, &year) || !TakeChar(&text, '-') ||
      !TakeNumber(&text, 2, &month) || !TakeChar(&text, '-') ||
      !TakeNumber(&text, 2, &day) || !IsDate(year, month, day)) {
    return absl::nullopt;
  }
  const int64_t date = DaysSinceEpoch(year, month, day) * 24 * 60 * 60 * 1000;
  if (text.empty()) return date;
  int hour = 0, minute = 0, second = 0, ms = 0;
  if (!TakeChar(&text, 'T') || !TakeNumber(&text, 2, &hour) ||
      !TakeChar(&text, ':') || !TakeNumber(&text, 2, &minute) ||
      !TakeChar(&text, ':') || !TakeNumber(&text, 2, &second)) {
    return absl::nullopt;
  }
  if (hour >= 24 || minute >= 60 || second >= 60) return absl::nullopt;
  if (TakeChar(&text, '.') && !TakeNumber(&text, 3, &ms)) return absl::nullopt;
  int64_t offset_ms = 0;
  if (!TakeZone(&text, &offset_ms) || !text.empty()) return absl::nullopt;
  return date + ((int64_t{hour} * 60 + minute) * 60 + second) * 1000 + ms -
         offset_ms;
}

absl::optional<int64_t> ParseDuration(absl::string_view text) {
  struct Unit {
    absl::string_view name;
    int64_t ms;
  };
  constexpr Unit kUnits[] = {{"d", int64_t{24} * 60 * 60 * 1000},
                             {"h", 60 * 60 * 1000},
                             {"m", 60 * 1000},
                             {"s", 1000},
                             {"ms", 1}};
  constexpr int kCount = 5;
  const bool negative = TakeChar(&text, '-');
  if (text.empty()) return absl::nullopt;
  int64_t sum = 0;
  int next = 0;  // units come in this order, each at most once
  while (!text.empty()) {
    const absl::string_view digits = TakeDigits(&text);
    if (digits.empty()) return absl::nullopt;
    size_t letters = 0;
    while (letters < text.size() && absl::ascii_isalpha(text[letters])) {
      ++letters;
    }
    const absl::string_view name = text.substr(0, letters);
    while (next < kCount && kUnits[next].name != name) ++next;
    if (next == kCount) return absl::nullopt;
    text.remove_prefix(letters);
    if (!Accumulate(digits, kUnits[next].ms, negative, &sum)) {
      return absl::nullopt;
    }
    ++next;
  }
  return sum;
}

}  // namespace tarazy
