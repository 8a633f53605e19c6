// `tarazy audit duty`: a duty of a decision reported as fulfilled.

#ifndef TARAZY_SERVER_COMMAND_AUDIT_DUTY_H_
#define TARAZY_SERVER_COMMAND_AUDIT_DUTY_H_

#include <functional>

#include "CLI/CLI.hpp"

namespace tarazy {

// Adds the subcommand; if it is the one that is called, `run` is set.
void AddAuditDuty(CLI::App* audit, std::function<int()>* run);

}  // namespace tarazy

#endif  // TARAZY_SERVER_COMMAND_AUDIT_DUTY_H_
