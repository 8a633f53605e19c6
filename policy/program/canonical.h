// A digest of what a policy says, whatever its place, spelling or id: the
// compiler sorts by it, so that the order of files does not matter.

#ifndef TARAZY_POLICY_PROGRAM_CANONICAL_H_
#define TARAZY_POLICY_PROGRAM_CANONICAL_H_

#include <string>

#include "policy/program/policy_compiler.h"
#include "policy/program/rep.h"

namespace tarazy {

// SHA-256 of the policy's annotations, effect, scope and conditions, 32 bytes.
std::string ContentDigest(const PolicyInstance& instance);

// Bytes that are the same for two expressions exactly if they say the same.
std::string ContentOf(const PolicyInstance& instance, ExprId id);

// SHA-256 of the program in lower-case hex. Ids are labels and not part of it;
// the index follows from the scopes.
std::string ProgramDigest(const Program::Rep& rep);

}  // namespace tarazy

#endif  // TARAZY_POLICY_PROGRAM_CANONICAL_H_
