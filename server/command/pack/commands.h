// The subcommands of `tarazy pack`, and what they share.
//
// Thread-safety: one thread.

#ifndef TARAZY_SERVER_COMMAND_PACK_COMMANDS_H_
#define TARAZY_SERVER_COMMAND_PACK_COMMANDS_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/string_view.h"
#include "policy/pack/pack.h"
#include "server/scenario/scenario.h"

namespace tarazy {

// Exit codes.
constexpr int kGood = 0;
constexpr int kUnusable = 1;  // the input can't be used
constexpr int kFailed = 2;    // it was used and does not hold

// Each adds its subcommand, which sets `*run` when it was picked.
using PackRun = std::function<int()>;
void AddPackNew(CLI::App* app, PackRun* run);
void AddPackCheck(CLI::App* app, PackRun* run);
void AddPackTest(CLI::App* app, PackRun* run);
void AddPackCoverage(CLI::App* app, PackRun* run);
void AddPackDiff(CLI::App* app, PackRun* run);
void AddPackSimulate(CLI::App* app, PackRun* run);
void AddPackDoc(CLI::App* app, PackRun* run);
void AddPackExplain(CLI::App* app, PackRun* run);
// build, sign, verify, inspect, key.
void AddPackBundles(CLI::App* app, PackRun* run);

// To standard output.
void Print(absl::string_view text);
// "tarazy: TEXT" to standard error; kUnusable.
int Unusable(absl::string_view text);
// What a table shows of text that others wrote: control characters escaped.
std::string Shown(absl::string_view text);

// A diagnostic about a file of a pack, with the line and a caret; the file is
// read again.
std::string Located(const Diagnostic& diagnostic);

// The pack of a folder or of a bundle, whose signatures are not looked at. Null
// with the reasons printed.
std::shared_ptr<const Pack> ReadPack(const std::string& path);

// A pack and its scenarios.
struct TestedPack {
  std::shared_ptr<const Pack> pack;
  std::vector<Scenario> scenarios;
};

// False with the reasons printed.
bool ReadTestedPack(const std::string& folder, TestedPack* tested);

// Writes a file as a whole. False with the reason printed.
bool WriteWhole(const std::string& path, absl::string_view bytes);

}  // namespace tarazy

#endif  // TARAZY_SERVER_COMMAND_PACK_COMMANDS_H_
