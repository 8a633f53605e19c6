// This engine beside the official one, in one run and on one core: the same
// policies, entities and requests, ours and theirs in turn, several rounds, in
// CPU time.
// Prints "name ours reference ratio unit": the medians, and the median of the
// rounds' ratios, reference over ours.
//
// usage: engine_compare [--official PROGRAM] [--filter TEXT]
//        engine_compare --memory BASE    the bytes that a program takes
//
// Without PROGRAM (tests/bench/official) there is no reference: `-`.

#include <malloc.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "policy/cedar/validator.h"
#include "policy/pack/readings.h"
#include "tests/bench/policy/loaded_world.h"
#include "tests/support/line_process.h"

namespace tarazy {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRounds = 7;
constexpr int kLeastRounds = 3;  // of what takes long
constexpr auto kMostTime = std::chrono::seconds(20);
// As in tests/bench/official/src/bench.rs.
constexpr double kRoundSeconds = 0.02;

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "engine_compare: %s\n", what.c_str());
  std::exit(1);
}

// CPU time of this process: what else the machine does is not in it.
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

// Nanoseconds for one operation; the clock is asked seldom.
double Round(const std::function<void()>& operation) {
  const double begin = CpuSeconds();
  int64_t count = 0;
  for (int64_t batch = 1; count == 0 || CpuSeconds() - begin < kRoundSeconds;
       batch = std::min<int64_t>(batch * 2, 256)) {
    for (int64_t i = 0; i < batch; ++i) operation();
    count += batch;
  }
  return (CpuSeconds() - begin) * 1e9 / static_cast<double>(count);
}

