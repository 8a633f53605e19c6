#include "policy/cedar/validator_checker.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace tarazy {

namespace {

Capabilities Union(const Capabilities& a, const Capabilities& b) {
  if (a.empty()) return b;
  if (b.empty()) return a;
  Capabilities out;
  out.reserve(a.size() + b.size());
  std::set_union(a.begin(), a.end(), b.begin(), b.end(),
                 std::back_inserter(out));
  return out;
}

Capabilities Intersection(const Capabilities& a, const Capabilities& b) {
  Capabilities out;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(),
                        std::back_inserter(out));
  return out;
}

bool Is(const TypePtr& type, TypeKind kind) {
  return type != nullptr && type->kind == kind;
}

// Longer types are cut in messages.
constexpr size_t kMaxTypeText = 80;

}  // namespace

std::string DescribeType(const Type& type) {
  switch (type.kind) {
    case TypeKind::kTrue:
    case TypeKind::kFalse:
      return "`Bool`";
    case TypeKind::kAnyEntity:
      return "an entity";
    case TypeKind::kRecord:
      if (type.open && type.attributes.empty()) return "a record";
      break;
    case TypeKind::kSet:
      if (type.element == nullptr) return "a set";
      if (type.element->kind == TypeKind::kAnyEntity) {
        return "a set of entities";
      }
      if (type.element->kind == TypeKind::kNever) return "an empty set";
      break;
    default:
      break;
  }
  std::string text = ToString(type);
  if (text.size() > kMaxTypeText) {
    size_t end = kMaxTypeText;
    while ((text[end] & 0xC0) == 0x80) --end;  // not inside a character
    text = absl::StrCat(text.substr(0, end), "…");
  }
  return absl::StrCat("`", text, "`");
}

bool TypeChecker::Knows(const Capabilities& prior,
                        const Capability& one) const {
  return std::binary_search(prior.begin(), prior.end(), one);
}

TypeChecker::Answer TypeChecker::Also(bool ok, Answer answer) {
  if (!ok) {
    answer.ok = false;
    answer.capabilities.clear();
  }
  return answer;
}

// The conjuncts are what `&&` would join. They may be many, so this is a
// loop and not a tree of kAnd.
bool TypeChecker::Check() {
  const TypePtr wanted[] = {Type::Of(TypeKind::kBool)};
  Capabilities known;
  bool typed = true;
  for (ExprId id : core_.conjuncts) {
    const Answer answer = Expect(id, known, wanted);
    if (Is(answer.type, TypeKind::kFalse)) return !typed;
    typed = typed && answer.type != nullptr;
    known = Union(known, answer.capabilities);
  }
  return true;
}

