// Attributes and tags in the type checker: what is there, what may be, and
// what the policy has made sure of.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "policy/cedar/names.h"
#include "policy/cedar/suggest.h"
#include "policy/cedar/text.h"
#include "policy/cedar/validator_checker.h"

namespace tarazy {

namespace {

// As many attributes are listed in a help line.
constexpr size_t kMaxListed = 8;

std::string Quoted(absl::string_view text) {
  return absl::StrCat("\"", EscapeString(text), "\"");
}

// The attributes of an entity type as a record; null when it has none.
const Type* ShapeOf(const Schema& schema, const std::string& type) {
  const SchemaEntityType* declared = schema.FindEntityType(type);
  return declared == nullptr ? nullptr : declared->shape.get();
}

}  // namespace

// Of several entity types: what all of them have, at the permissive bound of
// its types. (Strict checking never has several.)
absl::optional<AttributeType> TypeChecker::FindAttribute(
    const Type& type, absl::string_view name) const {
  if (type.kind == TypeKind::kRecord) {
    const AttributeType* found = type.FindAttribute(name);
    if (found == nullptr) return absl::nullopt;
    return *found;
  }
  if (type.kind != TypeKind::kEntity) return absl::nullopt;
  absl::optional<AttributeType> bound;
  for (const std::string& entity_type : type.entity_types) {
    const Type* shape = ShapeOf(schema_, entity_type);
    const AttributeType* found =
        shape == nullptr ? nullptr : shape->FindAttribute(name);
    if (found == nullptr) return absl::nullopt;
    if (!bound.has_value()) {
      bound = *found;
      continue;
    }
    TypeConflict conflict = TypeConflict::kNone;
    bound->type = LeastUpperBound(bound->type, found->type,
                                  ValidationMode::kPermissive, &conflict);
    if (bound->type == nullptr) return absl::nullopt;
    bound->required = bound->required && found->required;
  }
  return bound;
}

bool TypeChecker::MayHaveAttribute(const Type& type,
                                   absl::string_view name) const {
  switch (type.kind) {
    case TypeKind::kNever:
    case TypeKind::kAnyEntity:
      return true;
    case TypeKind::kRecord:
      return type.open || type.FindAttribute(name) != nullptr;
    case TypeKind::kEntity:
      return std::any_of(type.entity_types.begin(), type.entity_types.end(),
                         [&](const std::string& entity_type) {
                           const Type* shape = ShapeOf(schema_, entity_type);
                           return shape != nullptr &&
                                  shape->FindAttribute(name) != nullptr;
                         });
    default:
      return false;
  }
}

std::string TypeChecker::PathText(ExprId id) const {
  static constexpr const char* kVars[] = {"principal", "action", "resource",
                                          "context"};
  const Expr& e = At(id);
  switch (e.kind) {
    case ExprKind::kVar:
      return kVars[e.number];
    case ExprKind::kEntity:
      return ToString(EntityUid{e.text, e.text2});
    case ExprKind::kString:
      return Quoted(e.text);
    case ExprKind::kGetAttr: {
      const std::string owner = PathText(e.args[0]);
      return IsNamePart(e.text) ? absl::StrCat(owner, ".", e.text)
                                : absl::StrCat(owner, "[", Quoted(e.text), "]");
    }
    default:
      return "…";
  }
}

std::string TypeChecker::OwnerText(ExprId owner, const Type& type) const {
  if (type.kind == TypeKind::kEntity && type.entity_types.size() == 1) {
    return absl::StrCat("entity type `", type.entity_types[0], "`");
  }
  if (type.kind == TypeKind::kEntity) {
    return absl::StrCat("each of `", absl::StrJoin(type.entity_types, "`, `"),
                        "`");
  }
  const std::string path = PathText(owner);
  return path == "…" ? DescribeType(type) : absl::StrCat("`", path, "`");
}

void TypeChecker::ReportUnknownAttribute(ExprId id, const Type& type) {
  const Expr& e = At(id);
  std::vector<absl::string_view> names;
  const Type* shape = &type;
  if (type.kind == TypeKind::kEntity) {
    shape = ShapeOf(schema_, type.entity_types[0]);
  }
  if (shape != nullptr) {
    for (const AttributeType& attribute : shape->attributes) {
      if (FindAttribute(type, attribute.name).has_value()) {
        names.push_back(attribute.name);
      }
    }
  }
  std::string help = DidYouMean(e.text, names);
  if (help.empty() && MayHaveAttribute(type, e.text)) {
    help = "it may be there, but its type is not known here";
  } else if (help.empty() && names.empty()) {
    help = "it has no attributes";
  } else if (help.empty() && names.size() <= kMaxListed) {
    help = absl::StrCat("its attributes are ", absl::StrJoin(names, ", "));
  }
  findings_.Error("unknown-attribute", e.span,
                  absl::StrCat(OwnerText(e.args[0], type),
                               " has no attribute `", e.text, "`"),
                  std::move(help));
}

TypeChecker::Answer TypeChecker::CheckGetAttribute(ExprId id,
                                                   const Capabilities& prior) {
  const Expr& e = At(id);
  const TypePtr wanted[] = {Type::Of(TypeKind::kAnyEntity),
                            Type::Record({}, /*open=*/true)};
  const Answer owner = Expect(e.args[0], prior, wanted);
  if (owner.type == nullptr) return Failure(nullptr);
  const absl::optional<AttributeType> found =
      FindAttribute(*owner.type, e.text);
  if (!found.has_value()) {
    ReportUnknownAttribute(id, *owner.type);
    return Failure(nullptr);
  }
  const Capability there = {core_.shapes[e.args[0]], core_.name_shapes[id],
                            false};
  if (found->required || Knows(prior, there)) {
    return Also(owner.ok, Success(found->type));
  }
  const std::string test =
      absl::StrCat(PathText(e.args[0]), " has ",
                   IsNamePart(e.text) ? e.text : Quoted(e.text));
  findings_.Error(
      "optional-attribute", e.span,
      absl::StrCat("attribute `", e.text, "` of ",
                   OwnerText(e.args[0], *owner.type), " may be absent"),
      absl::StrCat("test for it first: `", test, " && …`"));
  return Failure(found->type);
}

TypeChecker::Answer TypeChecker::CheckHas(ExprId id,
                                          const Capabilities& prior) {
  const Expr& e = At(id);
  const TypePtr wanted[] = {Type::Of(TypeKind::kAnyEntity),
                            Type::Record({}, /*open=*/true)};
  const Answer owner = Expect(e.args[0], prior, wanted, [](const Type& found) {
    if (found.kind == TypeKind::kSet) {
      return "test what a set holds with `contains`";
    }
    return found.kind == TypeKind::kString ? "test a string with `like`" : "";
  });
  if (owner.type == nullptr) return Failure(Type::Of(TypeKind::kBool));
  const absl::optional<AttributeType> found =
      FindAttribute(*owner.type, e.path[0]);
  if (!found.has_value()) {
    const bool maybe = MayHaveAttribute(*owner.type, e.path[0]);
    return Also(owner.ok, maybe ? Bool() : Constant(false));
  }
  const Capability there = {core_.shapes[e.args[0]], core_.name_shapes[id],
                            false};
  // An entity that is missing has no attributes, required ones neither.
  const bool always = found->required && owner.type->kind == TypeKind::kRecord;
  Answer answer = always || Knows(prior, there) ? Constant(true) : Bool();
  answer.capabilities = {there};
  return Also(owner.ok, std::move(answer));
}

// The types of tags that the entity may have, distinct; types without tags do
// not count.
std::vector<TypePtr> TypeChecker::TagTypes(const Type& type) const {
  std::vector<TypePtr> tags;
  auto add = [&tags](const SchemaEntityType* declared) {
    if (declared == nullptr || declared->tags == nullptr) return;
    for (const TypePtr& tag : tags) {
      if (*tag == *declared->tags) return;
    }
    tags.push_back(declared->tags);
  };
  if (type.kind == TypeKind::kAnyEntity) {
    for (const SchemaEntityType& declared : schema_.entity_types()) {
      add(&declared);
    }
  }
  for (const std::string& name : type.entity_types) {
    add(schema_.FindEntityType(name));
  }
  return tags;
}

TypeChecker::Answer TypeChecker::CheckHasTag(ExprId id,
                                             const Capabilities& prior) {
  const Expr& e = At(id);
  const Answer entity =
      Expect(e.args[0], prior, {Type::Of(TypeKind::kAnyEntity)});
  const Answer key = Expect(e.args[1], prior, {Type::Of(TypeKind::kString)});
  if (entity.type == nullptr) return Failure(nullptr);
  const Capability there = {core_.shapes[e.args[0]], core_.shapes[e.args[1]],
                            true};
  Answer answer = TagTypes(*entity.type).empty() ? Constant(false)
                  : Knows(prior, there)          ? Constant(true)
                                                 : Bool();
  answer.capabilities = {there};
  return Also(entity.ok && key.ok, std::move(answer));
}

TypeChecker::Answer TypeChecker::CheckGetTag(ExprId id,
                                             const Capabilities& prior) {
  const Expr& e = At(id);
  const Answer entity =
      Expect(e.args[0], prior, {Type::Of(TypeKind::kAnyEntity)});
  const Answer key = Expect(e.args[1], prior, {Type::Of(TypeKind::kString)});
  if (entity.type == nullptr) return Failure(nullptr);
  const std::vector<TypePtr> tags = TagTypes(*entity.type);
  const Capability there = {core_.shapes[e.args[0]], core_.shapes[e.args[1]],
                            true};
  const std::string owner = OwnerText(e.args[0], *entity.type);
  if (!Knows(prior, there) && !tags.empty()) {
    const std::string tag = PathText(e.args[1]);
    findings_.Error(
        "optional-tag", e.span,
        absl::StrCat("tag `", tag, "` of ", owner, " may be absent"),
        absl::StrCat("test for it first: `", PathText(e.args[0]), ".hasTag(",
                     tag, ") && …`"));
    return Failure(nullptr);
  }
  if (tags.empty()) {
    findings_.Error("no-tags", e.span, absl::StrCat(owner, " has no tags"),
                    "declare them in the schema with `tags`");
    return Failure(nullptr);
  }
  TypePtr bound;
  if (!CheckCompatible(tags, e.span, "the tags of these entity types",
                       &bound)) {
    return Failure(nullptr);
  }
  return Also(entity.ok && key.ok, Success(std::move(bound)));
}

}  // namespace tarazy
