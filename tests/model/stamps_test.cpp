#include "model/support/story.hpp"

namespace tally::model {
namespace {

using namespace said;
using ::testing::ElementsAre;

class StampTest : public StoryTest {
  protected:
    void hear_at(TimeMs time) { hear(plain("event_stream_attached", time)); }
};

constexpr TimeMs wall = at(1h);

TEST_F(StampTest, AnEventsOwnTimeIsItsTime) {
    const Stamp stamp = world().stamp(at(5s), wall, false);
    EXPECT_EQ(stamp.time, at(5s));
    EXPECT_EQ(stamp.received, wall);
    EXPECT_TRUE(stamp.own_clock);
}

TEST_F(StampTest, WithoutAnOwnTimeTheReceiveTimeIsUsedAndMarked) {
    const Stamp stamp = world().stamp(std::nullopt, wall, false);
    EXPECT_EQ(stamp.time, wall);
    EXPECT_EQ(stamp.received, wall);
    EXPECT_FALSE(stamp.own_clock);
}

TEST_F(StampTest, ATimeOf300SecondsAfterTheWallClockIsStillUsable) {
    EXPECT_TRUE(world().stamp(wall + 300'000, wall, false).own_clock);
}

TEST_F(StampTest, ATimeMoreThan300SecondsAfterTheWallClockIsUnusable) {
    const Stamp stamp = world().stamp(wall + 300'001, wall, false);
    EXPECT_EQ(stamp.time, wall);
    EXPECT_FALSE(stamp.own_clock);
}

TEST_F(StampTest, AReplayLooksAtTheWallClockToo) {
    hear_at(at(7s));
    EXPECT_TRUE(world().stamp(wall + 300'000, wall, true).own_clock);
    const Stamp stamp = world().stamp(wall + 300'001, wall, true);
    EXPECT_EQ(stamp.time, at(7s));
    EXPECT_FALSE(stamp.own_clock);
}

TEST_F(StampTest, TheReceiveTimeOfAReplayIsTheGreatestEventTimeBefore) {
    hear_at(at(20s));
    hear_at(at(10s));
    const Stamp stamp = world().stamp(at(30s), wall, true);
    EXPECT_EQ(stamp.time, at(30s));
    EXPECT_EQ(stamp.received, at(20s));
}

TEST_F(StampTest, TheFirstReceiveTimeOfAReplayIsZero) {
    const Stamp stamp = world().stamp(std::nullopt, wall, true);
    EXPECT_EQ(stamp.received, 0);
    EXPECT_EQ(stamp.time, 0);
}

TEST_F(StampTest, AReceiveTimeNeverMovesTheLastEventTime) {
    hear_at(at(10s));
    hear_live(plain("event_stream_attached", std::nullopt), at(50s));
    EXPECT_EQ(world().stamp(std::nullopt, wall, true).time, at(10s));
}

TEST_F(StampTest, TimesBefore1970AreTimes) {
    hear_at(-5000);
    EXPECT_EQ(world().stamp(std::nullopt, wall, true).time, -5000);
}

TEST_F(StampTest, TheLastEventTimeSurvivesARestart) {
    hear_at(at(10s));
    Story next = restarted();
    EXPECT_EQ(next.world().stamp(std::nullopt, wall, true).received, at(10s));
}

TEST_F(StampTest, TheEventRowSaysWhichClockWasUsed) {
    hear_at(at(10s));
    hear_at(at(4h) + TimeMs{3650} * 86'400'000);
    EXPECT_THAT(
        ledger().texts("event"),
        ElementsAre("event_stream_attached", "event_stream_attached received")
    );
}

}  // namespace
}  // namespace tally::model
