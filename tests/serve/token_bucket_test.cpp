#include "serve/token_bucket.hpp"

#include <gtest/gtest.h>

namespace tally::serve {

namespace {

using namespace std::chrono_literals;

/// How many of `asked` go at that time.
int taken(TokenBucket& bucket, TokenBucket::Clock::duration at, int asked) {
    int count = 0;
    for (int i = 0; i < asked; ++i) {
        count += bucket.take(TokenBucket::Clock::time_point(1h + at)) ? 1 : 0;
    }
    return count;
}

TEST(TokenBucketTest, LetsABurstGoAndThenOnePerInterval) {
    TokenBucket bucket(100ms, 3);
    EXPECT_EQ(taken(bucket, 0ms, 5), 3);
    EXPECT_EQ(taken(bucket, 99ms, 5), 0);
    EXPECT_EQ(taken(bucket, 100ms, 5), 1);
    EXPECT_EQ(taken(bucket, 350ms, 5), 2);
    EXPECT_EQ(taken(bucket, 399ms, 5), 0);  // the odd 50 ms are not lost
    EXPECT_EQ(taken(bucket, 400ms, 5), 1);
    EXPECT_EQ(taken(bucket, 1h, 5), 3);
}

TEST(TokenBucketTest, LetsAllGoWithoutAnIntervalAndNoneWithoutABurst) {
    TokenBucket open(0ms, 0);
    EXPECT_EQ(taken(open, 0ms, 100), 100);
    TokenBucket shut(1s, 0);
    EXPECT_EQ(taken(shut, 0ms, 100), 0);
}

}  // namespace

}  // namespace tally::serve
