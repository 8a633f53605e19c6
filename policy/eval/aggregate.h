// Sets, records and the equality and order of values.
//
// A set is a sorted array without equal elements, so that equality is one
// walk, `contains` a search, and it does not matter how the set was written. A
// record is an array of fields sorted by name. Both are views: whoever made
// them keeps the arrays.
//
// The order of values is by kind, then by content. It is a total order on the
// values that one program and its requests can make; entities are ordered by
// their number in the program and, where that has none, by text.
//
// Thread-safety: plain values and functions without state.

#ifndef TARAZY_POLICY_EVAL_AGGREGATE_H_
#define TARAZY_POLICY_EVAL_AGGREGATE_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "policy/eval/arena.h"
#include "policy/eval/value.h"

namespace tarazy {

struct SetValue {
  const Value* items = nullptr;
  uint32_t size = 0;

  const Value* begin() const { return items; }
  const Value* end() const { return items + size; }
};

struct RecordField {
  absl::string_view name;
  Value value;
};

struct RecordValue {
  const RecordField* fields = nullptr;
  uint32_t size = 0;

  const RecordField* begin() const { return fields; }
  const RecordField* end() const { return fields + size; }
  // Null when there is no such field.
  const Value* Find(absl::string_view name) const;
};

// Whether two names are one entity.
inline bool SameEntity(const EntityName& a, const EntityName& b) {
  if (&a == &b) return true;
  if (a.known != b.known) return false;
  if (a.known != 0) return true;
  return a.known_type == b.known_type && a.id == b.id && a.type == b.type;
}

// Negative, zero or positive. Neither is kMissing.
int CompareValues(const Value& a, const Value& b);

// The equality of Cedar: values of different types differ.
bool EqualAggregates(const Value& a, const Value& b);
inline bool EqualValues(const Value& a, const Value& b) {
  if (a.tag() != b.tag()) return false;
  switch (a.tag()) {
    case ValueTag::kBool:
    case ValueTag::kLong:
    case ValueTag::kDecimal:
    case ValueTag::kDatetime:
    case ValueTag::kDuration:
      return a.as_number() == b.as_number();
    case ValueTag::kString:
      return a.as_string() == b.as_string();
    case ValueTag::kEntity:
      return SameEntity(a.as_entity(), b.as_entity());
    default:
      return EqualAggregates(a, b);
  }
}

size_t HashValue(const Value& value);

// The set of `count` values, which are sorted in place. The arena holds the
// set.
Value MakeSet(Value* values, size_t count, Arena* arena);
// The record of `count` fields with distinct names, which are sorted in place.
Value MakeRecord(RecordField* fields, size_t count, Arena* arena);

bool Contains(const SetValue& set, const Value& value);
bool ContainsAll(const SetValue& set, const SetValue& subset);
bool ContainsAny(const SetValue& a, const SetValue& b);

// A copy of `value` and all below it in `arena`; entity names are borrowed.
Value DeepCopy(const Value& value, Arena* arena);

}  // namespace tarazy

#endif  // TARAZY_POLICY_EVAL_AGGREGATE_H_
