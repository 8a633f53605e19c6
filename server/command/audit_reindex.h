// `tarazy audit reindex`: makes the audit index again from the log.

#ifndef TARAZY_SERVER_COMMAND_AUDIT_REINDEX_H_
#define TARAZY_SERVER_COMMAND_AUDIT_REINDEX_H_

#include <functional>

#include "CLI/CLI.hpp"

namespace tarazy {

// Adds the subcommand; if it is the one that is called, `run` is set.
void AddAuditReindex(CLI::App* audit, std::function<int()>* run);

}  // namespace tarazy

#endif  // TARAZY_SERVER_COMMAND_AUDIT_REINDEX_H_
