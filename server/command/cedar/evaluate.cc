#include <cstdio>

#include "absl/strings/str_cat.h"
#include "policy/cedar/parser.h"
#include "policy/eval/authorizer.h"
#include "policy/eval/expression.h"
#include "policy/program/dump.h"
#include "server/command/cedar/commands.h"
#include "server/command/cedar/inputs.h"

namespace tarazy {
namespace {

struct Flags {
  SchemaFlags schema;
  RequestFlags request;
  std::string expression;
};

// The names of a request that an expression does without.
RequestFlags WithNames(RequestFlags flags) {
  if (flags.principal.empty()) flags.principal = "Unspecified::\"principal\"";
  if (flags.action.empty()) flags.action = "Action::\"unspecified\"";
  if (flags.resource.empty()) flags.resource = "Unspecified::\"resource\"";
  return flags;
}

int Run(const Flags& flags) {
  Inputs inputs;
  std::unique_ptr<const Schema> schema;
  if (!inputs.LoadSchema(flags.schema, &schema)) return inputs.Report();
  const Source* source = inputs.Keep("<expression>", flags.expression);
  const auto exprs =
      ParseExpression(*source, ParseOptions(), inputs.diagnostics());
  if (!exprs) return inputs.Report();
  CompileOptions options;
  options.schema = schema.get();
  const auto program = CompileExpression(*exprs, options, inputs.diagnostics());
  if (program == nullptr) return inputs.Report();
  const auto store = inputs.LoadEntities(flags.request, *program, schema.get());
  if (store == nullptr) return inputs.Report();
  Request request(program.get(), store.get());
  // Names that are only filled in would not pass the schema.
  const bool given = !flags.request.request.empty();
  if (!inputs.LoadRequest(WithNames(flags.request),
                          given ? schema.get() : nullptr, &request)) {
    return inputs.Report();
  }
  Evaluation scratch;
  PolicyError error;
  const Value value = EvaluateExpression(request, &scratch, &error);
  if (value.missing()) {
    std::string text = absl::StrCat("error: ", Describe(error.code));
    if (error.slot != PolicyError::kNoSlot) {
      absl::StrAppend(&text, ": `", program->facts()[error.slot].ToString(),
                      "`");
    }
    std::fprintf(stderr, "%s\n", text.c_str());
    return 2;
  }
  std::puts(FormatValue(value).c_str());
  return 0;
}

}  // namespace

void AddEvaluate(CLI::App* app, std::function<int()>* run) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app->add_subcommand(
      "evaluate",
      "Prints the value of an expression; exit code 2 when it errs.");
  command->add_option("EXPR", flags->expression, "the expression")->required();
  flags->schema.Add(command, false);
  flags->request.Add(command);
  command->callback([flags, run] { *run = [flags] { return Run(*flags); }; });
}

}  // namespace tarazy
