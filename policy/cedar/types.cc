#include "policy/cedar/types.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace tarazy {

namespace {

bool SamePointee(const TypePtr& a, const TypePtr& b) {
  if (a == b) return true;
  return a != nullptr && b != nullptr && *a == *b;
}

std::shared_ptr<Type> NewType(TypeKind kind) {
  auto type = std::make_shared<Type>();
  type->kind = kind;
  return type;
}

}  // namespace

bool AttributeType::operator==(const AttributeType& o) const {
  return name == o.name && required == o.required && SamePointee(type, o.type);
}

bool Type::operator==(const Type& o) const {
  return kind == o.kind && entity_types == o.entity_types && open == o.open &&
         extension == o.extension && SamePointee(element, o.element) &&
         attributes == o.attributes;
}

const AttributeType* Type::FindAttribute(absl::string_view name) const {
  auto it = std::lower_bound(
      attributes.begin(), attributes.end(), name,
      [](const AttributeType& a, absl::string_view n) { return a.name < n; });
  return it != attributes.end() && it->name == name ? &*it : nullptr;
}

TypePtr Type::Of(TypeKind kind) {
  static const std::vector<TypePtr>& constants = *[] {
    auto* all = new std::vector<TypePtr>;
    for (int k = 0; k <= static_cast<int>(TypeKind::kExtension); ++k) {
      all->push_back(NewType(static_cast<TypeKind>(k)));
    }
    return all;
  }();
  return constants[static_cast<size_t>(kind)];
}

TypePtr Type::Entity(absl::string_view name) {
  return EntityOf({std::string(name)});
}

TypePtr Type::EntityOf(std::vector<std::string> names) {
  auto type = NewType(TypeKind::kEntity);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  type->entity_types = std::move(names);
  return type;
}

TypePtr Type::Set(TypePtr element) {
  auto type = NewType(TypeKind::kSet);
  type->element = std::move(element);
  return type;
}

TypePtr Type::Record(std::vector<AttributeType> attributes, bool open) {
  auto type = NewType(TypeKind::kRecord);
  std::sort(attributes.begin(), attributes.end(),
            [](const AttributeType& a, const AttributeType& b) {
              return a.name < b.name;
            });
  type->attributes = std::move(attributes);
  type->open = open;
  return type;
}

TypePtr Type::Extension(absl::string_view name) {
  auto type = NewType(TypeKind::kExtension);
  type->extension = std::string(name);
  return type;
}

std::string ToString(const Type& type) {
  switch (type.kind) {
    case TypeKind::kNever:
      return "Never";
    case TypeKind::kTrue:
      return "True";
    case TypeKind::kFalse:
      return "False";
    case TypeKind::kBool:
      return "Bool";
    case TypeKind::kLong:
      return "Long";
    case TypeKind::kString:
      return "String";
    case TypeKind::kEntity:
      return absl::StrJoin(type.entity_types, " | ");
    case TypeKind::kAnyEntity:
      return "entity";
    case TypeKind::kSet:
      if (type.element == nullptr) return "Set";
      return absl::StrCat("Set<", ToString(*type.element), ">");
    case TypeKind::kExtension:
      return type.extension;
    case TypeKind::kRecord:
      break;
  }
  std::vector<std::string> fields;
  for (const AttributeType& attribute : type.attributes) {
    fields.push_back(absl::StrCat(
        attribute.name,
        attribute.required ? ": " : "?: ", ToString(*attribute.type)));
  }
  if (type.open) fields.push_back("..");
  return absl::StrCat("{", absl::StrJoin(fields, ", "), "}");
}

}  // namespace tarazy
