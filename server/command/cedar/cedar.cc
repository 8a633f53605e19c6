#include "server/command/cedar/cedar.h"

#include "server/command/cedar/commands.h"

namespace tarazy {

int RunCedar(int argc, char** argv) {
  CLI::App app("Works with Cedar policies, schemas and entities.",
               "tarazy cedar");
  app.require_subcommand(1);
  std::function<int()> run;
  AddAuthorize(&app, &run);
  AddConformance(&app, &run);
  AddEvaluate(&app, &run);
  AddExplain(&app, &run);
  AddFormat(&app, &run);
  AddLink(&app, &run);
  AddTranslate(&app, &run);
  AddValidate(&app, &run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 1;
  }
  return run();
}

}  // namespace tarazy
