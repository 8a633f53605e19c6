// `tarazy audit replay`: decides again what the log says was decided.

#ifndef TARAZY_SERVER_COMMAND_AUDIT_REPLAY_H_
#define TARAZY_SERVER_COMMAND_AUDIT_REPLAY_H_

#include <functional>

#include "CLI/CLI.hpp"

namespace tarazy {

// Adds the subcommand; if it is the one that is called, `run` is set.
void AddAuditReplay(CLI::App* audit, std::function<int()>* run);

}  // namespace tarazy

#endif  // TARAZY_SERVER_COMMAND_AUDIT_REPLAY_H_
