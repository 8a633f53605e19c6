#include "policy/cedar/validator_core.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"

namespace tarazy {

namespace {

class CoreMaker {
 public:
  explicit CoreMaker(const Policy& policy) : policy_(policy) {}

  CorePolicy Make() {
    AddScope(policy_.principal, Var::kPrincipal);
    AddAction();
    AddScope(policy_.resource, Var::kResource);
    copies_.reserve(policy_.exprs.size());
    for (const Expr& e : policy_.exprs) copies_.push_back(Copy(e));
    for (const Condition& condition : policy_.conditions) {
      const ExprId body = copies_[condition.body];
      core_.conjuncts.push_back(
          condition.unless ? Unary(ExprKind::kNot, body, condition.span)
                           : body);
    }
    return std::move(core_);
  }

 private:
  static Expr Node(ExprKind kind, Span span) {
    Expr e;
    e.kind = kind;
    e.span = span;
    return e;
  }

  ExprId Add(Expr e) {
    core_.shapes.push_back(ShapeOf(e));
    core_.name_shapes.push_back(e.kind == ExprKind::kHas ? NameShape(e.path[0])
                                : e.kind == ExprKind::kGetAttr
                                    ? NameShape(e.text)
                                    : 0);
    core_.exprs.push_back(std::move(e));
    return static_cast<ExprId>(core_.exprs.size() - 1);
  }

  ExprId Unary(ExprKind kind, ExprId a, Span span) {
    Expr e = Node(kind, span);
    e.args = {a};
    return Add(std::move(e));
  }

  ExprId Binary(ExprKind kind, ExprId a, ExprId b, Span span) {
    Expr e = Node(kind, span);
    e.args = {a, b};
    return Add(std::move(e));
  }

  ExprId Variable(Var var, Span span) {
    Expr e = Node(ExprKind::kVar, span);
    e.number = static_cast<int64_t>(var);
    return Add(std::move(e));
  }

  ExprId Entity(const EntityUid& uid, Span span) {
    Expr e = Node(ExprKind::kEntity, span);
    e.text = uid.type;
    e.text2 = uid.id;
    return Add(std::move(e));
  }

  ExprId Is(ExprId a, const std::string& type, Span span) {
    Expr e = Node(ExprKind::kIs, span);
    e.args = {a};
    e.text = type;
    return Add(std::move(e));
  }

  void AddScope(const ScopeConstraint& scope, Var var) {
    using Kind = ScopeConstraint::Kind;
    if (scope.kind == Kind::kAny) return;
    const ExprId variable = Variable(var, scope.span);
    ExprId entity = 0;
    if (scope.slot) {
      Expr slot = Node(ExprKind::kSlot, scope.span);
      slot.number = static_cast<int64_t>(var);
      entity = Add(std::move(slot));
    } else if (scope.kind != Kind::kIs) {
      entity = Entity(scope.entity, scope.span);
    }
    ExprId root = 0;
    if (scope.kind == Kind::kEqual) {
      root = Binary(ExprKind::kEqual, variable, entity, scope.span);
    } else if (scope.kind == Kind::kIn) {
      root = Binary(ExprKind::kIn, variable, entity, scope.span);
    } else {
      root = Is(variable, scope.type, scope.span);
    }
    if (scope.kind == Kind::kIsIn) {
      const ExprId in = Binary(ExprKind::kIn, variable, entity, scope.span);
      root = Binary(ExprKind::kAnd, root, in, scope.span);
    }
    core_.conjuncts.push_back(root);
  }

  void AddAction() {
    const ActionConstraint& scope = policy_.action;
    if (scope.kind == ActionConstraint::Kind::kAny) return;
    const ExprId variable = Variable(Var::kAction, scope.span);
    if (scope.kind == ActionConstraint::Kind::kEqual) {
      const ExprId action = Entity(scope.entities[0], scope.span);
      core_.conjuncts.push_back(
          Binary(ExprKind::kEqual, variable, action, scope.span));
      return;
    }
    Expr set = Node(ExprKind::kSet, scope.span);
    for (const EntityUid& uid : scope.entities) {
      set.args.push_back(Entity(uid, scope.span));
    }
    const ExprId groups = Add(std::move(set));
    core_.conjuncts.push_back(
        Binary(ExprKind::kIn, variable, groups, scope.span));
  }

