// What the two printers of schemas share.

#ifndef TARAZY_POLICY_CEDAR_SCHEMA_PRINTING_H_
#define TARAZY_POLICY_CEDAR_SCHEMA_PRINTING_H_

#include <algorithm>
#include <vector>

namespace tarazy {

// Pointers to all of `all`, in the order of what `name` gives for each.
template <typename T, typename Name>
std::vector<const T*> Sorted(const std::vector<T>& all, Name name) {
  std::vector<const T*> sorted;
  for (const T& one : all) sorted.push_back(&one);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [&](const T* a, const T* b) { return name(*a) < name(*b); });
  return sorted;
}

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_SCHEMA_PRINTING_H_
