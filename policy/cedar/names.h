// Names of types and actions: `User`, `App::User`.
//
// Thread-safety: functions without state.
// Source: Cedar policy language 4.5, grammar.

#ifndef TARAZY_POLICY_CEDAR_NAMES_H_
#define TARAZY_POLICY_CEDAR_NAMES_H_

#include <string>

#include "absl/strings/string_view.h"

namespace tarazy {

// An identifier that may be a part of a name: no word that the grammar keeps
// for itself; `__cedar` may be, in references.
bool IsNamePart(absl::string_view text);

// Such identifiers joined by `::`, without blanks.
bool IsQualifiedName(absl::string_view text);

// Whether `__cedar`, which only the language itself declares in, is one of the
// identifiers of `name`.
bool MentionsCedarNamespace(absl::string_view name);

// "App::User" is "App" and "User"; "User" is "" and "User".
absl::string_view NamespaceOf(absl::string_view name);
absl::string_view BaseName(absl::string_view name);

// "App" and "User" is "App::User"; "" and "User" is "User".
std::string Qualify(absl::string_view name_space, absl::string_view name);

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_NAMES_H_
