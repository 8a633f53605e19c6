// Threads that work behind the answers step back from those that decide.

#ifndef TARAZY_SERVER_AUDIT_THREAD_PRIORITY_H_
#define TARAZY_SERVER_AUDIT_THREAD_PRIORITY_H_

namespace tarazy {

// As nice(1) counts them: what is put off for long, and what must keep pace on
// a core that is busy.
constexpr int kIdlePriority = 19;
constexpr int kBehindPriority = 10;

// Of the calling thread alone; where it fails the thread runs as all others do.
void LowerThreadPriority(int priority);

}  // namespace tarazy

#endif  // TARAZY_SERVER_AUDIT_THREAD_PRIORITY_H_
