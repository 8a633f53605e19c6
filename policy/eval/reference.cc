#include "policy/eval/reference.h"

#include <tuple>
#include <utility>
#include <vector>

namespace tarazy {
namespace {

using Kind = ReferenceValue::Kind;
using Result = absl::optional<ReferenceValue>;  // nothing: an error

ReferenceValue Bool(bool b) {
  return ReferenceValue::Number(Kind::kBool, b ? 1 : 0);
}

bool IsBool(const Result& v) { return v && v->kind == Kind::kBool; }
bool IsTrue(const Result& v) { return IsBool(v) && v->number == 1; }

// A 64-bit result of exact arithmetic, if it is one.
Result Long(__int128 exact) {
  if (exact > INT64_MAX || exact < INT64_MIN) return absl::nullopt;
  return ReferenceValue::Number(Kind::kLong, static_cast<int64_t>(exact));
}

// Code points of valid UTF-8.
std::vector<char32_t> Decode(const std::string& text) {
  std::vector<char32_t> points;
  for (size_t i = 0; i < text.size();) {
    const unsigned char lead = static_cast<unsigned char>(text[i]);
    const int tail = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    char32_t point = tail == 0 ? lead : lead & (0x3f >> tail);
    for (int k = 1; k <= tail; ++k) {
      point = point << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3f);
    }
    points.push_back(point);
    i += static_cast<size_t>(tail) + 1;
  }
  return points;
}

// matches[j]: the pattern so far matches the first j characters.
bool Like(const std::string& text, const std::vector<PatternElement>& pattern) {
  const std::vector<char32_t> points = Decode(text);
  std::vector<bool> matches(points.size() + 1, false);
  matches[0] = true;
  for (const PatternElement& element : pattern) {
    std::vector<bool> next(points.size() + 1, false);
    if (element.wildcard) {
      bool any = false;
      for (size_t j = 0; j <= points.size(); ++j) {
        any = any || matches[j];
        next[j] = any;
      }
    } else {
      for (size_t j = 0; j < points.size(); ++j) {
        next[j + 1] = matches[j] && points[j] == element.code_point;
      }
    }
    matches = next;
  }
  return matches.back();
}

class Interpreter {
 public:
  Interpreter(const Policy& policy, const TemplateLink* link,
              const ReferenceRequest& request)
      : policy_(policy), link_(link), request_(request) {}

  Result Evaluate(ExprId id) const;
  bool ScopeHolds() const;

 private:
  Result EvaluateBinary(const Expr& e) const;
  Result EvaluateSet(const Expr& e) const;
  Result EvaluateRecord(const Expr& e) const;
  Result EvaluateCall(const Expr& e) const;
  Result EvaluateHas(const Expr& e) const;
  Result Variable(Var var) const;
  Result Attribute(const ReferenceValue& value, const std::string& name) const;
  Result HasAttribute(const ReferenceValue& value,
                      const std::string& name) const;
  bool EntityIn(const EntityUid& entity, const EntityUid& group) const;
  Result In(const ReferenceValue& left, const ReferenceValue& right) const;
  const EntityUid* Slot(Var var) const;
  bool ConstraintHolds(const ScopeConstraint& constraint, Var var,
                       const EntityUid& entity) const;
  const ReferenceEntity* Find(const EntityUid& uid) const {
    const auto found = request_.entities.find(uid);
    return found == request_.entities.end() ? nullptr : &found->second;
  }

