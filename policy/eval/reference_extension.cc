// Extension types of the reference evaluator: regular expressions and the C
// library, where the fast one reads byte by byte.

#include <arpa/inet.h>

#include <ctime>
#include <limits>
#include <regex>
#include <vector>

#include "policy/eval/reference.h"

namespace tarazy {
namespace {

using Kind = ReferenceValue::Kind;
using Result = absl::optional<ReferenceValue>;

constexpr __int128 kDay = 24 * 60 * 60 * 1000;

Result Number(Kind kind, __int128 exact) {
  if (exact > INT64_MAX || exact < INT64_MIN) return absl::nullopt;
  return ReferenceValue::Number(kind, static_cast<int64_t>(exact));
}

Result Bool(bool b) { return ReferenceValue::Number(Kind::kBool, b ? 1 : 0); }

// A number of digits that may be too large for any use: capped far above.
__int128 Digits(const std::string& digits) {
  const __int128 cap = static_cast<__int128>(1) << 90;
  __int128 number = 0;
  for (char c : digits) {
    number = number * 10 + (c - '0');
    if (number > cap) number = cap;
  }
  return number;
}

Result Decimal(const std::string& text) {
  static const std::regex* const kPattern =
      new std::regex("(-?)([0-9]+)\\.([0-9]{1,4})");
  std::smatch match;
  if (text.size() > 1000 || !std::regex_match(text, match, *kPattern)) {
    return absl::nullopt;
  }
  std::string fraction = match[3];
  fraction.resize(4, '0');
  const __int128 magnitude = Digits(match[2]) * 10000 + Digits(fraction);
  return Number(Kind::kDecimal, match[1].length() > 0 ? -magnitude : magnitude);
}

Result Duration(const std::string& text) {
  static const std::regex* const kPattern = new std::regex(
      "(-?)(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?"
      "(?:([0-9]+)ms)?");
  std::smatch match;
  if (text.empty() || text == "-" || text.size() > 1000 ||
      !std::regex_match(text, match, *kPattern)) {
    return absl::nullopt;
  }
  const __int128 magnitude =
      Digits(match[2]) * kDay + Digits(match[3]) * 3600000 +
      Digits(match[4]) * 60000 + Digits(match[5]) * 1000 + Digits(match[6]);
  return Number(Kind::kDuration,
                match[1].length() > 0 ? -magnitude : magnitude);
}

Result Datetime(const std::string& text) {
  static const std::regex* const kPattern = new std::regex(
      "([0-9]{4})-([0-9]{2})-([0-9]{2})"
      "(?:T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\\.([0-9]{3}))?"
      "(?:Z|([+-])([0-9]{2})([0-9]{2})))?");
  std::smatch match;
  if (text.size() > 1000 || !std::regex_match(text, match, *kPattern)) {
    return absl::nullopt;
  }
  const auto number = [&](int group) {
    return match[group].length() == 0 ? 0 : std::stoi(match[group]);
  };
  std::tm time = {};
  time.tm_year = number(1) - 1900;
  time.tm_mon = number(2) - 1;
  time.tm_mday = number(3);
  const std::tm asked = time;
  const int64_t day = timegm(&time);
  // The C library moves a day that does not exist to one that does.
  if (time.tm_year != asked.tm_year || time.tm_mon != asked.tm_mon ||
      time.tm_mday != asked.tm_mday) {
    return absl::nullopt;
  }
  if (number(4) > 23 || number(5) > 59 || number(6) > 59 || number(9) > 23 ||
      number(10) > 59) {
    return absl::nullopt;
  }
  const int64_t east =
      (number(9) * 60 + number(10)) * (match[8] == "-" ? -60 : 60);
  return Number(Kind::kDatetime,
                (static_cast<__int128>(day) + number(4) * 3600 +
                 number(5) * 60 + number(6) - east) *
                        1000 +
                    number(7));
}

// Four or sixteen bytes of address, then the length of the prefix.
Result Ip(const std::string& text) {
  const auto count = [&](char c) {
    size_t n = 0;
    for (char t : text) n += t == c ? 1 : 0;
    return n;
  };
  if (text.size() > 43 || text.find('\0') != std::string::npos) {
    return absl::nullopt;
  }
  if (count(':') >= 2 && count('.') >= 2) return absl::nullopt;
  static const std::regex* const kPrefix = new std::regex("0|[1-9][0-9]*");
  const size_t slash = text.find('/');
  const std::string address = text.substr(0, slash);
  std::string bytes(16, '\0');
  int width = 32;
  if (inet_pton(AF_INET, address.c_str(), &bytes[0]) == 1) {
    bytes.resize(4);
  } else if (inet_pton(AF_INET6, address.c_str(), &bytes[0]) == 1) {
    width = 128;
  } else {
    return absl::nullopt;
  }
  int prefix = width;
  if (slash != std::string::npos) {
    const std::string digits = text.substr(slash + 1);
    if (digits.size() > 3 || !std::regex_match(digits, *kPrefix)) {
      return absl::nullopt;
    }
    prefix = std::stoi(digits);
    if (prefix > width) return absl::nullopt;
  }
  bytes.push_back(static_cast<char>(prefix));
  return ReferenceValue::Text(Kind::kIp, bytes);
}

int PrefixOf(const ReferenceValue& ip) {
  return static_cast<unsigned char>(ip.text.back());
}

// The address as ones and zeros.
std::string BitsOf(const ReferenceValue& ip) {
  std::string bits;
  for (size_t i = 0; i + 1 < ip.text.size(); ++i) {
    for (int b = 7; b >= 0; --b) {
      bits.push_back((ip.text[i] >> b & 1) != 0 ? '1' : '0');
    }
  }
  return bits;
}

bool InRange(const ReferenceValue& ip, const ReferenceValue& range) {
  const std::string bits = BitsOf(ip);
  const std::string wanted = BitsOf(range);
  const size_t prefix = static_cast<size_t>(PrefixOf(range));
  return bits.size() == wanted.size() && PrefixOf(ip) >= PrefixOf(range) &&
         bits.compare(0, prefix, wanted, 0, prefix) == 0;
}

bool InNamedRange(const ReferenceValue& ip, const char* v4, const char* v6) {
  return InRange(ip, *Ip(v4)) || InRange(ip, *Ip(v6));
}

Result OnDatetime(const std::string& f, const ReferenceValue& a,
                  const ReferenceValue* b) {
  const __int128 time = a.number;
  __int128 of_day = time % kDay;
  if (of_day < 0) of_day += kDay;
  if (f == "toDate") return Number(Kind::kDatetime, time - of_day);
  if (f == "toTime") return Number(Kind::kDuration, of_day);
  if (f == "offset" && b->kind == Kind::kDuration) {
    return Number(Kind::kDatetime, time + b->number);
  }
  if (f == "durationSince" && b->kind == Kind::kDatetime) {
    return Number(Kind::kDuration, time - b->number);
  }
  return absl::nullopt;
}

Result OnDuration(const std::string& f, const ReferenceValue& a) {
  const int64_t ms = a.number;
  if (f == "toMilliseconds") return Number(Kind::kLong, ms);
  if (f == "toSeconds") return Number(Kind::kLong, ms / 1000);
  if (f == "toMinutes") return Number(Kind::kLong, ms / 1000 / 60);
  if (f == "toHours") return Number(Kind::kLong, ms / 1000 / 60 / 60);
  if (f == "toDays") return Number(Kind::kLong, ms / 1000 / 60 / 60 / 24);
  return absl::nullopt;
}

Result OnIp(const std::string& f, const ReferenceValue& a,
            const ReferenceValue* b) {
  if (f == "isIpv4") return Bool(a.text.size() == 5);
  if (f == "isIpv6") return Bool(a.text.size() == 17);
  if (f == "isLoopback") {
    return Bool(InNamedRange(a, "127.0.0.0/8", "::1/128"));
  }
  if (f == "isMulticast") {
    return Bool(InNamedRange(a, "224.0.0.0/4", "ff00::/8"));
  }
  if (f == "isInRange" && b->kind == Kind::kIp) return Bool(InRange(a, *b));
  return absl::nullopt;
}

Result OnDecimals(const std::string& f, int64_t x, int64_t y) {
  if (f == "lessThan") return Bool(x < y);
  if (f == "lessThanOrEqual") return Bool(x <= y);
  if (f == "greaterThan") return Bool(x > y);
  if (f == "greaterThanOrEqual") return Bool(x >= y);
  return absl::nullopt;
}

size_t ArgumentsOf(const std::string& f) {
  for (const char* two :
       {"isInRange", "lessThan", "lessThanOrEqual", "greaterThan",
        "greaterThanOrEqual", "offset", "durationSince"}) {
    if (f == two) return 2;
  }
  return 1;
}

}  // namespace

absl::optional<ReferenceValue> ReferenceCall(
    const std::string& function, const std::vector<ReferenceValue>& arguments) {
  if (arguments.size() != ArgumentsOf(function)) return absl::nullopt;
  const ReferenceValue& a = arguments[0];
  const ReferenceValue* b = arguments.size() > 1 ? &arguments[1] : nullptr;
  switch (a.kind) {
    case Kind::kString:
      if (function == "ip") return Ip(a.text);
      if (function == "decimal") return Decimal(a.text);
      if (function == "datetime") return Datetime(a.text);
      if (function == "duration") return Duration(a.text);
      return absl::nullopt;
    case Kind::kIp:
      return OnIp(function, a, b);
    case Kind::kDatetime:
      return OnDatetime(function, a, b);
    case Kind::kDuration:
      return OnDuration(function, a);
    case Kind::kDecimal:
      if (b == nullptr || b->kind != Kind::kDecimal) return absl::nullopt;
      return OnDecimals(function, a.number, b->number);
    default:
      return absl::nullopt;
  }
}

}  // namespace tarazy
