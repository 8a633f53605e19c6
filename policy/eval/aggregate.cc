#include "policy/eval/aggregate.h"

#include <algorithm>
#include <utility>

#include "absl/hash/hash.h"
#include "policy/eval/extension.h"

namespace tarazy {
namespace {

// Up to this size a set is searched from front to back.
constexpr uint32_t kSmall = 8;

int Sign(bool less, bool greater) { return less ? -1 : (greater ? 1 : 0); }

template <typename T>
int CompareOrdered(const T& a, const T& b) {
  return Sign(a < b, b < a);
}

int CompareText(absl::string_view a, absl::string_view b) {
  return a.compare(b);
}

int CompareEntities(const EntityName& a, const EntityName& b) {
  if (&a == &b) return 0;
  if (a.known != b.known) return CompareOrdered(a.known, b.known);
  if (a.known != 0) return 0;
  if (const int by_type = CompareText(a.type, b.type)) return by_type;
  return CompareText(a.id, b.id);
}

int CompareSets(const SetValue& a, const SetValue& b) {
  if (a.size != b.size) return CompareOrdered(a.size, b.size);
  for (uint32_t i = 0; i < a.size; ++i) {
    if (const int c = CompareValues(a.items[i], b.items[i])) return c;
  }
  return 0;
}

int CompareRecords(const RecordValue& a, const RecordValue& b) {
  if (a.size != b.size) return CompareOrdered(a.size, b.size);
  for (uint32_t i = 0; i < a.size; ++i) {
    if (const int c = CompareText(a.fields[i].name, b.fields[i].name)) return c;
    if (const int c = CompareValues(a.fields[i].value, b.fields[i].value)) {
      return c;
    }
  }
  return 0;
}

}  // namespace

const Value* RecordValue::Find(absl::string_view name) const {
  if (size <= kSmall) {
    for (uint32_t i = 0; i < size; ++i) {
      if (fields[i].name == name) return &fields[i].value;
    }
    return nullptr;
  }
  const RecordField* found = std::lower_bound(
      begin(), end(), name, [](const RecordField& field, absl::string_view n) {
        return field.name < n;
      });
  return found != end() && found->name == name ? &found->value : nullptr;
}

int CompareValues(const Value& a, const Value& b) {
  if (a.tag() != b.tag()) return CompareOrdered(a.tag(), b.tag());
  switch (a.tag()) {
    case ValueTag::kMissing:
      return 0;
    case ValueTag::kBool:
    case ValueTag::kLong:
    case ValueTag::kDecimal:
    case ValueTag::kDatetime:
    case ValueTag::kDuration:
      return CompareOrdered(a.as_number(), b.as_number());
    case ValueTag::kString:
      return CompareText(a.as_string(), b.as_string());
    case ValueTag::kEntity:
      return CompareEntities(a.as_entity(), b.as_entity());
    case ValueTag::kSet:
      return CompareSets(a.as_set(), b.as_set());
    case ValueTag::kRecord:
      return CompareRecords(a.as_record(), b.as_record());
    case ValueTag::kIp:
      return CompareIp(a.as_ip(), b.as_ip());
  }
  return 0;
}

bool EqualAggregates(const Value& a, const Value& b) {
  return CompareValues(a, b) == 0;
}

size_t HashValue(const Value& value) {
  const int tag = static_cast<int>(value.tag());
  switch (value.tag()) {
    case ValueTag::kString:
      return absl::HashOf(tag, value.as_string());
    case ValueTag::kEntity: {
      const EntityName& name = value.as_entity();
      if (name.known != 0) return absl::HashOf(tag, name.known);
      return absl::HashOf(tag, name.type, name.id);
    }
    case ValueTag::kSet: {
      size_t hash = absl::HashOf(tag, value.as_set().size);
      for (const Value& item : value.as_set()) {
        hash = absl::HashOf(hash, HashValue(item));
      }
      return hash;
    }
    case ValueTag::kRecord: {
      size_t hash = absl::HashOf(tag, value.as_record().size);
      for (const RecordField& field : value.as_record()) {
        hash = absl::HashOf(hash, field.name, HashValue(field.value));
      }
      return hash;
    }
    case ValueTag::kIp:
      return absl::HashOf(tag, value.as_ip().high, value.as_ip().low,
                          value.as_ip().prefix, value.as_ip().v6);
    default:
      return absl::HashOf(tag, value.as_number());
  }
}

Value MakeSet(Value* values, size_t count, Arena* arena) {
  const auto less = [](const Value& a, const Value& b) {
    return CompareValues(a, b) < 0;
  };
  std::sort(values, values + count, less);
  const size_t distinct =
      std::unique(values, values + count, EqualValues) - values;
  Value* items = arena->Allocate<Value>(distinct);
  std::copy(values, values + distinct, items);
  SetValue* set = arena->Allocate<SetValue>(1);
  set->items = items;
  set->size = static_cast<uint32_t>(distinct);
  return Value::Set(set);
}

Value MakeRecord(RecordField* fields, size_t count, Arena* arena) {
  const auto less = [](const RecordField& a, const RecordField& b) {
    return a.name < b.name;
  };
  if (!std::is_sorted(fields, fields + count, less)) {
    std::sort(fields, fields + count, less);
  }
  RecordField* kept = arena->Allocate<RecordField>(count);
  std::copy(fields, fields + count, kept);
  RecordValue* record = arena->Allocate<RecordValue>(1);
  record->fields = kept;
  record->size = static_cast<uint32_t>(count);
  return Value::Record(record);
}

bool Contains(const SetValue& set, const Value& value) {
  if (set.size <= kSmall) {
    for (const Value& item : set) {
      if (EqualValues(item, value)) return true;
    }
    return false;
  }
  const Value* found = std::lower_bound(
      set.begin(), set.end(), value,
      [](const Value& a, const Value& b) { return CompareValues(a, b) < 0; });
  return found != set.end() && EqualValues(*found, value);
}

bool ContainsAll(const SetValue& set, const SetValue& subset) {
  if (subset.size > set.size) return false;
  for (const Value& item : subset) {
    if (!Contains(set, item)) return false;
  }
  return true;
}

bool ContainsAny(const SetValue& a, const SetValue& b) {
  const SetValue& small = a.size < b.size ? a : b;
  const SetValue& large = a.size < b.size ? b : a;
  for (const Value& item : small) {
    if (Contains(large, item)) return true;
  }
  return false;
}

Value DeepCopy(const Value& value, Arena* arena) {
  switch (value.tag()) {
    case ValueTag::kString:
      return Value::String(arena->Copy(value.as_string()));
    case ValueTag::kIp: {
      IpAddress* ip = arena->Allocate<IpAddress>(1);
      *ip = value.as_ip();
      return Value::Ip(ip);
    }
    case ValueTag::kSet: {
      const SetValue& from = value.as_set();
      Value* items = arena->Allocate<Value>(from.size);
      for (uint32_t i = 0; i < from.size; ++i) {
        items[i] = DeepCopy(from.items[i], arena);
      }
      SetValue* set = arena->Allocate<SetValue>(1);
      set->items = items;
      set->size = from.size;
      return Value::Set(set);
    }
    case ValueTag::kRecord: {
      const RecordValue& from = value.as_record();
      RecordField* fields = arena->Allocate<RecordField>(from.size);
      for (uint32_t i = 0; i < from.size; ++i) {
        fields[i].name = arena->Copy(from.fields[i].name);
        fields[i].value = DeepCopy(from.fields[i].value, arena);
      }
      RecordValue* record = arena->Allocate<RecordValue>(1);
      record->fields = fields;
      record->size = from.size;
      return Value::Record(record);
    }
    default:
      return value;
  }
}

}  // namespace tarazy
