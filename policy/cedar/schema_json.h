// The JSON syntax of schemas, both ways.
//
// Thread-safety: functions without state.
// Source: Cedar policy language 4.5, JSON schema format.

#ifndef TARAZY_POLICY_CEDAR_SCHEMA_JSON_H_
#define TARAZY_POLICY_CEDAR_SCHEMA_JSON_H_

#include <string>

#include "absl/types/optional.h"
#include "policy/cedar/diagnostic.h"
#include "policy/cedar/schema.h"
#include "policy/cedar/schema_ast.h"
#include "policy/cedar/source.h"

namespace tarazy {

// Nothing, with the reasons in `diagnostics`, when there is any error.
absl::optional<SchemaFragment> ParseSchemaJson(const Source& source,
                                               const SchemaLimits& limits,
                                               Diagnostics* diagnostics);

// Indented by two blanks, names sorted, without a final line break.
std::string PrintSchemaJson(const SchemaFragment& fragment);

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_SCHEMA_JSON_H_
