// `tarazy serve`: runs the server until it is told to stop.

#ifndef TARAZY_SERVER_COMMAND_SERVE_H_
#define TARAZY_SERVER_COMMAND_SERVE_H_

namespace tarazy {

// Exit code 0 after a graceful stop (SIGTERM or SIGINT, calls under way
// answered), 1 when the server can't start, 128 + signal when a second signal
// cut the drain short. SIGHUP reads the pack again.
int RunServe(int argc, char** argv);

}  // namespace tarazy

#endif  // TARAZY_SERVER_COMMAND_SERVE_H_
