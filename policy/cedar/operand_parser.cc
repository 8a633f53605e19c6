// The operands of ExprParser: literals, names, calls, attribute access.

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "policy/cedar/expr_parser.h"
#include "policy/cedar/extension_names.h"
#include "policy/cedar/suggest.h"
#include "policy/cedar/text.h"

namespace tarazy {
namespace {

constexpr uint64_t kMaxLong = 9223372036854775807u;

struct BuiltinMethod {
  absl::string_view name;
  ExprKind kind;
  size_t arguments;
};

constexpr BuiltinMethod kBuiltinMethods[] = {
    {"contains", ExprKind::kContains, 1},
    {"containsAll", ExprKind::kContainsAll, 1},
    {"containsAny", ExprKind::kContainsAny, 1},
    {"isEmpty", ExprKind::kIsEmpty, 0},
    {"getTag", ExprKind::kGetTag, 1},
    {"hasTag", ExprKind::kHasTag, 1},
};

const BuiltinMethod* FindBuiltin(absl::string_view name) {
  for (const BuiltinMethod& method : kBuiltinMethods) {
    if (method.name == name) return &method;
  }
  return nullptr;
}

std::vector<absl::string_view> AllMethods() {
  std::vector<absl::string_view> names = ExtensionMethods();
  for (const BuiltinMethod& method : kBuiltinMethods) {
    names.push_back(method.name);
  }
  return names;
}

// The digits as a number; false when it is over `max`.
bool ParseDigits(absl::string_view digits, uint64_t max, uint64_t* out) {
  uint64_t value = 0;
  for (char c : digits) {
    const uint64_t digit = static_cast<uint64_t>(c - '0');
    if (value > (max - digit) / 10) return false;
    value = value * 10 + digit;
  }
  *out = value;
  return true;
}

bool FindVar(absl::string_view word, Var* var) {
  if (word == "principal") return *var = Var::kPrincipal, true;
  if (word == "action") return *var = Var::kAction, true;
  if (word == "resource") return *var = Var::kResource, true;
  if (word == "context") return *var = Var::kContext, true;
  return false;
}

}  // namespace

ExprParser::Operand ExprParser::ParseNegatedNumber(const Span& minus) {
  const Token digits = stream_.Take();
  const Span span = {minus.begin, digits.span.end};
  uint64_t value = 0;
  if (!ParseDigits(stream_.Text(digits.span), kMaxLong + 1, &value)) {
    stream_.Error("parse/integer-too-large", span, "the number is too small",
                  "the smallest number is `-9223372036854775808`");
  }
  Expr e;
  e.kind = ExprKind::kLong;
  e.number = static_cast<int64_t>(0 - value);
  return Add(std::move(e), span);
}

ExprParser::Operand ExprParser::ParseNumber() {
  const Token digits = stream_.Take();
  uint64_t value = 0;
  if (!ParseDigits(stream_.Text(digits.span), kMaxLong, &value)) {
    stream_.Error("parse/integer-too-large", digits.span,
                  "the number is too large",
                  "the largest number is `9223372036854775807`");
  }
  Expr e;
  e.kind = ExprKind::kLong;
  e.number = static_cast<int64_t>(value);
  return Add(std::move(e), digits.span);
}

ExprParser::Operand ExprParser::ParseMember() {
  Operand operand = ParsePrimary();
  while (operand.ok()) {
    if (stream_.At(TokenKind::kDot)) {
      operand = ParseAttribute(operand);
    } else if (stream_.At(TokenKind::kLeftBracket)) {
      operand = ParseIndex(operand);
    } else if (stream_.At(TokenKind::kLeftParen)) {
      operand = ParseWrongCall(operand);
    } else {
      break;
    }
  }
  return operand;
}

ExprParser::Operand ExprParser::ParseAttribute(Operand of) {
  stream_.Take();
  if (!stream_.At(TokenKind::kWord)) {
    stream_.Unexpected("an attribute or a method");
    return {};
  }
  const Token name = stream_.Take();
  const absl::string_view word = stream_.Text(name.span);
  stream_.CheckNotReserved(
      name, absl::StrCat("write it as a string: `[\"", word, "\"]`"));
  if (stream_.TakeIf(TokenKind::kLeftParen)) {
    std::vector<ExprId> args;
    if (!ParseList(TokenKind::kRightParen, "`,` or `)`", &args)) return {};
    return BuildMethod(of, name, std::move(args));
  }
  Expr e;
  e.kind = ExprKind::kGetAttr;
  e.args = {of.id};
  e.text = std::string(word);
  return Add(std::move(e), {of.span.begin, name.span.end});
}

ExprParser::Operand ExprParser::BuildMethod(const Operand& of,
                                            const Token& name,
                                            std::vector<ExprId> args) {
  const absl::string_view word = stream_.Text(name.span);
  const Span span = {of.span.begin, stream_.last_end()};
  Expr e;
  if (const BuiltinMethod* builtin = FindBuiltin(word)) {
    if (args.size() != builtin->arguments) {
      stream_.Error(
          "parse/arguments", name.span,
          absl::StrCat("`", word, "` takes ",
                       builtin->arguments == 0 ? "no argument" : "one argument",
                       ", not ", args.size()));
      return StandIn(span);
    }
    e.kind = builtin->kind;
  } else if (IsExtensionMethod(word)) {
    e.kind = ExprKind::kCall;
    e.method = true;
    e.text = std::string(word);
  } else {
    if (IsExtensionFunction(word)) {
      stream_.Error("parse/not-a-method", name.span,
                    absl::StrCat("`", word, "` is a function, not a method"),
                    absl::StrCat("write `", word, "(…)`"));
    } else {
      stream_.Error("parse/unknown-method", name.span,
                    absl::StrCat("there is no method `", word, "`"),
                    DidYouMean(word, AllMethods()));
    }
    return StandIn(span);
  }
  e.args = {of.id};
  e.args.insert(e.args.end(), args.begin(), args.end());
  return Add(std::move(e), span);
}

ExprParser::Operand ExprParser::ParseIndex(Operand of) {
  stream_.Take();
  if (!stream_.At(TokenKind::kString)) {
    stream_.Unexpected("an attribute name in double quotes");
    return {};
  }
  Expr e;
  e.kind = ExprKind::kGetAttr;
  e.args = {of.id};
  e.text = stream_.StringValue(stream_.Take());
  if (!stream_.Expect(TokenKind::kRightBracket, "`]`")) return {};
  return Add(std::move(e), {of.span.begin, stream_.last_end()});
}

ExprParser::Operand ExprParser::ParseWrongCall(Operand of) {
  stream_.Error("parse/call", of.span, "only functions and methods are called",
                "a call is `name(…)` or `value.name(…)`");
  stream_.Take();
  std::vector<ExprId> args;
  if (!ParseList(TokenKind::kRightParen, "`,` or `)`", &args)) return {};
  return StandIn({of.span.begin, stream_.last_end()});
}

ExprParser::Operand ExprParser::ParsePrimary() {
  switch (stream_.token().kind) {
    case TokenKind::kNumber:
      return ParseNumber();
    case TokenKind::kWord:
      return ParseWord();
    case TokenKind::kSlot:
      return ParseSlot();
    case TokenKind::kLeftParen:
      return ParseParenthesised();
    case TokenKind::kLeftBracket:
      return ParseSet();
    case TokenKind::kLeftBrace:
      return ParseRecord();
    case TokenKind::kString: {
      const Token token = stream_.Take();
      Expr e;
      e.kind = ExprKind::kString;
      e.text = stream_.StringValue(token);
      return Add(std::move(e), token.span);
    }
    default:
      stream_.Unexpected("an expression");
      return {};
  }
}

ExprParser::Operand ExprParser::ParseParenthesised() {
  const uint32_t begin = stream_.Take().span.begin;
  Operand inner = ParseExpr();
  if (!inner.ok() || !stream_.Expect(TokenKind::kRightParen, "`)`")) return {};
  inner.span = {begin, stream_.last_end()};
  return inner;
}

ExprParser::Operand ExprParser::ParseSlot() {
  const Token token = stream_.Take();
  const absl::string_view slot = stream_.Text(token.span);
  if (slot != "?principal" && slot != "?resource") {
    stream_.Error("parse/slot", token.span,
                  absl::StrCat("there is no slot `", slot, "`"),
                  "the slots are `?principal` and `?resource`");
    return StandIn(token.span);
  }
  slots_.push_back(token.span);
  Expr e;
  e.kind = ExprKind::kSlot;
  e.number = static_cast<int64_t>(slot == "?principal" ? Var::kPrincipal
                                                       : Var::kResource);
  return Add(std::move(e), token.span);
}

ExprParser::Operand ExprParser::ParseSet() {
  const uint32_t begin = stream_.Take().span.begin;
  Expr e;
  e.kind = ExprKind::kSet;
  if (!ParseList(TokenKind::kRightBracket, "`,` or `]`", &e.args)) return {};
  return Add(std::move(e), {begin, stream_.last_end()});
}

bool ExprParser::ParseKey(std::string* key) {
  if (stream_.At(TokenKind::kString)) {
    *key = stream_.StringValue(stream_.Take());
    return true;
  }
  if (!stream_.At(TokenKind::kWord)) {
    stream_.Unexpected("an attribute name, or a string, or `}`");
    return false;
  }
  const Token name = stream_.Take();
  *key = std::string(stream_.Text(name.span));
  stream_.CheckNotReserved(
      name, absl::StrCat("write it as a string: `\"", *key, "\"`"));
  return true;
}

ExprParser::Operand ExprParser::ParseRecord() {
  const uint32_t begin = stream_.Take().span.begin;
  Expr e;
  e.kind = ExprKind::kRecord;
  absl::flat_hash_set<std::string> seen;
  while (!stream_.TakeIf(TokenKind::kRightBrace)) {
    const Span key_span = stream_.token().span;
    std::string key;
    if (!ParseKey(&key)) return {};
    if (!stream_.Expect(TokenKind::kColon, "`:` and a value")) return {};
    const Operand value = ParseExpr();
    if (!value.ok()) return {};
    if (!seen.insert(key).second) {
      stream_.Error("parse/duplicate-key", key_span,
                    absl::StrCat("the record has two values for `",
                                 EscapeString(key), "`"));
    }
    e.path.push_back(std::move(key));
    e.args.push_back(value.id);
    if (stream_.At(TokenKind::kRightBrace)) continue;
    if (!stream_.Expect(TokenKind::kComma, "`,` or `}`")) return {};
  }
  return Add(std::move(e), {begin, stream_.last_end()});
}

ExprParser::Operand ExprParser::ParseWord() {
  const absl::string_view word = stream_.text();
  const bool path = stream_.AheadIs(TokenKind::kDoubleColon);
  if (!path && (word == "true" || word == "false")) {
    Expr e;
    e.kind = ExprKind::kBool;
    e.number = word == "true" ? 1 : 0;
    return Add(std::move(e), stream_.Take().span);
  }
  if (!path && word == "if") {
    stream_.Unexpected("an operand; an `if` here needs parentheses");
    return {};
  }
  if (!path && IsReservedWord(word)) {
    stream_.Unexpected("an expression");
    return {};
  }
  EntityPath name;
  if (!stream_.TakePath(&name)) return {};
  Expr e;
  if (name.has_id) {
    e.kind = ExprKind::kEntity;
    e.text = std::move(name.name);
    e.text2 = std::move(name.id);
    return Add(std::move(e), name.span);
  }
  Var var;
  if (!name.qualified && FindVar(name.name, &var)) {
    if (stream_.At(TokenKind::kLeftParen)) {
      return ParseWrongCall({0, name.span});
    }
    e.kind = ExprKind::kVar;
    e.number = static_cast<int64_t>(var);
    return Add(std::move(e), name.span);
  }
  if (stream_.At(TokenKind::kLeftParen)) return ParseFunction(name);
  return UnknownVariable(name);
}

ExprParser::Operand ExprParser::ParseFunction(const EntityPath& path) {
  stream_.Take();
  Expr e;
  e.kind = ExprKind::kCall;
  if (!ParseList(TokenKind::kRightParen, "`,` or `)`", &e.args)) return {};
  const Span span = {path.span.begin, stream_.last_end()};
  if (IsExtensionFunction(path.name)) {
    e.text = path.name;
    return Add(std::move(e), span);
  }
  if (FindBuiltin(path.name) != nullptr || IsExtensionMethod(path.name)) {
    stream_.Error("parse/not-a-function", path.span,
                  absl::StrCat("`", path.name, "` is a method, not a function"),
                  absl::StrCat("write `value.", path.name, "(…)`"));
  } else {
    stream_.Error("parse/unknown-function", path.span,
                  absl::StrCat("there is no function `", path.name, "`"),
                  DidYouMean(path.name, ExtensionFunctions()));
  }
  return StandIn(span);
}

ExprParser::Operand ExprParser::UnknownVariable(const EntityPath& path) {
  std::string help = DidYouMean(path.name, {"principal", "action", "resource",
                                            "context", "true", "false"});
  if (help.empty()) {
    help = absl::StrCat(
        "the variables are `principal`, `action`, `resource` and `context`; a "
        "string stands in double quotes, an entity is `Type::\"id\"`");
  }
  stream_.Error("parse/unknown-variable", path.span,
                absl::StrCat("there is no variable `", path.name, "`"), help);
  return StandIn(path.span);
}

}  // namespace tarazy
