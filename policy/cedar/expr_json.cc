// Writing expressions; the names of operators for both ways.

#include "policy/cedar/expr_json.h"

#include <algorithm>
#include <numeric>

#include "policy/cedar/text.h"

namespace tarazy {
namespace {

constexpr absl::string_view kVars[] = {"principal", "action", "resource",
                                       "context"};

}  // namespace

void ExprJsonWriter::Write(ExprId id) {
  const Expr& e = pool_[id];
  out_.BeginObject();
  switch (e.kind) {
    case ExprKind::kBool:
    case ExprKind::kLong:
    case ExprKind::kString:
    case ExprKind::kEntity:
      WriteLiteral(e);
      break;
    case ExprKind::kVar:
      WriteText("Var", kVars[e.number]);
      break;
    case ExprKind::kSlot:
      WriteText("Slot", e.number == 0 ? "?principal" : "?resource");
      break;
    case ExprKind::kGetAttr:
      WriteGetAttr(e);
      break;
    case ExprKind::kHas:
      if (IsSpelledOut(e, costs_)) {
        WriteHas(e, e.path.size());
      } else {
        WritePathTest(e);
      }
      break;
    case ExprKind::kLike:
      WriteLike(e);
      break;
    case ExprKind::kIs:
    case ExprKind::kIsIn:
      WriteIs(e);
      break;
    case ExprKind::kIf:
      WriteKeyed("if-then-else", {"if", "then", "else"}, e);
      break;
    case ExprKind::kSet:
      WriteList("Set", e);
      break;
    case ExprKind::kRecord:
      WriteRecord(e);
      break;
    case ExprKind::kCall:
      WriteList(e.text, e);
      break;
    default:
      WriteKeyed(OperatorJsonKey(e.kind),
                 e.args.size() == 1
                     ? std::vector<absl::string_view>{"arg"}
                     : std::vector<absl::string_view>{"left", "right"},
                 e);
  }
  out_.EndObject();
}

// Nodes that are written for each node of `pool`.
std::vector<uint64_t> ExprJsonWriter::Costs(const ExprPool& pool) {
  std::vector<uint64_t> costs;
  costs.reserve(pool.size());
  for (const Expr& e : pool) {
    uint64_t cost = 1 + e.path.size();
    for (ExprId arg : e.args) cost += costs[arg];
    if (IsSpelledOut(e, costs)) {
      cost = e.path.size() * (costs[e.args[0]] + e.path.size());
    }
    costs.push_back(cost);
  }
  return costs;
}

// Whether a `has` is written as its chain of `&&`. The chain repeats the
// operand for each name, so that paths within paths would take exponential
// space; those are written as a list of names, which means the same.
bool ExprJsonWriter::IsSpelledOut(const Expr& e,
                                  const std::vector<uint64_t>& costs) {
  constexpr uint64_t kMaxNames = 64, kMaxCost = 100000;
  return e.kind == ExprKind::kHas && e.path.size() <= kMaxNames &&
         (e.path.size() == 1 ||
          e.path.size() * (costs[e.args[0]] + e.path.size()) <= kMaxCost);
}

void ExprJsonWriter::WritePathTest(const Expr& e) {
  out_.Key("has");
  out_.BeginObject();
  WriteArg("left", e.args[0]);
  out_.Key("attr");
  out_.BeginArray();
  for (const std::string& name : e.path) out_.String(name);
  out_.EndArray();
  out_.EndObject();
}

void ExprJsonWriter::WriteText(absl::string_view key, absl::string_view text) {
  out_.Key(key);
  out_.String(text);
}

void ExprJsonWriter::WriteArg(absl::string_view key, ExprId arg) {
  out_.Key(key);
  Write(arg);
}

void ExprJsonWriter::WriteKeyed(absl::string_view key,
                                const std::vector<absl::string_view>& names,
                                const Expr& e) {
  out_.Key(key);
  out_.BeginObject();
  for (size_t i = 0; i < names.size(); ++i) WriteArg(names[i], e.args[i]);
  out_.EndObject();
}

void ExprJsonWriter::WriteLiteral(const Expr& e) {
  out_.Key("Value");
  switch (e.kind) {
    case ExprKind::kBool:
      out_.Bool(e.number != 0);
      break;
    case ExprKind::kLong:
      out_.Long(e.number);
      break;
    case ExprKind::kString:
      out_.String(e.text);
      break;
    default:
      out_.BeginObject();
      out_.Key("__entity");
      out_.BeginObject();
      WriteText("type", e.text);
      WriteText("id", e.text2);
      out_.EndObject();
      out_.EndObject();
  }
}

void ExprJsonWriter::WriteGetAttr(const Expr& e) {
  out_.Key(".");
  out_.BeginObject();
  WriteArg("left", e.args[0]);
  WriteText("attr", e.text);
  out_.EndObject();
}

// `x.a.b`, the first `count` names of the path after the operand.
void ExprJsonWriter::WritePath(const Expr& e, size_t count) {
  if (count == 0) {
    Write(e.args[0]);
    return;
  }
  out_.BeginObject();
  out_.Key(".");
  out_.BeginObject();
  out_.Key("left");
  WritePath(e, count - 1);
  WriteText("attr", e.path[count - 1]);
  out_.EndObject();
  out_.EndObject();
}

// `x has a.b.c` as `x has a && x.a has b && x.a.b has c`, its first `count`
// names.
void ExprJsonWriter::WriteHas(const Expr& e, size_t count) {
  if (count > 1) {
    out_.Key("&&");
    out_.BeginObject();
    out_.Key("left");
    out_.BeginObject();
    WriteHas(e, count - 1);
    out_.EndObject();
    out_.Key("right");
    out_.BeginObject();
  }
  out_.Key("has");
  out_.BeginObject();
  out_.Key("left");
  WritePath(e, count - 1);
  WriteText("attr", e.path[count - 1]);
  out_.EndObject();
  if (count > 1) {
    out_.EndObject();
    out_.EndObject();
  }
}

void ExprJsonWriter::WriteLike(const Expr& e) {
  out_.Key("like");
  out_.BeginObject();
  WriteArg("left", e.args[0]);
  out_.Key("pattern");
  out_.BeginArray();
  for (const PatternElement& element : e.pattern) {
    if (element.wildcard) {
      out_.String("Wildcard");
      continue;
    }
    std::string text;
    AppendUtf8(element.code_point, &text);
    out_.BeginObject();
    WriteText("Literal", text);
    out_.EndObject();
  }
  out_.EndArray();
  out_.EndObject();
}

void ExprJsonWriter::WriteIs(const Expr& e) {
  out_.Key("is");
  out_.BeginObject();
  WriteArg("left", e.args[0]);
  WriteText("entity_type", e.text);
  if (e.kind == ExprKind::kIsIn) WriteArg("in", e.args[1]);
  out_.EndObject();
}

void ExprJsonWriter::WriteList(absl::string_view key, const Expr& e) {
  out_.Key(key);
  out_.BeginArray();
  for (ExprId arg : e.args) Write(arg);
  out_.EndArray();
}

void ExprJsonWriter::WriteRecord(const Expr& e) {
  std::vector<size_t> order(e.path.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return e.path[a] < e.path[b]; });
  out_.Key("Record");
  out_.BeginObject();
  for (size_t i : order) WriteArg(e.path[i], e.args[i]);
  out_.EndObject();
}

absl::string_view OperatorJsonKey(ExprKind kind) {
  switch (kind) {
    case ExprKind::kNot:
      return "!";
    case ExprKind::kNegate:
      return "neg";
    case ExprKind::kIsEmpty:
      return "isEmpty";
    case ExprKind::kAnd:
      return "&&";
    case ExprKind::kOr:
      return "||";
    case ExprKind::kEqual:
      return "==";
    case ExprKind::kNotEqual:
      return "!=";
    case ExprKind::kLess:
      return "<";
    case ExprKind::kLessEqual:
      return "<=";
    case ExprKind::kGreater:
      return ">";
    case ExprKind::kGreaterEqual:
      return ">=";
    case ExprKind::kIn:
      return "in";
    case ExprKind::kAdd:
      return "+";
    case ExprKind::kSubtract:
      return "-";
    case ExprKind::kMultiply:
      return "*";
    case ExprKind::kContains:
      return "contains";
    case ExprKind::kContainsAll:
      return "containsAll";
    case ExprKind::kContainsAny:
      return "containsAny";
    case ExprKind::kGetTag:
      return "getTag";
    case ExprKind::kHasTag:
      return "hasTag";
    default:
      return "";
  }
}

}  // namespace tarazy
