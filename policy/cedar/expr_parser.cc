#include "policy/cedar/expr_parser.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace tarazy {
namespace {

enum Level : int {
  kNoLevel = 0,
  kOrLevel,
  kAndLevel,
  kRelationLevel,
  kSumLevel,
  kProductLevel,
};

bool IsRelationWord(absl::string_view word) {
  return word == "in" || word == "has" || word == "like" || word == "is";
}

int LevelOf(const TokenStream& stream) {
  switch (stream.token().kind) {
    case TokenKind::kOr:
      return kOrLevel;
    case TokenKind::kAnd:
      return kAndLevel;
    case TokenKind::kEqual:
    case TokenKind::kNotEqual:
    case TokenKind::kLess:
    case TokenKind::kLessEqual:
    case TokenKind::kGreater:
    case TokenKind::kGreaterEqual:
    case TokenKind::kAssign:
      return kRelationLevel;
    case TokenKind::kWord:
      return IsRelationWord(stream.text()) ? kRelationLevel : kNoLevel;
    case TokenKind::kPlus:
    case TokenKind::kMinus:
      return kSumLevel;
    case TokenKind::kStar:
    case TokenKind::kSlash:
    case TokenKind::kPercent:
      return kProductLevel;
    default:
      return kNoLevel;
  }
}

ExprKind RelationKind(TokenKind kind) {
  switch (kind) {
    case TokenKind::kNotEqual:
      return ExprKind::kNotEqual;
    case TokenKind::kLess:
      return ExprKind::kLess;
    case TokenKind::kLessEqual:
      return ExprKind::kLessEqual;
    case TokenKind::kGreater:
      return ExprKind::kGreater;
    case TokenKind::kGreaterEqual:
      return ExprKind::kGreaterEqual;
    case TokenKind::kWord:
      return ExprKind::kIn;
    default:
      return ExprKind::kEqual;
  }
}

ExprKind ArithmeticKind(TokenKind kind) {
  switch (kind) {
    case TokenKind::kMinus:
      return ExprKind::kSubtract;
    case TokenKind::kStar:
    case TokenKind::kSlash:
    case TokenKind::kPercent:
      return ExprKind::kMultiply;
    default:
      return ExprKind::kAdd;
  }
}

}  // namespace

bool ExprParser::Parse(ExprId* root) {
  const Operand parsed = ParseExpr();
  *root = parsed.id;
  return parsed.ok();
}

ExprParser::Operand ExprParser::Add(Expr expr, const Span& span) {
  uint32_t height = 0;
  for (ExprId child : expr.args) height = std::max(height, heights_[child]);
  if (++height > stream_.options().max_depth) {
    TooDeep(span);
    return {};
  }
  expr.span = span;
  heights_.push_back(height);
  pool_.push_back(std::move(expr));
  return {static_cast<ExprId>(pool_.size() - 1), span};
}

ExprParser::Operand ExprParser::StandIn(const Span& span) {
  return Add(Expr(), span);
}

bool ExprParser::TooDeep(const Span& span) {
  stream_.Error("parse/too-deep", {span.begin, span.begin + 1},
                absl::StrCat("the expression is more than ",
                             stream_.options().max_depth, " levels deep"),
                "split it into several conditions or policies");
  return false;
}

ExprParser::Operand ExprParser::ParseExpr() {
  if (depth_ >= stream_.options().max_depth) {
    TooDeep(stream_.token().span);
    return {};
  }
  ++depth_;
  const Operand parsed =
      stream_.AtWord("if") ? ParseIf() : ParseBinary(kOrLevel);
  --depth_;
  return parsed;
}

ExprParser::Operand ExprParser::ParseIf() {
  const uint32_t begin = stream_.Take().span.begin;
  Expr e;
  e.kind = ExprKind::kIf;
  Operand part = ParseExpr();
  if (!part.ok()) return {};
  e.args.push_back(part.id);
  for (absl::string_view word : {"then", "else"}) {
    if (!stream_.AtWord(word)) {
      stream_.Unexpected(absl::StrCat("`", word, "`"));
      return {};
    }
    stream_.Take();
    part = ParseExpr();
    if (!part.ok()) return {};
    e.args.push_back(part.id);
  }
  return Add(std::move(e), {begin, part.span.end});
}

