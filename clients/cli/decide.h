// `tarazy decide`: asks a server for one decision.

#ifndef TARAZY_CLIENTS_CLI_DECIDE_H_
#define TARAZY_CLIENTS_CLI_DECIDE_H_

namespace tarazy {

// Exit code 0 for a permit, 2 for a deny, 1 for anything else, which is not
// permitted either.
int RunDecide(int argc, char** argv);

}  // namespace tarazy

#endif  // TARAZY_CLIENTS_CLI_DECIDE_H_
