// Warnings of text that a reader may take for something else: characters that
// turn the direction of writing, letters of different scripts in one text, and
// in names characters that the General Security Profile for identifiers leaves
// out. Of one text only the first of these is told.
//
// Names are attributes and the ids of entities; texts are strings and the
// patterns of `like`.
//
// Thread-safety: functions without state.
// Source: Unicode Technical Standard 39, sections 3.1 and 5.1, and the warnings
// of the official validator. Ours go by the data of the ICU library that is
// installed, which may be older: of characters that Unicode took in since, the
// two can say different things. And ours tell of direction in patterns too.

#ifndef TARAZY_POLICY_CEDAR_VALIDATOR_TEXT_H_
#define TARAZY_POLICY_CEDAR_VALIDATOR_TEXT_H_

#include "policy/cedar/ast.h"
#include "policy/cedar/validator_findings.h"

namespace tarazy {

void CheckText(const Policy& policy, Findings* findings);

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_VALIDATOR_TEXT_H_