ExprParser::Operand ExprParser::ParseBinary(int min_level) {
  Operand left = ParseUnary();
  bool related = false;
  while (left.ok()) {
    const int level = LevelOf(stream_);
    if (level == kNoLevel || level < min_level) break;
    if (level <= kAndLevel) {
      left = ParseChain(left, level);
    } else if (level > kRelationLevel) {
      if (related) {  // only `has`, `like` and `is` leave it to us
        stream_.Unexpected("the end of the relation");
        return {};
      }
      left = ParseArithmetic(left, level);
    } else {
      if (related) {
        stream_.Error("parse/chained-relation", stream_.token().span,
                      absl::StrCat("`", stream_.text(),
                                   "` can't follow another relation"),
                      "use parentheses to say which comes first");
      }
      related = true;
      left = ParseRelation(left);
    }
  }
  return left;
}

ExprParser::Operand ExprParser::ParseChain(Operand first, int level) {
  const TokenKind op = stream_.token().kind;
  std::vector<Operand> operands = {first};
  while (stream_.TakeIf(op)) {
    const Operand next = ParseBinary(level + 1);
    if (!next.ok()) return {};
    operands.push_back(next);
  }
  return BuildChain(op == TokenKind::kOr ? ExprKind::kOr : ExprKind::kAnd,
                    operands, 0, operands.size());
}

ExprParser::Operand ExprParser::BuildChain(ExprKind kind,
                                           const std::vector<Operand>& operands,
                                           size_t begin, size_t end) {
  if (end - begin > kMaxLeaning) {
    const size_t middle = begin + (end - begin) / 2;
    const Operand left = BuildChain(kind, operands, begin, middle);
    if (!left.ok()) return {};
    const Operand right = BuildChain(kind, operands, middle, end);
    if (!right.ok()) return {};
    return BuildBinary(kind, left, right);
  }
  Operand left = operands[begin];
  for (size_t i = begin + 1; i < end && left.ok(); ++i) {
    left = BuildBinary(kind, left, operands[i]);
  }
  return left;
}

ExprParser::Operand ExprParser::BuildBinary(ExprKind kind, const Operand& left,
                                            const Operand& right) {
  Expr e;
  e.kind = kind;
  e.args = {left.id, right.id};
  return Add(std::move(e), {left.span.begin, right.span.end});
}

ExprParser::Operand ExprParser::ParseRelation(Operand left) {
  const Token op = stream_.Take();
  if (op.kind == TokenKind::kWord) {
    const absl::string_view word = stream_.Text(op.span);
    if (word == "has") return ParseHas(left);
    if (word == "like") return ParseLike(left);
    if (word == "is") return ParseIs(left);
  }
  if (op.kind == TokenKind::kAssign) {
    stream_.Error("parse/single-equals", op.span, "`=` is not an operator",
                  "compare with `==`");
  }
  const Operand right = ParseBinary(kSumLevel);
  if (!right.ok()) return {};
  return BuildBinary(RelationKind(op.kind), left, right);
}

ExprParser::Operand ExprParser::ParseHas(Operand left) {
  Expr e;
  e.kind = ExprKind::kHas;
  e.args = {left.id};
  if (stream_.At(TokenKind::kString)) {
    e.path.push_back(stream_.StringValue(stream_.Take()));
  } else {
    do {
      if (!stream_.At(TokenKind::kWord)) {
        stream_.Unexpected(e.path.empty() ? "an attribute name or a string"
                                          : "an attribute name");
        return {};
      }
      const Token name = stream_.Take();
      stream_.CheckNotReserved(name,
                               absl::StrCat("write it as a string: `has \"",
                                            stream_.Text(name.span), "\"`"));
      e.path.emplace_back(stream_.Text(name.span));
    } while (stream_.TakeIf(TokenKind::kDot));
  }
  return Add(std::move(e), {left.span.begin, stream_.last_end()});
}

