#include "policy/eval/entities_json.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "policy/cedar/json_fields.h"
#include "policy/cedar/parser.h"
#include "policy/cedar/text.h"
#include "policy/eval/schema_check.h"
#include "policy/eval/value_json.h"

namespace tarazy {
namespace {

// The names of a store while it is built.
class BuilderNames : public NameSource {
 public:
  explicit BuilderNames(EntityStoreBuilder* builder) : builder_(*builder) {}
  const EntityName* Name(absl::string_view type,
                         absl::string_view id) override {
    return builder_.Name(type, id);
  }

 private:
  EntityStoreBuilder& builder_;
};

class EntitiesReader {
 public:
  EntitiesReader(const Source& source, const EntitiesJsonOptions& options,
                 EntityStoreBuilder* builder, Diagnostics* diagnostics)
      : options_(options),
        builder_(*builder),
        names_(builder),
        errors_(source, options.max_diagnostics, diagnostics),
        values_(&names_, builder->arena(), &errors_) {}

  bool Read(const JsonValue& json) {
    if (json.kind != JsonKind::kArray)
      return errors_.WrongKind(json, "an array");
    bool sound = true;
    for (const JsonValue& item : json.items) {
      if (!ReadEntity(item)) sound = false;
    }
    return sound;
  }

 private:
  bool ReadEntity(const JsonValue& json);
  bool ReadValues(const JsonValue& entity, absl::string_view key,
                  const SchemaEntityType* type, Value* record);
  bool ReadParents(const JsonValue& entity, const EntityName& name,
                   std::vector<const EntityName*>* parents);
  // Of an action that the schema declares: all groups have to be listed.
  bool CheckGroups(const JsonValue& entity, const EntityName& name,
                   const std::vector<const EntityName*>& parents);

