// JSON text to tree, with places: what the readers of Cedar JSON (schemas,
// policies, entities, requests) share.
//
// Stricter than a plain JSON reader where Cedar is: a key twice in one object
// is an error, and integers are exact (a number that is no 64-bit integer
// keeps its text and its kind tells). All text must be UTF-8.
//
// Failures: nothing, with the reason in `diagnostics`.
// Thread-safety: functions without state. Bounded stack: nesting over the
// limit is refused.
// Source: RFC 8259.

#ifndef TARAZY_POLICY_CEDAR_JSON_H_
#define TARAZY_POLICY_CEDAR_JSON_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "policy/cedar/diagnostic.h"
#include "policy/cedar/source.h"

namespace tarazy {

enum class JsonKind : uint8_t {
  kNull,
  kBool,
  kLong,         // fits into 64 bits, no fraction, no exponent
  kOtherNumber,  // any other number; `text` as written
  kString,
  kArray,
  kObject,
};

struct JsonMember;

struct JsonValue {
  JsonKind kind = JsonKind::kNull;
  bool boolean = false;
  int64_t number = 0;
  std::string text;              // kString: unescaped; kOtherNumber: as written
  std::vector<JsonValue> items;  // kArray
  std::vector<JsonMember> members;  // kObject, in the order written
  Span span;

  // The member `key` of an object; null when there is none.
  const JsonValue* Find(absl::string_view key) const;
};

struct JsonMember {
  std::string key;
  Span key_span;
  JsonValue value;
};

struct JsonOptions {
  uint32_t max_bytes = 64u << 20;
  uint32_t max_depth = 500;
};

// The one JSON value that `source` holds.
absl::optional<JsonValue> ParseJson(const Source& source,
                                    const JsonOptions& options,
                                    Diagnostics* diagnostics);

// "an object", "a string": what `value` is, for messages.
absl::string_view JsonKindName(const JsonValue& value);

// The text as a JSON string, quotes included.
std::string JsonQuote(absl::string_view text);

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_JSON_H_