ExprParser::Operand ExprParser::ParseLike(Operand left) {
  if (!stream_.At(TokenKind::kString)) {
    stream_.Unexpected("a pattern in double quotes");
    return {};
  }
  const Token token = stream_.Take();
  Expr e;
  e.kind = ExprKind::kLike;
  e.args = {left.id};
  e.pattern = stream_.PatternValue(token);
  return Add(std::move(e), {left.span.begin, token.span.end});
}

ExprParser::Operand ExprParser::ParseIs(Operand left) {
  if (!stream_.At(TokenKind::kWord)) {
    const bool quoted = stream_.At(TokenKind::kString);
    stream_.Unexpected(quoted ? "an entity type without quotes"
                              : "an entity type such as `User`");
    return {};
  }
  EntityPath type;
  if (!stream_.TakePath(&type)) return {};
  if (type.has_id) {
    stream_.Error("parse/is-type", type.span,
                  "the right side of `is` is an entity type, not an entity",
                  "compare entities with `==`");
  }
  Expr e;
  e.kind = ExprKind::kIs;
  e.args = {left.id};
  e.text = std::move(type.name);
  uint32_t end = type.span.end;
  if (stream_.AtWord("in")) {
    stream_.Take();
    const Operand group = ParseBinary(kSumLevel);
    if (!group.ok()) return {};
    e.kind = ExprKind::kIsIn;
    e.args.push_back(group.id);
    end = group.span.end;
  }
  return Add(std::move(e), {left.span.begin, end});
}

ExprParser::Operand ExprParser::ParseArithmetic(Operand left, int level) {
  const Token op = stream_.Take();
  if (op.kind == TokenKind::kSlash || op.kind == TokenKind::kPercent) {
    const bool comment = op.kind == TokenKind::kSlash &&
                         stream_.At(TokenKind::kStar) &&
                         stream_.token().span.begin == op.span.end;
    stream_.Error(
        "parse/unsupported-operator", op.span,
        absl::StrCat("there is no operator `", stream_.Text(op.span), "`"),
        comment ? "comments start with `//`" : "numbers have `+`, `-` and `*`");
    if (comment) return {};
  }
  const Operand right = ParseBinary(level + 1);
  if (!right.ok()) return {};
  return BuildBinary(ArithmeticKind(op.kind), left, right);
}

ExprParser::Operand ExprParser::ParseUnary() {
  const TokenKind op = stream_.token().kind;
  if (op != TokenKind::kBang && op != TokenKind::kMinus) return ParseMember();
  Span signs = stream_.token().span;
  int count = 0;
  uint32_t last_begin = signs.begin;
  while (stream_.At(op)) {
    last_begin = stream_.token().span.begin;
    signs.end = stream_.Take().span.end;
    ++count;
  }
  if (count > 4) {
    stream_.Error(
        "parse/unary-limit", signs,
        absl::StrCat("more than four `",
                     stream_.Text(signs)[0] == '!' ? "!" : "-", "` in a row"),
        "two of them cancel out");
    count = 1;
  }
  const bool literal = op == TokenKind::kMinus &&
                       stream_.At(TokenKind::kNumber) &&
                       !stream_.AheadIs(TokenKind::kDot) &&
                       !stream_.AheadIs(TokenKind::kLeftParen) &&
                       !stream_.AheadIs(TokenKind::kLeftBracket);
  Operand operand =
      literal ? ParseNegatedNumber({last_begin, signs.end}) : ParseMember();
  if (literal) --count;
  for (; count > 0 && operand.ok(); --count) {
    Expr e;
    e.kind = op == TokenKind::kBang ? ExprKind::kNot : ExprKind::kNegate;
    e.args = {operand.id};
    operand = Add(std::move(e), {signs.begin, operand.span.end});
  }
  return operand;
}

bool ExprParser::ParseList(TokenKind close, absl::string_view what,
                           std::vector<ExprId>* out) {
  while (!stream_.TakeIf(close)) {
    const Operand element = ParseExpr();
    if (!element.ok()) return false;
    out->push_back(element.id);
    if (stream_.At(close)) continue;
    if (!stream_.Expect(TokenKind::kComma, what)) return false;
  }
  return true;
}

}  // namespace tarazy
