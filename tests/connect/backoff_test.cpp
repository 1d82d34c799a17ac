#include "tally/connect/backoff.hpp"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tally::connect {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;

constexpr double middle = 0.5;

std::vector<long> waits(Backoff& backoff, int count, double random) {
    std::vector<long> result;
    for (int i = 0; i < count; ++i) {
        result.push_back(backoff.after_failure(milliseconds(0), random).count());
    }
    return result;
}

TEST(BackoffTest, DoublesUpToFourSeconds) {
    Backoff backoff({});
    EXPECT_THAT(waits(backoff, 7, middle), ElementsAre(200, 400, 800, 1600, 3200, 4000, 4000));
}

TEST(BackoffTest, IsTwentyPercentLessAtRandomZero) {
    Backoff backoff({});
    EXPECT_THAT(waits(backoff, 7, 0.0), ElementsAre(160, 320, 640, 1280, 2560, 4000, 4000));
}

TEST(BackoffTest, IsTwentyPercentMoreAtRandomOneButNeverAboveFourSeconds) {
    Backoff backoff({});
    EXPECT_THAT(waits(backoff, 6, 1.0), ElementsAre(240, 480, 960, 1920, 3840, 4000));
}

TEST(BackoffTest, BeginsAgainAfterASessionOfTenSeconds) {
    Backoff backoff({});
    std::ignore = waits(backoff, 4, middle);
    EXPECT_EQ(backoff.after_failure(milliseconds(10000), middle), milliseconds(200));
    EXPECT_EQ(backoff.after_failure(milliseconds(0), middle), milliseconds(400));
}

TEST(BackoffTest, GoesOnDoublingAfterAShorterSession) {
    Backoff backoff({});
    std::ignore = waits(backoff, 2, middle);
    EXPECT_EQ(backoff.after_failure(milliseconds(9999), middle), milliseconds(800));
}

TEST(BackoffTest, StaysAtItsLimitThroughAMonthOfFailures) {
    Backoff backoff({});
    for (int i = 0; i < 1000000; ++i) {
        std::ignore = backoff.after_failure(milliseconds(0), middle);
    }
    EXPECT_EQ(backoff.after_failure(milliseconds(0), middle), milliseconds(4000));
}

}  // namespace
}  // namespace tally::connect
