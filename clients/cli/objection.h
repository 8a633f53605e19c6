// `tarazy objection`: keeps the register of objections of a server.

#ifndef TARAZY_CLIENTS_CLI_OBJECTION_H_
#define TARAZY_CLIENTS_CLI_OBJECTION_H_

namespace tarazy {

// Exit code 0 when all went well, 1 otherwise.
int RunObjection(int argc, char** argv);

}  // namespace tarazy

#endif  // TARAZY_CLIENTS_CLI_OBJECTION_H_