// What this process has in memory, after giving back what is free.
int64_t Resident() {
  malloc_trim(0);
  std::ifstream statm("/proc/self/statm");
  int64_t size = 0;
  int64_t resident = 0;
  statm >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

std::string ReadText(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

int Memory(const std::string& base) {
  Diagnostics diagnostics;
  const auto schema = Schema::ParseText(
      Source("schema", ReadText(base + ".cedarschema")), &diagnostics);
  const int64_t before = Resident();
  const auto program =
      CompilePolicies(ReadPolicies(ReadText(base + ".cedar")), *schema);
  std::printf("%lld\n", static_cast<long long>(Resident() - before));
  return program == nullptr ? 1 : 0;
}

class Comparison {
 public:
  Comparison(std::string self, std::string official, std::string filter)
      : self_(std::move(self)),
        official_(std::move(official)),
        filter_(std::move(filter)) {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "worlds-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) Fail("no temporary folder");
    folder_ = pattern;
    std::printf("# %-32s %12s %12s %10s %s\n", "name", "ours", "reference",
                "ratio", "unit");
  }
  ~Comparison() { std::filesystem::remove_all(folder_); }

  void Run();

 private:
  bool Wants(const std::string& name) const {
    return ("engine." + name).find(filter_) != std::string::npos;
  }
  std::string Base(const BenchWorld& world) const {
    return folder_ + "/" + world.name;
  }
  // Starts the official engine anew, with the world's files.
  void Begin(const BenchWorld& world);
  std::string Ask(const std::string& line);
  // Rounds in turn; gives back our median, in nanoseconds.
  double Compare(const std::string& name, const std::string& unit, double scale,
                 const std::function<void()>& ours, const std::string& theirs);
  void Print(const std::string& name, double ours, double reference,
             double ratio, const std::string& unit);

  double Decide(const BenchWorld& world);
  void Law();
  void FrontEnd(const BenchWorld& world);
  void Entities(const BenchWorld& world);
  void Memory(const BenchWorld& world, int policies);

  const std::string self_;
  const std::string official_;
  const std::string filter_;
  std::string folder_;
  std::unique_ptr<LineProcess> process_;
};

void Comparison::Begin(const BenchWorld& world) {
  const std::string base = Base(world);
  std::ofstream(base + ".cedarschema") << world.schema;
  std::ofstream(base + ".cedar") << world.policies;
  std::ofstream(base + ".entities.json") << world.entities;
  std::ofstream(base + ".requests.json")
      << "[" << absl::StrJoin(world.requests, ",\n") << "]";
  if (official_.empty()) return;
  process_ = std::make_unique<LineProcess>(
      std::vector<std::string>{official_, "bench"});
}

std::string Comparison::Ask(const std::string& line) {
  std::string answer;
  process_->Write(line);
  if (!process_->Read(&answer)) Fail("the official engine ended at " + line);
  return answer;
}

void Comparison::Print(const std::string& name, double ours, double reference,
                       double ratio, const std::string& unit) {
  const auto figure = [](double value) {
    if (value == 0) return std::string("-");
    char text[32];
    std::snprintf(text, sizeof(text), value < 100 ? "%.2f" : "%.0f", value);
    return std::string(text);
  };
  std::printf("engine.%-27s %12s %12s %10s %s\n", name.c_str(),
              figure(ours).c_str(), figure(reference).c_str(),
              figure(ratio).c_str(), unit.c_str());
  std::fflush(stdout);
}

double Comparison::Compare(const std::string& name, const std::string& unit,
                           double scale, const std::function<void()>& ours,
                           const std::string& theirs) {
  std::vector<double> a;
  std::vector<double> b;
  std::vector<double> ratios;
  const Clock::time_point begin = Clock::now();
  for (int i = 0; i < kRounds; ++i) {
    if (i >= kLeastRounds && Clock::now() - begin > kMostTime) break;
    a.push_back(Round(ours));
    if (process_ == nullptr || theirs.empty()) continue;
    b.push_back(std::stod(Ask(theirs)));
    ratios.push_back(b.back() / a.back());
  }
  Print(name, Median(a) * scale, b.empty() ? 0 : Median(b) * scale,
        b.empty() ? 0 : Median(ratios), unit);
  return Median(a);
}

// The whole answer on both sides: decision, ids of reasons, errors.
double Comparison::Decide(const BenchWorld& world) {
  const std::string name = "decide." + world.name;
  if (!Wants(name)) return 0;
  Begin(world);
  const LoadedWorld loaded(world);
  Evaluation scratch;
  if (process_ != nullptr) {
    std::string decisions;
    for (const auto& request : loaded.requests) {
      decisions += Authorize(*request, &scratch).allow ? '+' : '-';
    }
    if (Ask("load " + Base(world)) != decisions) Fail(name + " differs");
  }
  size_t next = 0;
  const double nanos = Compare(
      name, "ns", 1,
      [&] {
        const Request& request = *loaded.requests[next];
        next = next + 1 == loaded.requests.size() ? 0 : next + 1;
        const Authorization answer = Authorize(request, &scratch);
        if (answer.reasons.size() > 100) Fail("too many reasons");
      },
      "decide " + Base(world));
  process_.reset();
  return nanos;
}

// The engine alone: facts ready in slots, the policies under the pack's default
// readings as the server compiles them; to the decision and the numbers of the
// policies. The reference is the same request in general form.
void Comparison::Law() {
  if (!Wants("law.native_facts")) return;
  const BenchWorld world = LawWorld();
  Begin(world);
  const LoadedWorld loaded(world,
                           UnderReadings(ReadPolicies(world.policies), {}));
  FactTable facts = ReadyFacts(*loaded.requests[0]);
  ScopeRequest scope = ScopeOf(*loaded.requests[0]);
  scope.entities = nullptr;
  Evaluation evaluation;
  if (process_ != nullptr) Ask("load " + Base(world));
  Compare(
      "law.native_facts", "ns", 1,
      [&] {
        Evaluate(*loaded.program, scope, &facts, &evaluation);
        if (!evaluation.FailClosedAllows()) Fail("the law's request is denied");
      },
      "decide " + Base(world));
  process_.reset();
}

void Comparison::FrontEnd(const BenchWorld& world) {
  const std::string parse = "parse." + world.name;
  const std::string validate = "validate." + world.name;
  const std::string compile = "compile." + world.name;
  const std::string ready = "text_to_ready." + world.name;
  if (!Wants(parse) && !Wants(validate) && !Wants(compile) && !Wants(ready)) {
    return;
  }
  Begin(world);
  const LoadedWorld loaded(world);
  const PolicySet set = ReadPolicies(world.policies);
  if (process_ != nullptr) Ask("load " + Base(world));
  if (Wants(parse)) {
    Compare(
        parse, "ms", 1e-6, [&] { ReadPolicies(world.policies); },
        "parse " + Base(world));
  }
  if (Wants(validate)) {
    Compare(
        validate, "ms", 1e-6,
        [&] {
          Diagnostics diagnostics;
          if (!ValidatePolicies(set, *loaded.schema, ValidationMode::kStrict,
                                &diagnostics)) {
            Fail(diagnostics[0].message);
          }
        },
        "validate " + Base(world));
  }
  if (Wants(compile)) {
    Compare(
        compile, "ms", 1e-6, [&] { CompilePolicies(set, *loaded.schema); }, "");
  }
  if (Wants(ready)) {
    Compare(
        ready, "ms", 1e-6,
        [&] { CompilePolicies(ReadPolicies(world.policies), *loaded.schema); },
        "parse " + Base(world));
  }
  process_.reset();
}

void Comparison::Entities(const BenchWorld& world) {
  if (!Wants("entities_json.10000")) return;
  Begin(world);
  const LoadedWorld loaded(world);
  if (process_ != nullptr) Ask("load " + Base(world));
  Compare(
      "entities_json.10000", "ms", 1e-6,
      [&] { ReadStore(world.entities, *loaded.program, *loaded.schema); },
      "entities " + Base(world));
  process_.reset();
}

// In processes of their own.
void Comparison::Memory(const BenchWorld& world, int policies) {
  const std::string name = "memory." + world.name;
  if (!Wants(name)) return;
  Begin(world);
  LineProcess self({self_, "--memory", Base(world)});
  std::string answer;
  if (!self.Read(&answer)) Fail("no figure for memory");
  const double ours = std::stod(answer) / policies;
  double theirs = 0;
  if (process_ != nullptr) {
    theirs = std::stod(Ask("memory " + Base(world))) / policies;
  }
  Print(name, ours, theirs, theirs / ours, "bytes_a_policy");
  process_.reset();
}

void Comparison::Run() {
  double least = 0;
  double most = 0;
  for (int count : {10, 100, 1000, 10000, 100000}) {
    const double nanos = Decide(ScopedWorld(count));
    if (count == 10) least = nanos;
    if (count == 100000) most = nanos;
  }
  if (least > 0 && most > 0) {
    Print("decide.growth_10_to_100000", most / least, 0, 0, "times");
  }
  Decide(EntityWorld());
  Decide(StringWorld());
  Decide(LawWorld());
  Law();
  for (int count : {1000, 100000}) FrontEnd(ScopedWorld(count));
  FrontEnd(LawWorld());
  Entities(EntityWorld());
  for (int count : {1000, 100000}) Memory(ScopedWorld(count), count);
}

int Main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "--memory") return Memory(argv[2]);
  std::string official;
  std::string filter;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string flag = argv[i];
    if (flag == "--official") {
      official = argv[i + 1];
    } else if (flag == "--filter") {
      filter = argv[i + 1];
    } else {
      Fail("unknown flag `" + flag + "`");
    }
  }
  if (argc % 2 == 0) Fail("a flag without its value");
  // One core for both: the children inherit it.
  cpu_set_t core;
  CPU_ZERO(&core);
  CPU_SET(static_cast<size_t>(sysconf(_SC_NPROCESSORS_ONLN) - 1), &core);
  sched_setaffinity(0, sizeof(core), &core);
  Comparison(argv[0], official, filter).Run();
  return 0;
}

}  // namespace
}  // namespace tarazy

int main(int argc, char** argv) { return tarazy::Main(argc, argv); }
