#include "tally/model/snapshot.hpp"

#include <gtest/gtest.h>

#include "tally/model/world.hpp"

namespace tally::model {
namespace {

class SnapshotTest : public ::testing::Test {
  protected:
    AppId next_app_ = 1;
    World world_{1, "s", {}, next_app_};
};

TEST_F(SnapshotTest, OfSeriesThatAreKnownTellsTheValuesOnly) {
    world_.duplicate("stream");
    world_.duplicate("replay");
    world_.duplicate("replay");
    const Snapshot snapshot = world_.snapshot(1);
    EXPECT_EQ(snapshot.values, (std::vector<std::int64_t>{1}));
    ASSERT_EQ(snapshot.samples.size(), 1U);
    EXPECT_EQ(snapshot.samples[0].a, "replay");
    EXPECT_EQ(snapshot.samples[0].value, 2);
    EXPECT_EQ(world_.snapshot().values.size(), 0U);
    EXPECT_EQ(world_.snapshot().samples.size(), 2U);
    EXPECT_EQ(world_.snapshot(7).values, (std::vector<std::int64_t>{1, 2}));
    EXPECT_EQ(world_.snapshot(7).samples.size(), 0U);
}

TEST_F(SnapshotTest, ASeriesKeepsItsNumberWhenOthersCome) {
    world_.duplicate("stream");
    const std::size_t known = world_.snapshot().samples.size();
    world_.duplicate("callback");
    world_.duplicate("stream");
    EXPECT_EQ(world_.snapshot(known).values, (std::vector<std::int64_t>{2}));
    EXPECT_EQ(world_.snapshot(known).samples.at(0).a, "callback");
}

TEST_F(SnapshotTest, TellsWhatWasShedWhetherItsSeriesAreKnownOrNot) {
    EXPECT_EQ(world_.snapshot().shed_disk, 0);
    std::uint32_t cell = 0;
    for (const auto& [reason, value] : {std::pair("queue", 7), std::pair("disk", 5)}) {
        world_.restore(CellRow{
            .source = 1,
            .cell = cell++,
            .born = true,
            .family = "events_shed",
            .a = reason,
            .value = value});
    }
    for (const std::size_t known : {0U, 2U}) {
        EXPECT_EQ(world_.snapshot(known).shed_disk, 5);
        EXPECT_EQ(world_.snapshot(known).shed_queue, 7);
    }
}

}  // namespace
}  // namespace tally::model
