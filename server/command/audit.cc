#include "server/command/audit.h"

#include <functional>

#include "CLI/CLI.hpp"
#include "server/command/audit_duty.h"
#include "server/command/audit_erase.h"
#include "server/command/audit_publish.h"
#include "server/command/audit_query.h"
#include "server/command/audit_reindex.h"
#include "server/command/audit_replay.h"
#include "server/command/audit_seal.h"
#include "server/command/audit_show.h"
#include "server/command/audit_verify.h"

namespace tarazy {

int RunAudit(int argc, char** argv) {
  CLI::App app("Reads and verifies the decision log, and reports duties to it.",
               "tarazy audit");
  app.require_subcommand(1);
  std::function<int()> run;
  AddAuditQuery(&app, &run);
  AddAuditTail(&app, &run);
  AddAuditStats(&app, &run);
  AddAuditExport(&app, &run);
  AddAuditShow(&app, &run);
  AddAuditVerify(&app, &run);
  AddAuditProve(&app, &run);
  AddAuditReceipt(&app, &run);
  AddAuditReindex(&app, &run);
  AddAuditReplay(&app, &run);
  AddAuditDuty(&app, &run);
  AddAuditErase(&app, &run);
  AddAuditRotateKey(&app, &run);
  AddAuditSeal(&app, &run);
  AddAuditPublish(&app, &run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 1;
  }
  return run();
}

}  // namespace tarazy