  const Policy& policy_;
  const TemplateLink* link_;
  const ReferenceRequest& request_;
};

const EntityUid* Interpreter::Slot(Var var) const {
  if (link_ == nullptr) return nullptr;
  return var == Var::kPrincipal ? link_->principal.get()
                                : link_->resource.get();
}

Result Interpreter::Variable(Var var) const {
  switch (var) {
    case Var::kPrincipal:
      return ReferenceValue::Of(request_.principal);
    case Var::kAction:
      return ReferenceValue::Of(request_.action);
    case Var::kResource:
      return ReferenceValue::Of(request_.resource);
    case Var::kContext:
      break;
  }
  return ReferenceValue::Of(request_.context);
}

Result Interpreter::Attribute(const ReferenceValue& value,
                              const std::string& name) const {
  const ReferenceValue::Record* record = nullptr;
  if (value.kind == Kind::kRecord) {
    record = value.record.get();
  } else if (value.kind == Kind::kEntity) {
    const ReferenceEntity* entity = Find(value.entity);
    if (entity == nullptr) return absl::nullopt;
    record = &entity->attributes;
  } else {
    return absl::nullopt;
  }
  const auto found = record->find(name);
  if (found == record->end()) return absl::nullopt;
  return found->second;
}

Result Interpreter::HasAttribute(const ReferenceValue& value,
                                 const std::string& name) const {
  if (value.kind == Kind::kRecord) return Bool(value.record->count(name) > 0);
  if (value.kind != Kind::kEntity) return absl::nullopt;
  const ReferenceEntity* entity = Find(value.entity);
  return Bool(entity != nullptr && entity->attributes.count(name) > 0);
}

// `e has a.b.c` is `e has a && e.a has b && e.a.b has c`.
Result Interpreter::EvaluateHas(const Expr& e) const {
  Result value = Evaluate(e.args[0]);
  for (size_t i = 0; i < e.path.size(); ++i) {
    if (!value) return absl::nullopt;
    const Result has = HasAttribute(*value, e.path[i]);
    if (!IsTrue(has)) return has;
    value = Attribute(*value, e.path[i]);
  }
  return Bool(true);
}

bool Interpreter::EntityIn(const EntityUid& entity,
                           const EntityUid& group) const {
  if (entity == group) return true;
  std::set<EntityUid> seen;
  std::vector<EntityUid> open = {entity};
  while (!open.empty()) {
    const EntityUid at = open.back();
    open.pop_back();
    const ReferenceEntity* found = Find(at);
    if (found == nullptr) continue;
    for (const EntityUid& parent : found->parents) {
      if (parent == group) return true;
      if (seen.insert(parent).second) open.push_back(parent);
    }
  }
  return false;
}

Result Interpreter::In(const ReferenceValue& left,
                       const ReferenceValue& right) const {
  if (left.kind != Kind::kEntity) return absl::nullopt;
  if (right.kind == Kind::kEntity) {
    return Bool(EntityIn(left.entity, right.entity));
  }
  if (right.kind != Kind::kSet) return absl::nullopt;
  bool any = false;
  for (const ReferenceValue& item : *right.set) {
    if (item.kind != Kind::kEntity) return absl::nullopt;
    any = any || EntityIn(left.entity, item.entity);
  }
  return Bool(any);
}

Result Interpreter::EvaluateSet(const Expr& e) const {
  ReferenceValue::Set set;
  for (ExprId arg : e.args) {
    const Result item = Evaluate(arg);
    if (!item) return absl::nullopt;
    set.insert(*item);
  }
  return ReferenceValue::Of(std::move(set));
}

Result Interpreter::EvaluateRecord(const Expr& e) const {
  ReferenceValue::Record record;
  for (size_t i = 0; i < e.args.size(); ++i) {
    const Result item = Evaluate(e.args[i]);
    if (!item) return absl::nullopt;
    record[e.path[i]] = *item;
  }
  return ReferenceValue::Of(std::move(record));
}

Result Interpreter::EvaluateCall(const Expr& e) const {
  std::vector<ReferenceValue> arguments;
  for (ExprId arg : e.args) {
    const Result value = Evaluate(arg);
    if (!value) return absl::nullopt;
    arguments.push_back(*value);
  }
  return ReferenceCall(e.text, arguments);
}

Result Interpreter::EvaluateBinary(const Expr& e) const {
  const Result left = Evaluate(e.args[0]);
  const Result right = Evaluate(e.args[1]);
  if (!left || !right) return absl::nullopt;
  const bool longs = left->kind == Kind::kLong && right->kind == Kind::kLong;
  const bool sets = left->kind == Kind::kSet && right->kind == Kind::kSet;
  const bool ordered =
      left->kind == right->kind &&
      (longs || left->kind == Kind::kDatetime || left->kind == Kind::kDuration);
  const bool tagged =
      left->kind == Kind::kEntity && right->kind == Kind::kString;
  const __int128 x = left->number;
  const __int128 y = right->number;
  switch (e.kind) {
    case ExprKind::kEqual:
      return Bool(*left == *right);
    case ExprKind::kNotEqual:
      return Bool(!(*left == *right));
    case ExprKind::kLess:
      return ordered ? Result(Bool(x < y)) : absl::nullopt;
    case ExprKind::kLessEqual:
      return ordered ? Result(Bool(x <= y)) : absl::nullopt;
    case ExprKind::kGreater:
      return ordered ? Result(Bool(x > y)) : absl::nullopt;
    case ExprKind::kGreaterEqual:
      return ordered ? Result(Bool(x >= y)) : absl::nullopt;
    case ExprKind::kIn:
      return In(*left, *right);
    case ExprKind::kAdd:
      return longs ? Long(x + y) : absl::nullopt;
    case ExprKind::kSubtract:
      return longs ? Long(x - y) : absl::nullopt;
    case ExprKind::kMultiply:
      return longs ? Long(x * y) : absl::nullopt;
    case ExprKind::kContains:
      if (left->kind != Kind::kSet) return absl::nullopt;
      return Bool(left->set->count(*right) > 0);
    case ExprKind::kContainsAll:
    case ExprKind::kContainsAny: {
      if (!sets) return absl::nullopt;
      size_t common = 0;
      for (const ReferenceValue& item : *right->set) {
        common += left->set->count(item);
      }
      return Bool(e.kind == ExprKind::kContainsAny
                      ? common > 0
                      : common == right->set->size());
    }
    case ExprKind::kHasTag:
    case ExprKind::kGetTag: {
      if (!tagged) return absl::nullopt;
      const ReferenceEntity* entity = Find(left->entity);
      const bool has = entity != nullptr && entity->tags.count(right->text) > 0;
      if (e.kind == ExprKind::kHasTag) return Bool(has);
      return has ? Result(entity->tags.at(right->text)) : absl::nullopt;
    }
    default:
      return absl::nullopt;
  }
}

Result Interpreter::Evaluate(ExprId id) const {
  const Expr& e = policy_.exprs[id];
  switch (e.kind) {
    case ExprKind::kBool:
      return Bool(e.number != 0);
    case ExprKind::kLong:
      return ReferenceValue::Number(Kind::kLong, e.number);
    case ExprKind::kString:
      return ReferenceValue::Text(Kind::kString, e.text);
    case ExprKind::kEntity:
      return ReferenceValue::Of(EntityUid{e.text, e.text2});
    case ExprKind::kVar:
      return Variable(static_cast<Var>(e.number));
    case ExprKind::kSlot: {
      const EntityUid* uid = Slot(static_cast<Var>(e.number));
      return uid == nullptr ? Result() : ReferenceValue::Of(*uid);
    }
    case ExprKind::kAnd:
    case ExprKind::kOr: {
      const Result left = Evaluate(e.args[0]);
      if (!IsBool(left)) return absl::nullopt;
      if (IsTrue(left) == (e.kind == ExprKind::kOr)) return left;
      const Result right = Evaluate(e.args[1]);
      return IsBool(right) ? right : Result();
    }
    case ExprKind::kIf: {
      const Result condition = Evaluate(e.args[0]);
      if (!IsBool(condition)) return absl::nullopt;
      return Evaluate(e.args[IsTrue(condition) ? 1 : 2]);
    }
    case ExprKind::kSet:
      return EvaluateSet(e);
    case ExprKind::kRecord:
      return EvaluateRecord(e);
    case ExprKind::kCall:
      return EvaluateCall(e);
    case ExprKind::kHas:
      return EvaluateHas(e);
    default:
      break;
  }
  if (e.args.size() == 2 && e.kind != ExprKind::kIsIn) return EvaluateBinary(e);
  const Result value = Evaluate(e.args[0]);
  if (!value) return absl::nullopt;
  switch (e.kind) {
    case ExprKind::kNot:
      return IsBool(value) ? Result(Bool(!IsTrue(value))) : absl::nullopt;
    case ExprKind::kNegate:
      if (value->kind != Kind::kLong) return absl::nullopt;
      return Long(-static_cast<__int128>(value->number));
    case ExprKind::kGetAttr:
      return Attribute(*value, e.text);
    case ExprKind::kLike:
      if (value->kind != Kind::kString) return absl::nullopt;
      return Bool(Like(value->text, e.pattern));
    case ExprKind::kIsEmpty:
      if (value->kind != Kind::kSet) return absl::nullopt;
      return Bool(value->set->empty());
    case ExprKind::kIs:
    case ExprKind::kIsIn: {
      if (value->kind != Kind::kEntity) return absl::nullopt;
      if (value->entity.type != e.text) return Bool(false);
      if (e.kind == ExprKind::kIs) return Bool(true);
      const Result group = Evaluate(e.args[1]);
      return group ? In(*value, *group) : Result();
    }
    default:
      return absl::nullopt;
  }
}

bool Interpreter::ConstraintHolds(const ScopeConstraint& constraint, Var var,
                                  const EntityUid& entity) const {
  using ScopeKind = ScopeConstraint::Kind;
  if (constraint.kind == ScopeKind::kAny) return true;
  if (constraint.kind == ScopeKind::kIs ||
      constraint.kind == ScopeKind::kIsIn) {
    if (entity.type != constraint.type) return false;
    if (constraint.kind == ScopeKind::kIs) return true;
  }
  const EntityUid& named = constraint.slot ? *Slot(var) : constraint.entity;
  if (constraint.kind == ScopeKind::kEqual) return entity == named;
  return EntityIn(entity, named);
}

bool Interpreter::ScopeHolds() const {
  bool action = policy_.action.kind == ActionConstraint::Kind::kAny;
  for (const EntityUid& uid : policy_.action.entities) {
    action = action || (policy_.action.kind == ActionConstraint::Kind::kEqual
                            ? request_.action == uid
                            : EntityIn(request_.action, uid));
  }
  return action &&
         ConstraintHolds(policy_.principal, Var::kPrincipal,
                         request_.principal) &&
         ConstraintHolds(policy_.resource, Var::kResource, request_.resource);
}

// Whether the policy is satisfied; nothing: it errs.
absl::optional<bool> IsSatisfied(const Policy& policy, const TemplateLink* link,
                                 const ReferenceRequest& request) {
  const Interpreter interpreter(policy, link, request);
  if (!interpreter.ScopeHolds()) return false;
  for (const Condition& condition : policy.conditions) {
    const Result value = interpreter.Evaluate(condition.body);
    if (!IsBool(value)) return absl::nullopt;
    if (IsTrue(value) == condition.unless) return false;
  }
  return true;
}

}  // namespace