  ExprId Copy(const Expr& from) {
    Expr e = from;
    for (ExprId& arg : e.args) arg = copies_[arg];
    switch (e.kind) {
      case ExprKind::kNotEqual:
        return Negated(ExprKind::kEqual, std::move(e));
      case ExprKind::kGreater:
        return Negated(ExprKind::kLessEqual, std::move(e));
      case ExprKind::kGreaterEqual:
        return Negated(ExprKind::kLess, std::move(e));
      case ExprKind::kIsIn: {
        const ExprId is = Is(e.args[0], e.text, e.span);
        const ExprId in = Binary(ExprKind::kIn, e.args[0], e.args[1], e.span);
        return Binary(ExprKind::kAnd, is, in, e.span);
      }
      case ExprKind::kHas:
        return CopyHas(e);
      case ExprKind::kAnd:
      case ExprKind::kOr:
        return AndOr(std::move(e));
      default:
        return Add(std::move(e));
    }
  }

  // Of two literals the language makes one: `(true && false) == false`
  // compares literals.
  ExprId AndOr(Expr e) {
    const Expr& a = core_.exprs[e.args[0]];
    const Expr& b = core_.exprs[e.args[1]];
    if (a.kind != ExprKind::kBool || b.kind != ExprKind::kBool) {
      return Add(std::move(e));
    }
    Expr folded = Node(ExprKind::kBool, e.span);
    folded.number =
        e.kind == ExprKind::kAnd ? a.number & b.number : a.number | b.number;
    return Add(std::move(folded));
  }

  ExprId Negated(ExprKind kind, Expr e) {
    e.kind = kind;
    const Span span = e.span;
    return Unary(ExprKind::kNot, Add(std::move(e)), span);
  }

  // `x has a.b.c` is `(x has a && x.a has b) && x.a.b has c`.
  ExprId CopyHas(const Expr& e) {
    ExprId target = e.args[0];
    ExprId all = 0;
    for (size_t i = 0; i < e.path.size(); ++i) {
      Expr has = Node(ExprKind::kHas, e.span);
      has.args = {target};
      has.path = {e.path[i]};
      const ExprId one = Add(std::move(has));
      all = i == 0 ? one : Binary(ExprKind::kAnd, all, one, e.span);
      if (i + 1 == e.path.size()) break;
      Expr get = Node(ExprKind::kGetAttr, e.span);
      get.args = {target};
      get.text = e.path[i];
      target = Add(std::move(get));
    }
    return all;
  }

  uint32_t NameShape(const std::string& name) {
    Expr e = Node(ExprKind::kString, {});
    e.text = name;
    return ShapeOf(e);
  }

  // Equal keys for equal expressions. Fields of any text are preceded by
  // their length.
  uint32_t ShapeOf(const Expr& e) {
    std::string key = absl::StrCat(static_cast<int>(e.kind), " ", e.number);
    auto add = [&key](absl::string_view text) {
      absl::StrAppend(&key, " ", text.size(), ":", text);
    };
    add(e.text);
    add(e.text2);
    std::vector<size_t> order(e.args.size());
    std::iota(order.begin(), order.end(), 0);
    if (e.kind == ExprKind::kRecord) {
      std::sort(order.begin(), order.end(),
                [&](size_t a, size_t b) { return e.path[a] < e.path[b]; });
      for (size_t i : order) add(e.path[i]);
    } else {
      for (const std::string& name : e.path) add(name);
    }
    for (size_t i : order) {
      absl::StrAppend(&key, " #", core_.shapes[e.args[i]]);
    }
    for (const PatternElement& p : e.pattern) {
      absl::StrAppend(&key, p.wildcard ? " *" : " ",
                      static_cast<uint32_t>(p.code_point));
    }
    const uint32_t next = static_cast<uint32_t>(shape_numbers_.size());
    return shape_numbers_.try_emplace(std::move(key), next).first->second;
  }

  const Policy& policy_;
  CorePolicy core_;
  // For each expression of the policy, what stands for it in the core.
  std::vector<ExprId> copies_;
  absl::flat_hash_map<std::string, uint32_t> shape_numbers_;
};

}  // namespace

CorePolicy MakeCore(const Policy& policy) { return CoreMaker(policy).Make(); }

}  // namespace tarazy
