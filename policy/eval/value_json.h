// Values in Cedar's JSON form.
//
// Without a type, what stands there decides: `{"__entity": {"type", "id"}}` is
// an entity, `{"__extn": {"fn", "arg"}}` an extension value, other objects are
// records, arrays sets. With a type from a schema both escapes may be left
// out: `"10.0.0.1"` is an ip address where one is expected. The reader does
// not check that a value has the type; schema_check.h does.
//
// Failures: diagnostics with places. Thread-safety: functions without state.
// Source: Cedar policy language 4.5, entities JSON.

#ifndef TARAZY_POLICY_EVAL_VALUE_JSON_H_
#define TARAZY_POLICY_EVAL_VALUE_JSON_H_

#include "policy/cedar/json.h"
#include "policy/cedar/json_fields.h"
#include "policy/cedar/types.h"
#include "policy/eval/arena.h"
#include "policy/eval/request.h"
#include "policy/eval/value.h"

namespace tarazy {

class ValueReader {
 public:
  // All outlive the reader; values point into the arena.
  ValueReader(NameSource* names, Arena* arena, JsonErrors* errors)
      : names_(*names), arena_(*arena), errors_(*errors) {}

  // `expected` may be null.
  bool Read(const JsonValue& json, const Type* expected, Value* value);

  // `{"type", "id"}` or that in `{"__entity": …}`.
  bool ReadEntity(const JsonValue& json, const EntityName** name);

 private:
  bool ReadExtension(const JsonValue& json, const Type& expected, Value* value);
  bool ReadSet(const JsonValue& json, const Type* element, Value* value);
  bool ReadRecord(const JsonValue& json, Value* value);
  bool ReadTypedRecord(const JsonValue& json, const Type& expected,
                       Value* value);
  // `call` is `{"fn", "arg"}` or `{"fn", "args"}`.
  bool Call(const JsonValue& call, Value* value);
  bool Apply(absl::string_view function, const std::vector<Value>& arguments,
             const Span& span, Value* value);

  NameSource& names_;
  Arena& arena_;
  JsonErrors& errors_;
};

}  // namespace tarazy

#endif  // TARAZY_POLICY_EVAL_VALUE_JSON_H_
