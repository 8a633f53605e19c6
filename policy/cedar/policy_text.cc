#include "policy/cedar/policy_text.h"

#include <algorithm>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "policy/cedar/expr_json.h"
#include "policy/cedar/extension_names.h"
#include "policy/cedar/text.h"

namespace tarazy {
namespace {

constexpr absl::string_view kVars[] = {"principal", "action", "resource",
                                       "context"};

// How tightly an expression binds; a looser one in a tighter place needs
// parentheses.
enum Level : int { kIf, kOr, kAnd, kRelation, kSum, kProduct, kUnary, kMember };

Level LevelOf(const Expr& e) {
  switch (e.kind) {
    case ExprKind::kIf:
      return kIf;
    case ExprKind::kOr:
      return kOr;
    case ExprKind::kAnd:
      return kAnd;
    case ExprKind::kEqual:
    case ExprKind::kNotEqual:
    case ExprKind::kLess:
    case ExprKind::kLessEqual:
    case ExprKind::kGreater:
    case ExprKind::kGreaterEqual:
    case ExprKind::kIn:
    case ExprKind::kHas:
    case ExprKind::kLike:
    case ExprKind::kIs:
    case ExprKind::kIsIn:
      return kRelation;
    case ExprKind::kAdd:
    case ExprKind::kSubtract:
      return kSum;
    case ExprKind::kMultiply:
      return kProduct;
    case ExprKind::kNot:
    case ExprKind::kNegate:
      return kUnary;
    case ExprKind::kLong:
      return e.number < 0 ? kUnary : kMember;
    default:
      return kMember;
  }
}

bool IsPlainName(absl::string_view name) {
  return IsIdentifier(name) && !IsReservedWord(name);
}

std::string Quoted(absl::string_view text) {
  return absl::StrCat("\"", EscapeString(text), "\"");
}

std::string NameOrString(absl::string_view name) {
  return IsPlainName(name) ? std::string(name) : Quoted(name);
}

std::string Attribute(absl::string_view name) {
  return IsPlainName(name) ? absl::StrCat(".", name)
                           : absl::StrCat("[", Quoted(name), "]");
}

class ExprPrinter {
 public:
  ExprPrinter(const ExprPool& pool, std::string* out)
      : pool_(pool), out_(*out) {}

  // What can't be said ends up in status().
  void Print(ExprId id, Level place) {
    if (!status_.ok()) return;
    if (out_.size() > kMaxPolicyText) {
      status_ = absl::InvalidArgumentError(absl::StrCat(
          "the policy's text is over the limit of ", kMaxPolicyText, " bytes"));
      return;
    }
    const Expr& e = pool_[id];
    const bool chain = IsChainOfHas(e);
    const bool parentheses = (chain ? kAnd : LevelOf(e)) < place;
    if (parentheses) out_ += "(";
    if (chain) {
      PrintChainOfHas(e);
    } else {
      PrintBare(e);
    }
    if (parentheses) out_ += ")";
  }

  const absl::Status& status() const { return status_; }

 private:
  static bool IsChainOfHas(const Expr& e) {
    return e.kind == ExprKind::kHas && e.path.size() > 1 &&
           !std::all_of(e.path.begin(), e.path.end(), IsPlainName);
  }

