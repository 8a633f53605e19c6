// `tarazy audit erase`: erases the personal inputs of a subject's decisions.

#ifndef TARAZY_SERVER_COMMAND_AUDIT_ERASE_H_
#define TARAZY_SERVER_COMMAND_AUDIT_ERASE_H_

#include <functional>

#include "CLI/CLI.hpp"

namespace tarazy {

// Adds the subcommand; if it is the one that is called, `run` is set.
void AddAuditErase(CLI::App* audit, std::function<int()>* run);
void AddAuditRotateKey(CLI::App* audit, std::function<int()>* run);

}  // namespace tarazy

#endif  // TARAZY_SERVER_COMMAND_AUDIT_ERASE_H_
