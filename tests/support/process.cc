#include "tests/support/process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace tarazy {
namespace {

int ExitCode(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int OpenFile(const std::string& path, int flags) {
  const int file = open(path.c_str(), flags | O_CLOEXEC, 0600);
  if (file < 0) {
    std::perror(path.c_str());
    abort();
  }
  return file;
}

pid_t Start(const std::vector<std::string>& argv, const std::string& input,
            const std::string& folder) {
  // All that allocates comes before the fork: other threads may hold locks.
  std::vector<char*> args;
  for (const std::string& arg : argv) {
    args.push_back(const_cast<char*>(arg.c_str()));
  }
  args.push_back(nullptr);
  const int in = OpenFile(input, O_RDONLY);
  const int out = OpenFile(folder + "/out", O_CREAT | O_TRUNC | O_WRONLY);
  const int err = OpenFile(folder + "/err", O_CREAT | O_TRUNC | O_WRONLY);
  const pid_t pid = fork();
  if (pid < 0) {
    std::perror("fork");
    abort();
  }
  if (pid == 0) {
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    execvp(args[0], args.data());
    _exit(127);
  }
  close(in);
  close(out);
  close(err);
  return pid;
}

int WaitFor(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return ExitCode(status);
}

}  // namespace

const char kTarazy[] = TARAZY_BINARY_DIR "/bin/tarazy";

std::string MakeTempFolder(const std::string& name) {
  std::string pattern =
      std::filesystem::temp_directory_path() / ("tarazy-" + name + "-XXXXXX");
  if (mkdtemp(&pattern[0]) == nullptr) {
    std::perror(pattern.c_str());
    abort();
  }
  return pattern;
}

std::string ReadFile(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

void WriteFile(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

Ran RunProgram(const std::vector<std::string>& argv, const std::string& input) {
  const std::string folder = MakeTempFolder("run");
  WriteFile(folder + "/in", input);
  Ran ran;
  ran.code = WaitFor(Start(argv, folder + "/in", folder));
  ran.out = ReadFile(folder + "/out");
  ran.err = ReadFile(folder + "/err");
  std::filesystem::remove_all(folder);
  return ran;
}

Process::Process(const std::vector<std::string>& argv,
                 const std::string& folder)
    : folder_(folder), pid_(Start(argv, "/dev/null", folder)) {}

Process::~Process() {
  if (running()) {
    Signal(SIGKILL);
    Wait();
  }
}

void Process::Signal(int signal) {
  if (code_ < 0) kill(pid_, signal);
}

int Process::Wait() {
  if (code_ < 0) code_ = WaitFor(pid_);
  return code_;
}

bool Process::running() {
  int status = 0;
  if (code_ < 0 && waitpid(pid_, &status, WNOHANG) == pid_) {
    code_ = ExitCode(status);
  }
  return code_ < 0;
}

std::string Process::out() const { return ReadFile(folder_ + "/out"); }
std::string Process::err() const { return ReadFile(folder_ + "/err"); }

ServedTarazy::ServedTarazy(const std::string& data,
                           const std::vector<std::string>& more_flags,
                           const std::string& binary) {
  std::filesystem::create_directories(data);
  const std::string ready = data + "/ready";
  std::filesystem::remove(ready);
  // Tests ask about an instant of their own, wherever the machine's clock is.
  std::vector<std::string> argv = {
      binary,         "serve",    "--data",
      data,           "--listen", "127.0.0.1:0",
      "--ready-file", ready,      "--choose-decision-time"};
  argv.insert(argv.end(), more_flags.begin(), more_flags.end());
  process_ = std::make_unique<Process>(argv, data);
  while (process_->running() && !std::filesystem::exists(ready)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  std::istringstream lines(ReadFile(ready));
  for (std::string line; std::getline(lines, line);) {
    if (line.compare(0, 4, "tcp=") == 0) address_ = line.substr(4);
  }
}

}  // namespace tarazy
