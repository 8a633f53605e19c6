// The type checker: one policy in one environment.
//
// An environment fixes the action and the types of principal, resource and
// slots; in it each expression has a type, or none after an error. What makes
// the checker more than a table of operators:
//
// - The type of a condition may be True or False. What short-circuits on it is
//   not checked: `principal is User && principal.name == "x"` is fine where
//   the principal is no User, and a policy that is False everywhere can never
//   be satisfied.
// - Capabilities: an expression carries the optional attributes and tags that
//   are known to be there if it is true (`context has consent` gives
//   `context.consent`). `&&` and the then-branch of `if` check their right
//   side knowing those of their left; `||` keeps what both sides give.
//
// After an error checking goes on with what type is known, so that the rest is
// checked too; where none is, no further error follows from it.
//
// Cost: linear in the expressions, times the capabilities that are known.
// Thread-safety: belongs to one thread. Stack: bounded by the height of the
// tree, which the parser bounds.
// Source: Cedar policy language 4.5, validation.

#ifndef TARAZY_POLICY_CEDAR_VALIDATOR_CHECKER_H_
#define TARAZY_POLICY_CEDAR_VALIDATOR_CHECKER_H_

#include <string>
#include <tuple>
#include <vector>

#include "absl/types/optional.h"
#include "absl/types/span.h"
#include "policy/cedar/schema.h"
#include "policy/cedar/validator.h"
#include "policy/cedar/validator_core.h"
#include "policy/cedar/validator_findings.h"
#include "policy/cedar/validator_types.h"

namespace tarazy {

struct RequestEnvironment {
  const SchemaAction* action = nullptr;
  TypePtr action_type;
  TypePtr principal;
  TypePtr resource;
  // Null when the template has no such slot.
  TypePtr principal_slot;
  TypePtr resource_slot;
};

// This attribute or tag is there: the shape of the entity or record, the shape
// of the name or of the tag's key.
struct Capability {
  uint32_t on;
  uint32_t key;
  bool tag;

  bool operator<(const Capability& o) const {
    return std::tie(on, key, tag) < std::tie(o.on, o.key, o.tag);
  }
  bool operator==(const Capability& o) const {
    return on == o.on && key == o.key && tag == o.tag;
  }
};

using Capabilities = std::vector<Capability>;  // sorted, distinct

class TypeChecker {
 public:
  TypeChecker(const CorePolicy& core, const Schema& schema, ValidationMode mode,
              const RequestEnvironment& environment, Findings* findings)
      : core_(core),
        schema_(schema),
        mode_(mode),
        env_(environment),
        findings_(*findings) {}

  // Checks the whole policy. False when it can't be satisfied here.
  bool Check();

 private:
  struct Answer {
    TypePtr type;  // null after an error, unless it is known all the same
    bool ok = true;
    Capabilities capabilities;  // none when not ok
  };
  using Operands = absl::Span<const TypePtr>;

  bool strict() const { return mode_ == ValidationMode::kStrict; }
  const Expr& At(ExprId id) const { return core_.exprs[id]; }
  bool Knows(const Capabilities& prior, const Capability& one) const;

  static Answer Success(TypePtr type) { return {std::move(type), true, {}}; }
  static Answer Failure(TypePtr type) { return {std::move(type), false, {}}; }
  static Answer Bool() { return Success(Type::Of(TypeKind::kBool)); }
  static Answer Constant(bool value) {
    return Success(Type::Of(value ? TypeKind::kTrue : TypeKind::kFalse));
  }
  // `answer`, but failed unless `ok`.
  static Answer Also(bool ok, Answer answer);

  Answer Check(ExprId id, const Capabilities& prior);
  // The same, and the type must be a subtype of one of `wanted`; otherwise an
  // error with `help`, which depends on the type that was found.
  using HelpFor = const char* (*)(const Type& found);
  Answer Expect(ExprId id, const Capabilities& prior, Operands wanted,
                HelpFor help = nullptr);

  // Control, in validator_checker.cc.
  Answer CheckVariable(const Expr& e);
  Answer CheckIf(ExprId id, const Capabilities& prior);
  Answer CheckAnd(ExprId id, const Capabilities& prior);
  Answer CheckOr(ExprId id, const Capabilities& prior);
  Answer CheckNot(ExprId id, const Capabilities& prior);
  Answer CheckSet(ExprId id, const Capabilities& prior);
  Answer CheckRecord(ExprId id, const Capabilities& prior);
  Answer CheckCall(ExprId id, const Capabilities& prior);

  // Operators, in validator_operators.cc.
  Answer CheckEqual(ExprId id, const Capabilities& prior);
  Answer CheckLess(ExprId id, const Capabilities& prior);
  Answer CheckArithmetic(ExprId id, const Capabilities& prior);
  Answer CheckContains(ExprId id, const Capabilities& prior);
  Answer CheckContainsMany(ExprId id, const Capabilities& prior);
  Answer CheckIn(ExprId id, const Capabilities& prior);
  Answer CheckIs(ExprId id, const Capabilities& prior);
  // The literal or action that `id` stands for.
  absl::optional<EntityUid> EntityOf(ExprId id) const;
  Answer ActionIn(const EntityUid& action,
                  const std::vector<EntityUid>& groups);
  bool MayBeIn(const std::string& type, const std::string& group) const;
  // Strict mode: operands of one type. `of` says whose, for the message.
  bool CheckCompatible(const std::vector<TypePtr>& types, Span span,
                       absl::string_view of, TypePtr* bound);

  // Attributes and tags, in validator_attributes.cc.
  Answer CheckGetAttribute(ExprId id, const Capabilities& prior);
  Answer CheckHas(ExprId id, const Capabilities& prior);
  Answer CheckHasTag(ExprId id, const Capabilities& prior);
  Answer CheckGetTag(ExprId id, const Capabilities& prior);
  absl::optional<AttributeType> FindAttribute(const Type& type,
                                              absl::string_view name) const;
  bool MayHaveAttribute(const Type& type, absl::string_view name) const;
  std::vector<TypePtr> TagTypes(const Type& type) const;
  void ReportUnknownAttribute(ExprId id, const Type& type);
  // "`context.act`" or "entity type `User`": whose attribute it is.
  std::string OwnerText(ExprId owner, const Type& type) const;
  // `context.act`, as far as that is short; "…" stands for the rest.
  std::string PathText(ExprId id) const;

  const CorePolicy& core_;
  const Schema& schema_;
  const ValidationMode mode_;
  const RequestEnvironment& env_;
  Findings& findings_;
};

// For messages: "`User`", "a record", long ones cut.
std::string DescribeType(const Type& type);

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_VALIDATOR_CHECKER_H_
