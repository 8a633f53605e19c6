// `tarazy cedar`: the policy language from the command line.

#ifndef TARAZY_SERVER_COMMAND_CEDAR_CEDAR_H_
#define TARAZY_SERVER_COMMAND_CEDAR_CEDAR_H_

namespace tarazy {

// argv[0] is "cedar". Exit code: 0 as asked (for `authorize`, allow), 1 input
// that can't be used, 2 deny or a check that found something.
int RunCedar(int argc, char** argv);

}  // namespace tarazy

#endif  // TARAZY_SERVER_COMMAND_CEDAR_CEDAR_H_
