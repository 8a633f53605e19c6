#include "server/registers/identity.h"

#include <array>
#include <cstddef>

namespace tarazy {
namespace {

constexpr size_t kDigits = 12;
using Digits = std::array<int, kDigits>;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// False unless `text` is 12 ASCII digits.
bool ReadDigits(absl::string_view text, Digits* out) {
  if (text.size() != kDigits) return false;
  for (size_t i = 0; i < kDigits; ++i) {
    if (!IsDigit(text[i])) return false;
    (*out)[i] = text[i] - '0';
  }
  return true;
}

bool CheckDigitHolds(const Digits& d) {
  int sum = 0;
  for (int i = 0; i < 11; ++i) sum += d[i] * (i + 1);
  int check = sum % 11;
  if (check == 10) {
    sum = 0;
    for (int i = 0; i < 11; ++i) sum += d[i] * ((i + 2) % 11 + 1);
    check = sum % 11;
  }
  return check == d[11];  // 10 equals no digit
}

bool IsLeapYear(int year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

bool IsDate(int year, int month, int day) {
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30,
                                  31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12) return false;
  const int days = kDays[month - 1] + (month == 2 && IsLeapYear(year) ? 1 : 0);
  return day >= 1 && day <= days;
}

// What is wrong with an IIN; null when nothing is.
const char* IinFault(absl::string_view iin) {
  Digits d;
  if (!ReadDigits(iin, &d)) return "must be 12 digits";
  if (d[6] < 1 || d[6] > 6) {
    return "must have 1 to 6 as its seventh digit (century and sex)";
  }
  const int year = 1800 + (d[6] - 1) / 2 * 100 + d[0] * 10 + d[1];
  if (!IsDate(year, d[2] * 10 + d[3], d[4] * 10 + d[5])) {
    return "must begin with a date, as YYMMDD";
  }
  if (!CheckDigitHolds(d)) return "has a wrong check digit";
  return nullptr;
}

const char* BinFault(absl::string_view bin) {
  Digits d;
  if (!ReadDigits(bin, &d)) return "must be 12 digits";
  const int month = d[2] * 10 + d[3];
  if (month < 1 || month > 12) {
    return "must begin with a year and a month, as YYMM";
  }
  if (d[4] < 4 || d[4] > 6) {
    return "must have 4 to 6 as its fifth digit (kind of entity)";
  }
  if (d[5] > 4) return "must have 0 to 4 as its sixth digit";
  if (!CheckDigitHolds(d)) return "has a wrong check digit";
  return nullptr;
}

absl::Status ToStatus(const char* fault) {
  return fault == nullptr ? absl::OkStatus()
                          : absl::InvalidArgumentError(fault);
}

}  // namespace

absl::Status CheckIin(absl::string_view iin) { return ToStatus(IinFault(iin)); }

absl::Status CheckBin(absl::string_view bin) { return ToStatus(BinFault(bin)); }

// A run of 12 digits covers some position of every 12, so only each twelfth
// byte is looked at until one is a digit.
bool ContainsIin(absl::string_view text) {
  size_t begin = 0;  // no run that matters starts before
  while (text.size() - begin >= kDigits) {
    const size_t probe = begin + kDigits - 1;
    if (!IsDigit(text[probe])) {
      begin = probe + 1;
      continue;
    }
    size_t first = probe;
    while (first > begin && IsDigit(text[first - 1])) --first;
    size_t end = probe + 1;
    while (end < text.size() && IsDigit(text[end])) ++end;
    if (end - first == kDigits &&
        IinFault(text.substr(first, kDigits)) == nullptr) {
      return true;
    }
    begin = end;
  }
  return false;
}

}  // namespace tarazy
