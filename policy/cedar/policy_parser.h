// Policies: annotations, effect, scope, conditions.
//
// After an error of syntax the parser resumes at the nearest place that it can
// tell for sure: the end of the condition, the conditions after a scope, or the
// next policy (`;`, `@name`, `permit (`, `forbid (`), so that one slip does not
// hide the errors after it.
//
// Thread-safety: belongs to one thread.

#ifndef TARAZY_POLICY_CEDAR_POLICY_PARSER_H_
#define TARAZY_POLICY_CEDAR_POLICY_PARSER_H_

#include <string>
#include <vector>

#include "policy/cedar/ast.h"
#include "policy/cedar/expr_parser.h"
#include "policy/cedar/token_stream.h"

namespace tarazy {

class PolicyParser {
 public:
  explicit PolicyParser(TokenStream* stream) : stream_(*stream) {}

  // Takes one policy or template, without an id. False when it has errors;
  // the stream then stands where the next policy may begin.
  bool Parse(Policy* policy);

 private:
  // The right side of a scope constraint.
  struct Target {
    std::vector<EntityUid> entities;
    bool list = false;
    bool slot = false;
    Span span;
  };

  bool ParseAnnotations(Policy* policy);
  bool ParseEffect(Policy* policy);
  bool ParseScope(Policy* policy);
  bool ParseScopePart(int part, Policy* policy);
  void CheckVariable(int part, const Token& word);
  bool ParseConstraint(Var var, ScopeConstraint* out);
  bool ParseActionConstraint(ActionConstraint* out);
  // `==` or `in`, taken; other operators are reported and taken.
  bool ParseScopeOperator(bool action, bool* equal);
  bool ParseTarget(Var var, bool list_allowed, Target* target);
  bool ParseTargetEntity(Var var, Target* target);
  bool TakeParentheses(size_t* count);
  bool ParseTargetSlot(Var var, Target* target);
  bool EndOfPart();
  void CheckActions(const Target& target);
  bool ParseConditions(Policy* policy);
  bool ParseCondition(ExprParser* exprs, Policy* policy);
  bool ParseConditionBody(ExprParser* exprs, Condition* condition);

  bool AtPolicyStart() const;
  bool AtCondition() const;
  void SkipScope();
  void SkipConditionBody(int outer_braces);
  void SkipPolicy();

  TokenStream& stream_;
};

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_POLICY_PARSER_H_
