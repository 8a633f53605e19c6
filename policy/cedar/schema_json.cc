#include "policy/cedar/schema_json.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "policy/cedar/json.h"
#include "policy/cedar/names.h"
#include "policy/cedar/suggest.h"
#include "policy/cedar/text.h"

namespace tarazy {

namespace {

using Names = std::vector<absl::string_view>;

SchemaName KeyOf(const JsonMember& member) {
  return {member.key, member.key_span};
}

class SchemaJsonReader {
 public:
  SchemaJsonReader(const Source& source, Diagnostics* diagnostics)
      : source_(source), diagnostics_(diagnostics) {}

  SchemaFragment Read(const JsonValue& root) {
    SchemaFragment fragment;
    fragment.source = std::string(source_.name());
    if (!Is(root, JsonKind::kObject, "a schema")) return fragment;
    for (const JsonMember& member : root.members) {
      const bool misplaced =
          (member.key == "entityTypes" || member.key == "actions") &&
          member.value.Find("entityTypes") == nullptr &&
          member.value.Find("actions") == nullptr;
      if (misplaced) {
        Error(member.key_span,
              absl::StrCat("`", member.key, "` stands outside a namespace"),
              "put it into `{\"\": {…}}` for the empty namespace");
        continue;
      }
      fragment.namespaces.push_back(ReadNamespace(member));
    }
    return fragment;
  }

 private:
  void Error(Span span, std::string message, std::string help = "") {
    Diagnostic d;
    d.code = "schema/json";
    d.source = std::string(source_.name());
    d.span = span;
    d.message = std::move(message);
    d.help = std::move(help);
    diagnostics_->push_back(std::move(d));
  }

  // Whether `value` is of that kind; if not, says so of `what`.
  bool Is(const JsonValue& value, JsonKind kind, absl::string_view what) {
    if (value.kind == kind) return true;
    JsonValue wanted;
    wanted.kind = kind;
    Error(value.span, absl::StrCat(what, " must be ", JsonKindName(wanted),
                                   ", not ", JsonKindName(value)));
    return false;
  }

  // An object without other keys than `known`.
  bool IsObject(const JsonValue& value, absl::string_view what,
                const Names& known) {
    if (!Is(value, JsonKind::kObject, what)) return false;
    for (const JsonMember& member : value.members) {
      if (std::count(known.begin(), known.end(), member.key) > 0) continue;
      std::string help = DidYouMean(member.key, known);
      if (help.empty()) {
        help = absl::StrCat("its keys are ", absl::StrJoin(known, ", "));
      }
      Error(member.key_span,
            absl::StrCat(what, " has no key `", member.key, "`"),
            std::move(help));
    }
    return true;
  }

  // The member, or null after an error.
  const JsonValue* Require(const JsonValue& object, absl::string_view key,
                           JsonKind kind, absl::string_view what) {
    const JsonValue* value = object.Find(key);
    if (value == nullptr) {
      Error(object.span, absl::StrCat(what, " lacks the key `", key, "`"));
      return nullptr;
    }
    return Is(*value, kind, absl::StrCat("`", key, "`")) ? value : nullptr;
  }

  // Null and absent are the same.
  const JsonValue* Optional(const JsonValue& object, absl::string_view key) {
    const JsonValue* value = object.Find(key);
    return value == nullptr || value->kind == JsonKind::kNull ? nullptr : value;
  }

  bool CheckName(const SchemaName& name, bool qualified,
                 absl::string_view what) {
    if (qualified ? IsQualifiedName(name.text) : IsNamePart(name.text)) {
      return true;
    }
    Error(name.span, absl::StrCat("`", name.text, "` is not a valid ", what),
          qualified ? "write identifiers joined by `::`, without blanks" : "");
    return false;
  }

  SchemaNamespace ReadNamespace(const JsonMember& member) {
    SchemaNamespace ns;
    ns.name = KeyOf(member);
    if (!member.key.empty()) CheckName(ns.name, true, "namespace");
    const JsonValue& value = member.value;
    if (!IsObject(value, "a namespace",
                  {"commonTypes", "entityTypes", "actions", "annotations"})) {
      return ns;
    }
    ns.annotations = ReadAnnotations(value);
    if (member.key.empty() && !ns.annotations.empty()) {
      Error(value.Find("annotations")->span,
            "the empty namespace can't have annotations");
    }
    const JsonValue* commons = value.Find("commonTypes");
    if (commons != nullptr &&
        Is(*commons, JsonKind::kObject, "`commonTypes`")) {
      for (const JsonMember& m : commons->members) ReadCommonType(m, &ns);
    }
    const JsonValue* entities =
        Require(value, "entityTypes", JsonKind::kObject, "the namespace");
    if (entities != nullptr) {
      for (const JsonMember& m : entities->members) ReadEntityType(m, &ns);
    }
    const JsonValue* actions =
        Require(value, "actions", JsonKind::kObject, "the namespace");
    if (actions != nullptr) {
      for (const JsonMember& m : actions->members) ReadAction(m, &ns);
    }
    return ns;
  }

