#include "server/audit/leaf_queue.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tarazy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<Leaf> Leaves(uint64_t begin, uint64_t end) {
  std::vector<Leaf> leaves;
  for (uint64_t i = begin; i < end; ++i) {
    leaves.push_back({LeafHash(absl::StrCat(i)), 10 * i});
  }
  return leaves;
}

std::vector<uint64_t> Numbers(const std::vector<Leaf>& leaves) {
  std::vector<uint64_t> numbers;
  for (const Leaf& leaf : leaves) {
    numbers.push_back(leaf.offset / 10);
    EXPECT_EQ(leaf.hash, LeafHash(absl::StrCat(numbers.back())));
  }
  return numbers;
}

std::vector<Leaf> Take(LeafQueue* queue, uint64_t begin, uint64_t end) {
  std::vector<Leaf> taken = Leaves(100, 103);  // what was in it goes
  queue->Take(begin, end, &taken);
  return taken;
}

TEST(LeafQueueTest, GivesWhatWasAddedOnce) {
  LeafQueue queue;
  queue.Add(7, Leaves(7, 9));
  queue.Add(9, Leaves(9, 10));
  EXPECT_THAT(Numbers(Take(&queue, 7, 9)), ElementsAre(7, 8));
  EXPECT_THAT(Take(&queue, 7, 9), IsEmpty());
  queue.Add(10, Leaves(10, 12));
  EXPECT_THAT(Numbers(Take(&queue, 10, 12)), ElementsAre(10, 11));
}

TEST(LeafQueueTest, AllOrNone) {
  LeafQueue queue;
  queue.Add(7, Leaves(7, 12));
  EXPECT_THAT(Take(&queue, 6, 8), IsEmpty());
  EXPECT_THAT(Take(&queue, 7, 9), IsEmpty());  // 7 is gone with it
  EXPECT_THAT(Take(&queue, 9, 9), IsEmpty());
  EXPECT_THAT(Numbers(Take(&queue, 9, 11)), ElementsAre(9, 10));
  EXPECT_THAT(Take(&queue, 11, 13), IsEmpty());
  queue.Add(12, Leaves(12, 14));
  EXPECT_THAT(Take(&queue, 11, 13), IsEmpty());
  EXPECT_THAT(Numbers(Take(&queue, 13, 14)), ElementsAre(13));
}

// The leaves of a record that was refused for want of room are not those of the
// one that gets its number.
TEST(LeafQueueTest, WhatDoesNotGoOnBeginsAnew) {
  LeafQueue queue;
  queue.Add(7, Leaves(7, 10));
  queue.Add(8, Leaves(8, 10));
  EXPECT_THAT(Take(&queue, 7, 9), IsEmpty());
  EXPECT_THAT(Numbers(Take(&queue, 9, 10)), ElementsAre(9));
  queue.Add(20, Leaves(20, 22));
  EXPECT_THAT(Take(&queue, 10, 21), IsEmpty());
  EXPECT_THAT(Numbers(Take(&queue, 21, 22)), ElementsAre(21));
}

TEST(LeafQueueTest, ForgetsWhatNobodyTakes) {
  LeafQueue queue(4);
  queue.Add(0, Leaves(0, 3));
  queue.Add(3, Leaves(3, 4));
  EXPECT_THAT(Numbers(Take(&queue, 0, 1)), ElementsAre(0));
  queue.Add(4, Leaves(4, 7));
  queue.Add(7, Leaves(7, 9));  // one more than it holds
  EXPECT_THAT(Take(&queue, 1, 8), IsEmpty());
  EXPECT_THAT(Numbers(Take(&queue, 8, 9)), ElementsAre(8));
}

}  // namespace
}  // namespace tarazy
