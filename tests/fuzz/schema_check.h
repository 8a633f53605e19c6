// What holds of every schema that is read, whatever the syntax.

#ifndef TARAZY_TESTS_FUZZ_SCHEMA_CHECK_H_
#define TARAZY_TESTS_FUZZ_SCHEMA_CHECK_H_

#include <string>

#include "policy/cedar/schema.h"
#include "policy/cedar/schema_json.h"
#include "policy/cedar/schema_text.h"
#include "tests/fuzz/check.h"
#include "tests/policy/cedar/schema_dump.h"

namespace tarazy {

inline std::string MeaningOf(const std::string& text, SchemaSyntax syntax) {
  const Source source("again", text);
  const SchemaSource sources[] = {{&source, syntax}};
  Diagnostics diagnostics;
  const auto schema = Schema::Parse(sources, {}, &diagnostics);
  FUZZ_CHECK(schema != nullptr);
  return DumpSchema(*schema);
}

// Reads `source`; what is valid translates into both syntaxes and keeps its
// meaning, and printing twice changes nothing.
inline void CheckSchemaReader(const Source& source, SchemaSyntax syntax) {
  const SchemaSource sources[] = {{&source, syntax}};
  Diagnostics diagnostics;
  const auto schema = Schema::Parse(sources, {}, &diagnostics);
  FUZZ_CHECK((schema == nullptr) == HasErrors(diagnostics));
  FormatDiagnostics(diagnostics, {&source});
  if (schema == nullptr) return;
  const std::string meaning = DumpSchema(*schema);
  const auto fragment = syntax == SchemaSyntax::kText
                            ? ParseSchemaText(source, {}, &diagnostics)
                            : ParseSchemaJson(source, {}, &diagnostics);
  FUZZ_CHECK(fragment.has_value());

  const std::string json = PrintSchemaJson(*fragment);
  FUZZ_CHECK(MeaningOf(json, SchemaSyntax::kJson) == meaning);
  const auto of_json = ParseSchemaJson(Source("json", json), {}, &diagnostics);
  FUZZ_CHECK(PrintSchemaJson(*of_json) == json);

  const auto text = PrintSchemaText(*fragment, &diagnostics);
  if (!text.has_value()) return;
  const auto of_text = ParseSchemaText(Source("text", *text), {}, &diagnostics);
  FUZZ_CHECK(of_text.has_value());
  FUZZ_CHECK(PrintSchemaText(*of_text, &diagnostics) == text);
  if (syntax == SchemaSyntax::kText) {
    FUZZ_CHECK(MeaningOf(*text, SchemaSyntax::kText) == meaning);
  }
}

}  // namespace tarazy

#endif  // TARAZY_TESTS_FUZZ_SCHEMA_CHECK_H_
