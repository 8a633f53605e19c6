#include "policy/cedar/schema_builder.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "policy/cedar/names.h"
#include "policy/cedar/suggest.h"

namespace tarazy {

namespace {

constexpr absl::string_view kPrimitives[] = {"Bool", "Long", "String"};
constexpr absl::string_view kExtensions[] = {"datetime", "decimal", "duration",
                                             "ipaddr"};

bool IsReservedCommonName(absl::string_view name) {
  for (absl::string_view reserved : {"Bool", "Boolean", "Entity", "Extension",
                                     "Long", "Record", "Set", "String"}) {
    if (name == reserved) return true;
  }
  return false;
}

// Where a reference is written.
struct Place {
  absl::string_view source;
  absl::string_view name_space;
};

// How large a type is with its common types expanded.
struct Measure {
  uint32_t depth = 1;
  uint64_t size = 1;
};

struct CommonDef {
  const CommonTypeDecl* decl = nullptr;  // null: built in
  Place place;
  enum { kNew, kOpen, kDone } state = kNew;
  TypePtr type;
  Measure measure;
};

struct EntityDef {
  const EntityTypeDecl* decl;
  Place place;
};

struct ActionDef {
  const ActionDecl* decl;
  Place place;
};

// ancestors[i]: all that is reachable from i along `parents`, ascending.
// Returns false when there are more than `limit` in all.
bool Close(const std::vector<std::vector<uint32_t>>& parents, uint32_t limit,
           std::vector<std::vector<uint32_t>>* ancestors) {
  const size_t count = parents.size();
  ancestors->assign(count, {});
  std::vector<size_t> seen(count, count);
  std::vector<uint32_t> stack;
  uint64_t total = 0;
  for (size_t start = 0; start < count; ++start) {
    std::vector<uint32_t>& found = (*ancestors)[start];
    stack.assign(1, static_cast<uint32_t>(start));
    while (!stack.empty()) {
      const uint32_t node = stack.back();
      stack.pop_back();
      for (uint32_t parent : parents[node]) {
        if (seen[parent] == start) continue;
        seen[parent] = start;
        found.push_back(parent);
        stack.push_back(parent);
        if (++total > limit) return false;
      }
    }
    std::sort(found.begin(), found.end());
  }
  return true;
}

}  // namespace

class SchemaBuilder {
 public:
  SchemaBuilder(const SchemaLimits& limits, Diagnostics* diagnostics)
      : limits_(limits), diagnostics_(diagnostics) {}

  std::unique_ptr<const Schema> Build(
      const std::vector<SchemaFragment>& fragments) {
    for (const SchemaFragment& fragment : fragments) Collect(fragment);
    CheckShadowing();
    AddBuiltins();
    if (failed_) return nullptr;
    std::unique_ptr<Schema> schema(new Schema());
    for (auto& named : commons_) Expand(&named.second, 1);
    for (const auto& [name, def] : entities_) {
      schema->entity_type_index_[name] =
          static_cast<uint32_t>(schema->entity_types_.size());
      schema->entity_types_.push_back(BuildEntityType(name, def));
    }
    for (const auto& [uid, def] : actions_) {
      schema->action_index_[uid] =
          static_cast<uint32_t>(schema->actions_.size());
      schema->actions_.push_back(BuildAction(uid, def));
    }
    if (failed_) return nullptr;
    CloseEntityTypes(schema.get());
    CloseActions(schema.get());
    if (failed_) return nullptr;
    return schema;
  }

 private:
  void Report(Severity severity, absl::string_view code, const Place& place,
              Span span, std::string message, std::string help = "") {
    Diagnostic d;
    d.severity = severity;
    d.code = absl::StrCat("schema/", code);
    d.source = std::string(place.source);
    d.span = span;
    d.message = std::move(message);
    d.help = std::move(help);
    diagnostics_->push_back(std::move(d));
    if (severity == Severity::kError) failed_ = true;
  }

