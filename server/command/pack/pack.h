// `tarazy pack`: checks, tests and compares packs.

#ifndef TARAZY_SERVER_COMMAND_PACK_PACK_H_
#define TARAZY_SERVER_COMMAND_PACK_PACK_H_

namespace tarazy {

// Exit code 0: good; 1: the pack or a scenario could not be used; 2: a
// scenario failed, a norm is not covered, or too few mutants were caught.
int RunPack(int argc, char** argv);

}  // namespace tarazy

#endif  // TARAZY_SERVER_COMMAND_PACK_PACK_H_
