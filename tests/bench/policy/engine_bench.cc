// The engine alone, for work on it: general decisions, a law decision on
// native facts, compiling. engine_compare has the figures beside the official
// engine.

#include <memory>

#include "benchmark/benchmark.h"
#include "policy/pack/readings.h"
#include "tests/bench/policy/loaded_world.h"

namespace tarazy {
namespace {

void GeneralDecision(benchmark::State& state, BenchWorld (*make)(int)) {
  const LoadedWorld world(make(static_cast<int>(state.range(0))));
  Evaluation evaluation;
  size_t next = 0;
  for (auto _ : state) {
    const Request& request = *world.requests[next];
    next = next + 1 == world.requests.size() ? 0 : next + 1;
    GeneralFacts facts(&request);
    Evaluate(*world.program, ScopeOf(request), &facts, &evaluation);
    benchmark::DoNotOptimize(evaluation.CedarAllows());
  }
}
BENCHMARK_CAPTURE(GeneralDecision, scoped, ScopedWorld)
    ->RangeMultiplier(10)
    ->Range(10, 100000);
BENCHMARK_CAPTURE(GeneralDecision, entities, [](int) {
  return EntityWorld();
})->Arg(100);
BENCHMARK_CAPTURE(GeneralDecision, strings, [](int) {
  return StringWorld();
})->Arg(20);

void Compile(benchmark::State& state) {
  const PolicySet set =
      ReadPolicies(ScopedWorld(static_cast<int>(state.range(0))).policies);
  for (auto _ : state) {
    Diagnostics diagnostics;
    benchmark::DoNotOptimize(Program::Compile(set, {}, &diagnostics));
  }
}
BENCHMARK(Compile)->Arg(1000)->Arg(100000)->Unit(benchmark::kMillisecond);

void LawDecision(benchmark::State& state) {
  const BenchWorld law = LawWorld();
  const LoadedWorld world(law, UnderReadings(ReadPolicies(law.policies), {}));
  const Request& request = *world.requests[0];
  FactTable facts = ReadyFacts(request);
  ScopeRequest scope = ScopeOf(request);
  scope.entities = nullptr;
  Evaluation evaluation;
  for (auto _ : state) {
    Evaluate(*world.program, scope, &facts, &evaluation);
    benchmark::DoNotOptimize(evaluation.FailClosedAllows());
  }
  state.counters["permits"] = static_cast<double>(evaluation.permits().size());
  state.counters["forbids"] = static_cast<double>(evaluation.forbids().size());
  state.counters["errors"] = static_cast<double>(evaluation.errors().size());
}
BENCHMARK(LawDecision);

}  // namespace
}  // namespace tarazy

BENCHMARK_MAIN();
