// Characters: UTF-8 and the escapes of Cedar string literals.
//
// Thread-safety: functions without state.
// Source: Cedar policy language 4.5; string escapes are those of Rust.

#ifndef TARAZY_POLICY_CEDAR_TEXT_H_
#define TARAZY_POLICY_CEDAR_TEXT_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "policy/cedar/ast.h"

namespace tarazy {

// The offset of the first byte that is not part of well-formed UTF-8, or
// npos. Overlong forms, surrogates and code points past U+10FFFF are not.
size_t FindInvalidUtf8(absl::string_view text);

// Takes the first code point off `text`, which is well-formed and not empty.
char32_t TakeCodePoint(absl::string_view* text);

void AppendUtf8(char32_t code_point, std::string* out);

// A range of bytes inside the text given to Unescape.
struct BadEscape {
  size_t begin = 0;
  size_t end = 0;
};

// The value of a string literal; `inner` is what stands between the quotes.
// What is wrong is appended to `bad`.
std::string Unescape(absl::string_view inner, std::vector<BadEscape>* bad);

// The same for the right side of `like`, where `*` stands for any run of
// characters and `\*` for itself.
std::vector<PatternElement> UnescapePattern(absl::string_view inner,
                                            std::vector<BadEscape>* bad);

// `text` escaped so that it stands between double quotes in policy text:
// quotes, backslashes and characters that do not print.
std::string EscapeString(absl::string_view text);

// The same for a pattern.
std::string EscapePattern(const std::vector<PatternElement>& pattern);

// White space between tokens (the Unicode property White_Space).
bool IsWhiteSpace(char32_t c);

// `[_a-zA-Z][_a-zA-Z0-9]*`.
bool IsIdentifier(absl::string_view text);

// A word that the grammar keeps for itself, so that it can't name an
// attribute, a type or a function: `if`, `in`, `__cedar` and so on.
bool IsReservedWord(absl::string_view word);

// A type name as JSON spells it: identifiers that are not reserved, with `::`
// between them and nothing else.
bool IsTypeName(absl::string_view text);

// Whether `type` is that of actions: `Action`, in a namespace or not.
bool IsActionType(absl::string_view type);

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_TEXT_H_
