#include "policy/cedar/policy_parser.h"

#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "policy/cedar/suggest.h"
#include "policy/cedar/text.h"

namespace tarazy {
namespace {

constexpr absl::string_view kScopeVars[] = {"principal", "action", "resource"};
constexpr absl::string_view kScopeHelp =
    "a scope is `(principal, action, resource)`, each with at most one "
    "constraint";

bool IsScopeEnd(TokenKind kind) {
  return kind == TokenKind::kComma || kind == TokenKind::kRightParen;
}

bool IsComparison(TokenKind kind) {
  switch (kind) {
    case TokenKind::kEqual:
    case TokenKind::kNotEqual:
    case TokenKind::kLess:
    case TokenKind::kLessEqual:
    case TokenKind::kGreater:
    case TokenKind::kGreaterEqual:
    case TokenKind::kAssign:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool PolicyParser::AtPolicyStart() const {
  if (stream_.At(TokenKind::kAt)) return stream_.AheadIs(TokenKind::kWord);
  return (stream_.AtWord("permit") || stream_.AtWord("forbid")) &&
         stream_.AheadIs(TokenKind::kLeftParen);
}

bool PolicyParser::AtCondition() const {
  return stream_.At(TokenKind::kWord) && stream_.AheadIs(TokenKind::kLeftBrace);
}

void PolicyParser::SkipPolicy() {
  while (!stream_.At(TokenKind::kEnd) && !AtPolicyStart()) {
    if (stream_.TakeIf(TokenKind::kSemicolon)) return;
    stream_.Take();
  }
}

// To the first condition or the semicolon after it.
void PolicyParser::SkipScope() {
  while (!stream_.At(TokenKind::kEnd) && !stream_.At(TokenKind::kSemicolon) &&
         !AtPolicyStart() && !AtCondition()) {
    stream_.Take();
  }
}

// Past the brace that closes the body.
void PolicyParser::SkipConditionBody(int outer_braces) {
  while (!stream_.At(TokenKind::kEnd) && !stream_.At(TokenKind::kSemicolon) &&
         !AtPolicyStart()) {
    stream_.Take();
    if (stream_.brace_depth() <= outer_braces) return;
  }
}

bool PolicyParser::Parse(Policy* policy) {
  const uint32_t errors_before = stream_.errors();
  policy->span.begin = stream_.token().span.begin;
  if (!ParseAnnotations(policy) || !ParseEffect(policy)) {
    SkipPolicy();
    return false;
  }
  if (!ParseScope(policy)) SkipScope();
  if (!ParseConditions(policy)) {
    SkipPolicy();
    return false;
  }
  policy->span.end = stream_.last_end();
  return stream_.errors() == errors_before;
}

bool PolicyParser::ParseAnnotations(Policy* policy) {
  absl::flat_hash_set<std::string> seen;
  while (stream_.At(TokenKind::kAt)) {
    Annotation annotation;
    annotation.span.begin = stream_.Take().span.begin;
    if (!stream_.At(TokenKind::kWord)) {
      stream_.Unexpected("the name of an annotation");
      return false;
    }
    annotation.name = std::string(stream_.Text(stream_.Take().span));
    annotation.has_value = stream_.TakeIf(TokenKind::kLeftParen);
    if (annotation.has_value) {
      if (!stream_.At(TokenKind::kString)) {
        stream_.Unexpected("a string");
        return false;
      }
      annotation.value = stream_.StringValue(stream_.Take());
      if (!stream_.Expect(TokenKind::kRightParen, "`)`")) return false;
    }
    annotation.span.end = stream_.last_end();
    if (!seen.insert(annotation.name).second) {
      stream_.Error("parse/duplicate-annotation", annotation.span,
                    absl::StrCat("the policy has two annotations `@",
                                 annotation.name, "`"));
    }
    policy->annotations.push_back(std::move(annotation));
  }
  return true;
}

bool PolicyParser::ParseEffect(Policy* policy) {
  if (!stream_.At(TokenKind::kWord)) {
    stream_.Unexpected("`permit` or `forbid`");
    return false;
  }
  const Token word = stream_.Take();
  const absl::string_view effect = stream_.Text(word.span);
  if (effect == "forbid") {
    policy->effect = Effect::kForbid;
  } else if (effect != "permit") {
    const std::string near = DidYouMean(effect, {"permit", "forbid"});
    stream_.Error(
        "parse/effect", word.span,
        absl::StrCat("`", effect, "` is not an effect"),
        near.empty() ? "a policy begins with `permit` or `forbid`" : near);
    if (!stream_.At(TokenKind::kLeftParen)) return false;
  }
  return stream_.Expect(TokenKind::kLeftParen,
                        "`(principal, action, resource)`");
}

bool PolicyParser::ParseScope(Policy* policy) {
  int part = 0;
  while (!stream_.At(TokenKind::kRightParen)) {
    if (!ParseScopePart(part, policy)) return false;
    ++part;
    if (stream_.At(TokenKind::kRightParen)) break;
    if (!stream_.Expect(TokenKind::kComma, "`,` or `)`")) return false;
  }
  const Span close = stream_.Take().span;
  if (part < 3) {
    stream_.Error("parse/scope-incomplete", close,
                  absl::StrCat("the scope lacks `", kScopeVars[part], "`"),
                  std::string(kScopeHelp));
  }
  return true;
}

// Says what is wrong with the variable of part `part` of the scope.
void PolicyParser::CheckVariable(int part, const Token& word) {
  const absl::string_view name = stream_.Text(word.span);
  if (part > 2) {
    stream_.Error("parse/scope-extra", word.span,
                  absl::StrCat("the scope has no place for `", name, "`"),
                  std::string(kScopeHelp));
    return;
  }
  if (name == kScopeVars[part]) return;
  const bool known = name == "principal" || name == "action" ||
                     name == "resource" || name == "context";
  const std::string near = known ? "" : DidYouMean(name, {kScopeVars[part]});
  stream_.Error("parse/scope-variable", word.span,
                absl::StrCat("found `", name, "` where `", kScopeVars[part],
                             "` must stand"),
                near.empty() ? std::string(kScopeHelp) : near);
}

bool PolicyParser::ParseScopePart(int part, Policy* policy) {
  if (!stream_.At(TokenKind::kWord)) {
    stream_.Unexpected(part < 3 ? absl::StrCat("`", kScopeVars[part], "`")
                                : "`)`");
    return false;
  }
  const Token word = stream_.Take();
  CheckVariable(part, word);
  if (stream_.At(TokenKind::kColon)) {
    stream_.Error("parse/scope-operator", stream_.Take().span,
                  "a scope has no type constraint with `:`", "use `is`");
    EntityPath type;
    if (!stream_.TakePath(&type)) return false;
  }
  ScopeConstraint unused;
  ScopeConstraint* constraint = &unused;
  if (part == 0) constraint = &policy->principal;
  if (part == 2) constraint = &policy->resource;
  bool ok;
  Span span = {word.span.begin, 0};
  if (part == 1) {
    ok = ParseActionConstraint(&policy->action);
    span.end = stream_.last_end();
    policy->action.span = span;
  } else {
    ok = ParseConstraint(part == 0 ? Var::kPrincipal : Var::kResource,
                         constraint);
    span.end = stream_.last_end();
    constraint->span = span;
  }
  return ok && EndOfPart();
}

bool PolicyParser::ParseConstraint(Var var, ScopeConstraint* out) {
  using Kind = ScopeConstraint::Kind;
  const bool is = stream_.AtWord("is");
  if (is) {
    stream_.Take();
    EntityPath type;
    if (!stream_.TakePath(&type)) return false;
    if (type.has_id) {
      stream_.Error("parse/is-type", type.span,
                    "the right side of `is` is an entity type, not an entity",
                    "compare entities with `==`");
    }
    out->kind = Kind::kIs;
    out->type = std::move(type.name);
  }
  if (IsScopeEnd(stream_.token().kind)) return true;
  const Span op = stream_.token().span;
  bool equal = false;
  if (!ParseScopeOperator(/*action=*/false, &equal)) return false;
  if (is && equal) {
    stream_.Error("parse/scope-operator", op,
                  "`is` does not go together with `==`",
                  "`==` alone is enough: it fixes the type too");
  }
  out->kind = is ? Kind::kIsIn : equal ? Kind::kEqual : Kind::kIn;
  Target target;
  if (!ParseTarget(var, /*list_allowed=*/false, &target)) return false;
  out->slot = target.slot;
  if (!target.entities.empty()) out->entity = std::move(target.entities[0]);
  return true;
}

bool PolicyParser::ParseActionConstraint(ActionConstraint* out) {
  using Kind = ActionConstraint::Kind;
  if (stream_.AtWord("is")) {
    stream_.Error("parse/scope-operator", stream_.Take().span,
                  "`is` can't constrain the action of a scope",
                  "write it in a `when` condition");
    EntityPath type;
    if (!stream_.TakePath(&type)) return false;
  }
  if (IsScopeEnd(stream_.token().kind)) return true;
  bool equal = false;
  if (!ParseScopeOperator(/*action=*/true, &equal)) return false;
  out->kind = equal ? Kind::kEqual : Kind::kIn;
  Target target;
  if (!ParseTarget(Var::kAction, /*list_allowed=*/!equal, &target)) {
    return false;
  }
  CheckActions(target);
  out->entities = std::move(target.entities);
  out->list = target.list;
  return true;
}

void PolicyParser::CheckActions(const Target& target) {
  for (const EntityUid& uid : target.entities) {
    if (IsActionType(uid.type)) continue;
    stream_.Error("parse/action-type", target.span,
                  absl::StrCat("`", ToString(uid), "` is not an action"),
                  "actions have the type `Action`, in a namespace or not");
    return;
  }
}

bool PolicyParser::ParseScopeOperator(bool action, bool* equal) {
  const bool in = stream_.AtWord("in");
  const TokenKind kind = stream_.token().kind;
  if (!in && !IsComparison(kind)) {
    stream_.Unexpected(action ? "`==`, `in`, `,` or `)`"
                              : "`==`, `in`, `is`, `,` or `)`");
    return false;
  }
  const Token op = stream_.Take();
  *equal = !in;
  if (kind == TokenKind::kAssign) {
    stream_.Error("parse/single-equals", op.span, "`=` is not an operator",
                  "compare with `==`");
  } else if (!in && kind != TokenKind::kEqual) {
    stream_.Error("parse/scope-operator", op.span,
                  absl::StrCat("a scope has no `", stream_.Text(op.span), "`"),
                  action ? "a scope has `==` and `in` for actions"
                         : "a scope has `==`, `in` and `is`");
  }
  return true;
}

// An entity, a slot, or in `action in` a list; each in any number of
// parentheses.
bool PolicyParser::ParseTarget(Var var, bool list_allowed, Target* target) {
  target->span.begin = stream_.token().span.begin;
  size_t parens = 0;
  if (!TakeParentheses(&parens)) return false;
  if (stream_.At(TokenKind::kLeftBracket)) {
    const Span bracket = stream_.Take().span;
    if (!list_allowed) {
      stream_.Error("parse/scope-entity", bracket,
                    "a list of entities can't stand here",
                    "only `action in` takes a list");
    }
    target->list = true;
    while (!stream_.TakeIf(TokenKind::kRightBracket)) {
      if (!ParseTargetEntity(var, target)) return false;
      if (stream_.At(TokenKind::kRightBracket)) continue;
      if (!stream_.Expect(TokenKind::kComma, "`,` or `]`")) return false;
    }
  } else if (stream_.At(TokenKind::kSlot)) {
    if (!ParseTargetSlot(var, target)) return false;
  } else if (!ParseTargetEntity(var, target)) {
    return false;
  }
  for (; parens > 0; --parens) {
    if (!stream_.Expect(TokenKind::kRightParen, "`)`")) return false;
  }
  target->span.end = stream_.last_end();
  return true;
}

// Opening ones. Counted although nothing recurses here: readers of tokens do.
bool PolicyParser::TakeParentheses(size_t* count) {
  const Span first = stream_.token().span;
  while (stream_.TakeIf(TokenKind::kLeftParen)) ++*count;
  if (*count < stream_.options().max_depth) return true;
  stream_.Error("parse/too-deep", first,
                absl::StrCat("more than ", stream_.options().max_depth - 1,
                             " parentheses around an entity"));
  return false;
}

bool PolicyParser::ParseTargetSlot(Var var, Target* target) {
  const Token slot = stream_.Take();
  const absl::string_view name = stream_.Text(slot.span);
  const absl::string_view expected = kScopeVars[static_cast<int>(var)];
  target->slot = true;
  if (var == Var::kAction) {
    stream_.Error("parse/slot", slot.span, "an action can't be a slot",
                  "the slots are `?principal` and `?resource`");
  } else if (name.substr(1) != expected) {
    stream_.Error(
        "parse/slot", slot.span,
        absl::StrCat("found `", name, "` where `?", expected, "` must stand"));
  }
  return true;
}

bool PolicyParser::ParseTargetEntity(Var var, Target* target) {
  size_t parens = 0;
  if (!TakeParentheses(&parens)) return false;
  if (!stream_.At(TokenKind::kWord)) {
    stream_.Unexpected(stream_.At(TokenKind::kString)
                           ? "an entity with its type, `Type::\"id\"`"
                           : "an entity such as `User::\"alice\"`");
    return false;
  }
  EntityPath path;
  if (!stream_.TakePath(&path)) return false;
  if (!path.has_id) {
    stream_.Error(
        "parse/scope-entity", path.span,
        absl::StrCat("expected an entity, found the name `", path.name, "`"),
        var == Var::kAction
            ? absl::StrCat("write `", path.name, "::\"…\"`")
            : absl::StrCat("write `", path.name, "::\"…\"`, or `is ", path.name,
                           "` for its type"));
  }
  target->entities.push_back({std::move(path.name), std::move(path.id)});
  for (; parens > 0; --parens) {
    if (!stream_.Expect(TokenKind::kRightParen, "`)`")) return false;
  }
  return true;
}

bool PolicyParser::EndOfPart() {
  if (IsScopeEnd(stream_.token().kind)) return true;
  if (stream_.AtWord("is")) {
    stream_.Error("parse/scope-operator", stream_.token().span,
                  "`is` must come before `in`", "write `is Type in entity`");
  } else if (stream_.At(TokenKind::kAnd) || stream_.At(TokenKind::kOr)) {
    stream_.Error("parse/scope-operator", stream_.token().span,
                  absl::StrCat("a scope has no `", stream_.text(), "`"),
                  stream_.At(TokenKind::kAnd)
                      ? "move what follows into a `when` condition"
                      : "write a second policy for what follows");
  } else {
    stream_.Unexpected("`,` or `)`");
  }
  return false;
}

// Up to the semicolon, which is taken too. False when the end of the policy
// could not be told.
bool PolicyParser::ParseConditions(Policy* policy) {
  ExprParser exprs(&stream_, &policy->exprs);
  while (stream_.At(TokenKind::kWord) && !AtPolicyStart()) {
    if (!ParseCondition(&exprs, policy)) return false;
  }
  if (stream_.TakeIf(TokenKind::kSemicolon)) return true;
  if (AtPolicyStart() || stream_.At(TokenKind::kEnd)) {
    if (stream_.ErrorIsHere()) return true;
    stream_.Error("parse/missing-semicolon",
                  {stream_.last_end(), stream_.last_end()},
                  "the policy does not end", "end it with `;`");
    return true;
  }
  stream_.Unexpected("`when`, `unless` or `;`");
  return false;
}

bool PolicyParser::ParseCondition(ExprParser* exprs, Policy* policy) {
  const Token word = stream_.Take();
  const absl::string_view name = stream_.Text(word.span);
  Condition condition;
  condition.unless = name == "unless";
  condition.span.begin = word.span.begin;
  if (!condition.unless && name != "when") {
    const std::string near = DidYouMean(name, {"when", "unless"});
    stream_.Error(
        "parse/condition", word.span,
        absl::StrCat("`", name, "` is not a condition"),
        near.empty() ? "a condition begins with `when` or `unless`" : near);
    if (!stream_.At(TokenKind::kLeftBrace)) return false;
  }
  const int outer_braces = stream_.brace_depth();
  if (!stream_.Expect(TokenKind::kLeftBrace, "`{`")) return false;
  if (!ParseConditionBody(exprs, &condition)) {
    SkipConditionBody(outer_braces);
    return true;
  }
  condition.span.end = stream_.last_end();
  policy->conditions.push_back(condition);
  return true;
}

bool PolicyParser::ParseConditionBody(ExprParser* exprs, Condition* condition) {
  const absl::string_view name = condition->unless ? "unless" : "when";
  if (stream_.At(TokenKind::kRightBrace)) {
    stream_.Error("parse/empty-condition", stream_.Take().span,
                  absl::StrCat("the `", name, "` condition is empty"),
                  "write `true`, or leave the condition out");
    return true;
  }
  const bool parsed = exprs->Parse(&condition->body);
  for (const Span& slot : exprs->TakeSlots()) {
    stream_.Error("parse/slot", slot,
                  absl::StrCat("the slot `", stream_.Text(slot),
                               "` can't stand in a condition"),
                  "slots stand in the scope of a template");
  }
  return parsed && stream_.Expect(TokenKind::kRightBrace, "`}`");
}

}  // namespace tarazy
