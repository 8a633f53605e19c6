// Reading expressions.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/cedar/expr_json.h"
#include "policy/cedar/extension_names.h"
#include "policy/cedar/suggest.h"
#include "policy/cedar/text.h"

namespace tarazy {
namespace {

constexpr ExprKind kUnary[] = {ExprKind::kNot, ExprKind::kNegate,
                               ExprKind::kIsEmpty};

constexpr ExprKind kBinary[] = {
    ExprKind::kAnd,      ExprKind::kOr,           ExprKind::kEqual,
    ExprKind::kNotEqual, ExprKind::kLess,         ExprKind::kLessEqual,
    ExprKind::kGreater,  ExprKind::kGreaterEqual, ExprKind::kIn,
    ExprKind::kAdd,      ExprKind::kSubtract,     ExprKind::kMultiply,
    ExprKind::kContains, ExprKind::kContainsAll,  ExprKind::kContainsAny,
    ExprKind::kGetTag,   ExprKind::kHasTag};

// All keys that an expression may have, for suggestions.
std::vector<absl::string_view> AllKeys() {
  std::vector<absl::string_view> keys = {"Value",  "Var",         "Slot", ".",
                                         "has",    "like",        "is",   "Set",
                                         "Record", "if-then-else"};
  for (ExprKind kind : kUnary) keys.push_back(OperatorJsonKey(kind));
  for (ExprKind kind : kBinary) keys.push_back(OperatorJsonKey(kind));
  for (absl::string_view name : ExtensionFunctions()) keys.push_back(name);
  for (absl::string_view name : ExtensionMethods()) keys.push_back(name);
  return keys;
}

template <size_t n>
bool FindOperator(const ExprKind (&kinds)[n], absl::string_view key,
                  ExprKind* found) {
  for (ExprKind kind : kinds) {
    if (OperatorJsonKey(kind) == key) return *found = kind, true;
  }
  return false;
}

}  // namespace

bool ExprJsonReader::Add(Expr expr, const Span& span, ExprId* id) {
  uint32_t height = 0;
  for (ExprId child : expr.args) height = std::max(height, heights_[child]);
  if (++height > max_depth_) {
    return errors_.Add("policy-json/too-deep", {span.begin, span.begin + 1},
                       absl::StrCat("the expression is more than ", max_depth_,
                                    " levels deep"));
  }
  expr.span = span;
  heights_.push_back(height);
  pool_.push_back(std::move(expr));
  *id = static_cast<ExprId>(pool_.size() - 1);
  return true;
}

bool ExprJsonReader::Read(const JsonValue& json, ExprId* root) {
  if (json.kind != JsonKind::kObject) {
    return errors_.WrongKind(json, "an expression, which is an object");
  }
  if (json.members.size() != 1) {
    return errors_.Add(
        "policy-json/expression", {json.span.begin, json.span.begin + 1},
        absl::StrCat("an expression has one key, not ", json.members.size()));
  }
  const JsonMember& member = json.members[0];
  if (member.key == "Value") return ReadValue(member.value, root);
  Expr e;
  return ReadKind(member, &e) && Add(std::move(e), json.span, root);
}

bool ExprJsonReader::ReadKind(const JsonMember& member, Expr* e) {
  const absl::string_view key = member.key;
  const JsonValue& body = member.value;
  if (FindOperator(kUnary, key, &e->kind)) {
    return ReadOperands(body, {"arg"}, {}, e);
  }
  if (FindOperator(kBinary, key, &e->kind)) {
    return ReadOperands(body, {"left", "right"}, {}, e);
  }
  if (key == "Var") return ReadVar(body, e);
  if (key == "Slot") return ReadSlot(body, e);
  if (key == ".") return ReadAttribute(body, e);
  if (key == "has") return ReadHas(body, e);
  if (key == "like") return ReadLike(body, e);
  if (key == "is") return ReadIs(body, e);
  if (key == "Set") return ReadSet(body, e);
  if (key == "Record") return ReadRecord(body, e);
  if (key == "if-then-else") {
    e->kind = ExprKind::kIf;
    return ReadOperands(body, {"if", "then", "else"}, {}, e);
  }
  if (IsExtensionFunction(key) || IsExtensionMethod(key)) {
    return ReadCall(member, e);
  }
  return errors_.Add(
      "policy-json/expression", member.key_span,
      absl::StrCat("`", EscapeString(key), "` is no kind of expression"),
      DidYouMean(key, AllKeys()));
}

// The expressions under `keys`, in that order; `others` are keys that the
// caller reads.
bool ExprJsonReader::ReadOperands(const JsonValue& body,
                                  const std::vector<absl::string_view>& keys,
                                  const std::vector<absl::string_view>& others,
                                  Expr* e) {
  std::vector<absl::string_view> all = keys;
  all.insert(all.end(), others.begin(), others.end());
  if (!errors_.CheckKeys(body, all)) return false;
  bool ok = true;
  for (absl::string_view key : keys) {
    ExprId id = 0;
    ok = Read(*body.Find(key), &id) && ok;
    e->args.push_back(id);
  }
  return ok;
}

bool ExprJsonReader::ReadVar(const JsonValue& body, Expr* e) {
  static constexpr absl::string_view kVars[] = {"principal", "action",
                                                "resource", "context"};
  e->kind = ExprKind::kVar;
  if (body.kind != JsonKind::kString)
    return errors_.WrongKind(body, "a string");
  for (size_t i = 0; i < 4; ++i) {
    e->number = static_cast<int64_t>(i);
    if (body.text == kVars[i]) return true;
  }
  return errors_.Add(
      "policy-json/variable", body.span,
      absl::StrCat("there is no variable `", EscapeString(body.text), "`"),
      "the variables are `principal`, `action`, `resource` and `context`");
}

bool ExprJsonReader::ReadSlot(const JsonValue& body, Expr*) {
  return errors_.Add("policy-json/slot", body.span,
                     "a slot can't stand in a condition",
                     "slots stand in the scope of a template");
}

bool ExprJsonReader::ReadAttribute(const JsonValue& body, Expr* e) {
  e->kind = ExprKind::kGetAttr;
  return ReadOperands(body, {"left"}, {"attr"}, e) &&
         errors_.ReadString(body, "attr", &e->text);
}

bool ExprJsonReader::ReadHas(const JsonValue& body, Expr* e) {
  e->kind = ExprKind::kHas;
  if (!ReadOperands(body, {"left"}, {"attr"}, e)) return false;
  const JsonValue& attr = *body.Find("attr");
  if (attr.kind == JsonKind::kString) {
    e->path.push_back(attr.text);
    return true;
  }
  if (attr.kind != JsonKind::kArray || attr.items.empty()) {
    return errors_.WrongKind(attr, "a string or a list of strings");
  }
  for (const JsonValue& name : attr.items) {
    if (name.kind != JsonKind::kString) {
      return errors_.WrongKind(name, "a string");
    }
    e->path.push_back(name.text);
  }
  return true;
}

bool ExprJsonReader::ReadLike(const JsonValue& body, Expr* e) {
  e->kind = ExprKind::kLike;
  if (!ReadOperands(body, {"left"}, {"pattern"}, e)) return false;
  const JsonValue& pattern = *body.Find("pattern");
  if (pattern.kind != JsonKind::kArray) {
    return errors_.WrongKind(pattern, "an array");
  }
  bool ok = true;
  for (const JsonValue& element : pattern.items) {
    ok = ReadPatternElement(element, e) && ok;
  }
  return ok;
}

bool ExprJsonReader::ReadPatternElement(const JsonValue& json, Expr* e) {
  if (json.kind == JsonKind::kString && json.text == "Wildcard") {
    e->pattern.push_back({true, 0});
    return true;
  }
  const JsonValue* literal =
      json.members.size() == 1 ? json.Find("Literal") : nullptr;
  if (literal == nullptr || literal->kind != JsonKind::kString) {
    return errors_.Add("policy-json/pattern", json.span,
                       "an element of a pattern is `\"Wildcard\"` or "
                       "`{\"Literal\": \"…\"}`");
  }
  absl::string_view rest = literal->text;
  while (!rest.empty()) e->pattern.push_back({false, TakeCodePoint(&rest)});
  return true;
}

bool ExprJsonReader::ReadIs(const JsonValue& body, Expr* e) {
  // The official engine takes `"in": null` for none.
  const JsonValue* group = body.Find("in");
  const bool in = group != nullptr && group->kind != JsonKind::kNull;
  e->kind = in ? ExprKind::kIsIn : ExprKind::kIs;
  std::vector<absl::string_view> operands = {"left"};
  std::vector<absl::string_view> others = {"entity_type"};
  if (group != nullptr) (in ? operands : others).push_back("in");
  return ReadOperands(body, operands, others, e) &&
         errors_.ReadString(body, "entity_type", &e->text) &&
         errors_.CheckType(e->text, body.Find("entity_type")->span);
}

bool ExprJsonReader::ReadSet(const JsonValue& body, Expr* e) {
  e->kind = ExprKind::kSet;
  if (body.kind != JsonKind::kArray) return errors_.WrongKind(body, "an array");
  bool ok = true;
  for (const JsonValue& item : body.items) {
    ExprId id = 0;
    ok = Read(item, &id) && ok;
    e->args.push_back(id);
  }
  return ok;
}

bool ExprJsonReader::ReadRecord(const JsonValue& body, Expr* e) {
  e->kind = ExprKind::kRecord;
  if (body.kind != JsonKind::kObject) {
    return errors_.WrongKind(body, "an object");
  }
  bool ok = true;
  for (const JsonMember& member : body.members) {
    ExprId id = 0;
    ok = Read(member.value, &id) && ok;
    e->args.push_back(id);
    e->path.push_back(member.key);
  }
  return ok;
}

bool ExprJsonReader::ReadCall(const JsonMember& member, Expr* e) {
  if (!ReadSet(member.value, e)) return false;
  e->kind = ExprKind::kCall;
  e->text = member.key;
  e->method = IsExtensionMethod(member.key) && !e->args.empty();
  return true;
}

bool ExprJsonReader::ReadValue(const JsonValue& json, ExprId* root) {
  Expr e;
  bool ok = true;
  switch (json.kind) {
    case JsonKind::kBool:
      e.kind = ExprKind::kBool;
      e.number = json.boolean ? 1 : 0;
      break;
    case JsonKind::kLong:
      e.kind = ExprKind::kLong;
      e.number = json.number;
      break;
    case JsonKind::kString:
      e.kind = ExprKind::kString;
      e.text = json.text;
      break;
    case JsonKind::kArray:
      e.kind = ExprKind::kSet;
      for (const JsonValue& item : json.items) {
        ExprId id = 0;
        ok = ReadValue(item, &id) && ok;
        e.args.push_back(id);
      }
      break;
    case JsonKind::kObject:
      ok = ReadValueObject(json, &e);
      break;
    default:
      return errors_.WrongKind(json, "a value");
  }
  return ok && Add(std::move(e), json.span, root);
}

// A record, or one of the escapes. As in the official engine an object that
// only resembles an escape is a record.
bool ExprJsonReader::ReadValueObject(const JsonValue& json, Expr* e) {
  if (json.members.size() == 1) {
    const JsonMember& only = json.members[0];
    const bool full =
        only.value.kind == JsonKind::kObject && only.value.members.size() >= 2;
    if (only.key == "__expr" && only.value.kind == JsonKind::kString) {
      return errors_.Add("policy-json/escape", only.key_span,
                         "the escape `__expr` is no longer part of Cedar");
    }
    if (only.key == "__entity" && full && ReadEntityEscape(only.value, e)) {
      return errors_.CheckType(e->text, only.value.span);
    }
    if (only.key == "__extn" && full && only.value.Find("fn") != nullptr &&
        only.value.Find("fn")->kind == JsonKind::kString) {
      return ReadCallEscape(only.value, e);
    }
  }
  e->kind = ExprKind::kRecord;
  bool ok = true;
  for (const JsonMember& member : json.members) {
    ExprId id = 0;
    ok = ReadValue(member.value, &id) && ok;
    e->args.push_back(id);
    e->path.push_back(member.key);
  }
  return ok;
}

// False, without an error, for what is no entity.
bool ExprJsonReader::ReadEntityEscape(const JsonValue& json, Expr* e) {
  const JsonValue* type = json.Find("type");
  const JsonValue* id = json.Find("id");
  if (type == nullptr || id == nullptr || type->kind != JsonKind::kString ||
      id->kind != JsonKind::kString) {
    return false;
  }
  e->kind = ExprKind::kEntity;
  e->text = type->text;
  e->text2 = id->text;
  return true;
}

bool ExprJsonReader::ReadCallEscape(const JsonValue& json, Expr* e) {
  const JsonValue& name = *json.Find("fn");
  const JsonValue* arg = json.Find("arg");
  const JsonValue* args = json.Find("args");
  if (!IsExtensionFunction(name.text) && !IsExtensionMethod(name.text)) {
    return errors_.Add(
        "policy-json/function", name.span,
        absl::StrCat("there is no function `", EscapeString(name.text), "`"),
        DidYouMean(name.text, ExtensionFunctions()));
  }
  e->kind = ExprKind::kCall;
  e->text = name.text;
  e->method = IsExtensionMethod(name.text) && arg != nullptr;
  ExprId id = 0;
  if (arg != nullptr) {
    if (!ReadValue(*arg, &id)) return false;
    e->args.push_back(id);
    return true;
  }
  if (args == nullptr || args->kind != JsonKind::kArray) {
    return errors_.Add("policy-json/escape", json.span,
                       "`__extn` needs `arg`, or `args` with a list");
  }
  for (const JsonValue& item : args->items) {
    if (!ReadValue(item, &id)) return false;
    e->args.push_back(id);
  }
  e->method = IsExtensionMethod(name.text) && !e->args.empty();
  return true;
}

}  // namespace tarazy
