#include "policy/eval/schema_check.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "policy/cedar/suggest.h"
#include "policy/cedar/text.h"
#include "policy/eval/aggregate.h"

namespace tarazy {
namespace {

EntityUid UidOf(const EntityName& name) {
  EntityUid uid;
  uid.type = std::string(name.type);
  uid.id = std::string(name.id);
  return uid;
}

std::string Show(const EntityName& name) {
  return absl::StrCat("`", ToString(UidOf(name)), "`");
}

class Checker {
 public:
  Checker(const Schema& schema, const Source& source, Diagnostics* diagnostics)
      : schema_(schema), source_(source), diagnostics_(*diagnostics) {}

  void CheckEntity(const EntityStore& store, const EntityStore::Entity& entity);
  void CheckRequest(const Request& request);
  bool sound() const { return sound_; }

 private:
  void Add(absl::string_view code, std::string message, std::string help = "");
  void CheckAction(const EntityStore& store, const EntityStore::Entity& entity);
  void CheckAncestors(const EntityStore& store,
                      const EntityStore::Entity& entity,
                      const SchemaEntityType& type);
  void CheckParty(const EntityName& name, absl::string_view role,
                  const std::vector<std::string>& allowed,
                  const EntityName& action);
  // An enumerated entity or an action has to be one of those declared.
  void CheckMention(const EntityName& name);
  void CheckMentions(const Value& value);
  // `where` names the value for messages.
  void CheckType(const Value& value, const Type& type,
                 const std::string& where);
  void CheckRecord(const RecordValue& record, const Type& type,
                   const std::string& where);

