// The engine alone: general decisions, a law decision on native facts, and
// compiling.
//
//   engine_bench                     google-benchmark
//   engine_bench --write-worlds DIR  writes the worlds for the official engine

#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "benchmark/benchmark.h"
#include "policy/cedar/parser.h"
#include "policy/cedar/schema.h"
#include "policy/eval/authorizer.h"
#include "policy/eval/entities_json.h"
#include "tests/bench/policy/worlds.h"

namespace tarazy {
namespace {

PolicySet ParseSet(const std::string& text) {
  PolicySet set;
  Diagnostics diagnostics;
  ParseOptions options;
  if (!ParsePolicies(Source("bench", text), options, &set, &diagnostics)) {
    std::fprintf(stderr, "%s\n", diagnostics[0].message.c_str());
    std::abort();
  }
  return set;
}

// A world ready to be asked.
struct Loaded {
  explicit Loaded(const BenchWorld& world) {
    Diagnostics diagnostics;
    program = Program::Compile(ParseSet(world.policies), {}, &diagnostics);
    const Source entities("entities", world.entities);
    store = ReadEntities(entities, *program, {}, &diagnostics);
    for (const std::string& text : world.requests) {
      requests.push_back(std::make_unique<Request>(program.get(), store.get()));
      ReadRequest(Source("request", text), {}, requests.back().get(),
                  &diagnostics);
    }
    if (!diagnostics.empty()) {
      std::fprintf(stderr, "%s\n", diagnostics[0].message.c_str());
      std::abort();
    }
  }
  std::unique_ptr<const Program> program;
  std::unique_ptr<const EntityStore> store;
  std::vector<std::unique_ptr<Request>> requests;
};

void GeneralDecision(benchmark::State& state, BenchWorld (*make)(int)) {
  const Loaded world(make(static_cast<int>(state.range(0))));
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
      ParseSet(ScopedWorld(static_cast<int>(state.range(0))).policies);
  for (auto _ : state) {
    Diagnostics diagnostics;
    benchmark::DoNotOptimize(Program::Compile(set, {}, &diagnostics));
  }
}
BENCHMARK(Compile)->Arg(1000)->Arg(100000)->Unit(benchmark::kMillisecond);

// Facts by slot, as the server holds them.
class SlotFacts : public FactReader {
 public:
  explicit SlotFacts(std::vector<Value> values) : values_(std::move(values)) {}
  Value Read(uint32_t slot) override { return values_[slot]; }

 private:
  std::vector<Value> values_;
};

std::string ReadText(const std::string& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// A request for automated processing that a consent permits, against the
// decision policies of the default pack, all its facts in slots.
void LawDecision(benchmark::State& state) {
  const std::string folder = TARAZY_SOURCE_DIR "/policy/law/seed-bill/";
  Diagnostics diagnostics;
  const auto schema = Schema::ParseText(
      Source("schema", ReadText(folder + "schema.cedarschema")), &diagnostics);
  PolicySet set;
  for (const char* file :
       {"ai-systems", "automated", "basis", "biometric", "consent",
        "not-personal", "platform", "public-source", "purpose"}) {
    ParseOptions options;
    options.id_prefix = file;
    ParsePolicies(
        Source(file, ReadText(folder + "decision/" + file + ".cedar")), options,
        &set, &diagnostics);
  }
  CompileOptions options;
  options.schema = schema.get();
  const auto program = Program::Compile(set, options, &diagnostics);
  if (program == nullptr) {
    state.SkipWithError("the pack does not compile");
    return;
  }
  const auto store = NoEntities(*program, {}, &diagnostics);
  Request request(program.get(), store.get());
  const bool read = ReadRequest(
      Source("request", R"({
    "principal": {"type": "Operator", "id": "123456789012"},
    "action": {"type": "Action", "id": "automatedProcessing"},
    "resource": {"type": "PersonalData", "id": "s"},
    "context": {
      "now": "2026-03-01",
      "data": {"identifiable": true, "biometric": false,
               "inStateObject": false, "items": ["name"]},
      "purpose": {"code": "loan", "specific": true,
                  "declaredAt": "2026-01-01", "lawful": true,
                  "harmful": false, "restrictsRights": false},
      "consent": {"givenBy": {"type": "ConsentGiver",
                              "id": "SUBJECT_IN_PERSON"},
                  "channel": {"type": "ConsentChannel", "id": "WRITTEN"},
                  "purposes": ["loan"], "items": ["name"],
                  "validFrom": "2026-01-01", "withdrawalBarred": false,
                  "coversAutomatedProcessing": true, "asserted": false},
      "objection": {"undecided": false, "upheld": false,
                    "rejectedNotNotified": false},
      "act": {"humanParticipation": {"type": "HumanParticipation",
                                     "id": "NONE"},
              "effects": [{"type": "EffectKind", "id": "ARISE"}],
              "risks": [], "legislationListedCase": false}}})"),
      [&] {
        EntitiesJsonOptions guided;
        guided.schema = schema.get();
        guided.check = false;
        return guided;
      }(),
      &request, &diagnostics);
  if (!read) {
    state.SkipWithError(diagnostics.back().message.c_str());
    return;
  }
  GeneralFacts general(&request);
  std::vector<Value> values;
  for (uint32_t i = 0; i < program->facts().size(); ++i) {
    values.push_back(general.Read(i));
  }
  SlotFacts facts(std::move(values));
  ScopeRequest scope = ScopeOf(request);
  scope.entities = nullptr;
  Evaluation evaluation;
  for (auto _ : state) {
    Evaluate(*program, scope, &facts, &evaluation);
    benchmark::DoNotOptimize(evaluation.FailClosedAllows());
  }
  state.counters["facts"] = static_cast<double>(evaluation.readings().size());
  state.counters["permits"] = static_cast<double>(evaluation.permits().size());
  state.counters["forbids"] = static_cast<double>(evaluation.forbids().size());
  state.counters["errors"] = static_cast<double>(evaluation.errors().size());
}
BENCHMARK(LawDecision);

// policies.cedar, entities.json and requests.json (an array) for each world.
int WriteWorlds(const std::string& folder) {
  for (const BenchWorld& world : AllWorlds()) {
    std::string name = world.name;
    for (char& c : name) c = c == '/' ? '-' : c;
    const std::string base = absl::StrCat(folder, "/", name, ".");
    std::ofstream(base + "cedar") << world.policies;
    std::ofstream(base + "entities.json") << world.entities;
    std::ofstream(base + "requests.json")
        << "[" << absl::StrJoin(world.requests, ",\n") << "]";
  }
  return 0;
}

}  // namespace
}  // namespace tarazy

int main(int argc, char** argv) {
  if (argc == 3 && std::strcmp(argv[1], "--write-worlds") == 0) {
    return tarazy::WriteWorlds(argv[2]);
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
