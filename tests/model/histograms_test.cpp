#include "model/support/story.hpp"

namespace tally::model {
namespace {

using namespace said;
using ::testing::ElementsAre;

/// A World with these bounds for the stream lag.
class LagWorld {
  public:
    explicit LagWorld(std::vector<TimeMs> bounds)
        : world(1, "test", {.buckets = of(bounds)}, next_app) {}

    [[nodiscard]] std::vector<HistogramRow> finish() {
        batch.clear();
        world.finish(batch);
        return batch.histograms;
    }

    [[nodiscard]] HistogramSample sample() const { return world.snapshot().histograms.at(0); }

  private:
    static Buckets of(std::vector<TimeMs> bounds) {
        Buckets buckets;
        buckets.lag = std::move(bounds);
        return buckets;
    }

    AppId next_app = 1;
    Batch batch;

  public:
    World world;
};

/// One observation in each bucket of {1, 5, 10}.
HistogramRow one_in_each() {
    LagWorld old({1, 5, 10});
    for (const TimeMs lag : {1, 4, 10, 11}) {
        old.world.observe_lag(lag);
    }
    return old.finish().at(0);
}

TEST(HistogramsTest, ARowHasItsBounds) {
    const HistogramRow row = one_in_each();
    EXPECT_THAT(row.bounds, ElementsAre(1, 5, 10));
    EXPECT_THAT(row.counts, ElementsAre(1, 1, 1, 1));
    EXPECT_FALSE(row.mixed);
}

TEST(HistogramsTest, WithTheSameBoundsItIsRestoredAsItWas) {
    LagWorld next({1, 5, 10});
    next.world.restore(one_in_each());
    EXPECT_THAT(next.sample().counts, ElementsAre(1, 1, 1, 1));
    EXPECT_TRUE(next.finish().empty()) << "nothing to write";
    next.world.observe_lag(2);
    EXPECT_FALSE(next.finish().at(0).mixed);
}

struct BoundsCase {
    std::vector<TimeMs> bounds;
    std::vector<std::uint64_t> counts;
};

TEST(HistogramsTest, WithOtherBoundsEachCountGoesToTheSmallestBoundNotBelowItsOwn) {
    for (const BoundsCase& row : {
             BoundsCase{{5, 10, 20}, {2, 1, 0, 1}},
             BoundsCase{{1, 10}, {1, 2, 1}},
             BoundsCase{{2, 7, 9}, {1, 1, 0, 2}},
             BoundsCase{{1, 5, 10, 20}, {1, 1, 1, 0, 1}},
             BoundsCase{{20}, {3, 1}},
             BoundsCase{{}, {4}},
         }) {
        LagWorld next(row.bounds);
        next.world.restore(one_in_each());
        EXPECT_EQ(next.sample().counts, row.counts) << ::testing::PrintToString(row.bounds);
        EXPECT_EQ(next.sample().sum_ms, 26);
    }
}

TEST(HistogramsTest, WithOtherBoundsItIsWrittenAtTheNextFinishAndMixedForEver) {
    LagWorld next({5, 20});
    next.world.restore(one_in_each());
    const std::vector<HistogramRow> rows = next.finish();
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_THAT(rows[0].bounds, ElementsAre(5, 20));
    EXPECT_TRUE(rows[0].mixed);
    LagWorld third({5, 20});
    third.world.restore(rows[0]);
    EXPECT_THAT(third.sample().counts, ElementsAre(2, 1, 1));
    third.world.observe_lag(1);
    EXPECT_TRUE(third.finish().at(0).mixed);
}

TEST(HistogramsTest, AllHistogramsOfTheFamilyAreWrittenWithTheNewBounds) {
    Story story;
    story.hear_all(
        status("a.1", "TASK_STAGING", at(0s)),
        status("a.1", "TASK_STARTING", at(3s)),
        status("a.1", "TASK_RUNNING", at(9s))
    );
    Batch batch;
    story.world().finish(batch);
    Buckets buckets;
    buckets.task_state = {4000};
    AppId next_app = 1;
    World next(1, "test", {.buckets = buckets}, next_app);
    for (const HistogramRow& row : batch.histograms) {
        next.restore(row);
    }
    Batch written;
    next.finish(written);
    EXPECT_EQ(written.histograms.size(), 3U) << "two states and the start";
    for (const HistogramRow& row : written.histograms) {
        EXPECT_THAT(row.bounds, ElementsAre(4000));
        EXPECT_TRUE(row.mixed);
    }
}

TEST(HistogramsTest, CountsThatDoNotFitTheirBoundsKeepTheirSum) {
    HistogramRow row = one_in_each();
    row.counts = {1, 2};
    LagWorld next({1, 5, 10});
    next.world.restore(row);
    EXPECT_THAT(next.sample().counts, ElementsAre(1, 2, 0, 0));
    row.counts = {1, 1, 1, 1, 5};
    LagWorld other({1, 5, 10});
    other.world.restore(row);
    EXPECT_THAT(other.sample().counts, ElementsAre(1, 1, 1, 6));
}

}  // namespace
}  // namespace tally::model
