// `Decide` beside an empty echo, in one run, both ends pinned alike.
//
// Each case runs echo and ours in turn, several rounds, and prints the median
// of each figure and the median of the ratios of its rounds: one line a
// figure, "name ours reference ratio unit". The echo sends and receives the
// bytes of the request.
//
// usage: rpc_bench --tarazy BIN --echo BIN --data DIR --pack DIR
//                  --consents FILE --request FILE [--rounds N] [--seconds S]
//                  [--filter TEXT]

#include <google/protobuf/util/json_util.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "echo.pb.h"
#include "tarazy/v1/decision.pb.h"
#include "tests/bench/rpc/disk.h"
#include "tests/bench/rpc/load.h"
#include "tests/bench/rpc/process.h"

namespace tarazy {
namespace bench {
namespace {

constexpr char kDecide[] = "/tarazy.v1.DecisionService/Decide";
constexpr char kDecideBatch[] = "/tarazy.v1.DecisionService/DecideBatch";
constexpr char kEcho[] = "/tarazy.bench.Echo/Echo";
constexpr int kBatch = 100;

struct Flags {
  std::string tarazy, echo, data, pack, consents, request, filter;
  int rounds = 7;
  double seconds = 1;
};

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "rpc_bench: %s\n", what.c_str());
  std::exit(1);
}

Flags ParseFlags(int argc, char** argv) {
  Flags flags;
  const std::map<std::string, std::function<void(const char*)>> known = {
      {"--tarazy", [&](const char* v) { flags.tarazy = v; }},
      {"--echo", [&](const char* v) { flags.echo = v; }},
      {"--data", [&](const char* v) { flags.data = v; }},
      {"--pack", [&](const char* v) { flags.pack = v; }},
      {"--consents", [&](const char* v) { flags.consents = v; }},
      {"--request", [&](const char* v) { flags.request = v; }},
      {"--filter", [&](const char* v) { flags.filter = v; }},
      {"--rounds", [&](const char* v) { flags.rounds = std::atoi(v); }},
      {"--seconds", [&](const char* v) { flags.seconds = std::atof(v); }},
  };
  for (int i = 1; i < argc; i += 2) {
    const auto flag = known.find(argv[i]);
    if (flag == known.end() || i + 1 == argc) {
      Fail(std::string("unknown or empty flag `") + argv[i] + "`");
    }
    flag->second(argv[i + 1]);
  }
  if (flags.rounds < 1 || flags.seconds <= 0) Fail("nothing to run");
  return flags;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// One figure over the rounds of a case.
struct Figure {
  std::vector<double> ours, reference;

  void Add(double our, double ref) {
    ours.push_back(our);
    reference.push_back(ref);
  }
  void Print(const std::string& name, const char* unit) const {
    std::vector<double> ratios;
    for (size_t i = 0; i < ours.size(); ++i) {
      ratios.push_back(ours[i] / reference[i]);
    }
    std::printf("%-34s %12.2f %12.2f %8.3f %s\n", name.c_str(), Median(ours),
                Median(reference), Median(ratios), unit);
    std::fflush(stdout);
  }
};

struct Case {
  std::string name;
  LoadOptions ours, echo;
  bool same_core = false;  // both ends on one core
  bool log = false;
  int decisions = 1;  // a call
};

void RunCase(const Flags& flags, Case c, Process* server, Process* echo) {
  if (c.name.find(flags.filter) == std::string::npos) return;
  const int server_core = c.same_core ? 0 : 1;
  server->Pin(server_core);
  echo->Pin(server_core);
  Figure cpu, rate, p50, p99, p99_with_disk;
  for (int round = 0; round < flags.rounds; ++round) {
    const LoadResult e = RunLoad(*echo, c.echo);
    const LoadResult o = RunLoad(*server, c.ours);
    cpu.Add(o.server_cpu_us / c.decisions, e.server_cpu_us / c.decisions);
    rate.Add(o.calls_per_second * c.decisions,
             e.calls_per_second * c.decisions);
    p50.Add(o.p50_us, e.p50_us);
    p99.Add(o.p99_us, e.p99_us);
    if (!c.log) continue;
    const DiskProbe disk = ProbeDisk(flags.data, flags.seconds / 4);
    p99_with_disk.Add(o.p99_us, e.p99_us + 2 * disk.p99_us);
  }
  cpu.Print(c.name + ".server_cpu", "us/decision");
  rate.Print(c.name + ".rate", "decisions/s");
  p50.Print(c.name + ".p50", "us");
  p99.Print(c.name + ".p99", "us");
  // A decision may meet the end of one write of the log and then waits for its
  // own.
  if (c.log) p99_with_disk.Print(c.name + ".p99_with_disk", "us");
}

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) Fail("cannot read `" + path + "`");
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

v1::DecideRequest ReadRequest(const std::string& path) {
  v1::DecideRequest request;
  const auto status =
      google::protobuf::util::JsonStringToMessage(ReadFile(path), &request);
  if (!status.ok()) Fail(path + ": " + status.ToString());
  return request;
}

LoadOptions Options(const std::string& method, const std::string& request,
                    int in_flight, double seconds) {
  LoadOptions options;
  options.method = method;
  options.request = request;
  options.in_flight = in_flight;
  options.seconds = seconds;
  return options;
}

std::string EchoOf(const std::string& bytes, size_t reply_bytes = 0) {
  Payload payload;
  payload.set_data(bytes);
  payload.set_reply_bytes(static_cast<uint32_t>(reply_bytes));
  return payload.SerializeAsString();
}

// A server with its own data, the example consents registered.
std::unique_ptr<Process> StartOurs(const Flags& flags, bool log) {
  const std::string data = flags.data + (log ? "/log-on" : "/log-off");
  std::filesystem::remove_all(data);
  const std::string ready = data + ".ready";
  std::vector<std::string> command = {
      flags.tarazy, "serve",    "--data",      data,           "--pack",
      flags.pack,   "--listen", "127.0.0.1:0", "--ready-file", ready};
  if (!log) command.push_back("--no-log");
  // The index works behind the answers, at the lowest priority.
  command.push_back("--no-index");
  auto server = std::make_unique<Process>(command, 1, ready);
  const std::string registering = flags.tarazy + " consent register --server " +
                                  server->address() + " --file " +
                                  flags.consents + " >/dev/null";
  if (std::system(registering.c_str()) != 0) Fail("no consents");
  return server;
}

void RunWith(const Flags& flags, bool log, Process* echo) {
  std::unique_ptr<Process> server = StartOurs(flags, log);
  const v1::DecideRequest request = ReadRequest(flags.request);
  const std::string one = request.SerializeAsString();
  v1::DecideBatchRequest hundred;
  for (int i = 0; i < kBatch; ++i) *hundred.add_requests() = request;
  const std::string many = hundred.SerializeAsString();

  v1::DecideResponse answer;
  if (!answer.ParseFromString(CallOnce(*server, kDecide, one)) ||
      answer.effect() != v1::PERMIT) {
    Fail("the example is not permitted: " + answer.ShortDebugString());
  }
  std::printf("# log %s; request %zu bytes, answer %zu bytes\n",
              log ? "on" : "off", one.size(), answer.ByteSizeLong());

  const std::string suffix = log ? ".log_on" : ".log_off";
  const double s = flags.seconds;
  Case c;
  c.name = "unary.1" + suffix;
  c.ours = Options(kDecide, one, 1, s);
  c.echo = Options(kEcho, EchoOf(one), 1, s);
  c.same_core = true;
  c.log = log;
  RunCase(flags, c, server.get(), echo);
  c.name = "unary.64" + suffix;
  c.ours.in_flight = c.echo.in_flight = 64;
  c.same_core = false;
  RunCase(flags, c, server.get(), echo);
  // The same beside an echo that sends as much as an answer has.
  c.name = "unary.64.answer_sized" + suffix;
  c.echo.request = EchoOf(one, answer.ByteSizeLong());
  RunCase(flags, c, server.get(), echo);
  c.name = "batch.100" + suffix;
  c.ours = Options(kDecideBatch, many, 4, s);
  c.echo = Options(kEcho, EchoOf(many), 4, s);
  c.decisions = kBatch;
  RunCase(flags, c, server.get(), echo);
}

int Main(int argc, char** argv) {
  const Flags flags = ParseFlags(argc, argv);
  std::filesystem::create_directories(flags.data);
  PinSelf(0);
  std::printf("# %-32s %12s %12s %8s %s\n", "name", "ours", "reference",
              "ratio", "unit");
  Process echo({flags.echo}, 1, "");
  RunWith(flags, false, &echo);
  RunWith(flags, true, &echo);
  const DiskProbe probe = ProbeDisk(flags.data, flags.seconds);
  std::printf("# disk: 512 bytes and fdatasync, p50 %.0f us, p99 %.0f us\n",
              probe.p50_us, probe.p99_us);
  return 0;
}

}  // namespace
}  // namespace bench
}  // namespace tarazy

int main(int argc, char** argv) { return tarazy::bench::Main(argc, argv); }
