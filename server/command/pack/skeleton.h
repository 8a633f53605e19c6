// The pack that `tarazy pack new` makes: the least that loads, with a scenario
// on each side of its one norm, and comments that say what to write next.
//
// Thread-safety: a function without state.

#ifndef TARAZY_SERVER_COMMAND_PACK_SKELETON_H_
#define TARAZY_SERVER_COMMAND_PACK_SKELETON_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace tarazy {

struct SkeletonFile {
  std::string name;  // inside the pack, "decision/first.cedar"
  std::string text;
};

// `name`, an id without quotes and backslashes, is the pack's and the
// edition's; `valid_from` a day as policy/pack/calendar.h counts them, before
// the year 9999 ends.
std::vector<SkeletonFile> PackSkeleton(absl::string_view name,
                                       int64_t valid_from);

}  // namespace tarazy

#endif  // TARAZY_SERVER_COMMAND_PACK_SKELETON_H_
