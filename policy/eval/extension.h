// The extension types of Cedar: ip addresses, decimals, datetimes, durations.
//
// Texts are read exactly as the language says, byte by byte; what does not
// parse is an evaluation error of the policy that asked. `Apply` is every
// function and method of these types, in one place, for the evaluator and for
// the compiler, which folds calls on constants.
//
// Thread-safety: functions without state.
// Source: Cedar policy language 4.5, extension types.

#ifndef TARAZY_POLICY_EVAL_EXTENSION_H_
#define TARAZY_POLICY_EVAL_EXTENSION_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "policy/eval/arena.h"
#include "policy/eval/value.h"

namespace tarazy {

// An address and the length of its prefix; `10.0.0.0/24` and `10.0.0.1/24`
// differ. An IPv4 address is in the lowest 32 bits.
struct IpAddress {
  uint64_t high = 0;
  uint64_t low = 0;
  uint8_t prefix = 0;
  bool v6 = false;
};

absl::optional<IpAddress> ParseIp(absl::string_view text);
absl::optional<int64_t> ParseDecimal(absl::string_view text);   // 1/10,000
absl::optional<int64_t> ParseDatetime(absl::string_view text);  // ms
absl::optional<int64_t> ParseDuration(absl::string_view text);  // ms

// Texts that parse to the same value.
std::string FormatIp(const IpAddress& ip);
std::string FormatDecimal(int64_t value);
std::string FormatDuration(int64_t ms);

int CompareIp(const IpAddress& a, const IpAddress& b);
bool IsLoopback(const IpAddress& ip);
bool IsMulticast(const IpAddress& ip);
bool IsInRange(const IpAddress& ip, const IpAddress& range);

enum class Function : uint8_t {
  kIp,
  kDecimal,
  kDatetime,
  kDuration,
  kIsIpv4,
  kIsIpv6,
  kIsLoopback,
  kIsMulticast,
  kIsInRange,
  kLessThan,
  kLessThanOrEqual,
  kGreaterThan,
  kGreaterThanOrEqual,
  kOffset,
  kDurationSince,
  kToDate,
  kToTime,
  kToMilliseconds,
  kToSeconds,
  kToMinutes,
  kToHours,
  kToDays,
};
constexpr int kFunctionCount = static_cast<int>(Function::kToDays) + 1;

struct FunctionInfo {
  absl::string_view name;
  uint8_t arguments;  // counting the receiver of a method
  bool method;
};
const FunctionInfo& Info(Function function);
absl::optional<Function> FindFunction(absl::string_view name);

enum class ApplyResult : uint8_t { kOk, kTypeError, kRefused };

// `b` is looked at when the function takes two arguments. An ip address goes
// into the arena.
ApplyResult Apply(Function function, const Value& a, const Value& b,
                  Arena* arena, Value* result);

}  // namespace tarazy

#endif  // TARAZY_POLICY_EVAL_EXTENSION_H_