  void Error(absl::string_view code, const Place& place, Span span,
             std::string message, std::string help = "") {
    Report(Severity::kError, code, place, span, std::move(message),
           std::move(help));
  }

  // -- Declarations.

  void Collect(const SchemaFragment& fragment) {
    for (const SchemaNamespace& ns : fragment.namespaces) {
      const Place place = {fragment.source, ns.name.text};
      if (MentionsCedarNamespace(ns.name.text)) {
        Error("reserved-name", place, ns.name.span,
              absl::StrCat("`", ns.name.text,
                           "` can't be a namespace: `__cedar` is reserved"));
      }
      for (const CommonTypeDecl& decl : ns.common_types) {
        CollectCommonType(decl, place);
      }
      for (const EntityTypeDecl& decl : ns.entity_types) {
        CollectEntityType(decl, place);
      }
      for (const ActionDecl& decl : ns.actions) {
        EntityUid uid = {Qualify(ns.name.text, "Action"), decl.id.text};
        action_types_.insert(uid.type);
        if (!actions_.emplace(uid, ActionDef{&decl, place}).second) {
          Error("duplicate", place, decl.id.span,
                absl::StrCat("action `", ToString(uid), "` is declared twice"));
        }
      }
    }
  }

  void CollectCommonType(const CommonTypeDecl& decl, const Place& place) {
    const std::string& name = decl.name.text;
    if (name == "__cedar" || IsReservedCommonName(name)) {
      Error("reserved-name", place, decl.name.span,
            absl::StrCat("`", name, "` is reserved and can't name a common ",
                         "type"));
      return;
    }
    CommonDef def;
    def.decl = &decl;
    def.place = place;
    const std::string full = Qualify(place.name_space, name);
    if (!commons_.emplace(full, std::move(def)).second) {
      Error("duplicate", place, decl.name.span,
            absl::StrCat("common type `", full, "` is declared twice"));
    }
  }

  void CollectEntityType(const EntityTypeDecl& decl, const Place& place) {
    const std::string& name = decl.name.text;
    if (name == "__cedar" || name == "Action") {
      Error("reserved-name", place, decl.name.span,
            absl::StrCat("`", name, "` is reserved and can't name an entity ",
                         "type"),
            name == "Action" ? "declare each action with `action`" : "");
      return;
    }
    const std::string full = Qualify(place.name_space, name);
    if (!entities_.emplace(full, EntityDef{&decl, place}).second) {
      Error("duplicate", place, decl.name.span,
            absl::StrCat("entity type `", full, "` is declared twice"));
    }
  }

  // A name of the empty namespace is visible everywhere, so no other
  // namespace may declare it again (RFC 70).
  void CheckShadowing() {
    auto check = [this](absl::string_view full, const Place& place, Span span) {
      if (NamespaceOf(full).empty()) return;
      const std::string base(BaseName(full));
      if (entities_.count(base) == 0 && commons_.count(base) == 0) return;
      Error("shadowing", place, span,
            absl::StrCat("`", full, "` shadows `", base,
                         "` of the empty namespace"),
            "rename one of them or move both into namespaces");
    };
    for (const auto& [name, def] : commons_) {
      check(name, def.place, def.decl->name.span);
      if (entities_.count(name) > 0) {
        Report(Severity::kWarning, "shadowing", def.place, def.decl->name.span,
               absl::StrCat("common type `", name,
                            "` shadows the entity type of the same name"));
      }
      WarnOfBuiltin(name, def.place, def.decl->name.span);
    }
    for (const auto& [name, def] : entities_) {
      check(name, def.place, def.decl->name.span);
      WarnOfBuiltin(name, def.place, def.decl->name.span);
    }
    for (const auto& [uid, def] : actions_) {
      const EntityUid shadowed = {"Action", uid.id};
      if (uid.type == "Action" || actions_.count(shadowed) == 0) continue;
      Error("shadowing", def.place, def.decl->id.span,
            absl::StrCat("`", ToString(uid), "` shadows `", ToString(shadowed),
                         "` of the empty namespace"),
            "rename one of them or move both into namespaces");
    }
  }

