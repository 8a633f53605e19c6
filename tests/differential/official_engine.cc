#include "tests/differential/official_engine.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <utility>

namespace tarazy {
namespace {

// Room for the cases that are asked ahead.
constexpr int kPipeBytes = 1 << 20;

void MakePipe(int ends[2]) {
  if (pipe2(ends, O_CLOEXEC) != 0) {
    std::perror("pipe2");
    std::abort();
  }
  fcntl(ends[0], F_SETPIPE_SZ, kPipeBytes);
}

}  // namespace

OfficialEngine::OfficialEngine(std::string program)
    : program_(std::move(program)) {
  std::signal(SIGPIPE, SIG_IGN);
  Start();
}

OfficialEngine::~OfficialEngine() {
  Stop();
  std::free(line_);
}

void OfficialEngine::Start() {
  int to[2];
  int from[2];
  MakePipe(to);
  MakePipe(from);
  child_ = fork();
  if (child_ == 0) {
    dup2(to[0], STDIN_FILENO);
    dup2(from[1], STDOUT_FILENO);
    execl(program_.c_str(), program_.c_str(), "decide", nullptr);
    std::perror(program_.c_str());
    _exit(127);
  }
  close(to[0]);
  close(from[1]);
  to_ = fdopen(to[1], "w");
  from_ = fdopen(from[0], "r");
}

void OfficialEngine::Stop() {
  std::fclose(to_);
  std::fclose(from_);
  waitpid(child_, nullptr, 0);
}

void OfficialEngine::Ask(const Case& c) {
  std::fprintf(to_, "%s\n", c.ToJson().c_str());
  std::fflush(to_);
}

nlohmann::json OfficialEngine::Answer() {
  const ssize_t size = getline(&line_, &line_size_, from_);
  if (size > 0) return nlohmann::json::parse(line_, line_ + size);
  Stop();
  Start();
  return {{"died", "the official engine ended without an answer"}};
}

}  // namespace tarazy
