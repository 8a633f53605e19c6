// The layout of policies: which lines may break, and how they indent.
//
// Works on the tokens of text that parses, so it asks for no token but the one
// that must come. Each token is laid out with its comments: those before it on
// lines of their own, the one after it up to the end of the line.
//
// Thread-safety: belongs to one thread.
// Source: the layout of cedar-policy-formatter 4.12.0.

#ifndef TARAZY_POLICY_CEDAR_POLICY_LAYOUT_H_
#define TARAZY_POLICY_CEDAR_POLICY_LAYOUT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "policy/cedar/comments.h"
#include "policy/cedar/layout.h"

namespace tarazy {

class PolicyLayout {
 public:
  PolicyLayout(std::vector<CommentedToken> tokens, uint32_t indent)
      : tokens_(std::move(tokens)), indent_(indent) {
    tokens_.emplace_back();  // kEnd
  }

  bool AtEnd() const { return At(TokenKind::kEnd); }

  // The next policy, rendered. It may have blank lines beside comments.
  std::string NextPolicy(uint32_t width);

 private:
  using Doc = Layout::Doc;

  const CommentedToken& token() const { return tokens_[at_]; }
  bool At(TokenKind kind) const { return token().kind == kind; }
  bool AtWord(absl::string_view word) const;
  bool AtRelation() const;

  // The current token with its comments; `after` follows it unless a comment
  // ends the line.
  Doc Take() { return Take(layout_.Nothing()); }
  Doc Take(Doc after);
  // Its parts.
  Doc TakeLeading();
  Doc TakeText();
  Doc TakeTrailing(Doc after);
  // A comma before a closing bracket goes; its comments go to the bracket.
  bool SkipLastComma(TokenKind close);

  Doc Policy();
  Doc Annotation();
  Doc Scope();
  Doc SimpleScope();
  bool ScopeIsSimple() const;
  Doc ScopePart();
  Doc Condition();

  Doc Expr();
  Doc IfPart();
  Doc Chain(TokenKind op);
  Doc Relation();
  Doc Arithmetic(bool product);
  Doc Unary();
  Doc Member();
  Doc Access();
  Doc Primary();
  Doc Name();
  Doc List(TokenKind close);
  Doc Record();

  Layout layout_;
  std::vector<CommentedToken> tokens_;
  const uint32_t indent_;
  size_t at_ = 0;
};

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_POLICY_LAYOUT_H_
