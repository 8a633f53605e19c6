#include <chrono>
#include <memory>

#include "gtest/gtest.h"
#include "server/ops/metrics.h"
#include "server/service/call.h"
#include "server/service/grpc_server.h"
#include "server/service/traffic.h"

namespace tarazy {
namespace {

// Stop meets the queue's thread at every point of its round.
TEST(QueueTest, StopsWheneverItIsAsked) {
  for (int round = 0; round < 400; ++round) {
    Metrics metrics;
    Traffic traffic;
    MethodTable table({}, &metrics);
    Queue queue(&table, &traffic);
    GrpcServer server(1 << 20);
    table.AddTo(&server);
    server.AddQueue(queue.completions());
    server.Start();
    queue.Start();
    server.Shutdown(std::chrono::milliseconds(0));
    queue.Stop();
    queue.Join();
  }
}

}  // namespace
}  // namespace tarazy