  void PrintBare(const Expr& e) {
    switch (e.kind) {
      case ExprKind::kBool:
        out_ += e.number != 0 ? "true" : "false";
        break;
      case ExprKind::kLong:
        absl::StrAppend(&out_, e.number);
        break;
      case ExprKind::kString:
        out_ += Quoted(e.text);
        break;
      case ExprKind::kEntity:
        out_ += ToString(EntityUid{e.text, e.text2});
        break;
      case ExprKind::kVar:
        absl::StrAppend(&out_, kVars[e.number]);
        break;
      case ExprKind::kSlot:
        absl::StrAppend(&out_, "?", kVars[e.number]);
        break;
      case ExprKind::kNot:
      case ExprKind::kNegate:
        PrintUnary(e);
        break;
      case ExprKind::kGetAttr:
        Print(e.args[0], kMember);
        out_ += Attribute(e.text);
        break;
      case ExprKind::kHas:
        PrintHas(e);
        break;
      case ExprKind::kLike:
        Print(e.args[0], kSum);
        absl::StrAppend(&out_, " like \"", EscapePattern(e.pattern), "\"");
        break;
      case ExprKind::kIs:
      case ExprKind::kIsIn:
        PrintIs(e);
        break;
      case ExprKind::kIf:
        PrintIf(e);
        break;
      case ExprKind::kSet:
        out_ += "[";
        PrintList(e.args, 0);
        out_ += "]";
        break;
      case ExprKind::kRecord:
        PrintRecord(e);
        break;
      case ExprKind::kCall:
        PrintCall(e);
        break;
      case ExprKind::kIsEmpty:
      case ExprKind::kContains:
      case ExprKind::kContainsAll:
      case ExprKind::kContainsAny:
      case ExprKind::kGetTag:
      case ExprKind::kHasTag:
        PrintMethod(OperatorJsonKey(e.kind), e);
        break;
      default:
        PrintBinary(e);
    }
  }

  // Parentheses keep `-(1)` and `-(-x)` what they are: `-1` is a number, and
  // signs are limited to four.
  void PrintUnary(const Expr& e) {
    out_ += e.kind == ExprKind::kNot ? "!" : "-";
    const bool number = pool_[e.args[0]].kind == ExprKind::kLong;
    if (number) out_ += "(";
    Print(e.args[0], number ? kIf : kMember);
    if (number) out_ += ")";
  }

  void PrintBinary(const Expr& e) {
    const Level level = LevelOf(e);
    // Relations don't chain; the others lean to the left.
    Print(e.args[0], level == kRelation ? kSum : level);
    absl::StrAppend(&out_, " ", OperatorJsonKey(e.kind), " ");
    Print(e.args[1], static_cast<Level>(level + 1));
  }

  void PrintHas(const Expr& e) {
    Print(e.args[0], kSum);
    out_ += " has ";
    for (size_t i = 0; i < e.path.size(); ++i) {
      absl::StrAppend(&out_, i > 0 ? "." : "", NameOrString(e.path[i]));
    }
  }

  // `x has "a b" && x["a b"] has c`.
  void PrintChainOfHas(const Expr& e) {
    for (size_t i = 0; i < e.path.size(); ++i) {
      if (i > 0) out_ += " && ";
      Print(e.args[0], i > 0 ? kMember : kSum);
      for (size_t k = 0; k < i; ++k) out_ += Attribute(e.path[k]);
      absl::StrAppend(&out_, " has ", NameOrString(e.path[i]));
    }
  }

  void PrintIs(const Expr& e) {
    Print(e.args[0], kSum);
    absl::StrAppend(&out_, " is ", e.text);
    if (e.kind == ExprKind::kIs) return;
    out_ += " in ";
    Print(e.args[1], kSum);
  }

  void PrintIf(const Expr& e) {
    static constexpr absl::string_view kWords[] = {"if ", " then ", " else "};
    for (size_t i = 0; i < 3; ++i) {
      absl::StrAppend(&out_, kWords[i]);
      Print(e.args[i], kIf);
    }
  }

  void PrintRecord(const Expr& e) {
    out_ += "{";
    for (size_t i = 0; i < e.args.size(); ++i) {
      absl::StrAppend(&out_, i > 0 ? ", " : "", NameOrString(e.path[i]), ": ");
      Print(e.args[i], kIf);
    }
    out_ += "}";
  }

  void PrintList(const std::vector<ExprId>& args, size_t from) {
    for (size_t i = from; i < args.size(); ++i) {
      if (i > from) out_ += ", ";
      Print(args[i], kIf);
    }
  }

