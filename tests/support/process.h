// Runs programs for tests, `tarazy` above all.
//
// Thread-safety: each object belongs to one thread.

#ifndef TARAZY_TESTS_SUPPORT_PROCESS_H_
#define TARAZY_TESTS_SUPPORT_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

namespace tarazy {

// The binary of this build.
extern const char kTarazy[];

// A new empty folder under the tests' temporary one.
std::string MakeTempFolder(const std::string& name);

// "" when it can't be read.
std::string ReadFile(const std::string& path);
void WriteFile(const std::string& path, const std::string& text);

struct Ran {
  // The exit code, or 128 + signal.
  int code = -1;
  std::string out;
  std::string err;
};

// Runs to the end; `argv[0]` is looked up in PATH.
Ran RunProgram(const std::vector<std::string>& argv,
               const std::string& input = "");

// A program that runs on while the test does. Killed when destroyed.
class Process {
 public:
  // Standard output and error go to files in `folder`.
  Process(const std::vector<std::string>& argv, const std::string& folder);
  ~Process();
  Process(const Process&) = delete;

  pid_t pid() const { return pid_; }
  void Signal(int signal);
  // Waits for the end; the exit code, or 128 + signal.
  int Wait();
  bool running();

  std::string out() const;
  std::string err() const;

 private:
  std::string folder_;
  pid_t pid_ = -1;
  int code_ = -1;
};

// `tarazy serve` on a free port with its data in `data`.
class ServedTarazy {
 public:
  // Returns once it takes calls or has ended; see ok().
  explicit ServedTarazy(const std::string& data,
                        const std::vector<std::string>& more_flags = {},
                        const std::string& binary = kTarazy);

  bool ok() const { return !address_.empty(); }
  // "127.0.0.1:41234".
  const std::string& address() const { return address_; }
  Process& process() { return *process_; }

 private:
  std::unique_ptr<Process> process_;
  std::string address_;
};

}  // namespace tarazy

#endif  // TARAZY_TESTS_SUPPORT_PROCESS_H_
