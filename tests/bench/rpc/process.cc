#include "tests/bench/rpc/process.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace tarazy {
namespace bench {
namespace {

constexpr char kReady[] = "tcp=";

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "rpc_bench: %s\n", what.c_str());
  std::exit(1);
}

void PinThread(pid_t thread, int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  if (sched_setaffinity(thread, sizeof(set), &set) != 0) {
    Fail("cannot pin to core " + std::to_string(core));
  }
}

// The address in `line`, or empty.
std::string Address(const std::string& line) {
  if (line.rfind(kReady, 0) != 0) return "";
  return line.substr(sizeof(kReady) - 1);
}

std::string FirstLineOf(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

}  // namespace

void PinSelf(int core) { PinThread(0, core); }

Process::Process(const std::vector<std::string>& command, int core,
                 const std::string& ready_file) {
  if (!ready_file.empty()) std::filesystem::remove(ready_file);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) Fail("no pipe");
  pid_ = fork();
  if (pid_ < 0) Fail("cannot fork");
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);  // when a benchmark fails, nothing stays
    PinThread(0, core);
    dup2(ends[1], STDOUT_FILENO);
    std::vector<char*> argv;
    for (const std::string& word : command) {
      argv.push_back(const_cast<char*>(word.c_str()));
    }
    argv.push_back(nullptr);
    execv(argv[0], argv.data());
    _exit(127);
  }
  close(ends[1]);
  output_ = ends[0];
  if (ready_file.empty()) {
    FILE* out = fdopen(dup(output_), "r");
    char line[256];
    while (address_.empty() && fgets(line, sizeof(line), out) != nullptr) {
      std::string text = line;
      while (!text.empty() && text.back() == '\n') text.pop_back();
      address_ = Address(text);
    }
    fclose(out);
    if (address_.empty()) Fail(command[0] + " did not start");
    return;
  }
  while (address_.empty()) {
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      Fail(command[0] + " did not start");
    }
    address_ = Address(FirstLineOf(ready_file));
    const timespec pause = {0, 20'000'000};
    nanosleep(&pause, nullptr);
  }
}

Process::~Process() {
  if (pid_ > 0) {
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
  }
  close(output_);
}

void Process::Pin(int core) {
  const std::string tasks = "/proc/" + std::to_string(pid_) + "/task";
  for (const auto& entry : std::filesystem::directory_iterator(tasks)) {
    PinThread(std::stoi(entry.path().filename().string()), core);
  }
}

int64_t Process::CpuNanos() const {
  clockid_t clock;
  if (clock_getcpuclockid(pid_, &clock) != 0) Fail("no CPU clock");
  timespec now;
  clock_gettime(clock, &now);
  return int64_t{1'000'000'000} * now.tv_sec + now.tv_nsec;
}

}  // namespace bench
}  // namespace tarazy
