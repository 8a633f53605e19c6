// UTF-8, as far as readers and writers of Cedar text need it.
//
// Thread-safety: functions without state.

#ifndef TARAZY_POLICY_CEDAR_UTF8_H_
#define TARAZY_POLICY_CEDAR_UTF8_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace tarazy {

// Appends `code_point`, which must be a Unicode scalar value.
void AppendUtf8(char32_t code_point, std::string* out);

// The bytes of the scalar value at the start of `text`, and the value. 0 when
// `text` is empty or does not start with well-formed UTF-8.
size_t DecodeUtf8(absl::string_view text, char32_t* code_point);

// The offset of the first byte that is not well-formed; npos when all are.
size_t FindInvalidUtf8(absl::string_view text);

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_UTF8_H_
