// A world of worlds.h read by this engine, ready to be asked.

#ifndef TARAZY_TESTS_BENCH_POLICY_LOADED_WORLD_H_
#define TARAZY_TESTS_BENCH_POLICY_LOADED_WORLD_H_

#include <memory>
#include <string>
#include <vector>

#include "policy/cedar/parser.h"
#include "policy/cedar/schema.h"
#include "policy/eval/authorizer.h"
#include "policy/eval/entities_json.h"
#include "tests/bench/policy/worlds.h"

namespace tarazy {

// These end the process with a message where a world is not in order.
PolicySet ReadPolicies(const std::string& text);
std::unique_ptr<const Program> CompilePolicies(const PolicySet& set,
                                               const Schema& schema);
std::unique_ptr<const EntityStore> ReadStore(const std::string& text,
                                             const Program& program,
                                             const Schema& schema);

struct LoadedWorld {
  explicit LoadedWorld(const BenchWorld& world);
  // With these in place of the world's policies.
  LoadedWorld(const BenchWorld& world, const PolicySet& policies);

  std::unique_ptr<const Schema> schema;
  std::unique_ptr<const Program> program;
  std::unique_ptr<const EntityStore> store;
  std::vector<std::unique_ptr<Request>> requests;
};

// All facts of a request, ready by slot.
FactTable ReadyFacts(const Request& request);

}  // namespace tarazy

#endif  // TARAZY_TESTS_BENCH_POLICY_LOADED_WORLD_H_
