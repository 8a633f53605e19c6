#include "policy/eval/value_json.h"

#include "absl/strings/str_cat.h"
#include "policy/cedar/text.h"
#include "policy/eval/aggregate.h"
#include "policy/eval/extension.h"

namespace tarazy {
namespace {

bool IsString(const JsonValue* json) {
  return json != nullptr && json->kind == JsonKind::kString;
}

// The member that an escape such as `__entity` holds, if `json` is one: an
// object with that key alone.
const JsonValue* Escape(const JsonValue& json, absl::string_view key) {
  if (json.kind != JsonKind::kObject || json.members.size() != 1) {
    return nullptr;
  }
  return json.Find(key);
}

bool IsEntityBody(const JsonValue* json) {
  return json != nullptr && json->kind == JsonKind::kObject &&
         IsString(json->Find("type")) && IsString(json->Find("id"));
}

bool IsCallBody(const JsonValue* json) {
  if (json == nullptr || json->kind != JsonKind::kObject ||
      !IsString(json->Find("fn"))) {
    return false;
  }
  const JsonValue* args = json->Find("args");
  return json->Find("arg") != nullptr ||
         (args != nullptr && args->kind == JsonKind::kArray);
}

// The constructor of an extension type has the name of the type, but for one.
absl::string_view ConstructorOf(const std::string& type) {
  return type == "ipaddr" ? absl::string_view("ip") : type;
}

}  // namespace

bool ValueReader::ReadEntity(const JsonValue& json, const EntityName** name) {
  const JsonValue* body =
      json.kind == JsonKind::kObject ? json.Find("__entity") : nullptr;
  if (body == nullptr) body = &json;
  if (!IsEntityBody(body)) {
    return errors_.Add("json/entity", json.span,
                       "an entity reference is expected",
                       "write `{\"type\": \"T\", \"id\": \"i\"}`");
  }
  const std::string& type = body->Find("type")->text;
  if (!IsTypeName(type)) {
    return errors_.Add("json/type", body->Find("type")->span,
                       absl::StrCat("`", type, "` is not the name of a type"));
  }
  *name = names_.Name(type, body->Find("id")->text);
  return true;
}

bool ValueReader::Apply(absl::string_view function,
                        const std::vector<Value>& arguments, const Span& span,
                        Value* value) {
  const auto found = FindFunction(function);
  if (!found) {
    return errors_.Add("json/function", span,
                       absl::StrCat("`", function, "` is not a function"));
  }
  const size_t wanted = Info(*found).arguments;
  if (arguments.size() != wanted) {
    return errors_.Add("json/arguments", span,
                       absl::StrCat("`", function, "` takes ", wanted,
                                    wanted == 1 ? " argument" : " arguments"));
  }
  switch (
      tarazy::Apply(*found, arguments[0], arguments.back(), &arena_, value)) {
    case ApplyResult::kOk:
      return true;
    case ApplyResult::kTypeError:
      return errors_.Add(
          "json/arguments", span,
          absl::StrCat("`", function, "` takes no argument of this type"));
    case ApplyResult::kRefused:
      break;
  }
  return errors_.Add("json/extension", span,
                     absl::StrCat("`", function, "` refuses this argument"));
}

bool ValueReader::Call(const JsonValue& call, Value* value) {
  std::vector<const JsonValue*> items;
  if (const JsonValue* arg = call.Find("arg")) {
    items.push_back(arg);
  } else {
    for (const JsonValue& item : call.Find("args")->items) {
      items.push_back(&item);
    }
  }
  std::vector<Value> arguments(items.size());
  for (size_t i = 0; i < items.size(); ++i) {
    if (!Read(*items[i], nullptr, &arguments[i])) return false;
  }
  return Apply(call.Find("fn")->text, arguments, call.span, value);
}

bool ValueReader::ReadExtension(const JsonValue& json, const Type& expected,
                                Value* value) {
  if (json.kind == JsonKind::kObject) {
    const JsonValue* call = json.Find("__extn");
    if (!IsCallBody(call)) call = &json;
    if (IsCallBody(call)) return Call(*call, value);
  }
  Value argument;
  if (!Read(json, nullptr, &argument)) return false;
  return Apply(ConstructorOf(expected.extension), {argument}, json.span, value);
}

bool ValueReader::ReadSet(const JsonValue& json, const Type* element,
                          Value* value) {
  std::vector<Value> items(json.items.size());
  for (size_t i = 0; i < items.size(); ++i) {
    if (!Read(json.items[i], element, &items[i])) return false;
  }
  *value = MakeSet(items.data(), items.size(), &arena_);
  return true;
}

bool ValueReader::ReadRecord(const JsonValue& json, Value* value) {
  std::vector<RecordField> fields(json.members.size());
  for (size_t i = 0; i < fields.size(); ++i) {
    fields[i].name = arena_.Copy(json.members[i].key);
    if (!Read(json.members[i].value, nullptr, &fields[i].value)) return false;
  }
  *value = MakeRecord(fields.data(), fields.size(), &arena_);
  return true;
}

bool ValueReader::ReadTypedRecord(const JsonValue& json, const Type& expected,
                                  Value* value) {
  std::vector<RecordField> fields(json.members.size());
  for (size_t i = 0; i < fields.size(); ++i) {
    const JsonMember& member = json.members[i];
    const AttributeType* attribute = expected.FindAttribute(member.key);
    if (attribute == nullptr && !expected.open) {
      return errors_.Add(
          "json/unexpected-attribute", member.key_span,
          absl::StrCat("attribute `", member.key, "` is not in the schema"));
    }
    fields[i].name = arena_.Copy(member.key);
    const Type* type = attribute == nullptr ? nullptr : attribute->type.get();
    if (!Read(member.value, type, &fields[i].value)) return false;
  }
  for (const AttributeType& attribute : expected.attributes) {
    if (attribute.required && json.Find(attribute.name) == nullptr) {
      return errors_.Add("json/missing-attribute", json.span,
                         absl::StrCat("attribute `", attribute.name,
                                      "` is required and not there"));
    }
  }
  *value = MakeRecord(fields.data(), fields.size(), &arena_);
  return true;
}

bool ValueReader::Read(const JsonValue& json, const Type* expected,
                       Value* value) {
  if (expected != nullptr) {
    if (expected->is_entity()) {
      const EntityName* name = nullptr;
      if (!ReadEntity(json, &name)) return false;
      *value = Value::Entity(name);
      return true;
    }
    if (expected->kind == TypeKind::kExtension) {
      return ReadExtension(json, *expected, value);
    }
    if (expected->kind == TypeKind::kSet) {
      if (json.kind != JsonKind::kArray) {
        return errors_.WrongKind(json, "an array");
      }
      return ReadSet(json, expected->element.get(), value);
    }
    if (expected->kind == TypeKind::kRecord) {
      if (json.kind != JsonKind::kObject) {
        return errors_.WrongKind(json, "an object");
      }
      return ReadTypedRecord(json, *expected, value);
    }
  }
  switch (json.kind) {
    case JsonKind::kNull:
      return errors_.Add("json/null", json.span, "`null` is not a value");
    case JsonKind::kBool:
      *value = Value::Bool(json.boolean);
      return true;
    case JsonKind::kLong:
      *value = Value::Long(json.number);
      return true;
    case JsonKind::kOtherNumber:
      return errors_.Add(
          "json/number", json.span,
          absl::StrCat("`", json.text, "` is not a 64-bit integer"));
    case JsonKind::kString:
      *value = Value::String(arena_.Copy(json.text));
      return true;
    case JsonKind::kArray:
      return ReadSet(json, nullptr, value);
    case JsonKind::kObject:
      break;
  }
  if (IsEntityBody(Escape(json, "__entity"))) {
    const EntityName* name = nullptr;
    if (!ReadEntity(json, &name)) return false;
    *value = Value::Entity(name);
    return true;
  }
  const JsonValue* call = Escape(json, "__extn");
  if (IsCallBody(call)) return Call(*call, value);
  if (IsString(Escape(json, "__expr"))) {
    return errors_.Add("json/expr", json.span,
                       "`__expr` is no longer part of the format");
  }
  return ReadRecord(json, value);
}

}  // namespace tarazy