  const Schema& schema_;
  const Source& source_;
  Diagnostics& diagnostics_;
  bool sound_ = true;
};

void Checker::Add(absl::string_view code, std::string message,
                  std::string help) {
  sound_ = false;
  Diagnostic diagnostic;
  diagnostic.code = std::string(code);
  diagnostic.source = std::string(source_.name());
  diagnostic.message = std::move(message);
  diagnostic.help = std::move(help);
  diagnostics_.push_back(std::move(diagnostic));
}

bool HasType(const Value& value, const Type& type) {
  switch (type.kind) {
    case TypeKind::kNever:
      return false;
    case TypeKind::kTrue:
    case TypeKind::kFalse:
    case TypeKind::kBool:
      return value.tag() == ValueTag::kBool;
    case TypeKind::kLong:
      return value.tag() == ValueTag::kLong;
    case TypeKind::kString:
      return value.tag() == ValueTag::kString;
    case TypeKind::kEntity:
      return value.tag() == ValueTag::kEntity &&
             std::find(type.entity_types.begin(), type.entity_types.end(),
                       value.as_entity().type) != type.entity_types.end();
    case TypeKind::kAnyEntity:
      return value.tag() == ValueTag::kEntity;
    case TypeKind::kSet:
      return value.tag() == ValueTag::kSet;
    case TypeKind::kRecord:
      return value.tag() == ValueTag::kRecord;
    case TypeKind::kExtension:
      break;
  }
  switch (value.tag()) {
    case ValueTag::kIp:
      return type.extension == "ipaddr";
    case ValueTag::kDecimal:
      return type.extension == "decimal";
    case ValueTag::kDatetime:
      return type.extension == "datetime";
    case ValueTag::kDuration:
      return type.extension == "duration";
    default:
      return false;
  }
}

void Checker::CheckRecord(const RecordValue& record, const Type& type,
                          const std::string& where) {
  std::vector<absl::string_view> known;
  for (const AttributeType& attribute : type.attributes) {
    known.push_back(attribute.name);
    if (attribute.required && record.Find(attribute.name) == nullptr) {
      Add("entities/missing-attribute",
          absl::StrCat(where, " has no `", EscapeString(attribute.name),
                       "`, which is required"));
    }
  }
  for (const RecordField& field : record) {
    const AttributeType* attribute = type.FindAttribute(field.name);
    if (attribute != nullptr) {
      CheckType(field.value, *attribute->type,
                absl::StrCat("`", EscapeString(field.name), "` of ", where));
    } else if (!type.open) {
      Add("entities/unexpected-attribute",
          absl::StrCat(where, " has `", EscapeString(field.name),
                       "`, which the schema does not declare"),
          DidYouMean(field.name, known));
    }
  }
}

void Checker::CheckType(const Value& value, const Type& type,
                        const std::string& where) {
  if (!HasType(value, type)) {
    Add("entities/type",
        absl::StrCat(where, " has to be of type `", ToString(type), "`"));
    return;
  }
  if (type.kind == TypeKind::kSet && type.element != nullptr) {
    for (const Value& item : value.as_set()) {
      CheckType(item, *type.element, absl::StrCat("an element of ", where));
    }
  } else if (type.kind == TypeKind::kRecord) {
    CheckRecord(value.as_record(), type, where);
  }
}

void Checker::CheckMention(const EntityName& name) {
  const SchemaEntityType* type = schema_.FindEntityType(name.type);
  if (type != nullptr && type->is_enum() && !type->HasEnumId(name.id)) {
    Add("entities/enum", absl::StrCat(Show(name), " is not one of its type"),
        DidYouMean(name.id, std::vector<absl::string_view>(
                                type->enum_ids.begin(), type->enum_ids.end())));
  }
  if (IsActionType(name.type) && schema_.FindAction(UidOf(name)) == nullptr) {
    Add("entities/unknown-action",
        absl::StrCat("action ", Show(name), " is not in the schema"));
  }
}

void Checker::CheckMentions(const Value& value) {
  if (value.tag() == ValueTag::kEntity) {
    CheckMention(value.as_entity());
  } else if (value.tag() == ValueTag::kSet) {
    for (const Value& item : value.as_set()) CheckMentions(item);
  } else if (value.tag() == ValueTag::kRecord) {
    for (const RecordField& field : value.as_record()) {
      CheckMentions(field.value);
    }
  }
}

void Checker::CheckAction(const EntityStore& store,
                          const EntityStore::Entity& entity) {
  const SchemaAction* action = schema_.FindAction(UidOf(*entity.name));
  if (action == nullptr) {
    Add("entities/unknown-action",
        absl::StrCat("action ", Show(*entity.name), " is not in the schema"));
    return;
  }
  bool same = entity.attributes.size == 0 && entity.tags.size == 0 &&
              entity.ancestors.size() == action->ancestors.size();
  for (uint32_t ancestor : entity.ancestors) {
    const EntityUid uid = UidOf(*store.entities()[ancestor].name);
    same = same && action->HasAncestor(uid);
  }
  if (!same) {
    Add("entities/action",
        absl::StrCat("action ", Show(*entity.name),
                     " differs from what the schema says of it"));
  }
}

void Checker::CheckAncestors(const EntityStore& store,
                             const EntityStore::Entity& entity,
                             const SchemaEntityType& type) {
  for (uint32_t number : entity.ancestors) {
    const EntityName& ancestor = *store.entities()[number].name;
    CheckMention(ancestor);
    if (!type.HasAncestor(ancestor.type)) {
      Add("entities/parent",
          absl::StrCat(Show(*entity.name), " can't be in ", Show(ancestor),
                       ": entities of type `", type.name,
                       "` are not in any of type `", ancestor.type, "`"));
    }
  }
}

void Checker::CheckEntity(const EntityStore& store,
                          const EntityStore::Entity& entity) {
  if (IsActionType(entity.name->type)) return CheckAction(store, entity);
  const SchemaEntityType* type = schema_.FindEntityType(entity.name->type);
  if (type == nullptr) {
    Add("entities/unknown-type",
        absl::StrCat("entity type `", entity.name->type,
                     "` is not in the schema"));
    return;
  }
  CheckMention(*entity.name);
  const std::string where = Show(*entity.name);
  CheckRecord(entity.attributes, *type->shape, where);
  CheckMentions(Value::Record(&entity.attributes));
  CheckAncestors(store, entity, *type);
  for (const RecordField& tag : entity.tags) {
    const std::string name =
        absl::StrCat("tag `", EscapeString(tag.name), "` of ", where);
    if (type->tags == nullptr) {
      Add("entities/unexpected-tag",
          absl::StrCat(name, ": entities of type `", type->name,
                       "` have no tags"));
    } else {
      CheckType(tag.value, *type->tags, name);
    }
  }
  CheckMentions(Value::Record(&entity.tags));
}

void Checker::CheckParty(const EntityName& name, absl::string_view role,
                         const std::vector<std::string>& allowed,
                         const EntityName& action) {
  if (schema_.FindEntityType(name.type) == nullptr) {
    Add("request/unknown-type",
        absl::StrCat(role, " type `", name.type, "` is not in the schema"));
    return;
  }
  CheckMention(name);
  if (std::find(allowed.begin(), allowed.end(), name.type) == allowed.end()) {
    Add("request/type",
        absl::StrCat(role, " type `", name.type, "` is not one that action ",
                     Show(action), " takes"));
  }
}

void Checker::CheckRequest(const Request& request) {
  const SchemaAction* action = schema_.FindAction(UidOf(*request.action));
  if (action == nullptr) {
    Add("request/unknown-action", absl::StrCat("action ", Show(*request.action),
                                               " is not in the schema"));
    return;
  }
  CheckParty(*request.principal, "principal", action->principals,
             *request.action);
  CheckParty(*request.resource, "resource", action->resources, *request.action);
  CheckMentions(request.context);
  CheckType(request.context, *action->context, "the context");
}

}  // namespace

bool CheckEntities(const EntityStore& store, const Schema& schema,
                   const Source& source, Diagnostics* diagnostics) {
  Checker checker(schema, source, diagnostics);
  for (const EntityStore::Entity& entity : store.entities()) {
    if (entity.exists) checker.CheckEntity(store, entity);
  }
  return checker.sound();
}

bool CheckRequest(const Request& request, const Schema& schema,
                  const Source& source, Diagnostics* diagnostics) {
  Checker checker(schema, source, diagnostics);
  checker.CheckRequest(request);
  return checker.sound();
}

}  // namespace tarazy