TypeChecker::Answer TypeChecker::Check(ExprId id, const Capabilities& prior) {
  static const TypePtr& kWantString = *new TypePtr(Type::Of(TypeKind::kString));
  const Expr& e = At(id);
  switch (e.kind) {
    case ExprKind::kBool:
      return Constant(e.number != 0);
    case ExprKind::kLong:
      return Success(Type::Of(TypeKind::kLong));
    case ExprKind::kString:
      return Success(Type::Of(TypeKind::kString));
    case ExprKind::kEntity: {
      // Unknown ones are reported once for the policy, not here.
      const bool known = schema_.FindEntityType(e.text) != nullptr ||
                         schema_.FindAction({e.text, e.text2}) != nullptr;
      return known ? Success(Type::Entity(e.text)) : Failure(nullptr);
    }
    case ExprKind::kVar:
    case ExprKind::kSlot:
      return CheckVariable(e);
    case ExprKind::kNot:
      return CheckNot(id, prior);
    case ExprKind::kNegate: {
      const TypePtr wanted[] = {Type::Of(TypeKind::kLong)};
      const Answer operand = Expect(e.args[0], prior, wanted);
      return Also(operand.ok, Success(Type::Of(TypeKind::kLong)));
    }
    case ExprKind::kLike: {
      const Answer operand =
          Expect(e.args[0], prior, {kWantString}, [](const Type& found) {
            return found.is_entity() ? "test an entity's type with `is`" : "";
          });
      return Also(operand.ok, Bool());
    }
    case ExprKind::kIsEmpty: {
      const TypePtr wanted[] = {Type::Set(nullptr)};
      const Answer operand =
          Expect(e.args[0], prior, wanted, [](const Type& found) {
            return found.kind == TypeKind::kString
                       ? "compare a string with `== \"\"`"
                       : "";
          });
      return Also(operand.ok, Bool());
    }
    case ExprKind::kGetAttr:
      return CheckGetAttribute(id, prior);
    case ExprKind::kHas:
      return CheckHas(id, prior);
    case ExprKind::kIs:
      return CheckIs(id, prior);
    case ExprKind::kAnd:
      return CheckAnd(id, prior);
    case ExprKind::kOr:
      return CheckOr(id, prior);
    case ExprKind::kIf:
      return CheckIf(id, prior);
    case ExprKind::kEqual:
      return CheckEqual(id, prior);
    case ExprKind::kLess:
    case ExprKind::kLessEqual:
      return CheckLess(id, prior);
    case ExprKind::kAdd:
    case ExprKind::kSubtract:
    case ExprKind::kMultiply:
      return CheckArithmetic(id, prior);
    case ExprKind::kIn:
      return CheckIn(id, prior);
    case ExprKind::kContains:
      return CheckContains(id, prior);
    case ExprKind::kContainsAll:
    case ExprKind::kContainsAny:
      return CheckContainsMany(id, prior);
    case ExprKind::kGetTag:
      return CheckGetTag(id, prior);
    case ExprKind::kHasTag:
      return CheckHasTag(id, prior);
    case ExprKind::kSet:
      return CheckSet(id, prior);
    case ExprKind::kRecord:
      return CheckRecord(id, prior);
    case ExprKind::kCall:
      return CheckCall(id, prior);
    case ExprKind::kNotEqual:
    case ExprKind::kGreater:
    case ExprKind::kGreaterEqual:
    case ExprKind::kIsIn:
      break;  // not in a CorePolicy
  }
  return Failure(nullptr);
}

TypeChecker::Answer TypeChecker::Expect(ExprId id, const Capabilities& prior,
                                        Operands wanted, HelpFor help) {
  Answer answer = Check(id, prior);
  if (answer.type == nullptr) return Failure(nullptr);
  for (const TypePtr& type : wanted) {
    // Permissive also in strict mode: any record is a record.
    if (IsSubtype(*answer.type, *type, ValidationMode::kPermissive)) {
      return answer;
    }
  }
  std::vector<std::string> names;
  for (const TypePtr& type : wanted) names.push_back(DescribeType(*type));
  findings_.Error("type", At(id).span,
                  absl::StrCat("expected ", absl::StrJoin(names, " or "),
                               ", found ", DescribeType(*answer.type)),
                  help == nullptr ? "" : help(*answer.type));
  return Failure(nullptr);
}

TypeChecker::Answer TypeChecker::CheckVariable(const Expr& e) {
  const Var var = static_cast<Var>(e.number);
  if (e.kind == ExprKind::kSlot) {
    const TypePtr& slot =
        var == Var::kPrincipal ? env_.principal_slot : env_.resource_slot;
    return Success(slot == nullptr ? Type::Of(TypeKind::kAnyEntity) : slot);
  }
  switch (var) {
    case Var::kPrincipal:
      return Success(env_.principal);
    case Var::kAction:
      return Success(env_.action_type);
    case Var::kResource:
      return Success(env_.resource);
    case Var::kContext:
      break;
  }
  return Success(env_.action->context);
}

TypeChecker::Answer TypeChecker::CheckNot(ExprId id,
                                          const Capabilities& prior) {
  const TypePtr wanted[] = {Type::Of(TypeKind::kBool)};
  const Answer operand = Expect(At(id).args[0], prior, wanted);
  if (Is(operand.type, TypeKind::kTrue)) {
    return Also(operand.ok, Constant(false));
  }
  if (Is(operand.type, TypeKind::kFalse)) {
    return Also(operand.ok, Constant(true));
  }
  return Also(operand.ok, Bool());
}

