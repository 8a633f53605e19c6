// Every law-pack decision there is data for: each scenario of the packs, its
// request evaluated by the decision policies of its law, compiled as the
// server compiles them. Only the evaluation is timed, in CPU time on one core;
// its result is what the server turns into an answer.
//
// A scenario is timed in rounds and counts with their median. Printed are the
// median over all scenarios, the 90th percentile and the slowest one: for facts
// that stand ready in slots (`scenarios`), and for facts that are read from the
// typed request as they are needed, as the server does (`scenarios_typed`).
//
// usage: law_bench [--rounds N] [--all] [--only ID] [--count] [PACK…]
//        --all prints each scenario: nanoseconds, facts read, its name
//        --only takes the scenario ID alone
//        --count evaluates each once, facts in slots, and times nothing: for a
//          profiler that counts instructions

#include <sched.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/registers/field_check.h"
#include "server/scenario/local_target.h"
#include "server/scenario/run.h"

namespace tarazy {
namespace {

constexpr double kRoundSeconds = 0.0001;

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "law_bench: %s\n", what.c_str());
  std::exit(1);
}

// All facts of a request by slot.
FactTable Ready(FactReader* from, size_t count) {
  std::vector<Value> values;
  for (uint32_t slot = 0; slot < count; ++slot) {
    values.push_back(from->Read(slot));
  }
  return FactTable(std::move(values));
}

// What the evaluation of one scenario looks at, and what keeps that alive.
struct Case {
  std::string name;
  v1::DecideRequest request;
  std::shared_ptr<const SubjectEntries> entries;
  ObjectionSummary objections;
  ConsentFacts consent;
  Arena arena;
  Binding binding;
  const ResolvedProgram* set = nullptr;
  ResolvedProgram::ScopeNames names;
  ScopeRequest scope;
  std::unique_ptr<BoundFacts> bound;
  std::unique_ptr<FactTable> slots;
};

// The consent that a decision tries first, if there is any.
void ChooseConsent(Case* c) {
  ConsentQuery query;
  query.operator_bin = c->request.operator_().bin();
  query.purpose = c->request.purpose().code();
  query.at_ms = c->binding.now_ms;
  const ConsentsTried tried = SelectConsents(c->entries.get(), query);
  if (tried.empty()) return;
  c->consent = FromRegister(*tried[0]);
  c->binding.consent = &c->consent;
}

// Sets up what the decider would evaluate first.
std::unique_ptr<Case> Capture(const Scenario& scenario, LocalTarget* target) {
  const std::vector<std::string> problems = Prepare(scenario, target);
  if (!problems.empty()) Fail(scenario.id + ": " + problems[0]);
  auto c = std::make_unique<Case>();
  c->name = scenario.id;
  c->request = scenario.request;
  c->binding.now_ms = scenario.clock_ms;
  if (c->request.has_decision_time()) {
    const auto& time = c->request.decision_time();
    c->binding.now_ms = time.seconds() * 1000 + time.nanos() / 1000000;
  }
  if (c->request.has_subject()) {
    Pseudonym subject;
    if (!ReplaceSubject(FieldPath("subject"), target->pseudonymizer(),
                        c->request.mutable_subject(), &subject)
             .ok()) {
      return nullptr;  // refused before any policy is asked
    }
    c->entries = target->registers().Find(subject);
    c->objections = SummariseObjections(
        c->entries.get(), c->request.operator_().bin(),
        c->request.operation().automated_processing().processing_id());
    c->binding.objections = &c->objections;
    ChooseConsent(c.get());
  }
  c->set = target->law().At(c->binding.now_ms).decision.get();
  c->binding.request = &c->request;
  c->binding.arena = &c->arena;
  c->binding.names = &c->set->names();
  c->scope = c->set->Scope(c->request, &c->names);
  c->bound = std::make_unique<BoundFacts>(*c->set, c->binding);
  c->slots = std::make_unique<FactTable>(
      Ready(c->bound.get(), c->set->program().facts().size()));
  return c;
}

double CpuSeconds() {
  timespec time = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_nsec) * 1e-9;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Nanoseconds of one evaluation.
