#include "tests/bench/policy/loaded_world.h"

#include <cstdio>
#include <cstdlib>

namespace tarazy {
namespace {

void Require(bool ok, const Diagnostics& diagnostics) {
  if (ok) return;
  std::fprintf(stderr, "a world is not in order: %s\n",
               diagnostics.empty() ? "" : diagnostics.back().message.c_str());
  std::exit(1);
}

EntitiesJsonOptions Guided(const Schema& schema) {
  EntitiesJsonOptions options;
  options.schema = &schema;
  return options;
}

}  // namespace

PolicySet ReadPolicies(const std::string& text) {
  PolicySet set;
  Diagnostics diagnostics;
  Require(ParsePolicies(Source("policies", text), {}, &set, &diagnostics),
          diagnostics);
  return set;
}

std::unique_ptr<const Program> CompilePolicies(const PolicySet& set,
                                               const Schema& schema) {
  Diagnostics diagnostics;
  CompileOptions options;
  options.schema = &schema;
  auto program = Program::Compile(set, options, &diagnostics);
  Require(program != nullptr, diagnostics);
  return program;
}

std::unique_ptr<const EntityStore> ReadStore(const std::string& text,
                                             const Program& program,
                                             const Schema& schema) {
  Diagnostics diagnostics;
  auto store = ReadEntities(Source("entities", text), program, Guided(schema),
                            &diagnostics);
  Require(store != nullptr, diagnostics);
  return store;
}

LoadedWorld::LoadedWorld(const BenchWorld& world)
    : LoadedWorld(world, ReadPolicies(world.policies)) {}

LoadedWorld::LoadedWorld(const BenchWorld& world, const PolicySet& policies) {
  Diagnostics diagnostics;
  schema = Schema::ParseText(Source("schema", world.schema), &diagnostics);
  Require(schema != nullptr, diagnostics);
  program = CompilePolicies(policies, *schema);
  store = ReadStore(world.entities, *program, *schema);
  for (const std::string& text : world.requests) {
    requests.push_back(std::make_unique<Request>(program.get(), store.get()));
    // The law's request leaves out what its decision does not ask for.
    EntitiesJsonOptions options = Guided(*schema);
    options.check = false;
    Require(ReadRequest(Source("request", text), options, requests.back().get(),
                        &diagnostics),
            diagnostics);
  }
}

FactTable ReadyFacts(const Request& request) {
  GeneralFacts general(&request);
  std::vector<Value> values;
  for (uint32_t i = 0; i < request.program().facts().size(); ++i) {
    values.push_back(general.Read(i));
  }
  return FactTable(std::move(values));
}

}  // namespace tarazy