TypeChecker::Answer TypeChecker::CheckIf(ExprId id, const Capabilities& prior) {
  const Expr& e = At(id);
  const TypePtr wanted[] = {Type::Of(TypeKind::kBool)};
  const Answer test = Expect(e.args[0], prior, wanted);
  if (Is(test.type, TypeKind::kFalse)) {
    return Also(test.ok, Check(e.args[2], prior));
  }
  Answer yes = Check(e.args[1], Union(prior, test.capabilities));
  if (yes.ok) {
    yes.capabilities = Union(yes.capabilities, test.capabilities);
  }
  if (Is(test.type, TypeKind::kTrue)) return Also(test.ok, std::move(yes));
  const Answer no = Check(e.args[2], prior);
  if (yes.type == nullptr || no.type == nullptr) return Failure(nullptr);
  TypePtr bound;
  if (!CheckCompatible({yes.type, no.type}, e.span, "both branches of an `if`",
                       &bound)) {
    return Failure(nullptr);
  }
  Answer answer = Success(std::move(bound));
  answer.capabilities = Intersection(yes.capabilities, no.capabilities);
  return Also(test.ok && yes.ok && no.ok, std::move(answer));
}

TypeChecker::Answer TypeChecker::CheckAnd(ExprId id,
                                          const Capabilities& prior) {
  const Expr& e = At(id);
  const TypePtr wanted[] = {Type::Of(TypeKind::kBool)};
  const Answer left = Expect(e.args[0], prior, wanted);
  if (Is(left.type, TypeKind::kFalse)) return Also(left.ok, Constant(false));
  Answer right = Expect(e.args[1], Union(prior, left.capabilities), wanted);
  const bool ok = left.ok && right.ok;
  if (left.type == nullptr || right.type == nullptr) {
    return Failure(Type::Of(TypeKind::kBool));
  }
  if (right.type->kind == TypeKind::kFalse) return Also(ok, Constant(false));
  if (right.type->kind == TypeKind::kTrue) {
    right.type = left.type;
  } else if (left.type->kind == TypeKind::kTrue) {
    // The language gives the capabilities of the right side alone here.
    return Also(ok, std::move(right));
  } else {
    right.type = Type::Of(TypeKind::kBool);
  }
  right.capabilities = Union(left.capabilities, right.capabilities);
  return Also(ok, std::move(right));
}

TypeChecker::Answer TypeChecker::CheckOr(ExprId id, const Capabilities& prior) {
  const Expr& e = At(id);
  const TypePtr wanted[] = {Type::Of(TypeKind::kBool)};
  Answer left = Expect(e.args[0], prior, wanted);
  if (Is(left.type, TypeKind::kTrue)) return left;
  Answer right = Expect(e.args[1], prior, wanted);
  const bool ok = left.ok && right.ok;
  if (left.type == nullptr || right.type == nullptr) {
    return Failure(Type::Of(TypeKind::kBool));
  }
  if (right.type->kind == TypeKind::kTrue) return Also(ok, std::move(right));
  if (right.type->kind == TypeKind::kFalse) return Also(ok, std::move(left));
  if (left.type->kind == TypeKind::kFalse) return Also(ok, std::move(right));
  Answer answer = Bool();
  answer.capabilities = Intersection(left.capabilities, right.capabilities);
  return Also(ok, std::move(answer));
}

TypeChecker::Answer TypeChecker::CheckSet(ExprId id,
                                          const Capabilities& prior) {
  const Expr& e = At(id);
  bool ok = true, typed = true;
  std::vector<TypePtr> types;
  for (ExprId element : e.args) {
    const Answer answer = Check(element, prior);
    ok = ok && answer.ok;
    typed = typed && answer.type != nullptr;
    types.push_back(answer.type);
  }
  if (strict() && types.empty()) {
    findings_.Error("empty-set", e.span, "an empty set has no type of elements",
                    "ask `isEmpty()` of a set to see whether it is empty");
    return Failure(nullptr);
  }
  TypePtr bound;
  if (!typed ||
      !CheckCompatible(types, e.span, "the elements of a set", &bound)) {
    return Failure(nullptr);
  }
  return Also(ok, Success(Type::Set(std::move(bound))));
}

TypeChecker::Answer TypeChecker::CheckRecord(ExprId id,
                                             const Capabilities& prior) {
  const Expr& e = At(id);
  bool ok = true, typed = true;
  std::vector<AttributeType> attributes;
  for (size_t i = 0; i < e.args.size(); ++i) {
    Answer answer = Check(e.args[i], prior);
    ok = ok && answer.ok;
    typed = typed && answer.type != nullptr;
    attributes.push_back({e.path[i], std::move(answer.type), true});
  }
  if (!typed) return Failure(nullptr);
  return Also(ok, Success(Type::Record(std::move(attributes))));
}

}  // namespace tarazy
