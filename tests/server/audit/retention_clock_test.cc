// The instant that retention goes by.

#include "server/audit/retention_clock.h"

#include <gtest/gtest.h>

namespace tarazy {
namespace {

constexpr int64_t kHourMs = 3600 * 1000;
constexpr int64_t kDayMs = 24 * kHourMs;
constexpr int64_t kYearMs = 365 * kDayMs;

class RetentionClockTest : public testing::Test {
 protected:
  RetentionClock Start(absl::optional<int64_t> newest_ms) {
    RetentionClock::Options options;
    options.clock = [this] { return clock_ms_; };
    options.elapsed = [this] { return elapsed_ms_; };
    options.max_jump_ms = 7 * kDayMs;
    options.newest_ms = newest_ms;
    return RetentionClock(options);
  }

  void Pass(int64_t ms) {
    clock_ms_ += ms;
    elapsed_ms_ += ms;
  }

  int64_t clock_ms_ = 50 * kYearMs;
  int64_t elapsed_ms_ = 12345;
};

TEST_F(RetentionClockTest, IsTheClock) {
  const RetentionClock clock = Start(clock_ms_ - kDayMs);
  EXPECT_EQ(clock.NowMs(), clock_ms_);
  Pass(3 * kYearMs);
  EXPECT_EQ(clock.NowMs(), clock_ms_);
  EXPECT_EQ(clock.AheadMs(), 0);
}

TEST_F(RetentionClockTest, AJumpAheadMovesNothing) {
  for (const int64_t jump : {kHourMs, kYearMs}) {
    const RetentionClock clock = Start(clock_ms_);
    const int64_t right = clock_ms_ + kHourMs;
    Pass(kHourMs);
    clock_ms_ += jump;
    EXPECT_EQ(clock.NowMs(), right);
    EXPECT_EQ(clock.AheadMs(), jump);
    // And is forgotten when the clock is set right.
    clock_ms_ = right;
    EXPECT_EQ(clock.NowMs(), right);
    EXPECT_EQ(clock.AheadMs(), 0);
  }
}

TEST_F(RetentionClockTest, AClockSetBackIsFollowed) {
  const RetentionClock clock = Start(clock_ms_);
  clock_ms_ -= kYearMs;
  EXPECT_EQ(clock.NowMs(), clock_ms_);
  EXPECT_EQ(clock.AheadMs(), 0);
}

TEST_F(RetentionClockTest, AtTheStartTheNewestRecordLimitsIt) {
  const int64_t newest = clock_ms_ - kYearMs;
  const RetentionClock clock = Start(newest);
  EXPECT_EQ(clock.NowMs(), newest + 7 * kDayMs);
  Pass(kDayMs);
  EXPECT_EQ(clock.NowMs(), newest + 8 * kDayMs);
  EXPECT_EQ(clock.AheadMs(), kYearMs - 7 * kDayMs);
}

TEST_F(RetentionClockTest, AnEmptyLogLimitsNothing) {
  EXPECT_EQ(Start(absl::nullopt).NowMs(), clock_ms_);
}

TEST_F(RetentionClockTest, TheSystemsTimeGoesOn) {
  RetentionClock::Options options;
  int64_t clock_ms = 1000;
  options.clock = [&] { return clock_ms; };
  const RetentionClock clock(options);
  clock_ms += kYearMs;
  EXPECT_GE(clock.NowMs(), 1000);
  EXPECT_LT(clock.NowMs(), 1000 + kDayMs);
}

}  // namespace
}  // namespace tarazy
