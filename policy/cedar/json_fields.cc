#include "policy/cedar/json_fields.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/cedar/suggest.h"
#include "policy/cedar/text.h"

namespace tarazy {

bool JsonErrors::Add(absl::string_view code, const Span& span,
                     std::string message, std::string help) {
  if (count_ > max_) return false;
  Diagnostic d;
  d.code = std::string(code);
  d.source = std::string(source_.name());
  d.span = span;
  d.message = std::move(message);
  d.help = std::move(help);
  if (++count_ > max_) {
    d.code = "policy-json/too-many-errors";
    d.message =
        absl::StrCat("too many errors: only the first ", max_, " are listed");
    d.help.clear();
  }
  diagnostics_->push_back(std::move(d));
  return false;
}

bool JsonErrors::WrongKind(const JsonValue& value, absl::string_view wanted) {
  return Add(
      "policy-json/type", value.span,
      absl::StrCat("expected ", wanted, ", found ", JsonKindName(value)));
}

bool JsonErrors::CheckKeys(const JsonValue& value,
                           const std::vector<absl::string_view>& required,
                           const std::vector<absl::string_view>& optional) {
  if (value.kind != JsonKind::kObject) return WrongKind(value, "an object");
  std::vector<absl::string_view> known = required;
  known.insert(known.end(), optional.begin(), optional.end());
  bool ok = true;
  for (const JsonMember& member : value.members) {
    if (std::find(known.begin(), known.end(), member.key) != known.end()) {
      continue;
    }
    ok = Add("policy-json/unknown-key", member.key_span,
             absl::StrCat("unknown key `", EscapeString(member.key), "`"),
             DidYouMean(member.key, known));
  }
  for (absl::string_view key : required) {
    if (value.Find(key) != nullptr) continue;
    ok =
        Add("policy-json/missing-key", {value.span.begin, value.span.begin + 1},
            absl::StrCat("the object lacks the key `", key, "`"));
  }
  return ok;
}

bool JsonErrors::ReadString(const JsonValue& object, absl::string_view key,
                            std::string* out) {
  const JsonValue* value = object.Find(key);
  if (value == nullptr) {
    return Add("policy-json/missing-key",
               {object.span.begin, object.span.begin + 1},
               absl::StrCat("the object lacks the key `", key, "`"));
  }
  if (value->kind != JsonKind::kString) return WrongKind(*value, "a string");
  *out = value->text;
  return true;
}

bool JsonErrors::CheckType(const std::string& name, const Span& span) {
  if (IsTypeName(name)) return true;
  return Add(
      "policy-json/type-name", span,
      absl::StrCat("`", EscapeString(name), "` is not the name of a type"),
      "a type is written like `App::User`, without spaces");
}

bool JsonErrors::ReadEntity(const JsonValue& json, EntityUid* out) {
  if (json.kind != JsonKind::kObject) {
    return WrongKind(json, "an entity, `{\"type\", \"id\"}`");
  }
  if (json.members.size() == 1 && json.members[0].key == "__entity") {
    const JsonValue& inner = json.members[0].value;
    if (inner.kind == JsonKind::kObject && inner.members.size() != 1) {
      return ReadEntity(inner, out);
    }
    return WrongKind(inner, "an entity, `{\"type\", \"id\"}`");
  }
  if (const JsonValue* old = json.Find("__expr")) {
    return Add("policy-json/escape", old->span,
               "the escape `__expr` is no longer part of Cedar");
  }
  if (!ReadString(json, "type", &out->type) ||
      !ReadString(json, "id", &out->id)) {
    return false;
  }
  return CheckType(out->type, json.Find("type")->span);
}

}  // namespace tarazy
