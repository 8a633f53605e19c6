// A child process that is asked in lines and answers in lines, on pipes.
//
// Thread-safety: one thread at a time.

#ifndef TARAZY_TESTS_SUPPORT_LINE_PROCESS_H_
#define TARAZY_TESTS_SUPPORT_LINE_PROCESS_H_

#include <sys/types.h>

#include <cstdio>
#include <string>
#include <vector>

namespace tarazy {

class LineProcess {
 public:
  // Starts it; one that can't be started is one that ended at once.
  explicit LineProcess(const std::vector<std::string>& command);
  // Closes its input and waits for its end.
  ~LineProcess();
  LineProcess(const LineProcess&) = delete;
  LineProcess& operator=(const LineProcess&) = delete;

  // Lines that the child has not read yet must fit in the pipe, kPipeBytes.
  void Write(const std::string& line);
  // The next line, without its line break; false when the child has ended.
  bool Read(std::string* line);

  static constexpr int kPipeBytes = 1 << 20;

 private:
  pid_t child_ = -1;
  FILE* to_ = nullptr;
  FILE* from_ = nullptr;
  char* line_ = nullptr;
  size_t line_size_ = 0;
};

}  // namespace tarazy

#endif  // TARAZY_TESTS_SUPPORT_LINE_PROCESS_H_
