#include "policy/cedar/schema.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/cedar/schema_builder.h"
#include "policy/cedar/schema_json.h"
#include "policy/cedar/schema_text.h"

namespace tarazy {

namespace {

// Readers stop by themselves; the builder may find more. Warnings go first,
// so that an error stays.
void Truncate(size_t limit, Diagnostics* diagnostics) {
  if (diagnostics->size() <= limit + 1) return;
  std::stable_sort(diagnostics->begin(), diagnostics->end(),
                   [](const Diagnostic& a, const Diagnostic& b) {
                     return a.severity == Severity::kError &&
                            b.severity != Severity::kError;
                   });
  diagnostics->resize(limit);
  SortDiagnostics(diagnostics);
  Diagnostic rest;
  rest.severity =
      HasErrors(*diagnostics) ? Severity::kError : Severity::kWarning;
  rest.code = "schema/too-many";
  rest.source = diagnostics->back().source;
  rest.span = diagnostics->back().span;
  rest.message =
      absl::StrCat("too many errors: only the first ", limit, " are listed");
  diagnostics->push_back(std::move(rest));
}

}  // namespace

bool SchemaEntityType::HasAncestor(absl::string_view type) const {
  return std::binary_search(ancestors.begin(), ancestors.end(), type);
}

bool SchemaEntityType::HasEnumId(absl::string_view id) const {
  return std::find(enum_ids.begin(), enum_ids.end(), id) != enum_ids.end();
}

bool SchemaAction::HasAncestor(const EntityUid& action) const {
  return std::binary_search(ancestors.begin(), ancestors.end(), action);
}

std::unique_ptr<const Schema> Schema::ParseText(const Source& source,
                                                Diagnostics* diagnostics) {
  const SchemaSource sources[] = {{&source, SchemaSyntax::kText}};
  return Parse(sources, SchemaLimits(), diagnostics);
}

std::unique_ptr<const Schema> Schema::ParseJson(const Source& source,
                                                Diagnostics* diagnostics) {
  const SchemaSource sources[] = {{&source, SchemaSyntax::kJson}};
  return Parse(sources, SchemaLimits(), diagnostics);
}

std::unique_ptr<const Schema> Schema::Parse(
    absl::Span<const SchemaSource> sources, const SchemaLimits& limits,
    Diagnostics* diagnostics) {
  Diagnostics found;
  std::vector<SchemaFragment> fragments;
  for (const SchemaSource& source : sources) {
    auto fragment = source.syntax == SchemaSyntax::kText
                        ? ParseSchemaText(*source.source, limits, &found)
                        : ParseSchemaJson(*source.source, limits, &found);
    if (fragment.has_value()) fragments.push_back(*std::move(fragment));
  }
  std::unique_ptr<const Schema> schema;
  if (!HasErrors(found)) schema = BuildSchema(fragments, limits, &found);
  SortDiagnostics(&found);
  Truncate(limits.max_diagnostics, &found);
  diagnostics->insert(diagnostics->end(), found.begin(), found.end());
  return schema;
}

const SchemaEntityType* Schema::FindEntityType(absl::string_view name) const {
  auto it = entity_type_index_.find(name);
  return it == entity_type_index_.end() ? nullptr : &entity_types_[it->second];
}

const SchemaAction* Schema::FindAction(const EntityUid& uid) const {
  auto it = action_index_.find(uid);
  return it == action_index_.end() ? nullptr : &actions_[it->second];
}

bool Schema::IsActionType(absl::string_view type) const {
  auto it = std::lower_bound(actions_.begin(), actions_.end(), type,
                             [](const SchemaAction& a, absl::string_view t) {
                               return a.uid.type < t;
                             });
  return it != actions_.end() && it->uid.type == type;
}

}  // namespace tarazy
