// The layout of expressions.

#include "policy/cedar/policy_layout.h"

namespace tarazy {

bool PolicyLayout::AtRelation() const {
  switch (token().kind) {
    case TokenKind::kEqual:
    case TokenKind::kNotEqual:
    case TokenKind::kLess:
    case TokenKind::kLessEqual:
    case TokenKind::kGreater:
    case TokenKind::kGreaterEqual:
      return true;
    default:
      return AtWord("in");
  }
}

PolicyLayout::Doc PolicyLayout::Expr() {
  if (!AtWord("if")) return Chain(TokenKind::kOr);
  Doc all = IfPart();
  for (int i = 0; i < 2; ++i) {
    all = layout_.Join(all, layout_.Line());
    all = layout_.Join(all, IfPart());
  }
  return layout_.Group(all);
}

// `if`, `then` or `else` and what follows it.
PolicyLayout::Doc PolicyLayout::IfPart() {
  const Doc word = Take();
  const Doc value = layout_.Join(layout_.Line(), Expr());
  return layout_.Join(word, layout_.Nest(indent_, value));
}

// Operands of `||`, or of `&&`. Not grouped: all break, or none.
PolicyLayout::Doc PolicyLayout::Chain(TokenKind op) {
  const auto operand = [&] {
    return op == TokenKind::kOr ? Chain(TokenKind::kAnd) : Relation();
  };
  Doc all = operand();
  while (At(op)) {
    all = layout_.Join(all, layout_.Space());
    all = layout_.Join(all, Take(layout_.Line()));
    all = layout_.Join(all, operand());
  }
  return all;
}

PolicyLayout::Doc PolicyLayout::Relation() {
  const Doc left = Arithmetic(false);
  if (AtRelation()) {
    const Doc op = layout_.Join(left, layout_.Space(), Take());
    return layout_.Join(op, layout_.Space(), Arithmetic(false));
  }
  if (AtWord("has") || AtWord("like")) {
    const Doc op = layout_.Join(left, layout_.Line(), Take());
    const Doc right = layout_.Nest(indent_, Arithmetic(false));
    return layout_.Group(layout_.Join(op, layout_.Line(), right));
  }
  if (!AtWord("is")) return left;
  Doc all = layout_.Join(left, layout_.Space(), Take());
  all = layout_.Join(all, layout_.Space(),
                     layout_.Nest(indent_, Arithmetic(false)));
  if (AtWord("in")) {
    all = layout_.Join(all, layout_.Line(), Take());
    all = layout_.Join(all, layout_.Space(),
                       layout_.Nest(indent_, Arithmetic(false)));
  }
  return layout_.Group(all);
}

PolicyLayout::Doc PolicyLayout::Arithmetic(bool product) {
  const auto at_operator = [&] {
    return product ? At(TokenKind::kStar)
                   : At(TokenKind::kPlus) || At(TokenKind::kMinus);
  };
  Doc all = product ? Unary() : Arithmetic(true);
  while (at_operator()) {
    all = layout_.Join(all, layout_.Space(), Take());
    all =
        layout_.Join(all, layout_.Line(), product ? Unary() : Arithmetic(true));
  }
  return layout_.Group(all);
}

PolicyLayout::Doc PolicyLayout::Unary() {
  Doc signs = layout_.Nothing();
  while (At(TokenKind::kBang) || At(TokenKind::kMinus)) {
    signs = layout_.Join(signs, Take());
  }
  return layout_.Join(signs, Member());
}

PolicyLayout::Doc PolicyLayout::Member() {
  const Doc item = Primary();
  Doc accesses = layout_.Nothing();
  for (bool first = true; At(TokenKind::kDot) || At(TokenKind::kLeftParen) ||
                          At(TokenKind::kLeftBracket);
       first = false) {
    if (!first) accesses = layout_.Join(accesses, layout_.LineOrNone());
    accesses = layout_.Join(accesses, Access());
  }
  return layout_.Group(layout_.Join(item, layout_.Nest(indent_, accesses)));
}

PolicyLayout::Doc PolicyLayout::Access() {
  if (At(TokenKind::kDot)) {
    const Doc dot = Take();
    return layout_.Join(dot, Take());
  }
  if (At(TokenKind::kLeftBracket)) {
    const Doc open = Take();
    const Doc index = Expr();
    return layout_.Join(open, index, Take());
  }
  const Doc open = Take();
  if (At(TokenKind::kRightParen)) return layout_.Join(open, Take());
  const Doc arguments =
      layout_.Join(layout_.LineOrNone(), List(TokenKind::kRightParen));
  return layout_.Join(open, layout_.Nest(indent_, arguments),
                      layout_.LineOrNone(), Take());
}

// Elements up to the closing bracket, which is left.
PolicyLayout::Doc PolicyLayout::List(TokenKind close) {
  Doc all = layout_.Nothing();
  while (!At(close)) {
    all = layout_.Join(all, Expr());
    if (SkipLastComma(close) || At(close)) break;
    all = layout_.Join(all, Take(), layout_.Line());
  }
  return all;
}

PolicyLayout::Doc PolicyLayout::Record() {
  const Doc open = Take();
  if (At(TokenKind::kRightBrace)) return layout_.Join(open, Take());
  Doc all = layout_.Line();
  while (true) {
    all = layout_.Join(all, Take());
    all = layout_.Join(all, Take());
    all = layout_.Join(all, layout_.Space(), Expr());
    if (SkipLastComma(TokenKind::kRightBrace) || At(TokenKind::kRightBrace)) {
      break;
    }
    all = layout_.Join(all, Take(), layout_.Line());
  }
  all = layout_.Group(layout_.Join(all, layout_.Line()));
  return layout_.Join(open, layout_.Nest(indent_, all), Take());
}

PolicyLayout::Doc PolicyLayout::Primary() {
  switch (token().kind) {
    case TokenKind::kLeftParen: {
      // One column, so that what wraps stands under the first operand.
      const Doc open = Take();
      const Doc inner = layout_.Nest(1, Expr());
      return layout_.Group(layout_.Join(open, inner, Take()));
    }
    case TokenKind::kLeftBracket: {
      const Doc open = Take();
      const Doc inner = layout_.Nest(1, List(TokenKind::kRightBracket));
      return layout_.Join(open, inner, Take());
    }
    case TokenKind::kLeftBrace:
      return Record();
    case TokenKind::kWord:
      return Name();
    default:
      return Take();
  }
}

// `A::B`, with or without an id.
PolicyLayout::Doc PolicyLayout::Name() {
  Doc all = Take();
  while (At(TokenKind::kDoubleColon)) {
    all = layout_.Join(all, Take());
    all = layout_.Join(all, Take());
  }
  return all;
}

}  // namespace tarazy
