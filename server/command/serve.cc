#include "server/command/serve.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/mutex.h"
#include "grpc/support/log.h"
#include "server/audit/published_files.h"
#include "server/ops/config.h"
#include "server/ops/log_line.h"
#include "server/service/server.h"

namespace tarazy {
namespace {

namespace fs = std::filesystem;

constexpr char kDefaultData[] = "tarazy-data";

struct ServeFlags {
  std::string config;
  std::string data;
  std::vector<std::string> packs;
  std::string ready_file;
  // Null: not given.
  std::unique_ptr<std::string> listen;
  std::unique_ptr<std::string> unix_socket;
  bool no_log = false;
  bool no_index = false;
  bool choose_decision_time = false;
};

// Memory holds identification numbers, and so would a core file.
absl::Status ForbidCoreDumps() {
  const rlimit none = {0, 0};
  if (setrlimit(RLIMIT_CORE, &none) != 0 ||
      prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
    return absl::InternalError("cannot turn core dumps off");
  }
  return absl::OkStatus();
}

// The pack seed-bill beside this binary: where `cmake --install` puts it, or
// in the tree that the binary was built in.
absl::StatusOr<std::string> FindDefaultPack() {
  std::error_code error;
  const fs::path binary = fs::read_symlink("/proc/self/exe", error);
  if (error) return absl::InternalError("cannot read /proc/self/exe");
  const fs::path folder = binary.parent_path();
  std::vector<std::string> tried;
  for (const char* place :
       {"../share/tarazy/law/seed-bill", "../../../policy/law/seed-bill"}) {
    const fs::path pack = (folder / place).lexically_normal();
    if (fs::exists(pack / "pack.yaml", error)) return pack.string();
    tried.push_back(absl::StrCat("`", pack.string(), "`"));
  }
  return absl::NotFoundError(
      absl::StrCat("no pack in ", absl::StrJoin(tried, " or "),
                   "; name one with --pack or `pack.directory`"));
}

// Puts all that is kept into `data`. The pseudonym key is made only where
// nothing is kept yet: a new key beside an old log would part the log's
// pseudonyms from their people for good.
absl::Status KeepIn(const std::string& data, Config* config) {
  std::error_code error;
  fs::create_directories(data, error);
  if (error) {
    return absl::FailedPreconditionError(absl::StrCat(
        "cannot make the data folder `", data, "`: ", error.message()));
  }
  const Config defaults;
  config->log.directory = defaults.log.directory;
  config->registers.path = defaults.registers.path;
  config->salts.path = defaults.salts.path;
  config->pseudonyms.key_file = defaults.pseudonyms.key_file;
  config->checkpoints.key_file = "checkpoint.key";
  config->index.path = defaults.log.directory + "/index.db";
  ResolvePaths(data, config);
  config->pseudonyms.create = !fs::exists(config->log.directory, error) &&
                              !fs::exists(config->registers.path, error);
  // Likewise: what was signed with a lost key is not signed anew in silence.
  config->checkpoints.create =
      !fs::exists(TreeFolder(config->log.directory), error);
  return absl::OkStatus();
}

absl::Status CheckListen(const Config::Listen& listen) {
  if (listen.tcp.empty() && listen.unix_socket.empty()) {
    return absl::InvalidArgumentError(
        "no address to listen on; give --listen or --unix");
  }
  if (!listen.tcp.empty() && !IsHostPort(listen.tcp)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--listen must be host:port, not `", listen.tcp, "`"));
  }
  return absl::OkStatus();
}

absl::StatusOr<Config> MakeConfig(const ServeFlags& flags) {
  Config config;
  if (!flags.config.empty()) {
    absl::StatusOr<Config> read = ReadConfig(flags.config);
    if (!read.ok()) return read.status();
    config = *std::move(read);
  }
  if (flags.config.empty() || !flags.data.empty()) {
    const absl::Status kept =
        KeepIn(flags.data.empty() ? kDefaultData : flags.data, &config);
    if (!kept.ok()) return kept;
  }
  if (flags.listen != nullptr) config.listen.tcp = *flags.listen;
  if (flags.unix_socket != nullptr) {
    config.listen.unix_socket = *flags.unix_socket;
  }
  if (absl::Status status = CheckListen(config.listen); !status.ok()) {
    return status;
  }
  if (flags.no_log) config.log.enabled = false;
  if (flags.no_index) config.index.path.clear();
  if (flags.choose_decision_time) config.rights.choose_decision_time = true;
  if (!flags.packs.empty()) {
    config.pack.directory.clear();
    config.pack.editions = flags.packs;
  }
  if (config.pack.directory.empty() && config.pack.editions.empty()) {
    absl::StatusOr<std::string> pack = FindDefaultPack();
    if (!pack.ok()) return pack.status();
    config.pack.directory = *std::move(pack);
  }
  return config;
}

// gRPC's own errors as structured lines.
void LogFromGrpc(gpr_log_func_args* args) {
  if (args->severity != GPR_LOG_SEVERITY_ERROR) return;
  WriteLogLine(LogLine(LogLevel::kError, "grpc")
                   .Text("file", args->file)
                   .Number("line", args->line)
                   .Text("message", args->message)
                   .str());
}

// "tcp=127.0.0.1:7310" and "unix=/run/tarazy.sock", the Unix socket last since
// a path may hold spaces.
std::vector<std::string> ReadyFields(const Server& server) {
  std::vector<std::string> fields;
  for (absl::string_view address : server.addresses()) {
    const bool is_unix = absl::ConsumePrefix(&address, "unix:");
    fields.push_back(absl::StrCat(is_unix ? "unix=" : "tcp=", address));
  }
  return fields;
}

// In one step, so that a reader never sees half of it.
absl::Status WriteReadyFile(const std::string& path,
                            const std::vector<std::string>& fields) {
  const std::string part = absl::StrCat(path, ".part");
  std::ofstream file(part, std::ios::trunc);
  file << absl::StrJoin(fields, "\n") << "\n";
  file.close();
  if (!file || std::rename(part.c_str(), path.c_str()) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot write the ready file `", path, "`"));
  }
  return absl::OkStatus();
}

void ReadPacksAgain(const std::vector<std::string>& directories,
                    Server* server) {
  const std::string directory = absl::StrJoin(directories, ", ");
  const absl::Status status = server->ReplacePacks(directories);
  if (status.ok()) {
    WriteLogLine(LogLine(LogLevel::kInfo, "pack_read_again")
                     .Text("directory", directory)
                     .str());
  } else {
    WriteLogLine(LogLine(LogLevel::kError, "pack_refused")
                     .Text("directory", directory)
                     .Text("error", absl::string_view(status.message()))
                     .str());
  }
}

// Blocks the signals that steer the server in this thread and in those that it
// starts from now on, so that only sigwait takes them.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

void ServeUntilStopped(const std::vector<std::string>& packs,
                       const sigset_t& signals, Server* server) {
  int signal = 0;
  while (sigwait(&signals, &signal) == 0 && signal == SIGHUP) {
    ReadPacksAgain(packs, server);
  }
  WriteLogLine(LogLine(LogLevel::kInfo, "stopping")
                   .Text("signal", signal == SIGINT ? "SIGINT" : "SIGTERM")
                   .str());
  std::thread([signals] {
    int again = 0;
    while (sigwait(&signals, &again) == 0 && again == SIGHUP) {
    }
    WriteLogLine(LogLine(LogLevel::kWarning, "stopped_at_once").str());
    _exit(128 + again);
  }).detach();
  server->Drain();
  server->Wait();
}

absl::Status Serve(const ServeFlags& flags) {
  // Whatever the server makes is its own user's.
  umask(S_IRWXG | S_IRWXO);
  if (absl::Status status = ForbidCoreDumps(); !status.ok()) return status;
  const absl::StatusOr<Config> config = MakeConfig(flags);
  if (!config.ok()) return config.status();
  gpr_set_log_function(LogFromGrpc);
  const sigset_t signals = BlockSignals();
  // Whoever reads the log lines may go away; the server stays.
  signal(SIGPIPE, SIG_IGN);
  absl::StatusOr<std::unique_ptr<Server>> server = Server::Start(*config);
  if (!server.ok()) return server.status();
  const std::vector<std::string> fields = ReadyFields(**server);
  if (!flags.ready_file.empty()) {
    absl::Status status = WriteReadyFile(flags.ready_file, fields);
    if (!status.ok()) return status;
  }
  std::printf("ready %s\n", absl::StrJoin(fields, " ").c_str());
  std::fflush(stdout);
  ServeUntilStopped(config->pack.Directories(), signals, server->get());
  return absl::OkStatus();
}

void AddFlags(ServeFlags* flags, CLI::App* app) {
  app->add_option("--config", flags->config,
                  "configuration file; deploy/tarazy.yaml documents every key. "
                  "Without it: the defaults and the flags below");
  app->add_option("--data", flags->data,
                  absl::StrCat("folder for the log, the registers and the "
                               "pseudonym key, made if absent; without "
                               "--config `",
                               kDefaultData, "` is taken"));
  app->add_option("--pack", flags->packs,
                  "folder of the pack; several times for several editions; "
                  "default: seed-bill, in "
                  "../share/tarazy/law or ../../../policy/law from the "
                  "folder of this binary");
  app->add_option_function<std::string>(
      "--listen",
      [flags](const std::string& value) {
        flags->listen = std::make_unique<std::string>(value);
      },
      "host:port for gRPC; port 0 takes a free one; '' for none");
  app->add_option_function<std::string>(
      "--unix",
      [flags](const std::string& value) {
        flags->unix_socket = std::make_unique<std::string>(value);
      },
      "path of a Unix socket");
  app->add_option("--ready-file", flags->ready_file,
                  "file that gets `tcp=ADDRESS` and `unix=PATH`, a line "
                  "each, once the server takes calls");
  app->add_flag("--no-log", flags->no_log,
                "record no decision; every answer says so");
  app->add_flag("--no-index", flags->no_index,
                "keep no audit index; `tarazy audit reindex` makes one later");
  app->add_flag("--choose-decision-time", flags->choose_decision_time,
                "requests may choose the instant they are decided at, as "
                "`rights.choose_decision_time` says");
}

}  // namespace

int RunServe(int argc, char** argv) {
  ServeFlags flags;
  CLI::App app(
      "Runs the decision server until SIGTERM or SIGINT, then answers "
      "what is under way and ends; a second signal ends it at once. "
      "SIGHUP reads the pack again. Once it takes calls it prints "
      "`ready tcp=ADDRESS unix=PATH` on standard output; log lines "
      "go to standard error as JSON.",
      "tarazy serve");
  AddFlags(&flags, &app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 1;
  }
  // Debian's absl is built to look for cycles of locks at every lock, gRPC's
  // among them; the tests of threads are there for that.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const absl::Status status = Serve(flags);
  if (status.ok()) return 0;
  const absl::string_view message =
      absl::StripTrailingAsciiWhitespace(status.message());
  std::fprintf(stderr, "tarazy serve: %s\n", std::string(message).c_str());
  return 1;
}

}  // namespace tarazy
