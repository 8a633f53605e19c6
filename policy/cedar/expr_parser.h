// Expressions, by precedence climbing.
//
// From loosest to tightest: `||`; `&&`; one relation (`==`, `<`, `in`, `has`,
// `like`, `is` …), which does not chain; `+` and `-`; `*`; up to four `!` or
// `-`; attribute access and calls. `if` stands outside of all of them and takes
// everything to its right.
//
// Bounds. Nesting costs one round of recursion a level and is cut at
// ParseOptions::max_depth; so is the height of the tree, which a long chain of
// operators adds to without nesting. Chains of `&&` and of `||` lean to the
// left as the language has it, but one of more than kMaxLeaning operands is
// built as a balanced tree over leaning parts: these operators are
// associative, errors and short cuts included, so that a list of 100,000
// alternatives is a low tree. `+` and `*` are not (they overflow), and keep
// their limit.
//
// Thread-safety: belongs to one thread.
// Source: Cedar policy language 4.5, grammar.

#ifndef TARAZY_POLICY_CEDAR_EXPR_PARSER_H_
#define TARAZY_POLICY_CEDAR_EXPR_PARSER_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "policy/cedar/ast.h"
#include "policy/cedar/token_stream.h"

namespace tarazy {

class ExprParser {
 public:
  static constexpr size_t kMaxLeaning = 256;

  // Appends nodes to `pool`, which is empty at first and gets no others; any
  // number of expressions may share it.
  ExprParser(TokenStream* stream, ExprPool* pool)
      : stream_(*stream), pool_(*pool) {}

  // Takes one expression and gives its root. False after an error of syntax.
  // After an error of meaning the tree has a stand-in for what was wrong.
  bool Parse(ExprId* root);

  // The slots found since the last call, in order.
  std::vector<Span> TakeSlots() { return std::exchange(slots_, {}); }

 private:
  static constexpr ExprId kNone = 0xFFFFFFFFu;

  // A node with the text it was written as, parentheses included.
  struct Operand {
    ExprId id = kNone;
    Span span;
    bool ok() const { return id != kNone; }
  };

  Operand ParseExpr();
  Operand ParseIf();
  Operand ParseBinary(int min_level);
  Operand ParseChain(Operand first, int level);
  Operand ParseRelation(Operand left);
  Operand ParseHas(Operand left);
  Operand ParseLike(Operand left);
  Operand ParseIs(Operand left);
  Operand ParseArithmetic(Operand left, int level);
  Operand ParseUnary();
  Operand ParseNegatedNumber(const Span& minuses);
  Operand ParseMember();
  Operand ParseAttribute(Operand of);
  Operand ParseIndex(Operand of);
  Operand ParseWrongCall(Operand of);
  Operand ParsePrimary();
  Operand ParseWord();
  Operand ParseNumber();
  Operand ParseSlot();
  Operand ParseParenthesised();
  Operand ParseSet();
  Operand ParseRecord();
  Operand ParseFunction(const EntityPath& path);
  Operand UnknownVariable(const EntityPath& path);

  // Elements up to `close`, which is taken too.
  bool ParseList(TokenKind close, absl::string_view what,
                 std::vector<ExprId>* out);
  // `{ name: value }`: the name.
  bool ParseKey(std::string* key);

  Operand BuildChain(ExprKind kind, const std::vector<Operand>& operands,
                     size_t begin, size_t end);
  Operand BuildBinary(ExprKind kind, const Operand& left, const Operand& right);
  Operand BuildMethod(const Operand& of, const Token& name,
                      std::vector<ExprId> args);
  Operand Add(Expr expr, const Span& span);
  // Takes the place of something wrong that was reported.
  Operand StandIn(const Span& span);
  bool TooDeep(const Span& span);

  TokenStream& stream_;
  ExprPool& pool_;
  std::vector<uint32_t> heights_;
  std::vector<Span> slots_;
  uint32_t depth_ = 0;
};

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_EXPR_PARSER_H_
