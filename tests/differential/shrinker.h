// Makes a failing case small.
//
// Tried over and over, in falling size, until nothing more can go: requests,
// links, runs of tokens of the policies and of the schema, what stands between
// two brackets, and members and items of the JSON texts. What is tried may be
// nonsense; it counts only when the case still fails in the same way.
//
// Thread-safety: functions without state.

#ifndef TARAZY_TESTS_DIFFERENTIAL_SHRINKER_H_
#define TARAZY_TESTS_DIFFERENTIAL_SHRINKER_H_

#include <functional>

#include "tests/differential/case_generator.h"

namespace tarazy {

// `fails` says whether a case fails as the first one did.
Case Shrink(const Case& failing, const std::function<bool(const Case&)>& fails);

}  // namespace tarazy

#endif  // TARAZY_TESTS_DIFFERENTIAL_SHRINKER_H_
