#include "policy/cedar/extension_names.h"

#include <algorithm>
#include <iterator>

namespace tarazy {
namespace {

constexpr absl::string_view kFunctions[] = {"ip", "decimal", "datetime",
                                            "duration"};

constexpr absl::string_view kMethods[] = {
    "isIpv4",          "isIpv6",         "isLoopback",
    "isMulticast",     "isInRange",      "lessThan",
    "lessThanOrEqual", "greaterThan",    "greaterThanOrEqual",
    "offset",          "durationSince",  "toDate",
    "toTime",          "toMilliseconds", "toSeconds",
    "toMinutes",       "toHours",        "toDays"};

}  // namespace

std::vector<absl::string_view> ExtensionFunctions() {
  return {std::begin(kFunctions), std::end(kFunctions)};
}

std::vector<absl::string_view> ExtensionMethods() {
  return {std::begin(kMethods), std::end(kMethods)};
}

bool IsExtensionFunction(absl::string_view name) {
  return std::find(std::begin(kFunctions), std::end(kFunctions), name) !=
         std::end(kFunctions);
}

bool IsExtensionMethod(absl::string_view name) {
  return std::find(std::begin(kMethods), std::end(kMethods), name) !=
         std::end(kMethods);
}

}  // namespace tarazy
