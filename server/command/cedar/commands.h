// The subcommands of `tarazy cedar`. Each adds itself to `app`; when it is
// chosen, `*run` is set to what it does, which returns the exit code.

#ifndef TARAZY_SERVER_COMMAND_CEDAR_COMMANDS_H_
#define TARAZY_SERVER_COMMAND_CEDAR_COMMANDS_H_

#include <functional>

#include "CLI/CLI.hpp"

namespace tarazy {

void AddAuthorize(CLI::App* app, std::function<int()>* run);
void AddConformance(CLI::App* app, std::function<int()>* run);
void AddEvaluate(CLI::App* app, std::function<int()>* run);
void AddExplain(CLI::App* app, std::function<int()>* run);
void AddFormat(CLI::App* app, std::function<int()>* run);
void AddLink(CLI::App* app, std::function<int()>* run);
void AddTranslate(CLI::App* app, std::function<int()>* run);
void AddValidate(CLI::App* app, std::function<int()>* run);

}  // namespace tarazy

#endif  // TARAZY_SERVER_COMMAND_CEDAR_COMMANDS_H_
