// ip addresses: IPv4 in dotted form, IPv6 in hexadecimal groups with at most
// one `::`, each with an optional prefix length. An IPv4 address inside an
// IPv6 one is refused, as the language does.

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "policy/eval/extension.h"

namespace tarazy {
namespace {

constexpr size_t kMaxLength = 43;  // eight groups of four and "/128"

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Digits without leading zeros, at most `max_length` of them and at most `max`.
absl::optional<uint32_t> ParseSmall(absl::string_view text, size_t max_length,
                                    uint32_t max) {
  if (text.empty() || text.size() > max_length) return absl::nullopt;
  if (text.size() > 1 && text[0] == '0') return absl::nullopt;
  uint32_t number = 0;
  for (char c : text) {
    if (!IsDigit(c)) return absl::nullopt;
    number = number * 10 + static_cast<uint32_t>(c - '0');
  }
  if (number > max) return absl::nullopt;
  return number;
}

bool ParseV4(absl::string_view text, IpAddress* ip) {
  uint64_t address = 0;
  for (int i = 0; i < 4; ++i) {
    const size_t dot = i < 3 ? text.find('.') : text.size();
    if (dot == absl::string_view::npos) return false;
    const auto octet = ParseSmall(text.substr(0, dot), 3, 255);
    if (!octet) return false;
    address = address << 8 | *octet;
    text.remove_prefix(std::min(text.size(), dot + 1));
  }
  ip->low = address;
  return true;
}

// Groups separated by single colons; stops before "::", at the end, or where
// there is no group. Returns how many there are, or -1.
int TakeGroups(absl::string_view* text, int limit, uint16_t* groups) {
  int count = 0;
  while (count < limit) {
    absl::string_view rest = *text;
    if (count > 0) {
      if (rest.size() < 2 || rest[0] != ':' || rest[1] == ':') break;
      rest.remove_prefix(1);
    }
    size_t digits = 0;
    uint32_t group = 0;
    while (digits < rest.size() && absl::ascii_isxdigit(rest[digits])) {
      const char c = absl::ascii_tolower(rest[digits]);
      group = group << 4 |
              static_cast<uint32_t>(IsDigit(c) ? c - '0' : c - 'a' + 10);
      if (++digits > 4) return -1;
    }
    if (digits == 0) {
      if (count > 0) return -1;
      break;
    }
    groups[count++] = static_cast<uint16_t>(group);
    rest.remove_prefix(digits);
    *text = rest;
  }
  return count;
}

bool ParseV6(absl::string_view text, IpAddress* ip) {
  uint16_t groups[8] = {};
  const int head = TakeGroups(&text, 8, groups);
  if (head < 0) return false;
  if (head < 8) {
    if (text.substr(0, 2) != "::") return false;
    text.remove_prefix(2);
    uint16_t tail_groups[7] = {};
    // `::` stands for one group at least.
    const int tail = TakeGroups(&text, 7 - head, tail_groups);
    if (tail < 0) return false;
    std::copy(tail_groups, tail_groups + tail, groups + 8 - tail);
  }
  if (!text.empty()) return false;
  for (int i = 0; i < 4; ++i) ip->high = ip->high << 16 | groups[i];
  for (int i = 4; i < 8; ++i) ip->low = ip->low << 16 | groups[i];
  ip->v6 = true;
  return true;
}

struct Bits {
  uint64_t high;
  uint64_t low;
};

// Ones where the prefix is, over the width of the address.
Bits NetMask(const IpAddress& ip) {
  if (!ip.v6) {
    const uint64_t mask =
        ip.prefix == 0 ? 0 : (~uint64_t{0} << (32 - ip.prefix)) & 0xffffffff;
    return {0, mask};
  }
  if (ip.prefix == 0) return {0, 0};
  if (ip.prefix <= 64) return {~uint64_t{0} << (64 - ip.prefix), 0};
  return {~uint64_t{0}, ~uint64_t{0} << (128 - ip.prefix)};
}

}  // namespace

absl::optional<IpAddress> ParseIp(absl::string_view text) {
  if (text.size() > kMaxLength) return absl::nullopt;
  const size_t slash = text.find('/');
  const absl::string_view address = text.substr(0, slash);
  IpAddress ip;
  if (!ParseV4(address, &ip)) {
    ip = IpAddress();
    if (!ParseV6(address, &ip)) return absl::nullopt;
  }
  ip.prefix = ip.v6 ? 128 : 32;
  if (slash != absl::string_view::npos) {
    const auto prefix =
        ParseSmall(text.substr(slash + 1), ip.v6 ? 3 : 2, ip.prefix);
    if (!prefix) return absl::nullopt;
    ip.prefix = static_cast<uint8_t>(*prefix);
  }
  return ip;
}

std::string FormatIp(const IpAddress& ip) {
  if (!ip.v6) {
    return absl::StrFormat("%d.%d.%d.%d/%d", ip.low >> 24 & 255,
                           ip.low >> 16 & 255, ip.low >> 8 & 255, ip.low & 255,
                           ip.prefix);
  }
  std::string text;
  for (int i = 0; i < 8; ++i) {
    const uint64_t half = i < 4 ? ip.high : ip.low;
    absl::StrAppend(&text, i == 0 ? "" : ":",
                    absl::Hex(half >> (48 - 16 * (i % 4)) & 0xffff));
  }
  absl::StrAppend(&text, "/", ip.prefix);
  return text;
}

int CompareIp(const IpAddress& a, const IpAddress& b) {
  if (a.v6 != b.v6) return a.v6 ? 1 : -1;
  if (a.high != b.high) return a.high < b.high ? -1 : 1;
  if (a.low != b.low) return a.low < b.low ? -1 : 1;
  return static_cast<int>(a.prefix) - static_cast<int>(b.prefix);
}

bool IsLoopback(const IpAddress& ip) {
  if (ip.v6) return ip.high == 0 && ip.low == 1 && ip.prefix == 128;
  return ip.low >> 24 == 127 && ip.prefix >= 8;
}

bool IsMulticast(const IpAddress& ip) {
  if (ip.v6) return ip.high >> 56 == 0xff && ip.prefix >= 8;
  return ip.low >> 28 == 0xe && ip.prefix >= 4;
}

bool IsInRange(const IpAddress& ip, const IpAddress& range) {
  // All of the range's prefix is fixed in `ip`, and it is the same.
  if (ip.v6 != range.v6 || ip.prefix < range.prefix) return false;
  const Bits mask = NetMask(range);
  return ((ip.high ^ range.high) & mask.high) == 0 &&
         ((ip.low ^ range.low) & mask.low) == 0;
}

}  // namespace tarazy
