// `tarazy audit query`, `tail`, `stats` and `export`: records found by the
// index.

#ifndef TARAZY_SERVER_COMMAND_AUDIT_QUERY_H_
#define TARAZY_SERVER_COMMAND_AUDIT_QUERY_H_

#include <functional>

#include "CLI/CLI.hpp"

namespace tarazy {

// Each adds its subcommand; if it is the one that is called, `run` is set.
void AddAuditQuery(CLI::App* audit, std::function<int()>* run);
void AddAuditTail(CLI::App* audit, std::function<int()>* run);
void AddAuditStats(CLI::App* audit, std::function<int()>* run);
void AddAuditExport(CLI::App* audit, std::function<int()>* run);

}  // namespace tarazy

#endif  // TARAZY_SERVER_COMMAND_AUDIT_QUERY_H_
