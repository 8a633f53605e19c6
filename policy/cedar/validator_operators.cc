// The operators of the type checker: equality, order, arithmetic, sets, and
// the hierarchies.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "policy/cedar/text.h"
#include "policy/cedar/validator_checker.h"

namespace tarazy {

namespace {

bool HasOrder(const Type& type) {
  return type.kind == TypeKind::kLong ||
         (type.kind == TypeKind::kExtension &&
          (type.extension == "datetime" || type.extension == "duration"));
}

std::string ConflictHelp(TypeConflict conflict) {
  switch (conflict) {
    case TypeConflict::kEntityTypes:
      return "different entity types never agree, whatever their attributes";
    case TypeConflict::kOptionality:
      return "an attribute is optional in one record and required in another";
    case TypeConflict::kAttributes:
      return "records agree only with the same attributes";
    case TypeConflict::kKind:
    case TypeConflict::kNone:
      break;
  }
  return "";
}

const char* SetHelp(const Type& found) {
  if (found.is_entity()) return "test membership of an entity with `in`";
  if (found.kind == TypeKind::kRecord) {
    return "test for an attribute with `has`";
  }
  return found.kind == TypeKind::kString ? "test a string with `like`" : "";
}

}  // namespace

bool TypeChecker::CheckCompatible(const std::vector<TypePtr>& types, Span span,
                                  absl::string_view of, TypePtr* bound) {
  TypeConflict conflict = TypeConflict::kNone;
  *bound = LeastUpperBound(types, mode_, &conflict);
  if (*bound != nullptr) return true;
  std::vector<std::string> names;
  for (const TypePtr& type : types) {
    std::string name = DescribeType(*type);
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(std::move(name));
    }
  }
  findings_.Error("incompatible-types", span,
                  absl::StrCat(of, " must have one type, found ",
                               absl::StrJoin(names, " and ")),
                  ConflictHelp(conflict));
  return false;
}

absl::optional<EntityUid> TypeChecker::EntityOf(ExprId id) const {
  const Expr& e = At(id);
  if (e.kind == ExprKind::kEntity) return EntityUid{e.text, e.text2};
  if (e.kind == ExprKind::kVar && static_cast<Var>(e.number) == Var::kAction) {
    return env_.action->uid;
  }
  return absl::nullopt;
}

TypeChecker::Answer TypeChecker::CheckEqual(ExprId id,
                                            const Capabilities& prior) {
  const Expr& e = At(id);
  const Answer left = Check(e.args[0], prior);
  const Answer right = Check(e.args[1], prior);
  const bool ok = left.ok && right.ok;
  if (left.type != nullptr && right.type != nullptr &&
      AreDisjoint(*left.type, *right.type)) {
    return Also(ok, Constant(false));
  }
  // Two literals are compared here and now.
  auto literal = [this](ExprId operand) {
    const ExprKind kind = At(operand).kind;
    return kind == ExprKind::kBool || kind == ExprKind::kLong ||
           kind == ExprKind::kString || EntityOf(operand).has_value();
  };
  if (literal(e.args[0]) && literal(e.args[1])) {
    const auto a = EntityOf(e.args[0]), b = EntityOf(e.args[1]);
    const bool same = a.has_value() || b.has_value()
                          ? a == b
                          : core_.shapes[e.args[0]] == core_.shapes[e.args[1]];
    return Also(ok, Constant(same));
  }
  if (strict() && left.type != nullptr && right.type != nullptr) {
    TypePtr bound;
    if (!CheckCompatible({left.type, right.type}, e.span, "both sides of `==`",
                         &bound)) {
      return Failure(Type::Of(TypeKind::kBool));
    }
  }
  return Also(ok, Bool());
}