  void WarnOfBuiltin(absl::string_view full, const Place& place, Span span) {
    const absl::string_view base = BaseName(full);
    auto is = [base](absl::string_view name) { return name == base; };
    if (std::any_of(std::begin(kPrimitives), std::end(kPrimitives), is) ||
        std::any_of(std::begin(kExtensions), std::end(kExtensions), is)) {
      Report(
          Severity::kWarning, "shadowing", place, span,
          absl::StrCat("`", full, "` shadows the built-in type `", base, "`"),
          absl::StrCat("the built-in type is still there as `__cedar::", base,
                       "`"));
    }
  }

  void AddBuiltins() {
    const TypePtr primitives[] = {Type::Of(TypeKind::kBool),
                                  Type::Of(TypeKind::kLong),
                                  Type::Of(TypeKind::kString)};
    for (size_t i = 0; i < 3; ++i) AddBuiltin(kPrimitives[i], primitives[i]);
    for (absl::string_view name : kExtensions) {
      AddBuiltin(name, Type::Extension(name));
    }
  }

  void AddBuiltin(absl::string_view name, TypePtr type) {
    CommonDef def;
    def.state = CommonDef::kDone;
    def.type = std::move(type);
    commons_[absl::StrCat("__cedar::", name)] = def;
    // The alias gives way to a declaration of the schema.
    if (entities_.count(std::string(name)) == 0) {
      commons_.emplace(std::string(name), def);
    }
  }

  // -- References.

  enum class Want { kCommon, kEntity, kEither };

  // The full names that `name` may mean, the first choice first.
  std::vector<std::string> Candidates(absl::string_view name,
                                      const Place& place) const {
    if (place.name_space.empty() || !NamespaceOf(name).empty()) {
      return {std::string(name)};
    }
    return {Qualify(place.name_space, name), std::string(name)};
  }

  // The full name, or empty after an error. Sets *common.
  std::string Resolve(const SchemaName& name, const Place& place, Want want,
                      bool* common) {
    const std::vector<std::string> candidates = Candidates(name.text, place);
    for (const std::string& candidate : candidates) {
      *common = want != Want::kEntity && commons_.count(candidate) > 0;
      const bool entity =
          want != Want::kCommon && (entities_.count(candidate) > 0 ||
                                    action_types_.count(candidate) > 0);
      if (*common || entity) return candidate;
    }
    ReportUnknown(name, place, want, candidates);
    return "";
  }

  void ReportUnknown(const SchemaName& name, const Place& place, Want want,
                     const std::vector<std::string>& candidates) {
    const absl::string_view what = want == Want::kCommon   ? "a common type"
                                   : want == Want::kEntity ? "an entity type"
                                                           : "a type";
    std::string message =
        candidates.size() == 1
            ? absl::StrCat("`", candidates[0], "` is not declared as ", what)
            : absl::StrCat("neither `", candidates[0], "` nor `", candidates[1],
                           "` is declared as ", what);
    std::string help;
    for (const std::string& candidate : candidates) {
      if (want == Want::kEntity && commons_.count(candidate) > 0) {
        help = absl::StrCat("`", candidate,
                            "` is a common type; only entity types may ",
                            "stand here");
      } else if (want == Want::kCommon && entities_.count(candidate) > 0) {
        help = absl::StrCat("`", candidate,
                            "` is an entity type; only a common type may ",
                            "stand here");
      }
    }
    if (help.empty()) help = DidYouMean(name.text, KnownNames(place, want));
    Error("unknown-type", place, name.span, std::move(message),
          std::move(help));
  }

