#include "model/support/stream_script.hpp"

namespace tally::model {
namespace {

using namespace marks;

/// Health time and the gaps of a stream: semantics.md section 5.
class StreamHealthTest : public StreamStory {
  protected:
    void pass_time(Ms until, std::uint64_t connection = 1) {
        hear_on(connection, plain("tick", at(until)), at(until));
    }

    void expect_ms(TimeMs unhealthy, TimeMs observed) {
        EXPECT_EQ(app("/a").unhealthy_ms, unhealthy);
        EXPECT_EQ(app("/a").observed_ms, observed);
    }
};

TEST_F(StreamHealthTest, TimeInsideAGapIsNeitherHealthyNorUnhealthy) {
    mark(attached(0s));
    hear_on(1, healthy(i1, false, at(10s)), at(10s));
    mark(ended(20s));
    expect_ms(10'000, 10'000);
    mark(attached(50s, 2));
    expect_ms(10'000, 10'000);
    pass_time(55s, 2);
    expect_ms(15'000, 15'000);
}

TEST_F(StreamHealthTest, EventsOfTheTimeInsideAGapCountNone) {
    mark(attached(0s));
    hear_on(1, healthy(i1, false, at(10s)), at(10s));
    mark_all(ended(20s), attached(50s, 2));
    hear_on(2, healthy(i1, true, at(30s)), at(50s));
    hear_on(2, healthy(i2, false, at(40s)), at(50s));
    expect_ms(10'000, 10'000);
    pass_time(60s, 2);
    expect_ms(20'000, 30'000);
}

TEST_F(StreamHealthTest, EventsOfACallbackDuringAGapCountNone) {
    mark(attached(0s));
    hear_on(1, healthy(i1, false, at(10s)), at(10s));
    mark(ended(20s));
    pass_time(30s, 9);
    expect_ms(10'000, 10'000);
    hear_on(9, healthy("b.instance-3f", false, at(35s)), at(35s));
    hear_on(9, healthy(i1, true, std::nullopt), at(40s));
    expect_ms(10'000, 10'000);
    mark(attached(50s, 2));
    pass_time(60s, 2);
    expect_ms(10'000, 20'000);
    EXPECT_EQ(app("/b").unhealthy_ms, 10'000);
}

TEST_F(StreamHealthTest, WhatTheEventClockCountedBeforeAGapIsNotTakenBack) {
    mark(attached(0s));
    hear_on(1, healthy(i1, false, at(10s)), at(10s));
    pass_time(40s, 9);  // by a callback, while nobody knows yet that the stream is silent
    expect_ms(30'000, 30'000);
    mark(ended(20s, "silent"));
    expect_ms(30'000, 30'000);
    mark(attached(50s, 2));
    pass_time(55s, 2);
    expect_ms(35'000, 35'000);
}

TEST_F(StreamHealthTest, TimeInsideALossCountsNone) {
    mark(attached(0s));
    hear_on(1, healthy(i1, false, at(10s)), at(10s));
    mark(shed(20s, 50s, 3));
    expect_ms(10'000, 10'000);
    pass_time(55s);
    expect_ms(15'000, 15'000);
}

TEST_F(StreamHealthTest, AHealthAheadOfTheClockCountsFromTheEndOfTheGap) {
    mark(attached(0s));
    pass_time(1s);
    hear_on(1, healthy(i1, false, std::nullopt), at(15s));  // ahead of the clock
    mark(ended(20s));
    expect_ms(5000, 5000);
    EXPECT_EQ(app("/a").unhealthy_now, 1);
    mark(attached(50s, 2));
    pass_time(60s, 2);
    expect_ms(15'000, 15'000);
}

TEST_F(StreamHealthTest, TheClockOfEventsDoesNotMoveWithTheStream) {
    mark(attached(0s));
    pass_time(10s);
    mark_all(ended(20s), attached(50s, 2));
    EXPECT_EQ(ledger().source().last_event, at(10s));
}

TEST_F(StreamHealthTest, TimeCountedUpToAGapIsInItsHours) {
    mark(attached(0s));
    hear_on(1, healthy(i1, false, at(50min)), at(50min));
    mark_all(ended(70min), attached(130min, 2));
    pass_time(140min, 2);
    mark(ended(140min));
    EXPECT_EQ(hour("/a", 0h).unhealthy_ms, 600'000);
    EXPECT_EQ(hour("/a", 1h).unhealthy_ms, 600'000);
    EXPECT_EQ(hour("/a", 2h).unhealthy_ms, 600'000);
}

TEST_F(StreamHealthTest, DwellTimesKeepTheTimesOfTheEvents) {
    mark(attached(0s));
    hear_on(1, healthy(i1, false, at(10s)), at(10s));
    mark_all(ended(20s), attached(50s, 2));
    hear_on(2, healthy(i1, true, at(52s)), at(52s));
    EXPECT_EQ(health(i1).back(), "unhealthy -> healthy after 42000");
}

}  // namespace
}  // namespace tally::model