  void PrintMethod(absl::string_view name, const Expr& e) {
    Print(e.args[0], kMember);
    absl::StrAppend(&out_, ".", name, "(");
    PrintList(e.args, 1);
    out_ += ")";
  }

  void PrintCall(const Expr& e) {
    if (e.method) {
      PrintMethod(e.text, e);
      return;
    }
    if (IsExtensionMethod(e.text)) {
      status_ = absl::InvalidArgumentError(absl::StrCat(
          "the method `", e.text, "` has nothing to be called on"));
      return;
    }
    absl::StrAppend(&out_, e.text, "(");
    PrintList(e.args, 0);
    out_ += ")";
  }

  const ExprPool& pool_;
  std::string& out_;
  absl::Status status_;
};

std::string Target(absl::string_view variable, const ScopeConstraint& c) {
  return c.slot ? absl::StrCat("?", variable) : ToString(c.entity);
}

std::string Constraint(absl::string_view variable, const ScopeConstraint& c) {
  using Kind = ScopeConstraint::Kind;
  switch (c.kind) {
    case Kind::kAny:
      break;
    case Kind::kEqual:
      return absl::StrCat(variable, " == ", Target(variable, c));
    case Kind::kIn:
      return absl::StrCat(variable, " in ", Target(variable, c));
    case Kind::kIs:
      return absl::StrCat(variable, " is ", c.type);
    case Kind::kIsIn:
      return absl::StrCat(variable, " is ", c.type, " in ",
                          Target(variable, c));
  }
  return std::string(variable);
}

std::string Constraint(const ActionConstraint& c) {
  using Kind = ActionConstraint::Kind;
  if (c.kind == Kind::kAny) return "action";
  const bool list = c.list || c.entities.size() != 1;
  std::string out = c.kind == Kind::kEqual ? "action == " : "action in ";
  if (list) out += "[";
  for (size_t i = 0; i < c.entities.size(); ++i) {
    absl::StrAppend(&out, i > 0 ? ", " : "", ToString(c.entities[i]));
  }
  if (list) out += "]";
  return out;
}

}  // namespace

absl::StatusOr<std::string> ExprToText(const ExprPool& pool, ExprId root) {
  std::string out;
  ExprPrinter printer(pool, &out);
  printer.Print(root, kIf);
  if (!printer.status().ok()) return printer.status();
  return out;
}

absl::StatusOr<std::string> PolicyToText(const Policy& policy) {
  std::string out;
  for (const Annotation& a : policy.annotations) {
    absl::StrAppend(&out, "@", a.name);
    if (a.has_value) absl::StrAppend(&out, "(", Quoted(a.value), ")");
    out += " ";
  }
  absl::StrAppend(&out, policy.effect == Effect::kPermit ? "permit" : "forbid",
                  " (", Constraint("principal", policy.principal), ", ",
                  Constraint(policy.action), ", ",
                  Constraint("resource", policy.resource), ")");
  ExprPrinter printer(policy.exprs, &out);
  for (const Condition& condition : policy.conditions) {
    out += condition.unless ? " unless { " : " when { ";
    printer.Print(condition.body, kIf);
    out += " }";
  }
  if (!printer.status().ok()) return printer.status();
  return out + ";";
}

absl::StatusOr<std::string> PolicySetToText(const PolicySet& set) {
  if (!set.links.empty()) {
    return absl::InvalidArgumentError(
        "the set has template links, which have no text");
  }
  std::string out;
  for (const std::vector<Policy>* list : {&set.policies, &set.templates}) {
    for (const Policy& policy : *list) {
      const absl::StatusOr<std::string> text = PolicyToText(policy);
      if (!text.ok()) {
        return absl::InvalidArgumentError(
            absl::StrCat("policy `", EscapeString(policy.id),
                         "`: ", text.status().message()));
      }
      absl::StrAppend(&out, *text, "\n");
    }
  }
  return out;
}

}  // namespace tarazy