  const EntitiesJsonOptions& options_;
  EntityStoreBuilder& builder_;
  BuilderNames names_;
  JsonErrors errors_;
  ValueReader values_;
};

// The attributes or the tags of an entity. Each has a type of its own where
// the schema knows the entity's type.
bool EntitiesReader::ReadValues(const JsonValue& entity, absl::string_view key,
                                const SchemaEntityType* type, Value* record) {
  const JsonValue* json = entity.Find(key);
  if (json == nullptr) return true;
  if (json->kind != JsonKind::kObject) {
    return errors_.WrongKind(*json, "an object");
  }
  std::vector<RecordField> fields(json->members.size());
  for (size_t i = 0; i < fields.size(); ++i) {
    const JsonMember& member = json->members[i];
    const Type* expected = nullptr;
    if (type != nullptr && key == "tags") {
      expected = type->tags.get();
    } else if (type != nullptr) {
      const AttributeType* attribute = type->shape->FindAttribute(member.key);
      if (attribute != nullptr) expected = attribute->type.get();
    }
    fields[i].name = builder_.arena()->Copy(member.key);
    if (!values_.Read(member.value, expected, &fields[i].value)) return false;
  }
  *record = MakeRecord(fields.data(), fields.size(), builder_.arena());
  return true;
}

bool EntitiesReader::ReadParents(const JsonValue& entity,
                                 const EntityName& name,
                                 std::vector<const EntityName*>* parents) {
  const JsonValue* json = entity.Find("parents");
  if (json->kind != JsonKind::kArray) {
    return errors_.WrongKind(*json, "an array");
  }
  for (const JsonValue& item : json->items) {
    const EntityName* parent = nullptr;
    if (!values_.ReadEntity(item, &parent)) return false;
    if (IsActionType(name.type) && !IsActionType(parent->type)) {
      return errors_.Add("entities/action-parent", item.span,
                         "an action can only be in actions");
    }
    parents->push_back(parent);
  }
  return true;
}

bool EntitiesReader::CheckGroups(
    const JsonValue& entity, const EntityName& name,
    const std::vector<const EntityName*>& parents) {
  if (options_.schema == nullptr || !options_.check) return true;
  const SchemaAction* action = options_.schema->FindAction(
      {std::string(name.type), std::string(name.id)});
  if (action == nullptr) return true;  // said by CheckEntities
  for (const EntityUid& group : action->ancestors) {
    if (std::none_of(
            parents.begin(), parents.end(), [&](const EntityName* parent) {
              return parent->type == group.type && parent->id == group.id;
            })) {
      return errors_.Add(
          "entities/action", entity.Find("parents")->span,
          absl::StrCat("`", ToString(group), "` is not among the parents, ",
                       "but the schema has the action in it"),
          "list all groups, those of the action's groups too");
    }
  }
  return true;
}

bool EntitiesReader::ReadEntity(const JsonValue& json) {
  if (json.kind != JsonKind::kObject) {
    return errors_.WrongKind(json, "an object");
  }
  for (const char* key : {"uid", "attrs", "parents"}) {
    if (json.Find(key) == nullptr) {
      return errors_.Add("entities/missing-key", json.span,
                         absl::StrCat("an entity has no `", key, "`"));
    }
  }
  const EntityName* name = nullptr;
  if (!values_.ReadEntity(*json.Find("uid"), &name)) return false;
  const SchemaEntityType* type = nullptr;
  if (options_.schema != nullptr && !IsActionType(name->type)) {
    type = options_.schema->FindEntityType(name->type);
    if (type == nullptr && options_.check) {
      return errors_.Add(
          "entities/unknown-type", json.Find("uid")->span,
          absl::StrCat("entity type `", name->type, "` is not in the schema"));
    }
  }
  Value attributes;
  Value tags;
  std::vector<const EntityName*> parents;
  if (!ReadValues(json, "attrs", type, &attributes) ||
      !ReadValues(json, "tags", type, &tags) ||
      !ReadParents(json, *name, &parents) ||
      !CheckGroups(json, *name, parents)) {
    return false;
  }
  const absl::Status added =
      builder_.Add(name, attributes, tags, std::move(parents));
  if (!added.ok()) {
    return errors_.Add("entities/refused", json.span,
                       std::string(added.message()));
  }
  return true;
}

bool AddSchemaActions(const Schema& schema, EntityStoreBuilder* builder,
                      JsonErrors* errors) {
  for (const SchemaAction& action : schema.actions()) {
    std::vector<const EntityName*> parents;
    for (const EntityUid& uid : action.parents) {
      parents.push_back(builder->Name(uid.type, uid.id));
    }
    const EntityName* name = builder->Name(action.uid.type, action.uid.id);
    // One that the entities declare too is compared with the schema later.
    if (builder->Has(name)) continue;
    const absl::Status added =
        builder->Add(name, Value(), Value(), std::move(parents));
    if (!added.ok()) {
      return errors->Add("entities/refused", Span(),
                         std::string(added.message()));
    }
  }
  return true;
}

std::unique_ptr<const EntityStore> Finish(const Source& source,
                                          const EntitiesJsonOptions& options,
                                          EntityStoreBuilder* builder,
                                          Diagnostics* diagnostics) {
  JsonErrors errors(source, options.max_diagnostics, diagnostics);
  if (options.schema != nullptr &&
      !AddSchemaActions(*options.schema, builder, &errors)) {
    return nullptr;
  }
  auto store = builder->Build();
  if (!store.ok()) {
    errors.Add("entities/refused", Span(),
               std::string(store.status().message()));
    return nullptr;
  }
  if (options.schema != nullptr && options.check &&
      !CheckEntities(**store, *options.schema, source, diagnostics)) {
    return nullptr;
  }
  return std::move(*store);
}

bool ReadName(const JsonValue& json, absl::string_view key, Request* request,
              ValueReader* values, JsonErrors* errors,
              const EntityName** name) {
  const JsonValue* member = json.Find(key);
  if (member == nullptr) {
    return errors->Add("request/missing", json.span,
                       absl::StrCat("the request has no `", key, "`"));
  }
  if (member->kind != JsonKind::kString) {
    return values->ReadEntity(*member, name);
  }
  const auto uid = ParseEntityUid(member->text);
  if (!uid) {
    return errors->Add("request/entity", member->span,
                       absl::StrCat("`", member->text, "` is not an entity"),
                       "write `Type::\"id\"`");
  }
  *name = request->Name(uid->type, uid->id);
  return true;
}

}  // namespace

std::unique_ptr<const EntityStore> ReadEntities(
    const Source& source, const Program& program,
    const EntitiesJsonOptions& options, Diagnostics* diagnostics) {
  const auto json = ParseJson(source, options.json, diagnostics);
  if (!json) return nullptr;
  EntityStoreBuilder builder(&program, options.limits);
  if (!EntitiesReader(source, options, &builder, diagnostics).Read(*json)) {
    return nullptr;
  }
  return Finish(source, options, &builder, diagnostics);
}

std::unique_ptr<const EntityStore> NoEntities(
    const Program& program, const EntitiesJsonOptions& options,
    Diagnostics* diagnostics) {
  const Source nothing("<entities>", "[]");
  return ReadEntities(nothing, program, options, diagnostics);
}

bool ReadContext(const Source& source, const JsonValue& json,
                 const EntitiesJsonOptions& options, Request* request,
                 Diagnostics* diagnostics) {
  JsonErrors errors(source, options.max_diagnostics, diagnostics);
  ValueReader values(request, request->arena(), &errors);
  const SchemaAction* action = nullptr;
  if (options.schema != nullptr) {
    EntityUid uid;
    uid.type = std::string(request->action->type);
    uid.id = std::string(request->action->id);
    action = options.schema->FindAction(uid);
  }
  const Type* type = action == nullptr ? nullptr : action->context.get();
  if (!values.Read(json, type, &request->context)) return false;
  if (request->context.tag() != ValueTag::kRecord) {
    return errors.WrongKind(json, "an object");
  }
  return true;
}

bool ReadRequest(const Source& source, const JsonValue& json,
                 const EntitiesJsonOptions& options, Request* request,
                 Diagnostics* diagnostics) {
  JsonErrors errors(source, options.max_diagnostics, diagnostics);
  if (json.kind != JsonKind::kObject)
    return errors.WrongKind(json, "an object");
  ValueReader values(request, request->arena(), &errors);
  if (!ReadName(json, "principal", request, &values, &errors,
                &request->principal) ||
      !ReadName(json, "action", request, &values, &errors, &request->action) ||
      !ReadName(json, "resource", request, &values, &errors,
                &request->resource)) {
    return false;
  }
  JsonValue empty;
  empty.kind = JsonKind::kObject;
  empty.span = json.span;
  const JsonValue* context = json.Find("context");
  if (!ReadContext(source, context == nullptr ? empty : *context, options,
                   request, diagnostics)) {
    return false;
  }
  if (options.schema == nullptr || !options.check) return true;
  return CheckRequest(*request, *options.schema, source, diagnostics);
}

bool ReadRequest(const Source& source, const EntitiesJsonOptions& options,
                 Request* request, Diagnostics* diagnostics) {
  const auto json = ParseJson(source, options.json, diagnostics);
  if (!json) return false;
  return ReadRequest(source, *json, options, request, diagnostics);
}

}  // namespace tarazy
