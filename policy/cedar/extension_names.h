// The names of extension functions and methods, as the parser must know them:
// a name that is not here is an error of the text.
//
// Thread-safety: functions without state.
// Source: Cedar policy language 4.5: ipaddr, decimal, datetime.

#ifndef TARAZY_POLICY_CEDAR_EXTENSION_NAMES_H_
#define TARAZY_POLICY_CEDAR_EXTENSION_NAMES_H_

#include <vector>

#include "absl/strings/string_view.h"

namespace tarazy {

std::vector<absl::string_view> ExtensionFunctions();  // ip, decimal, …
std::vector<absl::string_view> ExtensionMethods();    // isLoopback, …

bool IsExtensionFunction(absl::string_view name);
bool IsExtensionMethod(absl::string_view name);

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_EXTENSION_NAMES_H_