  // As one would write them at `place`.
  std::vector<absl::string_view> KnownNames(const Place& place,
                                            Want want) const {
    std::vector<absl::string_view> names;
    auto add = [&](absl::string_view full) {
      const bool local =
          !place.name_space.empty() && NamespaceOf(full) == place.name_space;
      names.push_back(local ? BaseName(full) : full);
    };
    if (want != Want::kCommon) {
      for (const auto& [name, def] : entities_) add(name);
    }
    if (want != Want::kEntity) {
      for (const auto& [name, def] : commons_) add(name);
    }
    return names;
  }

  // -- Types. These return null after an error.

  TypePtr BuildType(const SchemaTypeExpr& expr, const Place& place,
                    uint32_t level, Measure* measure) {
    *measure = Measure();
    if (level > limits_.max_type_depth) {
      Error("limit", place, expr.span,
            absl::StrCat("types nest deeper than the limit of ",
                         limits_.max_type_depth, " levels"));
      return nullptr;
    }
    TypePtr type;
    switch (expr.kind) {
      case SchemaTypeKind::kBool:
        return Type::Of(TypeKind::kBool);
      case SchemaTypeKind::kLong:
        return Type::Of(TypeKind::kLong);
      case SchemaTypeKind::kString:
        return Type::Of(TypeKind::kString);
      case SchemaTypeKind::kExtension:
        return BuildExtension(expr, place);
      case SchemaTypeKind::kEntity:
      case SchemaTypeKind::kCommon:
      case SchemaTypeKind::kEntityOrCommon:
        type = BuildReference(expr, place, level, measure);
        break;
      case SchemaTypeKind::kSet:
        type = BuildSet(expr, place, level, measure);
        break;
      case SchemaTypeKind::kRecord:
        type = BuildRecord(expr, place, level, measure);
        break;
    }
    if (type == nullptr) return nullptr;
    if (measure->depth > limits_.max_type_depth ||
        measure->size > limits_.max_type_size) {
      Error("limit", place, expr.span,
            absl::StrCat("with its common types expanded this type is over ",
                         "the limit of ", limits_.max_type_depth, " levels or ",
                         limits_.max_type_size, " parts"));
      return nullptr;
    }
    return type;
  }

  TypePtr BuildExtension(const SchemaTypeExpr& expr, const Place& place) {
    const std::vector<absl::string_view> known(std::begin(kExtensions),
                                               std::end(kExtensions));
    for (absl::string_view name : known) {
      if (name == expr.name.text) return Type::Extension(name);
    }
    std::string help = DidYouMean(expr.name.text, known);
    if (help.empty()) {
      help = absl::StrCat("extension types are ", absl::StrJoin(known, ", "));
    }
    Error("unknown-type", place, expr.name.span,
          absl::StrCat("`", expr.name.text, "` is not an extension type"),
          std::move(help));
    return nullptr;
  }

  TypePtr BuildReference(const SchemaTypeExpr& expr, const Place& place,
                         uint32_t level, Measure* measure) {
    const Want want = expr.kind == SchemaTypeKind::kEntity   ? Want::kEntity
                      : expr.kind == SchemaTypeKind::kCommon ? Want::kCommon
                                                             : Want::kEither;
    bool common = false;
    const std::string full = Resolve(expr.name, place, want, &common);
    if (full.empty()) return nullptr;
    if (!common) return Type::Entity(full);
    CommonDef& def = commons_.find(full)->second;
    if (def.state == CommonDef::kOpen) {
      Error("cycle", place, expr.span,
            absl::StrCat("common type `", full, "` contains itself"));
      return nullptr;
    }
    TypePtr type = Expand(&def, level + 1);
    *measure = {def.measure.depth + (def.decl == nullptr ? 0 : 1),
                def.measure.size};
    return type;
  }

  TypePtr Expand(CommonDef* def, uint32_t level) {
    if (def->state == CommonDef::kNew) {
      def->state = CommonDef::kOpen;
      def->type = BuildType(def->decl->type, def->place, level, &def->measure);
      def->state = CommonDef::kDone;
    }
    return def->type;
  }

