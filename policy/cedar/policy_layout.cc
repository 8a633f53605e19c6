#include "policy/cedar/policy_layout.h"

#include <utility>

namespace tarazy {
namespace {

// `007` is laid out as `7`.
absl::string_view WithoutLeadingZeros(absl::string_view digits) {
  while (digits.size() > 1 && digits[0] == '0') digits.remove_prefix(1);
  return digits;
}

}  // namespace

bool PolicyLayout::AtWord(absl::string_view word) const {
  return At(TokenKind::kWord) && token().text == word;
}

PolicyLayout::Doc PolicyLayout::TakeLeading() {
  Doc lines = layout_.Nothing();
  for (absl::string_view comment : token().leading) {
    lines = layout_.Join(lines, layout_.HardLine(), layout_.Text(comment));
  }
  if (token().leading.empty()) return lines;
  tokens_[at_].leading.clear();
  return layout_.Join(lines, layout_.HardLine());
}

PolicyLayout::Doc PolicyLayout::TakeText() {
  const absl::string_view text =
      At(TokenKind::kNumber) ? WithoutLeadingZeros(token().text) : token().text;
  ++at_;
  return layout_.Text(text);
}

// Of the token that was taken last.
PolicyLayout::Doc PolicyLayout::TakeTrailing(Doc after) {
  const absl::string_view comment = tokens_[at_ - 1].trailing;
  if (comment.empty()) return after;
  return layout_.Join(layout_.Space(), layout_.Text(comment),
                      layout_.HardLine());
}

PolicyLayout::Doc PolicyLayout::Take(Doc after) {
  const Doc leading = TakeLeading();
  const Doc text = TakeText();
  return layout_.Join(leading, text, TakeTrailing(after));
}

bool PolicyLayout::SkipLastComma(TokenKind close) {
  if (!At(TokenKind::kComma) || tokens_[at_ + 1].kind != close) return false;
  std::vector<absl::string_view> comments = std::move(tokens_[at_].leading);
  const absl::string_view trailing = tokens_[at_].trailing;
  CommentedToken& bracket = tokens_[++at_];
  if (bracket.leading.empty() && bracket.trailing.empty()) {
    bracket.trailing = trailing;
  } else if (!trailing.empty()) {
    comments.push_back(trailing);
  }
  bracket.leading.insert(bracket.leading.begin(), comments.begin(),
                         comments.end());
  return true;
}

std::string PolicyLayout::NextPolicy(uint32_t width) {
  layout_.Clear();
  return layout_.Render(Policy(), width);
}

PolicyLayout::Doc PolicyLayout::Policy() {
  Doc all = layout_.Nothing();
  while (At(TokenKind::kAt)) all = layout_.Join(all, Annotation());
  all = layout_.Join(all, TakeLeading());
  const Doc effect = Take();
  const Doc open = Take();
  all = layout_.Join(all,
                     layout_.Group(layout_.Join(effect, layout_.Line(), open)));
  all = layout_.Join(all, ScopeIsSimple() ? SimpleScope() : Scope());
  SkipLastComma(TokenKind::kRightParen);
  const bool conditions = tokens_[at_ + 1].kind == TokenKind::kWord;
  all = layout_.Join(all,
                     Take(conditions ? layout_.HardLine() : layout_.Nothing()));
  for (bool first = true; At(TokenKind::kWord); first = false) {
    if (!first) all = layout_.Join(all, layout_.HardLine());
    all = layout_.Join(all, Condition());
  }
  return layout_.Join(all, Take());
}

PolicyLayout::Doc PolicyLayout::Annotation() {
  const Doc at = Take();
  Doc all = layout_.Join(at, Take());
  if (!At(TokenKind::kLeftParen)) {
    return layout_.Join(all, layout_.HardLine());
  }
  for (int i = 0; i < 2; ++i) all = layout_.Join(all, Take());
  return layout_.Join(all, Take(layout_.HardLine()));
}

// No part of the scope has a constraint.
bool PolicyLayout::ScopeIsSimple() const {
  size_t i = at_;
  while (tokens_[i].kind == TokenKind::kWord &&
         tokens_[i + 1].kind == TokenKind::kComma) {
    i += 2;
  }
  if (tokens_[i].kind == TokenKind::kWord) ++i;
  return tokens_[i].kind == TokenKind::kRightParen;
}

PolicyLayout::Doc PolicyLayout::SimpleScope() {
  Doc all = layout_.Nothing();
  for (int part = 0; part < 3; ++part) {
    if (part > 0) all = layout_.Join(all, Take(layout_.Space()));
    all = layout_.Join(all, Take());
  }
  return layout_.Group(layout_.Nest(indent_, all));
}

PolicyLayout::Doc PolicyLayout::Scope() {
  Doc all = layout_.HardLine();
  for (int part = 0; part < 3; ++part) {
    if (part > 0) all = layout_.Join(all, Take(layout_.HardLine()));
    all = layout_.Join(all, ScopePart());
  }
  return layout_.Join(layout_.Nest(indent_, all), layout_.HardLine());
}

PolicyLayout::Doc PolicyLayout::ScopePart() {
  const Doc leading = TakeLeading();
  const Doc variable = TakeText();
  Doc head = layout_.Join(variable, TakeTrailing(layout_.Nothing()));
  if (AtWord("is")) {
    const Doc is = layout_.Group(layout_.Join(layout_.Line(), Take()));
    const Doc type = layout_.Join(layout_.Line(), Arithmetic(false));
    head = layout_.Join(
        head, layout_.Group(layout_.Nest(indent_, layout_.Join(is, type))));
  }
  if (At(TokenKind::kComma) || At(TokenKind::kRightParen)) {
    return layout_.Join(leading, head);
  }
  const Doc op = layout_.Join(layout_.Line(), Take());
  head = layout_.Group(layout_.Join(head, op));
  const Doc target = layout_.Join(layout_.Line(), Expr());
  return layout_.Join(leading, layout_.Group(layout_.Join(
                                   head, layout_.Nest(indent_, target))));
}

PolicyLayout::Doc PolicyLayout::Condition() {
  const Doc leading = TakeLeading();
  const Doc word = TakeText();
  Doc head = layout_.Join(word, TakeTrailing(layout_.Line()));
  head = layout_.Join(head, TakeLeading());
  head = layout_.Join(head, TakeText());
  Doc body = TakeTrailing(layout_.Line());
  body = layout_.Join(body, TakeLeading());
  body = layout_.Join(body, layout_.Group(Expr()));
  body = layout_.Join(layout_.Nest(indent_, body), layout_.Line());
  body = layout_.Group(layout_.Join(body, Take()));
  return layout_.Join(leading, layout_.Group(layout_.Join(head, body)));
}

}  // namespace tarazy
