#include "server/snapshot/snapshot.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace tarazy {
namespace {

TEST(SnapshotTest, AReaderSeesAReplacementAtItsNextGet) {
  Snapshot<int> snapshot(std::make_shared<const int>(1));
  Snapshot<int>::Reader reader(&snapshot);
  const int& first = reader.Get();
  EXPECT_EQ(first, 1);
  snapshot.Replace(std::make_shared<const int>(2));
  EXPECT_EQ(first, 1);  // still there
  EXPECT_EQ(reader.Get(), 2);
  EXPECT_EQ(*snapshot.Get(), 2);
}

TEST(SnapshotTest, AReplacedValueLivesUntilItsReadersLetGo) {
  auto value = std::make_shared<const int>(1);
  const std::weak_ptr<const int> watch = value;
  Snapshot<int> snapshot(std::move(value));
  Snapshot<int>::Reader reader(&snapshot);
  reader.Get();
  snapshot.Replace(std::make_shared<const int>(2));
  EXPECT_FALSE(watch.expired());
  reader.Get();
  EXPECT_TRUE(watch.expired());
}

// Readers only ever see whole values, and never an older one again.
TEST(SnapshotTest, ReadersAndAWriterAtOnce) {
  struct Pair {
    int a, b;
  };
  constexpr int kLast = 2000;
  Snapshot<Pair> snapshot(std::make_shared<const Pair>(Pair{0, 0}));
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      Snapshot<Pair>::Reader reader(&snapshot);
      int seen = 0;
      while (seen < kLast) {
        const Pair& pair = reader.Get();
        ASSERT_EQ(pair.a, pair.b);
        ASSERT_GE(pair.a, seen);
        seen = pair.a;
      }
    });
  }
  for (int n = 1; n <= kLast; ++n) {
    snapshot.Replace(std::make_shared<const Pair>(Pair{n, n}));
  }
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace tarazy
