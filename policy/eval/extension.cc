#include "policy/eval/extension.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace tarazy {
namespace {

constexpr int64_t kDay = int64_t{24} * 60 * 60 * 1000;

constexpr FunctionInfo kFunctions[kFunctionCount] = {
    {"ip", 1, false},
    {"decimal", 1, false},
    {"datetime", 1, false},
    {"duration", 1, false},
    {"isIpv4", 1, true},
    {"isIpv6", 1, true},
    {"isLoopback", 1, true},
    {"isMulticast", 1, true},
    {"isInRange", 2, true},
    {"lessThan", 2, true},
    {"lessThanOrEqual", 2, true},
    {"greaterThan", 2, true},
    {"greaterThanOrEqual", 2, true},
    {"offset", 2, true},
    {"durationSince", 2, true},
    {"toDate", 1, true},
    {"toTime", 1, true},
    {"toMilliseconds", 1, true},
    {"toSeconds", 1, true},
    {"toMinutes", 1, true},
    {"toHours", 1, true},
    {"toDays", 1, true},
};

// The remainder that is never negative.
int64_t TimeOfDay(int64_t ms) {
  const int64_t rest = ms % kDay;
  return rest < 0 ? rest + kDay : rest;
}

ApplyResult Construct(Function function, const Value& text, Arena* arena,
                      Value* result) {
  if (text.tag() != ValueTag::kString) return ApplyResult::kTypeError;
  if (function == Function::kIp) {
    const auto ip = ParseIp(text.as_string());
    if (!ip) return ApplyResult::kRefused;
    IpAddress* kept = arena->Allocate<IpAddress>(1);
    *kept = *ip;
    *result = Value::Ip(kept);
    return ApplyResult::kOk;
  }
  absl::optional<int64_t> number;
  if (function == Function::kDecimal) {
    number = ParseDecimal(text.as_string());
    if (number) *result = Value::Decimal(*number);
  } else if (function == Function::kDatetime) {
    number = ParseDatetime(text.as_string());
    if (number) *result = Value::Datetime(*number);
  } else {
    number = ParseDuration(text.as_string());
    if (number) *result = Value::Duration(*number);
  }
  return number ? ApplyResult::kOk : ApplyResult::kRefused;
}

ApplyResult OnIp(Function function, const Value& a, const Value& b,
                 Value* result) {
  if (a.tag() != ValueTag::kIp) return ApplyResult::kTypeError;
  const IpAddress& ip = a.as_ip();
  bool answer = false;
  switch (function) {
    case Function::kIsIpv4:
      answer = !ip.v6;
      break;
    case Function::kIsIpv6:
      answer = ip.v6;
      break;
    case Function::kIsLoopback:
      answer = IsLoopback(ip);
      break;
    case Function::kIsMulticast:
      answer = IsMulticast(ip);
      break;
    default:
      if (b.tag() != ValueTag::kIp) return ApplyResult::kTypeError;
      answer = IsInRange(ip, b.as_ip());
  }
  *result = Value::Bool(answer);
  return ApplyResult::kOk;
}

ApplyResult OnDecimals(Function function, const Value& a, const Value& b,
                       Value* result) {
  if (a.tag() != ValueTag::kDecimal || b.tag() != ValueTag::kDecimal) {
    return ApplyResult::kTypeError;
  }
  const int64_t x = a.as_number();
  const int64_t y = b.as_number();
  bool answer = false;
  switch (function) {
    case Function::kLessThan:
      answer = x < y;
      break;
    case Function::kLessThanOrEqual:
      answer = x <= y;
      break;
    case Function::kGreaterThan:
      answer = x > y;
      break;
    default:
      answer = x >= y;
  }
  *result = Value::Bool(answer);
  return ApplyResult::kOk;
}

ApplyResult OnDatetime(Function function, const Value& a, const Value& b,
                       Value* result) {
  if (a.tag() != ValueTag::kDatetime) return ApplyResult::kTypeError;
  const int64_t time = a.as_number();
  int64_t out = 0;
  bool overflow = false;
  switch (function) {
    case Function::kOffset:
      if (b.tag() != ValueTag::kDuration) return ApplyResult::kTypeError;
      overflow = __builtin_add_overflow(time, b.as_number(), &out);
      *result = Value::Datetime(out);
      break;
    case Function::kDurationSince:
      if (b.tag() != ValueTag::kDatetime) return ApplyResult::kTypeError;
      overflow = __builtin_sub_overflow(time, b.as_number(), &out);
      *result = Value::Duration(out);
      break;
    case Function::kToDate:
      overflow = __builtin_sub_overflow(time, TimeOfDay(time), &out);
      *result = Value::Datetime(out);
      break;
    default:
      *result = Value::Duration(TimeOfDay(time));
  }
  return overflow ? ApplyResult::kRefused : ApplyResult::kOk;
}

ApplyResult OnDuration(Function function, const Value& a, Value* result) {
  if (a.tag() != ValueTag::kDuration) return ApplyResult::kTypeError;
  int64_t unit = 1;
  switch (function) {
    case Function::kToSeconds:
      unit = 1000;
      break;
    case Function::kToMinutes:
      unit = 60 * 1000;
      break;
    case Function::kToHours:
      unit = 60 * 60 * 1000;
      break;
    case Function::kToDays:
      unit = kDay;
      break;
    default:
      break;
  }
  *result = Value::Long(a.as_number() / unit);
  return ApplyResult::kOk;
}

}  // namespace

const FunctionInfo& Info(Function function) {
  return kFunctions[static_cast<int>(function)];
}

absl::optional<Function> FindFunction(absl::string_view name) {
  for (int i = 0; i < kFunctionCount; ++i) {
    if (kFunctions[i].name == name) return static_cast<Function>(i);
  }
  return absl::nullopt;
}

ApplyResult Apply(Function function, const Value& a, const Value& b,
                  Arena* arena, Value* result) {
  if (function <= Function::kDuration) {
    return Construct(function, a, arena, result);
  }
  if (function <= Function::kIsInRange) return OnIp(function, a, b, result);
  if (function <= Function::kGreaterThanOrEqual) {
    return OnDecimals(function, a, b, result);
  }
  if (function <= Function::kToTime) return OnDatetime(function, a, b, result);
  return OnDuration(function, a, result);
}

std::string FormatDecimal(int64_t value) {
  // The magnitude of the least number has no signed form.
  const uint64_t magnitude = value < 0
                                 ? uint64_t{0} - static_cast<uint64_t>(value)
                                 : static_cast<uint64_t>(value);
  return absl::StrFormat("%s%d.%04d", value < 0 ? "-" : "", magnitude / 10000,
                         magnitude % 10000);
}

std::string FormatDuration(int64_t ms) { return absl::StrCat(ms, "ms"); }

}  // namespace tarazy
