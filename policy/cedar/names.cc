#include "policy/cedar/names.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "policy/cedar/text.h"

namespace tarazy {

bool IsNamePart(absl::string_view text) {
  return IsIdentifier(text) && (text == "__cedar" || !IsReservedWord(text));
}

bool IsQualifiedName(absl::string_view text) {
  for (absl::string_view part : absl::StrSplit(text, "::")) {
    if (!IsNamePart(part)) return false;
  }
  return true;
}

bool MentionsCedarNamespace(absl::string_view name) {
  for (absl::string_view part : absl::StrSplit(name, "::")) {
    if (part == "__cedar") return true;
  }
  return false;
}

absl::string_view NamespaceOf(absl::string_view name) {
  const size_t at = name.rfind("::");
  return at == absl::string_view::npos ? absl::string_view()
                                       : name.substr(0, at);
}

absl::string_view BaseName(absl::string_view name) {
  const size_t at = name.rfind("::");
  return at == absl::string_view::npos ? name : name.substr(at + 2);
}

std::string Qualify(absl::string_view name_space, absl::string_view name) {
  return name_space.empty() ? std::string(name)
                            : absl::StrCat(name_space, "::", name);
}

}  // namespace tarazy
