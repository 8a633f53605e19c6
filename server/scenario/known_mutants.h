// Mutants that no scenario can catch, each with the reason: a pack's file
// mutants.yaml. policy/pack/README.md documents it.
//
// Thread-safety: functions without state.

#ifndef TARAZY_SERVER_SCENARIO_KNOWN_MUTANTS_H_
#define TARAZY_SERVER_SCENARIO_KNOWN_MUTANTS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/scenario/mutate.h"

namespace tarazy {

struct KnownMutant {
  std::vector<std::string> policies;  // ids; a last `*` for any ending
  std::string change;                 // as in Mutation
  std::string text;  // what is changed, its white space made single spaces
  std::string why;
  std::string file;
  uint32_t line = 1;
  bool own = false;  // of the pack itself, not of a base
  // Folders of the policies that it can be about: its own pack's and those of
  // its bases. A policy that a pack above put in another's place is another.
  std::vector<std::string> folders;
};

// Those of a pack and its bases. A pack without the file has none.
// INVALID_ARGUMENT holds the diagnostics.
absl::StatusOr<std::vector<KnownMutant>> ReadKnownMutants(
    const std::string& pack_directory);

// What a mutation changes, with single spaces; empty when the file can't be
// read.
std::string ChangedText(const Mutation& mutation);

// Null: none of them.
const KnownMutant* FindKnown(const std::vector<KnownMutant>& known,
                             const Mutation& mutation);

}  // namespace tarazy

#endif  // TARAZY_SERVER_SCENARIO_KNOWN_MUTANTS_H_
