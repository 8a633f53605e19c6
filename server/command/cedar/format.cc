#include <cstdio>
#include <fstream>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "policy/cedar/formatter.h"
#include "server/command/cedar/commands.h"
#include "server/command/cedar/inputs.h"

namespace tarazy {
namespace {

struct Flags {
  std::string policies = "-";
  bool check = false;
  bool write = false;
  FormatOptions options;
};

int Run(const Flags& flags) {
  Inputs inputs;
  const Source* source = inputs.Open(flags.policies);
  if (source == nullptr) return inputs.Report();
  const auto text =
      FormatPolicies(*source, flags.options, inputs.diagnostics());
  if (!text) return inputs.Report();
  const bool same = *text == source->text();
  if (flags.check) {
    if (!same) {
      std::fprintf(stderr, "`%s` is not formatted\n", flags.policies.c_str());
    }
    return same ? 0 : 2;
  }
  if (!flags.write || flags.policies == "-") {
    std::fputs(text->c_str(), stdout);
    return 0;
  }
  if (same) return 0;
  std::ofstream out(flags.policies, std::ios::binary | std::ios::trunc);
  out << *text;
  out.close();
  if (out) return 0;
  return inputs.Refuse("file/unwritable",
                       absl::UnavailableError(
                           absl::StrCat("can't write `", flags.policies, "`")));
}

}  // namespace

void AddFormat(CLI::App* app, std::function<int()>* run) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app->add_subcommand(
      "format",
      "Lays policies out; with --check, exit code 2 if they are not.");
  command->add_option("-p,--policies", flags->policies,
                      "file of policies (default: standard input)");
  command->add_option("-l,--line-width", flags->options.line_width,
                      "columns (default: 80)");
  command->add_option("-i,--indent-width", flags->options.indent_width,
                      "columns (default: 2)");
  command->add_flag("-c,--check", flags->check,
                    "only say whether it is laid "
                    "out");
  command->add_flag("-w,--write", flags->write, "write the file back");
  command->callback([flags, run] { *run = [flags] { return Run(*flags); }; });
}

}  // namespace tarazy
