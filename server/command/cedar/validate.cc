#include <cstdio>

#include "policy/cedar/validator.h"
#include "server/command/cedar/commands.h"
#include "server/command/cedar/inputs.h"

namespace tarazy {
namespace {

// Exit code of the official command line.
constexpr int kInvalid = 3;

struct Flags {
  PolicyFlags policies;
  SchemaFlags schema;
  std::string mode = "strict";
  bool deny_warnings = false;
};

int Run(const Flags& flags) {
  Inputs inputs;
  PolicySet set;
  std::unique_ptr<const Schema> schema;
  if (!inputs.LoadPolicies(flags.policies, &set) ||
      !inputs.LoadSchema(flags.schema, &schema)) {
    return inputs.Report();
  }
  const ValidationMode mode = flags.mode == "strict"
                                  ? ValidationMode::kStrict
                                  : ValidationMode::kPermissive;
  const bool valid = ValidatePolicies(set, *schema, mode, inputs.diagnostics());
  const bool warned = !inputs.diagnostics()->empty();
  inputs.Report();
  if (!valid || (warned && flags.deny_warnings)) return kInvalid;
  std::puts("the policies are valid");
  return 0;
}

}  // namespace

void AddValidate(CLI::App* app, std::function<int()>* run) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app->add_subcommand(
      "validate",
      "Checks policies against a schema; exit code 0 valid, 3 not.");
  flags->policies.Add(command);
  flags->schema.Add(command, true);
  command
      ->add_option("--validation-mode,--mode", flags->mode,
                   "`strict` or `permissive` (default: strict)")
      ->check(CLI::IsMember({"strict", "permissive"}));
  command->add_flag("--deny-warnings", flags->deny_warnings,
                    "exit code 3 on warnings too");
  command->callback([flags, run] { *run = [flags] { return Run(*flags); }; });
}

}  // namespace tarazy
