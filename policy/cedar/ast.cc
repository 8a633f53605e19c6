#include "policy/cedar/ast.h"

#include "absl/strings/str_cat.h"
#include "policy/cedar/text.h"

namespace tarazy {

std::string ToString(const EntityUid& uid) {
  return absl::StrCat(uid.type, "::\"", EscapeString(uid.id), "\"");
}

const std::string* Policy::annotation(const std::string& name) const {
  for (const Annotation& a : annotations) {
    if (a.name == name) return &a.value;
  }
  return nullptr;
}

}  // namespace tarazy
