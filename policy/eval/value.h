// What expressions evaluate to: sixteen bytes, copied freely, owning nothing.
//
// Longs, booleans, decimals, datetimes and durations are held in place.
// Strings, sets, records and ip addresses point into storage that somebody
// else keeps alive: the program's constants, the request, or the arena of one
// evaluation. Entities are named by a pointer to an interned or a borrowed
// EntityName.
//
// `kMissing` is not a Cedar value. A fact reader answers it for a fact that
// the request does not carry; evaluating it is an error, and `has` on it is
// false.
//
// Thread-safety: plain values.

#ifndef TARAZY_POLICY_EVAL_VALUE_H_
#define TARAZY_POLICY_EVAL_VALUE_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace tarazy {

enum class ValueTag : uint8_t {
  kMissing,
  kBool,
  kLong,
  kString,
  kEntity,
  kSet,
  kRecord,
  kDecimal,   // number of 1/10,000
  kDatetime,  // milliseconds since 1970-01-01T00:00:00Z
  kDuration,  // milliseconds
  kIp,
};

// The name of an entity inside an evaluation. `known` is the entity's number
// in the program's symbol table, counted from 1, or 0 for an entity that the
// program has no word for. INVARIANT: a name that the table holds has its
// number here, so two names with different numbers are different entities and
// text is compared only where both are 0.
struct EntityName {
  absl::string_view type;
  absl::string_view id;
  uint32_t known = 0;
  uint32_t known_type = 0;  // the same for the type
};

struct SetValue;     // policy/eval/aggregate.h
struct RecordValue;  // policy/eval/aggregate.h
struct IpAddress;    // policy/eval/extension.h

class Value {
 public:
  Value() : tag_(ValueTag::kMissing), length_(0), number_(0) {}

  static Value Missing() { return Value(); }
  // kMissing too, for the evaluator: a fact that it has not asked for yet, and
  // one that it has, with the reason in as_number().
  static Value Unread() { return Value(ValueTag::kMissing, 1, 0); }
  static Value MissingFor(int64_t reason) {
    return Value(ValueTag::kMissing, 0, reason);
  }
  static Value Bool(bool b) { return Value(ValueTag::kBool, 0, b ? 1 : 0); }
  static Value Long(int64_t n) { return Value(ValueTag::kLong, 0, n); }
  static Value Decimal(int64_t n) { return Value(ValueTag::kDecimal, 0, n); }
  static Value Datetime(int64_t ms) {
    return Value(ValueTag::kDatetime, 0, ms);
  }
  static Value Duration(int64_t ms) {
    return Value(ValueTag::kDuration, 0, ms);
  }
  // Borrows the bytes: UTF-8, at most 4 GiB - 1 of them.
  static Value String(absl::string_view s) {
    Value v(ValueTag::kString, static_cast<uint32_t>(s.size()), 0);
    v.bytes_ = s.data();
    return v;
  }
  static Value Entity(const EntityName* name) {
    Value v(ValueTag::kEntity, 0, 0);
    v.entity_ = name;
    return v;
  }
  static Value Set(const SetValue* set) {
    Value v(ValueTag::kSet, 0, 0);
    v.set_ = set;
    return v;
  }
  static Value Record(const RecordValue* record) {
    Value v(ValueTag::kRecord, 0, 0);
    v.record_ = record;
    return v;
  }
  static Value Ip(const IpAddress* ip) {
    Value v(ValueTag::kIp, 0, 0);
    v.ip_ = ip;
    return v;
  }

  ValueTag tag() const { return tag_; }
  bool missing() const { return tag_ == ValueTag::kMissing; }
  bool unread() const { return missing() && length_ != 0; }

  // The caller has looked at tag().
  bool as_bool() const { return number_ != 0; }
  int64_t as_number() const { return number_; }  // long, decimal, time, span
  absl::string_view as_string() const { return {bytes_, length_}; }
  const EntityName& as_entity() const { return *entity_; }
  const SetValue& as_set() const { return *set_; }
  const RecordValue& as_record() const { return *record_; }
  const IpAddress& as_ip() const { return *ip_; }

 private:
  Value(ValueTag tag, uint32_t length, int64_t number)
      : tag_(tag), length_(length), number_(number) {}

  ValueTag tag_;
  uint32_t length_;
  union {
    int64_t number_;
    const char* bytes_;
    const EntityName* entity_;
    const SetValue* set_;
    const RecordValue* record_;
    const IpAddress* ip_;
  };
};

static_assert(sizeof(Value) == 16, "values are copied in two registers");

}  // namespace tarazy

#endif  // TARAZY_POLICY_EVAL_VALUE_H_
