// `tarazy audit verify` and `tarazy audit prove`.

#ifndef TARAZY_SERVER_COMMAND_AUDIT_VERIFY_H_
#define TARAZY_SERVER_COMMAND_AUDIT_VERIFY_H_

#include <functional>

#include "CLI/CLI.hpp"

namespace tarazy {

// Add the subcommands; if one of them is called, `run` is set.
void AddAuditVerify(CLI::App* audit, std::function<int()>* run);
void AddAuditProve(CLI::App* audit, std::function<int()>* run);
void AddAuditReceipt(CLI::App* audit, std::function<int()>* run);

}  // namespace tarazy

#endif  // TARAZY_SERVER_COMMAND_AUDIT_VERIFY_H_