bool ReferenceValue::operator<(const ReferenceValue& o) const {
  if (kind != o.kind) return kind < o.kind;
  switch (kind) {
    case Kind::kString:
    case Kind::kIp:
      return text < o.text;
    case Kind::kEntity:
      return entity < o.entity;
    case Kind::kSet:
      return *set < *o.set;
    case Kind::kRecord:
      return *record < *o.record;
    default:
      return number < o.number;
  }
}

ReferenceValue ReferenceValue::Number(Kind kind, int64_t number) {
  ReferenceValue value;
  value.kind = kind;
  value.number = number;
  return value;
}

ReferenceValue ReferenceValue::Text(Kind kind, std::string text) {
  ReferenceValue value;
  value.kind = kind;
  value.text = std::move(text);
  return value;
}

ReferenceValue ReferenceValue::Of(EntityUid entity) {
  ReferenceValue value;
  value.kind = Kind::kEntity;
  value.entity = std::move(entity);
  return value;
}

ReferenceValue ReferenceValue::Of(Set set) {
  ReferenceValue value;
  value.kind = Kind::kSet;
  value.set = std::make_shared<const Set>(std::move(set));
  return value;
}

ReferenceValue ReferenceValue::Of(Record record) {
  ReferenceValue value;
  value.kind = Kind::kRecord;
  value.record = std::make_shared<const Record>(std::move(record));
  return value;
}

ReferenceAnswer ReferenceAuthorize(const PolicySet& policies,
                                   const ReferenceRequest& request) {
  std::set<std::string> permits;
  std::set<std::string> forbids;
  ReferenceAnswer answer;
  const auto add = [&](const Policy& policy, const TemplateLink* link,
                       const std::string& id) {
    const absl::optional<bool> satisfied = IsSatisfied(policy, link, request);
    if (!satisfied) {
      answer.errors.insert(id);
    } else if (*satisfied) {
      (policy.effect == Effect::kPermit ? permits : forbids).insert(id);
    }
  };
  for (const Policy& policy : policies.policies) {
    add(policy, nullptr, policy.id);
  }
  for (const TemplateLink& link : policies.links) {
    for (const Policy& policy : policies.templates) {
      if (policy.id == link.template_id) add(policy, &link, link.id);
    }
  }
  answer.allow = !permits.empty() && forbids.empty();
  answer.reasons = forbids.empty() ? permits : forbids;
  return answer;
}

}  // namespace tarazy