  TypePtr BuildSet(const SchemaTypeExpr& expr, const Place& place,
                   uint32_t level, Measure* measure) {
    Measure inner;
    TypePtr element = BuildType(expr.element[0], place, level + 1, &inner);
    *measure = {inner.depth + 1, inner.size + 1};
    return element == nullptr ? nullptr : Type::Set(std::move(element));
  }

  TypePtr BuildRecord(const SchemaTypeExpr& expr, const Place& place,
                      uint32_t level, Measure* measure) {
    std::vector<AttributeType> attributes;
    bool ok = true;
    for (const SchemaAttribute& attribute : expr.attributes) {
      Measure inner;
      TypePtr type = BuildType(attribute.type, place, level + 1, &inner);
      measure->depth = std::max(measure->depth, inner.depth + 1);
      measure->size += inner.size;
      ok = ok && type != nullptr;
      attributes.push_back(
          {attribute.name.text, std::move(type), attribute.required});
    }
    return ok ? Type::Record(std::move(attributes)) : nullptr;
  }

  // The type of a shape or a context, or null after an error.
  TypePtr BuildRecordOnly(const SchemaTypeExpr& expr, const Place& place,
                          absl::string_view what) {
    Measure measure;
    TypePtr type = BuildType(expr, place, 1, &measure);
    if (type != nullptr && type->kind != TypeKind::kRecord) {
      Error("not-a-record", place, expr.span,
            absl::StrCat("the ", what, " must be a record, not `",
                         ToString(*type), "`"));
      return nullptr;
    }
    return type;
  }

  // -- Entity types and actions.

  // Entity types, sorted; what is not one is reported.
  std::vector<std::string> ResolveEntityTypes(
      const std::vector<SchemaName>& names, const Place& place) {
    std::set<std::string> found;
    for (const SchemaName& name : names) {
      bool common = false;
      const std::string full = Resolve(name, place, Want::kEntity, &common);
      if (full.empty()) continue;
      if (entities_.count(full) == 0) {
        Error("unknown-type", place, name.span,
              absl::StrCat("`", full, "` is the type of actions and can't ",
                           "stand here"));
      }
      found.insert(full);
    }
    return {found.begin(), found.end()};
  }

  SchemaEntityType BuildEntityType(const std::string& name,
                                   const EntityDef& def) {
    SchemaEntityType type;
    type.name = name;
    type.source = std::string(def.place.source);
    type.span = def.decl->name.span;
    type.annotations = def.decl->annotations;
    for (const SchemaName& id : def.decl->enum_ids) {
      type.enum_ids.push_back(id.text);
    }
    type.parents = ResolveEntityTypes(def.decl->member_of, def.place);
    type.shape =
        BuildRecordOnly(def.decl->shape, def.place,
                        absl::StrCat("shape of entity type `", name, "`"));
    if (def.decl->tags.has_value()) {
      Measure measure;
      type.tags = BuildType(*def.decl->tags, def.place, 1, &measure);
    }
    return type;
  }

  SchemaAction BuildAction(const EntityUid& uid, const ActionDef& def) {
    SchemaAction action;
    action.uid = uid;
    action.source = std::string(def.place.source);
    action.span = def.decl->id.span;
    action.annotations = def.decl->annotations;
    std::set<EntityUid> parents;
    for (const ActionRef& ref : def.decl->member_of) {
      const EntityUid parent = ResolveAction(ref, def.place);
      if (!parent.type.empty()) parents.insert(parent);
    }
    action.parents.assign(parents.begin(), parents.end());
    action.context = Type::Record({});
    if (def.decl->applies_to.has_value()) {
      const AppliesTo& applies = *def.decl->applies_to;
      action.principals = ResolveEntityTypes(applies.principals, def.place);
      action.resources = ResolveEntityTypes(applies.resources, def.place);
      action.context =
          BuildRecordOnly(applies.context, def.place,
                          absl::StrCat("context of `", ToString(uid), "`"));
    }
    return action;
  }

