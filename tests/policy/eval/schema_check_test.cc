// Entities and requests against a schema: generated cases with the official
// engine's verdicts (cedar-policy 4.12.0), one a line.

#include "policy/eval/schema_check.h"

#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>

#include "nlohmann/json.hpp"
#include "policy/cedar/schema.h"
#include "policy/eval/entities_json.h"
#include "policy/eval/request.h"
#include "policy/program/program.h"

namespace tarazy {
namespace {

TEST(SchemaCheckTest, VerdictsAreThoseOfTheOfficialEngine) {
  std::ifstream in(TARAZY_SOURCE_DIR
                   "/tests/policy/eval/testdata/conformity_verdicts.jsonl");
  int entities = 0, requests = 0;
  for (std::string line; std::getline(in, line); ++entities) {
    const auto row = nlohmann::json::parse(line);
    Diagnostics diagnostics;
    const auto schema =
        Schema::ParseText(Source("schema", row["schema"]), &diagnostics);
    ASSERT_NE(schema, nullptr) << line;
    CompileOptions compile;
    compile.schema = schema.get();
    const auto program = Program::Compile({}, compile, &diagnostics);
    ASSERT_NE(program, nullptr) << line;
    EntitiesJsonOptions options;
    options.schema = schema.get();

    diagnostics.clear();
    const auto store = ReadEntities(Source("entities", row["entities"]),
                                    *program, options, &diagnostics);
    EXPECT_EQ(store != nullptr, row["entities_valid"].get<bool>())
        << line << "\n"
        << FormatDiagnostics(diagnostics, {});
    EXPECT_EQ(store == nullptr, HasErrors(diagnostics));

    if (!row.contains("request")) continue;
    ++requests;
    diagnostics.clear();
    const auto none = NoEntities(*program, options, &diagnostics);
    ASSERT_NE(none, nullptr) << line;
    Request request(program.get(), none.get());
    const Source source("request", row["request"].dump());
    EXPECT_EQ(ReadRequest(source, options, &request, &diagnostics),
              row["request_valid"].get<bool>())
        << line << "\n"
        << FormatDiagnostics(diagnostics, {&source});
  }
  EXPECT_GT(entities, 100);
  EXPECT_GT(requests, 70);
}

}  // namespace
}  // namespace tarazy