TypeChecker::Answer TypeChecker::CheckLess(ExprId id,
                                           const Capabilities& prior) {
  const Expr& e = At(id);
  const Answer left = Check(e.args[0], prior);
  const Answer right = Check(e.args[1], prior);
  const bool ok = left.ok && right.ok;
  if (left.type == nullptr || right.type == nullptr) {
    return Failure(Type::Of(TypeKind::kBool));
  }
  if (*left.type == *right.type && HasOrder(*left.type)) {
    return Also(ok, Bool());
  }
  auto report = [&](ExprId operand, absl::string_view wanted,
                    const Type& found) {
    findings_.Error(
        "type", At(operand).span,
        absl::StrCat("expected ", wanted, ", found ", DescribeType(found)),
        found.kind == TypeKind::kExtension && found.extension == "decimal"
            ? "compare decimals with `lessThan`, `greaterThan` and the like"
            : "");
  };
  // Of two types at odds the one without an order is wrong; a Long is the
  // likelier wish.
  const bool left_orders = HasOrder(*left.type);
  const bool right_orders = HasOrder(*right.type);
  if (left_orders && (!right_orders || left.type->kind == TypeKind::kLong ||
                      right.type->kind != TypeKind::kLong)) {
    report(e.args[1], DescribeType(*left.type), *right.type);
  } else if (right_orders) {
    report(e.args[0], DescribeType(*right.type), *left.type);
  } else {
    constexpr absl::string_view kOrdered = "`Long`, `datetime` or `duration`";
    report(e.args[0], kOrdered, *left.type);
    report(e.args[1], kOrdered, *right.type);
  }
  return Failure(Type::Of(TypeKind::kBool));
}

TypeChecker::Answer TypeChecker::CheckArithmetic(ExprId id,
                                                 const Capabilities& prior) {
  const Expr& e = At(id);
  const TypePtr wanted[] = {Type::Of(TypeKind::kLong)};
  const HelpFor help = [](const Type& found) {
    switch (found.kind) {
      case TypeKind::kString:
        return "strings can't be joined in a policy";
      case TypeKind::kSet:
        return "sets can't be added or subtracted in a policy";
      case TypeKind::kExtension:
        return found.extension == "datetime" || found.extension == "duration"
                   ? "times are added with `offset` and subtracted with "
                     "`durationSince`"
                   : "";
      default:
        return "";
    }
  };
  const Answer left = Expect(e.args[0], prior, wanted, help);
  const Answer right = Expect(e.args[1], prior, wanted, help);
  return Also(left.ok && right.ok, Success(Type::Of(TypeKind::kLong)));
}

TypeChecker::Answer TypeChecker::CheckContains(ExprId id,
                                               const Capabilities& prior) {
  const Expr& e = At(id);
  const TypePtr wanted[] = {Type::Set(nullptr)};
  const Answer set = Expect(e.args[0], prior, wanted, SetHelp);
  const Answer element = Check(e.args[1], prior);
  const bool ok = set.ok && element.ok;
  if (strict() && set.type != nullptr && set.type->element != nullptr &&
      element.type != nullptr) {
    TypePtr bound;
    if (!CheckCompatible({set.type->element, element.type}, e.span,
                         "the set's elements and the argument of `contains`",
                         &bound)) {
      return Failure(Type::Of(TypeKind::kBool));
    }
  }
  return Also(ok, Bool());
}

TypeChecker::Answer TypeChecker::CheckContainsMany(ExprId id,
                                                   const Capabilities& prior) {
  const Expr& e = At(id);
  const TypePtr wanted[] = {Type::Set(nullptr)};
  const Answer left = Expect(e.args[0], prior, wanted, SetHelp);
  const Answer right = Expect(e.args[1], prior, wanted, [](const Type& found) {
    return found.kind == TypeKind::kRecord
               ? ""
               : "test for one element with `contains`";
  });
  const bool ok = left.ok && right.ok;
  if (strict() && left.type != nullptr && right.type != nullptr) {
    TypePtr bound;
    if (!CheckCompatible({left.type, right.type}, e.span,
                         e.kind == ExprKind::kContainsAll
                             ? "both sets of `containsAll`"
                             : "both sets of `containsAny`",
                         &bound)) {
      return Failure(Type::Of(TypeKind::kBool));
    }
  }
  return Also(ok, Bool());
}

