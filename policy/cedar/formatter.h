// Policies laid out as the official formatter lays them out, comments kept.
//
// Formatting what was formatted changes nothing, and never changes what the
// policies mean: the result is parsed and compared with the input before it is
// given back.
//
// Failures: nothing, with the reasons in `diagnostics`, for text that does not
// parse.
// Thread-safety: a function without state.

#ifndef TARAZY_POLICY_CEDAR_FORMATTER_H_
#define TARAZY_POLICY_CEDAR_FORMATTER_H_

#include <cstdint>
#include <string>

#include "absl/types/optional.h"
#include "policy/cedar/diagnostic.h"
#include "policy/cedar/parser.h"
#include "policy/cedar/source.h"

namespace tarazy {

struct FormatOptions {
  uint32_t line_width = 80;   // columns that a line has where it can be broken
  uint32_t indent_width = 2;  // columns
  ParseOptions parse;
};

absl::optional<std::string> FormatPolicies(const Source& source,
                                           const FormatOptions& options,
                                           Diagnostics* diagnostics);

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_FORMATTER_H_
