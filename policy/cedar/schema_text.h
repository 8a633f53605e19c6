// The human syntax of schemas, both ways.
//
// Reading reports all errors of a source; it resumes at the next declaration.
// Printing is deterministic and reads back to the same declarations; comments
// of the original are not kept.
//
// Thread-safety: functions without state.
// Source: Cedar policy language 4.5, schema grammar.

#ifndef TARAZY_POLICY_CEDAR_SCHEMA_TEXT_H_
#define TARAZY_POLICY_CEDAR_SCHEMA_TEXT_H_

#include <string>

#include "absl/types/optional.h"
#include "policy/cedar/diagnostic.h"
#include "policy/cedar/schema.h"
#include "policy/cedar/schema_ast.h"
#include "policy/cedar/source.h"

namespace tarazy {

// Nothing, with the reasons in `diagnostics`, when there is any error.
absl::optional<SchemaFragment> ParseSchemaText(const Source& source,
                                               const SchemaLimits& limits,
                                               Diagnostics* diagnostics);

// Nothing when the human syntax can't say it: an entity type whose shape is a
// common type, or a namespace other than the empty one where an entity type
// and a common type share a name.
absl::optional<std::string> PrintSchemaText(const SchemaFragment& fragment,
                                            Diagnostics* diagnostics);

}  // namespace tarazy

#endif  // TARAZY_POLICY_CEDAR_SCHEMA_TEXT_H_
