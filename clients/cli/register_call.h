// What the subcommands of `tarazy consent` and `tarazy objection` share: their
// flags, and how they end.
//
// Thread-safety: plain values and functions without state.

#ifndef TARAZY_CLIENTS_CLI_REGISTER_CALL_H_
#define TARAZY_CLIENTS_CLI_REGISTER_CALL_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "tarazy/client.h"
#include "tarazy/v1/common.pb.h"

namespace CLI {
class App;
}

namespace tarazy {

struct RegisterCall {
  std::string server;
  int64_t deadline_ms = 5000;
  bool json = false;
  // Set when the subcommand has failed and said so.
  bool failed = false;
};

// Whose entries are listed. An IIN is read from a file, not from the command
// line, which other users of the machine can see.
struct SubjectFlags {
  std::string pseudonym;
  std::string iin_file;
};

// A subcommand with the flags of `call`. `run` does its work and prints; its
// error is printed after the subcommand's name.
CLI::App* AddSubcommand(CLI::App* app, const std::string& name,
                        const std::string& summary, RegisterCall* call,
                        const std::function<absl::Status(Client*)>& run);

void AddSubjectFlags(CLI::App* subcommand, SubjectFlags* flags);

absl::Status ReadSubject(const SubjectFlags& flags, v1::Subject* subject);

// Parses and runs. Exit code 0 when all went well, 1 otherwise.
int RunSubcommand(CLI::App* app, const RegisterCall& call, int argc,
                  char** argv);

}  // namespace tarazy

#endif  // TARAZY_CLIENTS_CLI_REGISTER_CALL_H_
