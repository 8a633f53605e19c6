// `tarazy`: one binary, whose first argument picks the subcommand.

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "clients/cli/consent.h"
#include "clients/cli/decide.h"
#include "clients/cli/objection.h"
#include "grpc/support/log.h"
#include "policy/cedar/suggest.h"
#include "server/command/audit.h"
#include "server/command/cedar/cedar.h"
#include "server/command/pack/pack.h"
#include "server/command/serve.h"

namespace tarazy {
namespace {

struct Command {
  const char* name;
  const char* summary;
  // argv[0] is the subcommand's name. Gives the exit code.
  int (*run)(int argc, char** argv);
};

constexpr Command kCommands[] = {
    {"serve", "run the decision server", RunServe},
    {"audit", "read and verify the decision log", RunAudit},
    {"consent", "register, withdraw and show consents", RunConsent},
    {"cedar", "work with policies, schemas and entities", RunCedar},
    {"decide", "ask a server for a decision", RunDecide},
    {"objection", "file, decide and show objections", RunObjection},
    {"pack", "write, test, compare and sign packs", RunPack},
};

std::string Usage() {
  std::string text =
      "Tarazy, a policy decision point for law.\n"
      "\n"
      "usage: tarazy COMMAND [ARGUMENTS]\n"
      "       tarazy COMMAND --help\n"
      "       tarazy --version\n"
      "\n"
      "commands:\n";
  for (const Command& command : kCommands) {
    absl::StrAppend(&text, "  ", command.name,
                    std::string(12 - std::strlen(command.name), ' '),
                    command.summary, "\n");
  }
  return text;
}

int Main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs(Usage().c_str(), stderr);
    return 1;
  }
  const std::string word = argv[1];
  if (word == "--help" || word == "-h" || word == "help") {
    std::fputs(Usage().c_str(), stdout);
    return 0;
  }
  if (word == "--version") {
    std::puts("tarazy " TARAZY_VERSION);
    return 0;
  }
  std::vector<absl::string_view> names;
  for (const Command& command : kCommands) {
    if (word == command.name) return command.run(argc - 1, argv + 1);
    names.push_back(command.name);
  }
  std::string help = DidYouMean(word, names);
  if (help.empty()) help = "`tarazy --help` lists them";
  std::fprintf(stderr, "tarazy: unknown command `%s`; %s\n", word.c_str(),
               help.c_str());
  return 1;
}

}  // namespace
}  // namespace tarazy

int main(int argc, char** argv) {
  // gRPC's own lines would stand among the program's; what a call met is in
  // its status.
  gpr_set_log_function([](gpr_log_func_args*) {});
  return tarazy::Main(argc, argv);
}
