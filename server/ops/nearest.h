// The known word that a misspelt one probably meant.
//
// Thread-safety: a function without state.

#ifndef TARAZY_SERVER_OPS_NEAREST_H_
#define TARAZY_SERVER_OPS_NEAREST_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace tarazy {

// The first of `known` within the fewest edits of `word` (one edit inserts,
// deletes, replaces or swaps neighbours), or "" when that takes more than a
// third of the word, so that nothing far-fetched is offered.
std::string Nearest(absl::string_view word,
                    const std::vector<std::string>& known);

}  // namespace tarazy

#endif  // TARAZY_SERVER_OPS_NEAREST_H_