double Time(const Case& c, FactReader* facts, int rounds,
            Evaluation* evaluation) {
  std::vector<double> nanos;
  for (int round = 0; round < rounds; ++round) {
    const double begin = CpuSeconds();
    double end = begin;
    int64_t count = 0;
    while (end - begin < kRoundSeconds) {
      for (int i = 0; i < 64; ++i) {
        Evaluate(c.set->program(), c.scope, facts, evaluation);
      }
      count += 64;
      end = CpuSeconds();
    }
    nanos.push_back((end - begin) * 1e9 / static_cast<double>(count));
  }
  return Median(std::move(nanos));
}

class LawBench {
 public:
  LawBench(int rounds, bool all, bool count, std::string only)
      : rounds_(rounds), all_(all), count_(count), only_(std::move(only)) {}

  void Run(const std::string& pack) {
    auto loaded = LoadPack(TARAZY_SOURCE_DIR "/policy/law/" + pack);
    if (!loaded.ok()) Fail(std::string(loaded.status().message()));
    auto scenarios = ReadPackScenarios(TARAZY_SOURCE_DIR "/policy/law/" + pack);
    if (!scenarios.ok()) Fail(std::string(scenarios.status().message()));
    auto target = LocalTarget::Make(*loaded);
    if (!target.ok()) Fail(std::string(target.status().message()));
    for (const Scenario& scenario : *scenarios) {
      if (!only_.empty() && scenario.id != only_) continue;
      const auto c = Capture(scenario, target->get());
      if (c == nullptr) continue;
      if (count_) {
        Evaluate(c->set->program(), c->scope, c->slots.get(), &evaluation_);
        continue;
      }
      const double slots = Time(*c, c->slots.get(), rounds_, &evaluation_);
      slots_.push_back({slots, pack + "/" + c->name});
      request_.push_back({Time(*c, c->bound.get(), rounds_, &evaluation_),
                          pack + "/" + c->name});
      if (all_) {
        std::printf("# %8.1f %3zu %s\n", slots, evaluation_.readings().size(),
                    slots_.back().second.c_str());
      }
    }
  }

  void Print() {
    Print("scenarios", &slots_);
    Print("scenarios_typed", &request_);
  }

 private:
  using Figure = std::pair<double, std::string>;

  static void Print(const std::string& name, std::vector<Figure>* figures) {
    if (figures->empty()) Fail("there are no scenarios");
    std::sort(figures->begin(), figures->end());
    const size_t n = figures->size();
    const auto line = [&](const char* what, double value) {
      std::printf("engine.law.%-23s %12.0f %12s %10s ns\n",
                  (name + "." + what).c_str(), value, "-", "-");
    };
    line("median", (*figures)[n / 2].first);
    line("p90", (*figures)[n * 9 / 10].first);
    line("slowest", figures->back().first);
    std::printf("# %zu scenarios; the slowest is %s\n", n,
                figures->back().second.c_str());
  }

  const int rounds_;
  const bool all_;
  const bool count_;
  const std::string only_;
  Evaluation evaluation_;
  std::vector<Figure> slots_;
  std::vector<Figure> request_;
};

int Main(int argc, char** argv) {
  int rounds = 9;
  bool all = false;
  bool count = false;
  std::string only;
  std::vector<std::string> packs;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--rounds" && i + 1 < argc) {
      rounds = std::max(1, std::atoi(argv[++i]));
    } else if (word == "--all") {
      all = true;
    } else if (word == "--count") {
      count = true;
    } else if (word == "--only" && i + 1 < argc) {
      only = argv[++i];
    } else {
      packs.push_back(word);
    }
  }
  if (packs.empty()) packs = {"seed-bill", "kz-2026-01-18", "kz-2026-07-12"};
  cpu_set_t core;
  CPU_ZERO(&core);
  CPU_SET(static_cast<size_t>(sysconf(_SC_NPROCESSORS_ONLN) - 1), &core);
  sched_setaffinity(0, sizeof(core), &core);
  LawBench bench(rounds, all, count, only);
  for (const std::string& pack : packs) bench.Run(pack);
  if (!count) bench.Print();
  return 0;
}

}  // namespace
}  // namespace tarazy

int main(int argc, char** argv) { return tarazy::Main(argc, argv); }
