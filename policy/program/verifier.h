// Proof, before a program is used, that running it is safe.
//
// Checked: each operand, slot, type, pattern, name and shape exists; each
// register is written before it is read, on every path; jumps go forwards and
// stay in their block; each path ends; scopes name what exists. From that
// follow memory safety, termination, and the cost bound. One pass over the
// code: jumps go forwards, so what holds at an instruction is known when the
// pass comes there. It may be run on code from anywhere.

#ifndef TARAZY_POLICY_PROGRAM_VERIFIER_H_
#define TARAZY_POLICY_PROGRAM_VERIFIER_H_

#include "absl/status/status.h"
#include "policy/program/rep.h"

namespace tarazy {

// OK, or INTERNAL naming the instruction and what is wrong with it.
absl::Status VerifyProgram(const Program::Rep& rep);

}  // namespace tarazy

#endif  // TARAZY_POLICY_PROGRAM_VERIFIER_H_
