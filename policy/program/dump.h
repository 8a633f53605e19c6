// A program as text, for people and for golden tests.

#ifndef TARAZY_POLICY_PROGRAM_DUMP_H_
#define TARAZY_POLICY_PROGRAM_DUMP_H_

#include <string>

#include "policy/program/rep.h"

namespace tarazy {

std::string DumpProgram(const Program::Rep& rep);

// A value as Cedar text: `App::User::"alice"`, `[1, 2]`, `ip("10.0.0.1/32")`.
std::string FormatValue(const Value& value);

}  // namespace tarazy

#endif  // TARAZY_POLICY_PROGRAM_DUMP_H_