// Whether some entity of type `type` may be in one of type `group`.
bool TypeChecker::MayBeIn(const std::string& type,
                          const std::string& group) const {
  if (type == group) return true;
  const SchemaEntityType* declared = schema_.FindEntityType(type);
  if (declared != nullptr && declared->HasAncestor(group)) return true;
  for (const SchemaAction& action : schema_.actions()) {
    if (action.uid.type != type) continue;
    for (const EntityUid& ancestor : action.ancestors) {
      if (ancestor.type == group) return true;
    }
  }
  return false;
}

// `action in groups`, where the schema knows the whole answer.
TypeChecker::Answer TypeChecker::ActionIn(
    const EntityUid& action, const std::vector<EntityUid>& groups) {
  bool in = false;
  for (const EntityUid& group : groups) {
    if (!IsActionType(group.type)) continue;
    const SchemaAction* declared = schema_.FindAction(group);
    // An unknown one was reported for the policy.
    if (declared == nullptr) return Failure(Type::Of(TypeKind::kBool));
    in = in || group == action ||
         std::binary_search(declared->descendants.begin(),
                            declared->descendants.end(), action);
  }
  return Constant(in);
}

TypeChecker::Answer TypeChecker::CheckIn(ExprId id, const Capabilities& prior) {
  const Expr& e = At(id);
  const TypePtr any = Type::Of(TypeKind::kAnyEntity);
  const HelpFor help = [](const Type& found) {
    if (found.kind == TypeKind::kSet) {
      return "test what a set holds with `contains`";
    }
    return found.kind == TypeKind::kString ? "test a string with `like`" : "";
  };
  const Answer left = Expect(e.args[0], prior, {any}, help);
  const Answer right = Expect(e.args[1], prior, {any, Type::Set(any)}, help);
  if (!left.ok || !right.ok) return Failure(Type::Of(TypeKind::kBool));

  const absl::optional<EntityUid> entity = EntityOf(e.args[0]);
  if (entity.has_value() && IsActionType(entity->type)) {
    std::vector<ExprId> elements = {e.args[1]};
    if (At(e.args[1]).kind == ExprKind::kSet) elements = At(e.args[1]).args;
    std::vector<EntityUid> groups;
    for (ExprId element : elements) {
      const absl::optional<EntityUid> group = EntityOf(element);
      if (group.has_value()) groups.push_back(*group);
    }
    if (groups.size() == elements.size()) return ActionIn(*entity, groups);
  }
  const Type* groups = right.type.get();
  if (groups->kind == TypeKind::kSet) groups = groups->element.get();
  if (left.type->kind != TypeKind::kEntity || groups == nullptr ||
      groups->kind != TypeKind::kEntity) {
    return Bool();
  }
  for (const std::string& type : left.type->entity_types) {
    for (const std::string& group : groups->entity_types) {
      if (MayBeIn(type, group)) return Bool();
    }
  }
  return Constant(false);
}

TypeChecker::Answer TypeChecker::CheckIs(ExprId id, const Capabilities& prior) {
  const Expr& e = At(id);
  const TypePtr wanted[] = {Type::Of(TypeKind::kAnyEntity)};
  const Answer operand = Expect(e.args[0], prior, wanted, [](const Type&) {
    return "only the types of entities can be tested";
  });
  if (operand.type == nullptr) return Failure(Type::Of(TypeKind::kBool));
  if (operand.type->kind != TypeKind::kEntity) return Also(operand.ok, Bool());
  const std::vector<std::string>& types = operand.type->entity_types;
  if (!std::binary_search(types.begin(), types.end(), e.text)) {
    return Also(operand.ok, Constant(false));
  }
  return Also(operand.ok, types.size() == 1 ? Constant(true) : Bool());
}

}  // namespace tarazy
