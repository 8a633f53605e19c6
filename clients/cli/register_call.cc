#include "clients/cli/register_call.h"

#include <cstdio>

#include "CLI/CLI.hpp"
#include "absl/strings/ascii.h"
#include "absl/time/time.h"
#include "clients/cli/json_file.h"
#include "clients/cli/plain_text.h"

namespace tarazy {
namespace {

constexpr int kDone = 0;
constexpr int kFailed = 1;

}  // namespace

CLI::App* AddSubcommand(CLI::App* app, const std::string& name,
                        const std::string& summary, RegisterCall* call,
                        const std::function<absl::Status(Client*)>& run) {
  CLI::App* const subcommand = app->add_subcommand(name, summary);
  subcommand
      ->add_option("--server", call->server,
                   "host:port, or unix:PATH for a Unix socket")
      ->required();
  subcommand
      ->add_option("--deadline-ms", call->deadline_ms,
                   "milliseconds that each call may take")
      ->check(CLI::Range(int64_t{1}, int64_t{3600000}))
      ->capture_default_str();
  subcommand->add_flag("--json", call->json, "print answers as JSON");
  const std::string full_name = app->get_name() + " " + name;
  subcommand->callback([call, run, full_name] {
    ClientOptions options;
    options.address = call->server;
    options.register_deadline = absl::Milliseconds(call->deadline_ms);
    Client client(options);
    const absl::Status status = run(&client);
    if (status.ok()) return;
    std::fprintf(stderr, "%s: %s", full_name.c_str(),
                 StatusText(status).c_str());
    call->failed = true;
  });
  return subcommand;
}

void AddSubjectFlags(CLI::App* subcommand, SubjectFlags* flags) {
  CLI::Option_group* const group = subcommand->add_option_group("subject");
  group->add_option("--pseudonym", flags->pseudonym,
                    "the subject's pseudonym, 64 hex digits");
  group->add_option("--iin-file", flags->iin_file,
                    "file that holds the subject's IIN alone; - for standard "
                    "input");
  group->require_option(1);
}

absl::Status ReadSubject(const SubjectFlags& flags, v1::Subject* subject) {
  if (flags.iin_file.empty()) {
    subject->set_pseudonym(flags.pseudonym);
    return absl::OkStatus();
  }
  const absl::StatusOr<std::string> text = ReadInput(flags.iin_file);
  if (!text.ok()) return text.status();
  subject->set_iin(std::string(absl::StripAsciiWhitespace(*text)));
  return absl::OkStatus();
}

int RunSubcommand(CLI::App* app, const RegisterCall& call, int argc,
                  char** argv) {
  app->require_subcommand(1);
  try {
    app->parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app->exit(e) == 0 ? kDone : kFailed;
  }
  return call.failed ? kFailed : kDone;
}

}  // namespace tarazy
