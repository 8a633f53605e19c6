// `tarazy audit publish`: the published log as a folder of static files.
//
// Thread-safety: for one thread, at the start.

#ifndef TARAZY_SERVER_COMMAND_AUDIT_PUBLISH_H_
#define TARAZY_SERVER_COMMAND_AUDIT_PUBLISH_H_

#include <functional>

#include "CLI/CLI.hpp"

namespace tarazy {

void AddAuditPublish(CLI::App* audit, std::function<int()>* run);

}  // namespace tarazy

#endif  // TARAZY_SERVER_COMMAND_AUDIT_PUBLISH_H_
