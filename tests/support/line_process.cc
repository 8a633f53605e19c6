#include "tests/support/line_process.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

namespace tarazy {
namespace {

void MakePipe(int ends[2]) {
  if (pipe2(ends, O_CLOEXEC) != 0) {
    std::perror("pipe2");
    std::abort();
  }
  fcntl(ends[0], F_SETPIPE_SZ, LineProcess::kPipeBytes);
}

}  // namespace

LineProcess::LineProcess(const std::vector<std::string>& command) {
  // A child that has ended is seen when its answer is read.
  std::signal(SIGPIPE, SIG_IGN);
  std::vector<char*> words;
  for (const std::string& word : command) {
    words.push_back(const_cast<char*>(word.c_str()));
  }
  words.push_back(nullptr);
  int to[2];
  int from[2];
  MakePipe(to);
  MakePipe(from);
  child_ = fork();
  if (child_ == 0) {
    dup2(to[0], STDIN_FILENO);
    dup2(from[1], STDOUT_FILENO);
    execvp(words[0], words.data());
    std::perror(words[0]);
    _exit(127);
  }
  close(to[0]);
  close(from[1]);
  to_ = fdopen(to[1], "w");
  from_ = fdopen(from[0], "r");
}

LineProcess::~LineProcess() {
  std::fclose(to_);
  std::fclose(from_);
  waitpid(child_, nullptr, 0);
  std::free(line_);
}

void LineProcess::Write(const std::string& line) {
  std::fprintf(to_, "%s\n", line.c_str());
  std::fflush(to_);
}

bool LineProcess::Read(std::string* line) {
  ssize_t size = getline(&line_, &line_size_, from_);
  if (size <= 0) return false;
  if (line_[size - 1] == '\n') --size;
  line->assign(line_, static_cast<size_t>(size));
  return true;
}

}  // namespace tarazy