  // The type is empty after an error.
  EntityUid ResolveAction(const ActionRef& ref, const Place& place) {
    const absl::string_view type =
        ref.type.text.empty() ? absl::string_view("Action") : ref.type.text;
    for (const std::string& candidate : Candidates(type, place)) {
      EntityUid uid = {candidate, ref.id.text};
      if (actions_.count(uid) > 0) return uid;
    }
    std::vector<absl::string_view> known;
    for (const auto& [uid, def] : actions_) known.push_back(uid.id);
    Error("unknown-action", place, ref.id.span,
          absl::StrCat("action `", ToString({std::string(type), ref.id.text}),
                       "` is not declared"),
          DidYouMean(ref.id.text, known));
    return {};
  }

  void ReportTooManyAncestors(absl::string_view what, const Place& place,
                              Span span) {
    Error("limit", place, span,
          absl::StrCat("the hierarchy of ", what, " has more ancestors in ",
                       "all than the limit of ", limits_.max_ancestors));
  }

  void CloseEntityTypes(Schema* schema) {
    std::vector<SchemaEntityType>& types = schema->entity_types_;
    std::vector<std::vector<uint32_t>> parents(types.size()), ancestors;
    for (size_t i = 0; i < types.size(); ++i) {
      for (const std::string& parent : types[i].parents) {
        parents[i].push_back(schema->entity_type_index_.at(parent));
      }
    }
    if (!Close(parents, limits_.max_ancestors, &ancestors)) {
      const EntityDef& first = entities_.begin()->second;
      ReportTooManyAncestors("entity types", first.place,
                             first.decl->name.span);
      return;
    }
    for (size_t i = 0; i < types.size(); ++i) {
      for (uint32_t ancestor : ancestors[i]) {
        types[i].ancestors.push_back(types[ancestor].name);
        types[ancestor].descendants.push_back(types[i].name);
      }
    }
  }

  void CloseActions(Schema* schema) {
    std::vector<SchemaAction>& actions = schema->actions_;
    std::vector<std::vector<uint32_t>> parents(actions.size()), ancestors;
    for (size_t i = 0; i < actions.size(); ++i) {
      for (const EntityUid& parent : actions[i].parents) {
        parents[i].push_back(schema->action_index_.at(parent));
      }
    }
    if (!Close(parents, limits_.max_ancestors, &ancestors)) {
      const ActionDef& first = actions_.begin()->second;
      ReportTooManyAncestors("actions", first.place, first.decl->id.span);
      return;
    }
    for (size_t i = 0; i < actions.size(); ++i) {
      for (uint32_t ancestor : ancestors[i]) {
        actions[i].ancestors.push_back(actions[ancestor].uid);
        actions[ancestor].descendants.push_back(actions[i].uid);
      }
      if (std::binary_search(ancestors[i].begin(), ancestors[i].end(), i)) {
        const ActionDef& def = actions_.at(actions[i].uid);
        Error("cycle", def.place, def.decl->id.span,
              absl::StrCat("action `", ToString(actions[i].uid),
                           "` is in itself"));
      }
    }
  }

  const SchemaLimits& limits_;
  Diagnostics* const diagnostics_;
  bool failed_ = false;
  // Ordered, so that results and errors do not depend on hashing.
  std::map<std::string, CommonDef> commons_;
  std::map<std::string, EntityDef> entities_;
  std::map<EntityUid, ActionDef> actions_;
  std::set<std::string> action_types_;
};

std::unique_ptr<const Schema> BuildSchema(
    const std::vector<SchemaFragment>& fragments, const SchemaLimits& limits,
    Diagnostics* diagnostics) {
  return SchemaBuilder(limits, diagnostics).Build(fragments);
}

}  // namespace tarazy