  std::vector<Annotation> ReadAnnotations(const JsonValue& object) {
    std::vector<Annotation> annotations;
    const JsonValue* value = object.Find("annotations");
    if (value == nullptr || !Is(*value, JsonKind::kObject, "`annotations`")) {
      return annotations;
    }
    for (const JsonMember& m : value->members) {
      if (!IsIdentifier(m.key)) {
        Error(m.key_span,
              absl::StrCat("`", m.key, "` can't name an annotation"));
      }
      if (m.value.kind != JsonKind::kNull &&
          !Is(m.value, JsonKind::kString, "the value of an annotation")) {
        continue;
      }
      annotations.push_back({m.key, m.value.text, m.key_span});
    }
    return annotations;
  }

  void ReadCommonType(const JsonMember& member, SchemaNamespace* ns) {
    CommonTypeDecl decl;
    decl.name = KeyOf(member);
    CheckName(decl.name, false, "name of a common type");
    decl.annotations = ReadAnnotations(member.value);
    ReadType(member.value, {"annotations"}, &decl.type);
    ns->common_types.push_back(std::move(decl));
  }

  void ReadEntityType(const JsonMember& member, SchemaNamespace* ns) {
    EntityTypeDecl decl;
    decl.name = KeyOf(member);
    CheckName(decl.name, false, "name of an entity type");
    const JsonValue& value = member.value;
    decl.shape.span = value.span;
    if (IsObject(value, "an entity type",
                 {"memberOfTypes", "shape", "tags", "enum", "annotations"})) {
      decl.annotations = ReadAnnotations(value);
      if (const JsonValue* ids = value.Find("enum")) {
        ReadEnum(value, *ids, &decl);
      } else {
        if (const JsonValue* parents = value.Find("memberOfTypes")) {
          ReadTypeNames(*parents, "memberOfTypes", &decl.member_of);
        }
        if (const JsonValue* shape = value.Find("shape")) {
          ReadType(*shape, {}, &decl.shape);
        }
        if (const JsonValue* tags = value.Find("tags")) {
          decl.tags.emplace();
          ReadType(*tags, {}, &*decl.tags);
        }
      }
    }
    ns->entity_types.push_back(std::move(decl));
  }

  void ReadEnum(const JsonValue& type, const JsonValue& ids,
                EntityTypeDecl* decl) {
    for (absl::string_view key : {"memberOfTypes", "shape", "tags"}) {
      const JsonValue* other = type.Find(key);
      if (other == nullptr) continue;
      Error(other->span,
            absl::StrCat("an enumerated type can't have `", key, "`"));
    }
    if (!Is(ids, JsonKind::kArray, "`enum`")) return;
    if (ids.items.empty()) Error(ids.span, "`enum` lists no id");
    for (const JsonValue& id : ids.items) {
      if (Is(id, JsonKind::kString, "an id")) {
        decl->enum_ids.push_back({id.text, id.span});
      }
    }
  }

  void ReadTypeNames(const JsonValue& list, absl::string_view key,
                     std::vector<SchemaName>* names) {
    if (!Is(list, JsonKind::kArray, absl::StrCat("`", key, "`"))) return;
    for (const JsonValue& item : list.items) {
      if (!Is(item, JsonKind::kString, "the name of a type")) continue;
      names->push_back({item.text, item.span});
      CheckName(names->back(), true, "name of an entity type");
    }
  }

  void ReadAction(const JsonMember& member, SchemaNamespace* ns) {
    ActionDecl decl;
    decl.id = KeyOf(member);
    const JsonValue& value = member.value;
    if (IsObject(value, "an action",
                 {"appliesTo", "memberOf", "attributes", "annotations"})) {
      decl.annotations = ReadAnnotations(value);
      if (const JsonValue* attributes = Optional(value, "attributes")) {
        Error(attributes->span, "actions can't have attributes");
      }
      if (const JsonValue* groups = Optional(value, "memberOf")) {
        if (Is(*groups, JsonKind::kArray, "`memberOf`")) {
          for (const JsonValue& group : groups->items) {
            ReadActionRef(group, &decl);
          }
        }
      }
      if (const JsonValue* applies = Optional(value, "appliesTo")) {
        ReadAppliesTo(*applies, &decl);
      }
    }
    ns->actions.push_back(std::move(decl));
  }

  void ReadActionRef(const JsonValue& value, ActionDecl* decl) {
    if (!IsObject(value, "a group of actions", {"id", "type"})) return;
    const JsonValue* id =
        Require(value, "id", JsonKind::kString, "a group of actions");
    if (id == nullptr) return;
    ActionRef ref;
    ref.id = {id->text, id->span};
    if (const JsonValue* type = Optional(value, "type")) {
      if (!Is(*type, JsonKind::kString, "`type`")) return;
      ref.type = {type->text, type->span};
      if (!CheckName(ref.type, true, "name of a type")) return;
    }
    decl->member_of.push_back(std::move(ref));
  }

