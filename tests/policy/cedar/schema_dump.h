// A schema as text that shows all it means, for comparison in tests.

#ifndef TARAZY_TESTS_POLICY_CEDAR_SCHEMA_DUMP_H_
#define TARAZY_TESTS_POLICY_CEDAR_SCHEMA_DUMP_H_

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "policy/cedar/schema.h"

namespace tarazy {

inline std::string DumpSchema(const Schema& schema) {
  std::string out;
  for (const SchemaEntityType& type : schema.entity_types()) {
    absl::StrAppend(&out, "entity ", type.name, " ", ToString(*type.shape));
    if (type.tags != nullptr) {
      absl::StrAppend(&out, " tags ", ToString(*type.tags));
    }
    if (!type.parents.empty()) {
      absl::StrAppend(&out, " in ", absl::StrJoin(type.parents, ","));
    }
    if (!type.ancestors.empty()) {
      absl::StrAppend(&out, " ancestors ", absl::StrJoin(type.ancestors, ","));
    }
    if (type.is_enum()) {
      absl::StrAppend(&out, " enum ", absl::StrJoin(type.enum_ids, ","));
    }
    for (const Annotation& a : type.annotations) {
      absl::StrAppend(&out, " @", a.name, "=", a.value);
    }
    out += "\n";
  }
  for (const SchemaAction& action : schema.actions()) {
    absl::StrAppend(&out, "action ", ToString(action.uid), " (",
                    absl::StrJoin(action.principals, ","), ") (",
                    absl::StrJoin(action.resources, ","), ") ",
                    ToString(*action.context));
    for (const EntityUid& parent : action.parents) {
      absl::StrAppend(&out, " in ", ToString(parent));
    }
    for (const EntityUid& ancestor : action.ancestors) {
      absl::StrAppend(&out, " ancestor ", ToString(ancestor));
    }
    for (const Annotation& a : action.annotations) {
      absl::StrAppend(&out, " @", a.name, "=", a.value);
    }
    out += "\n";
  }
  return out;
}

}  // namespace tarazy

#endif  // TARAZY_TESTS_POLICY_CEDAR_SCHEMA_DUMP_H_
