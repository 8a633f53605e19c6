// What a policy asks, in words: its scope and its conditions as a list of
// sentences, each about one fact, nested where the policy nests.
//
// The words follow the expression one by one and add nothing to it; a form that
// has no sentence of its own stands as it was written.
//
// Thread-safety: functions without state.

#ifndef TARAZY_SERVER_COMMAND_PACK_PLAIN_CLAUSE_H_
#define TARAZY_SERVER_COMMAND_PACK_PLAIN_CLAUSE_H_

#include <string>
#include <vector>

#include "policy/cedar/ast.h"
#include "tarazy/v1/decision.pb.h"

namespace tarazy {

// A run of words, or a fact or value as policies write it.
struct PlainPiece {
  bool code = false;
  std::string text;
};

// A sentence, and the sentences that it ends on ("all of these hold:").
struct PlainClause {
  std::vector<PlainPiece> line;
  std::vector<PlainClause> parts;
};

// With which acts, principals and resources the policy has to do.
PlainClause PlainScope(const Policy& policy, v1::Language language);

// Its conditions, all of which have to hold. Empty: it has none.
std::vector<PlainClause> PlainConditions(const Policy& policy,
                                         v1::Language language);

// That an expression of a policy holds, or that it does not.
PlainClause PlainExpression(const ExprPool& exprs, ExprId id, bool holds,
                            v1::Language language);

// On one line: facts in backticks, parts in brackets.
std::string OneLine(const PlainClause& clause);

}  // namespace tarazy

#endif  // TARAZY_SERVER_COMMAND_PACK_PLAIN_CLAUSE_H_