  void ReadAppliesTo(const JsonValue& value, ActionDecl* decl) {
    if (!IsObject(value, "`appliesTo`",
                  {"principalTypes", "resourceTypes", "context"})) {
      return;
    }
    AppliesTo applies;
    applies.context.span = value.span;
    const JsonValue* principals =
        Require(value, "principalTypes", JsonKind::kArray, "`appliesTo`");
    if (principals != nullptr) {
      ReadTypeNames(*principals, "principalTypes", &applies.principals);
    }
    const JsonValue* resources =
        Require(value, "resourceTypes", JsonKind::kArray, "`appliesTo`");
    if (resources != nullptr) {
      ReadTypeNames(*resources, "resourceTypes", &applies.resources);
    }
    if (const JsonValue* context = value.Find("context")) {
      ReadType(*context, {}, &applies.context);
    }
    decl->applies_to = std::move(applies);
  }

  // A type and, in the same object, the keys in `more`.
  void ReadType(const JsonValue& value, const Names& more,
                SchemaTypeExpr* type) {
    *type = SchemaTypeExpr();
    type->span = value.span;
    if (!Is(value, JsonKind::kObject, "a type")) return;
    const JsonValue* kind = Require(value, "type", JsonKind::kString, "a type");
    if (kind == nullptr) return;
    Names known = {"type"};
    known.insert(known.end(), more.begin(), more.end());
    const std::string& word = kind->text;
    if (word == "Boolean") {
      type->kind = SchemaTypeKind::kBool;
    } else if (word == "Long") {
      type->kind = SchemaTypeKind::kLong;
    } else if (word == "String") {
      type->kind = SchemaTypeKind::kString;
    } else if (word == "Set") {
      type->kind = SchemaTypeKind::kSet;
      known.push_back("element");
      type->element.emplace_back();
      const JsonValue* element =
          Require(value, "element", JsonKind::kObject, "a set");
      if (element != nullptr) ReadType(*element, {}, &type->element[0]);
    } else if (word == "Record") {
      known.insert(known.end(), {"attributes", "additionalAttributes"});
      ReadRecord(value, type);
    } else if (word == "Entity" || word == "EntityOrCommon" ||
               word == "Extension") {
      known.push_back("name");
      ReadNamed(value, word, type);
    } else {
      type->kind = SchemaTypeKind::kCommon;
      type->name = {word, kind->span};
      CheckName(type->name, true, "name of a common type");
    }
    IsObject(value, absl::StrCat("a type `", word, "`"), known);
  }

  void ReadNamed(const JsonValue& value, const std::string& word,
                 SchemaTypeExpr* type) {
    type->kind = word == "Entity"      ? SchemaTypeKind::kEntity
                 : word == "Extension" ? SchemaTypeKind::kExtension
                                       : SchemaTypeKind::kEntityOrCommon;
    const JsonValue* name = Require(value, "name", JsonKind::kString,
                                    absl::StrCat("a type `", word, "`"));
    if (name == nullptr) return;
    type->name = {name->text, name->span};
    CheckName(type->name, word != "Extension", "name of a type");
  }

  void ReadRecord(const JsonValue& value, SchemaTypeExpr* type) {
    type->kind = SchemaTypeKind::kRecord;
    if (const JsonValue* open = value.Find("additionalAttributes")) {
      if (Is(*open, JsonKind::kBool, "`additionalAttributes`") &&
          open->boolean) {
        Error(open->span,
              "records with additional attributes are not "
              "supported");
      }
    }
    const JsonValue* attributes =
        Require(value, "attributes", JsonKind::kObject, "a record");
    if (attributes == nullptr) return;
    for (const JsonMember& member : attributes->members) {
      SchemaAttribute attribute;
      attribute.name = KeyOf(member);
      ReadType(member.value, {"required", "annotations"}, &attribute.type);
      attribute.annotations = ReadAnnotations(member.value);
      const JsonValue* required = member.value.Find("required");
      if (required != nullptr && Is(*required, JsonKind::kBool, "`required`")) {
        attribute.required = required->boolean;
      }
      type->attributes.push_back(std::move(attribute));
    }
  }

  const Source& source_;
  Diagnostics* const diagnostics_;
};

}  // namespace

absl::optional<SchemaFragment> ParseSchemaJson(const Source& source,
                                               const SchemaLimits& limits,
                                               Diagnostics* diagnostics) {
  JsonOptions options;
  options.max_bytes = limits.max_bytes;
  const absl::optional<JsonValue> root =
      ParseJson(source, options, diagnostics);
  if (!root.has_value()) return absl::nullopt;
  Diagnostics found;
  SchemaFragment fragment = SchemaJsonReader(source, &found).Read(*root);
  const bool ok = !HasErrors(found);
  diagnostics->insert(diagnostics->end(), found.begin(), found.end());
  if (!ok) return absl::nullopt;
  return fragment;
}

}  // namespace tarazy
