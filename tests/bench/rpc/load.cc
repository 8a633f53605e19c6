#include "tests/bench/rpc/load.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>

namespace tarazy {
namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

// Part of the load that runs before anything is counted.
constexpr double kWarmUpSeconds = 0.2;

struct Call {
  std::unique_ptr<grpc::ClientContext> context;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
  grpc::ByteBuffer reply;
  grpc::Status status;
  Clock::time_point begun;
};

class Load {
 public:
  Load(const Process& server, const std::string& method,
       const std::string& request)
      : method_(method) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);
    stub_ = std::make_unique<grpc::GenericStub>(grpc::CreateCustomChannel(
        server.address(), grpc::InsecureChannelCredentials(), arguments));
    const grpc::Slice slice(request);
    request_ = grpc::ByteBuffer(&slice, 1);
  }

  ~Load() {
    queue_.Shutdown();
    void* tag;
    bool ok;
    while (queue_.Next(&tag, &ok)) {
    }
  }

  void Begin(Call* call) {
    call->context = std::make_unique<grpc::ClientContext>();
    call->begun = Clock::now();
    call->reader = stub_->PrepareUnaryCall(call->context.get(), method_,
                                           request_, &queue_);
    call->reader->StartCall();
    call->reader->Finish(&call->reply, &call->status, call);
  }

  Call* Next() {
    void* tag = nullptr;
    bool ok = false;
    if (!queue_.Next(&tag, &ok)) std::abort();
    Call* call = static_cast<Call*>(tag);
    if (!call->status.ok()) {
      std::fprintf(stderr, "rpc_bench: %s: %s\n", method_.c_str(),
                   call->status.error_message().c_str());
      std::exit(1);
    }
    return call;
  }

 private:
  std::string method_;
  std::unique_ptr<grpc::GenericStub> stub_;
  grpc::ByteBuffer request_;
  grpc::CompletionQueue queue_;
};

double Percentile(std::vector<double>* sorted, double p) {
  if (sorted->empty()) return 0;
  const size_t i = static_cast<size_t>(p * (sorted->size() - 1));
  return (*sorted)[i];
}

}  // namespace

LoadResult RunLoad(const Process& server, const LoadOptions& options) {
  Load load(server, options.method, options.request);
  std::vector<Call> calls(options.in_flight);
  for (Call& call : calls) load.Begin(&call);

  const auto seconds = [](double s) {
    return std::chrono::duration_cast<Clock::duration>(
        std::chrono::duration<double>(s));
  };
  const Clock::time_point warm = Clock::now() + seconds(kWarmUpSeconds);
  while (Clock::now() < warm) load.Begin(load.Next());

  std::vector<double> micros;
  micros.reserve(1 << 18);
  const int64_t cpu_before = server.CpuNanos();
  const Clock::time_point begun = Clock::now();
  const Clock::time_point end = begun + seconds(options.seconds);
  Clock::time_point now = begun;
  while (now < end) {
    Call* call = load.Next();
    now = Clock::now();
    micros.push_back(
        std::chrono::duration<double, std::micro>(now - call->begun).count());
    load.Begin(call);
  }
  const int64_t cpu = server.CpuNanos() - cpu_before;
  for (size_t i = 0; i < calls.size(); ++i) load.Next();

  LoadResult result;
  result.calls_per_second =
      micros.size() / std::chrono::duration<double>(now - begun).count();
  result.server_cpu_us = cpu / 1000.0 / micros.size();
  std::sort(micros.begin(), micros.end());
  result.p50_us = Percentile(&micros, 0.50);
  result.p99_us = Percentile(&micros, 0.99);
  return result;
}

std::string CallOnce(const Process& server, const std::string& method,
                     const std::string& request) {
  Load load(server, method, request);
  Call call;
  load.Begin(&call);
  load.Next();
  std::vector<grpc::Slice> slices;
  call.reply.Dump(&slices);
  std::string reply;
  for (const grpc::Slice& slice : slices) {
    reply.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return reply;
}

}  // namespace bench
}  // namespace tarazy
