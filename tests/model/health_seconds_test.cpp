#include <map>
#include <random>

#include "model/support/story.hpp"

namespace tally::model {
namespace {

using namespace said;

constexpr TimeMs hour_ms = 3'600'000;

class HealthSecondsTest : public StoryTest {
  protected:
    void pass_time(TimeMs until) { hear(plain("tick", until)); }

    void expect_ms(TimeMs unhealthy, TimeMs observed) {
        EXPECT_EQ(app("/a").unhealthy_ms, unhealthy);
        EXPECT_EQ(app("/a").observed_ms, observed);
    }
};

TEST_F(HealthSecondsTest, AnOpenIntervalCountsUpToTheLastEventTime) {
    hear(healthy(i1, false, at(10s)));
    expect_ms(0, 0);
    pass_time(at(14s));
    expect_ms(4000, 4000);
}

TEST_F(HealthSecondsTest, HealthyTimeIsObservedOnly) {
    hear(healthy(i1, true, at(10s)));
    pass_time(at(14s));
    expect_ms(0, 4000);
}

TEST_F(HealthSecondsTest, UnknownTimeIsNeither) {
    hear_all(healthy(i1, true, at(10s)), healthy(i1, std::nullopt, at(12s)));
    pass_time(at(20s));
    expect_ms(0, 2000);
}

TEST_F(HealthSecondsTest, EveryEntityCounts) {
    hear_all(
        healthy(i1, false, at(10s)),
        healthy(i2, true, at(12s)),
        healthy("b.instance-3f", false, at(12s))
    );
    pass_time(at(20s));
    expect_ms(10'000, 18'000);
    EXPECT_EQ(app("/b").unhealthy_ms, 8000);
}

TEST_F(HealthSecondsTest, AnEndedEntityCountsNoLonger) {
    hear_all(healthy(i1, false, at(10s)), instance(i1, "Killed", at(11s)));
    pass_time(at(20s));
    expect_ms(1000, 1000);
}

TEST_F(HealthSecondsTest, AnIntervalBeginsNotBeforeTheLastEventTime) {
    pass_time(at(10s));
    hear(healthy(i1, false, at(4s)));
    pass_time(at(12s));
    expect_ms(2000, 2000);
}

TEST_F(HealthSecondsTest, AnIntervalEndsNotBeforeTheLastEventTime) {
    hear(healthy(i1, false, at(4s)));
    pass_time(at(10s));
    hear(healthy(i1, true, at(5s)));
    pass_time(at(12s));
    expect_ms(6000, 8000);
}

TEST_F(HealthSecondsTest, TheDwellKeepsTheEventTimes) {
    hear(healthy(i1, false, at(4s)));
    pass_time(at(10s));
    hear(healthy(i1, true, at(5s)));
    EXPECT_EQ(health(i1).back(), "unhealthy -> healthy after 1000");
    EXPECT_EQ(instance_row(i1).health_since, at(5s));
}

TEST_F(HealthSecondsTest, AReceiveTimeBeginsAnIntervalButDoesNotLengthenOne) {
    hear_live(plain("tick", at(0s)), at(0s));
    hear_live(healthy(i1, false, std::nullopt), at(100s));
    expect_ms(0, 0);
    hear_live(plain("tick", std::nullopt), at(120s));
    expect_ms(0, 0);
    hear_live(plain("tick", at(130s)), at(130s));
    expect_ms(30'000, 30'000);
}

TEST_F(HealthSecondsTest, AReceiveTimeAheadOfTheClockTakesNoTimeFromOtherEntities) {
    hear_live(plain("tick", at(0s)), at(0s));
    hear_live(healthy(i1, false, std::nullopt), at(100s));
    hear_live(healthy(i2, false, at(50s)), at(100s));
    expect_ms(0, 0);
    hear_live(plain("tick", at(80s)), at(100s));
    expect_ms(30'000, 30'000);
    hear_live(plain("tick", at(200s)), at(200s));
    expect_ms(250'000, 250'000);
}

TEST_F(HealthSecondsTest, AReceiveTimeAheadOfTheClockLengthensNoOtherInterval) {
    hear_live(healthy(i1, false, at(0s)), at(0s));
    hear_live(healthy(i2, false, std::nullopt), at(100s));
    expect_ms(0, 0);
    hear_live(healthy(i1, true, at(10s)), at(100s));
    expect_ms(10'000, 10'000);
}

TEST_F(HealthSecondsTest, AnIntervalEndsAtAReceiveTimeAheadOfTheClock) {
    hear_live(healthy(i1, false, at(0s)), at(0s));
    hear_live(healthy(i1, std::nullopt, std::nullopt), at(100s));
    expect_ms(100'000, 100'000);
    hear_live(healthy(i1, false, at(50s)), at(100s));
    hear_live(plain("tick", at(120s)), at(120s));
    expect_ms(120'000, 120'000);  // from 100 s on again: what was counted is not counted twice
}

TEST_F(HealthSecondsTest, ATerminationAheadOfTheClockAndARestartLoseNothing) {
    hear_live(plain("tick", at(0s)), at(0s));
    hear_live(healthy(i1, false, std::nullopt), at(100s));
    Story next = restarted();
    EXPECT_EQ(next.app("/a").unhealthy_now, 1);
    next.hear_live(instance(i1, "Killed", std::nullopt), at(130s));
    EXPECT_EQ(next.app("/a").unhealthy_ms, 30'000);
    EXPECT_EQ(next.app("/a").unhealthy_now, 0);
}

/// Semantics section 5, entity by entity.
struct EntityClock {
    Health health = Health::unknown;
    TimeMs from = no_time;
    TimeMs counted = 0;

    void change(Health to, TimeMs clock) {
        if (to == health) {
            return;
        }
        counted += health == Health::unknown || clock <= from ? 0 : clock - from;
        health = to;
        from = std::max(clock, from);
    }

    [[nodiscard]] TimeMs observed(TimeMs last_event) const {
        // Compared, not subtracted: there may have been no event time yet.
        return counted + (health == Health::unknown || last_event <= from ? 0 : last_event - from);
    }
};

TEST(HealthClocksTest, AnAppHasTheTimeOfItsEntitiesWhateverTheClocks) {
    for (unsigned seed = 1; seed <= 20; ++seed) {
        std::mt19937 random(seed);
        const auto pick = [&random](unsigned n) { return static_cast<int>(random() % n); };
        std::vector<Story> lives;
        lives.emplace_back();
        std::map<std::string, EntityClock> entities;
        TimeMs wall = start;
        TimeMs last_event = no_time;
        for (int i = 0; i < 200; ++i) {
            wall += pick(20'000);
            const bool own = pick(3) == 0;
            const TimeMs time = own ? wall - 30'000 + pick(30'000) : wall;
            last_event = own ? std::max(last_event, time) : last_event;
            const std::string id = "a.instance-" + std::to_string(pick(4));
            const auto health = static_cast<Health>(pick(3));
            const auto truth = health == Health::unknown ? std::optional<bool>{}
                                                         : std::optional(health == Health::healthy);
            lives.back().hear_live(healthy(id, truth, own ? When(time) : When{}), wall);
            entities[id].change(health, std::max(last_event, time));
            TimeMs observed = 0;
            for (const auto& [name, entity] : entities) {
                observed += entity.observed(last_event);
            }
            ASSERT_EQ(lives.back().app("/a").observed_ms, observed)
                << "seed " << seed << ", event " << i;
            if (pick(10) == 0) {
                lives.push_back(lives.back().restarted());
            }
        }
        // The view adds what is open to the hours.
        const AppRow row = lives.back().ledger().apps.at(1);
        TimeMs in_hours = std::max<TimeMs>(0, last_event - row.accrued_until) *
                          (row.healthy_now + row.unhealthy_now);
        for (const auto& [key, hour] : lives.back().ledger().hours) {
            in_hours += hour.observed_ms;
        }
        EXPECT_EQ(in_hours, lives.back().app("/a").observed_ms);
    }
}

TEST_F(HealthSecondsTest, SecondsNeverFallAndNoTimeCountsTwice) {
    std::mt19937 random(1);
    TimeMs unhealthy = 0;
    TimeMs observed = 0;
    for (int i = 0; i < 2000; ++i) {
        const auto pick = [&random](unsigned n) { return random() % n; };
        const std::string id = "a.instance-" + std::to_string(pick(3));
        const TimeMs time = at(std::chrono::seconds(i * 10 + static_cast<int>(pick(200))));
        switch (pick(4)) {
            case 0:
                hear(instance(id, pick(2) == 0 ? "Running" : "Failed", time));
                break;
            case 1:
                hear(healthy(id, std::nullopt, time));
                break;
            default:
                hear(healthy(id, pick(2) == 0, time));
                break;
        }
        ASSERT_GE(app("/a").unhealthy_ms, unhealthy) << "after event " << i;
        ASSERT_GE(app("/a").observed_ms, observed) << "after event " << i;
        unhealthy = app("/a").unhealthy_ms;
        observed = app("/a").observed_ms;
    }
    EXPECT_LE(observed, 3 * (at(20'200s) - at(0s)));
    EXPECT_LE(unhealthy, observed);
    EXPECT_GT(unhealthy, 0);
}

struct HourCase {
    std::chrono::minutes from, to;
    std::vector<int> minutes;  ///< unhealthy minutes of the hours 0, 1, 2 ...
};

TEST(HealthHoursTest, AnIntervalIsCutAtTheHours) {
    for (const HourCase& row : {
             HourCase{0min, 10min, {10, 0}},
             HourCase{0min, 60min, {60, 0}},
             HourCase{59min, 61min, {1, 1, 0}},
             HourCase{30min, 60min, {30, 0}},
             HourCase{60min, 90min, {0, 30, 0}},
             HourCase{0min, 120min, {60, 60, 0}},
             HourCase{0min, 130min, {60, 60, 10, 0}},
             HourCase{30min, 120min, {30, 60, 0}},
             HourCase{30min, 250min, {30, 60, 60, 60, 10, 0}},
         }) {
        Story story;
        story.hear_all(
            healthy(i1, false, at(row.from)),
            healthy(i2, true, at(row.from)),
            healthy(i1, true, at(row.to))
        );
        TimeMs sum = 0;
        for (std::size_t i = 0; i < row.minutes.size(); ++i) {
            const Ledger::Hour hour = story.hour("/a", std::chrono::hours(i));
            EXPECT_EQ(hour.unhealthy_ms, row.minutes[i] * 60'000)
                << row.from.count() << " to " << row.to.count();
            EXPECT_EQ(hour.observed_ms, row.minutes[i] * 120'000)
                << row.from.count() << " to " << row.to.count();
            sum += hour.unhealthy_ms;
        }
        EXPECT_EQ(sum, story.app("/a").unhealthy_ms);
    }
}

TEST(HealthHoursTest, HoursBefore1970AreWholeHoursToo) {
    Story story;
    story.hear_all(healthy(i1, false, -hour_ms / 2), healthy(i1, true, hour_ms / 2));
    EXPECT_EQ(story.ledger().hours.at({"/a", -hour_ms}).unhealthy_ms, hour_ms / 2);
    EXPECT_EQ(story.ledger().hours.at({"/a", 0}).unhealthy_ms, hour_ms / 2);
}

TEST(HealthHoursTest, AnIntervalOfDecadesIsOneRow) {
    AppId next_app = 1;
    World world(1, "test", {}, next_app);
    Batch batch;
    world.apply(healthy(i1, false, 0), {.seq = 1, .stamp = {.time = 0}}, batch);
    world.apply(healthy(i1, true, start), {.seq = 2, .stamp = {.time = start}}, batch);
    world.finish(batch);
    ASSERT_EQ(batch.app_hour_runs.size(), 1U);
    EXPECT_EQ(batch.app_hour_runs[0].hours, start / hour_ms);
    EXPECT_LE(batch.app_hours.size(), 2U);
}

TEST(HealthHoursTest, TheHoursOfManyBatchesAddUpToTheAppsTotals) {
    std::mt19937 random(7);
    Story story;
    for (int i = 0; i < 500; ++i) {
        const std::string id = "a.instance-" + std::to_string(random() % 4);
        story.hear(healthy(
            id, random() % 2 == 0, at(std::chrono::minutes(i * 7 + static_cast<int>(random() % 60)))
        ));
        if (random() % 5 == 0) {
            story.cut();
        }
    }
    TimeMs unhealthy = 0;
    TimeMs observed = 0;
    std::int64_t flaps = 0;
    for (const auto& [key, hour] : story.ledger().hours) {
        unhealthy += hour.unhealthy_ms;
        observed += hour.observed_ms;
        flaps += hour.flaps;
        EXPECT_LE(hour.observed_ms, 4 * hour_ms);
    }
    const AppRow& row = story.ledger().apps.at(1);
    EXPECT_EQ(unhealthy, row.unhealthy_ms);
    EXPECT_EQ(observed, row.observed_ms);
    EXPECT_GT(flaps, 0);
    const auto texts = story.ledger().texts("health_transition");
    EXPECT_EQ(flaps, std::count_if(texts.begin(), texts.end(), [](const std::string& text) {
                  return text.starts_with("healthy -> unhealthy");
              }));
}

}  // namespace
}  // namespace tally::model
