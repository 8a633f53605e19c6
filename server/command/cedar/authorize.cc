#include <cstdio>

#include "policy/cedar/json_writer.h"
#include "policy/eval/authorizer.h"
#include "server/command/cedar/commands.h"
#include "server/command/cedar/inputs.h"

namespace tarazy {
namespace {

struct Flags {
  PolicyFlags policies;
  SchemaFlags schema;
  RequestFlags request;
};

int Run(const Flags& flags) {
  Inputs inputs;
  PolicySet set;
  std::unique_ptr<const Schema> schema;
  if (!inputs.LoadPolicies(flags.policies, &set) ||
      !inputs.LoadSchema(flags.schema, &schema)) {
    return inputs.Report();
  }
  CompileOptions options;
  options.schema = schema.get();
  const auto program = Program::Compile(set, options, inputs.diagnostics());
  if (program == nullptr) return inputs.Report();
  const auto store = inputs.LoadEntities(flags.request, *program, schema.get());
  if (store == nullptr) return inputs.Report();
  Request request(program.get(), store.get());
  if (!inputs.LoadRequest(flags.request, schema.get(), &request)) {
    return inputs.Report();
  }
  Evaluation scratch;
  const Authorization answer = Authorize(request, &scratch);
  JsonWriter json(JsonStyle::kIndented);
  json.BeginObject();
  json.Key("decision");
  json.String(answer.allow ? "allow" : "deny");
  json.Key("reasons");
  json.BeginArray();
  for (const std::string& reason : answer.reasons) json.String(reason);
  json.EndArray();
  json.Key("errors");
  json.BeginArray();
  for (const Authorization::Error& error : answer.errors) {
    json.BeginObject();
    json.Key("policy");
    json.String(error.policy);
    json.Key("message");
    json.String(error.message);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  std::puts(json.Take().c_str());
  return answer.allow ? 0 : 2;
}

}  // namespace

void AddAuthorize(CLI::App* app, std::function<int()>* run) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app->add_subcommand(
      "authorize", "Decides a request; exit code 0 allow, 2 deny.");
  flags->policies.Add(command);
  flags->schema.Add(command, false);
  flags->request.Add(command);
  command->callback([flags, run] { *run = [flags] { return Run(*flags); }; });
}

}  // namespace tarazy
