// `tarazy consent`: keeps the register of consents of a server.

#ifndef TARAZY_CLIENTS_CLI_CONSENT_H_
#define TARAZY_CLIENTS_CLI_CONSENT_H_

namespace tarazy {

// Exit code 0 when all went well, 1 otherwise.
int RunConsent(int argc, char** argv);

}  // namespace tarazy

#endif  // TARAZY_CLIENTS_CLI_CONSENT_H_
