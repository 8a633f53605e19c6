#include "server/audit/thread_priority.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tarazy {

void LowerThreadPriority(int priority) {
  setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), priority);
}

}  // namespace tarazy
