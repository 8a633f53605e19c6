// The JSON schema syntax.

#include "tests/fuzz/schema_check.h"

using namespace tarazy;  // NOLINT: a program of one file

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  CheckSchemaReader(Source("input", FuzzText(data, size)), SchemaSyntax::kJson);
  return 0;
}
