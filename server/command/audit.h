// `tarazy audit`: what the decision log holds, and whether it is whole.

#ifndef TARAZY_SERVER_COMMAND_AUDIT_H_
#define TARAZY_SERVER_COMMAND_AUDIT_H_

namespace tarazy {

// Exit code 0: done; 1: an error; 2: the log is not what it should be.
int RunAudit(int argc, char** argv);

}  // namespace tarazy

#endif  // TARAZY_SERVER_COMMAND_AUDIT_H_
