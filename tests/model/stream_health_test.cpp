#include <map>
#include <random>

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
    mark(attached(50s, 2));
    expect_ms(0, 0);  // time counts up to the last event
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
    expect_ms(0, 0);
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
    expect_ms(0, 0);
    pass_time(55s);
    expect_ms(15'000, 15'000);
}

TEST_F(StreamHealthTest, AHealthAheadOfTheClockCountsFromItsTimeOnButNotInTheGap) {
    mark(attached(0s));
    pass_time(1s);
    hear_on(1, healthy(i1, false, std::nullopt), at(15s));  // ahead of the clock
    mark(ended(20s));
    hear_on(9, healthy(i2, false, std::nullopt), at(30s));  // by a callback
    EXPECT_EQ(app("/a").unhealthy_now, 2);
    mark(attached(50s, 2));
    hear_on(2, healthy("a.instance-3f", false, std::nullopt), at(52s));
    expect_ms(0, 0);
    pass_time(60s, 2);
    expect_ms(5000 + 10'000 + 10'000 + 8000, 5000 + 10'000 + 10'000 + 8000);
}

TEST_F(StreamHealthTest, AnIntervalThatEndsAheadOfTheClockLeavesOutTheGapToo) {
    mark(attached(0s));
    hear_on(1, healthy(i1, false, at(10s)), at(10s));
    mark_all(ended(20s), attached(50s, 2));
    hear_on(2, healthy(i1, std::nullopt, std::nullopt), at(55s));
    expect_ms(15'000, 15'000);
}

TEST_F(StreamHealthTest, GapsOfAnotherTimeThanThatOfTheEventsTakeNothingOff) {
    mark(attached(24h * 365));  // a recording from last year is told by a stream
    hear_on(1, healthy(i1, false, at(10s)), at(24h * 365));
    mark_all(ended(24h * 365 + 1s), attached(24h * 365 + 5s, 2));
    pass_time(40s, 2);
    expect_ms(30'000, 30'000);
}

TEST_F(StreamHealthTest, ManyGapsOfAQuietStreamAreAllLeftOut) {
    mark(attached(0s));
    hear_on(1, healthy(i1, false, at(1s)), at(1s));
    for (int i = 0; i < 10; ++i) {
        mark_all(
            ended(std::chrono::seconds(10 * i + 5)), attached(std::chrono::seconds(10 * i + 10))
        );
        Story next = restarted();
        next.hear_on(1, plain("tick", at(std::chrono::seconds(10 * i + 12))), at(200s));
        EXPECT_EQ(next.app("/a").unhealthy_ms, 5000 * (i + 1) + 1000);
    }
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
    pass_time(141min, 9);
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

TEST_F(StreamHealthTest, OfAVeryLongQuietOnlyTheLastGapsAreLeftOut) {
    mark(attached(0s));
    hear_on(1, healthy(i1, false, at(1s)), at(1s));
    for (int i = 0; i < 100; ++i) {
        mark_all(
            ended(std::chrono::seconds(10 * i + 5)), attached(std::chrono::seconds(10 * i + 10))
        );
    }
    Story next = restarted();
    next.hear_on(1, plain("tick", at(1010s)), at(1010s));
    pass_time(1010s);
    expect_ms(1'009'000 - 64 * 5000, 1'009'000 - 64 * 5000);
    EXPECT_EQ(next.app("/a").unhealthy_ms, app("/a").unhealthy_ms);
}

/// Semantics section 5, entity by entity, with every gap taken off every interval.
class Reference {
  public:
    void lose(TimeMs begin, TimeMs end) { gaps_.emplace_back(begin, end); }

    void hear(const std::string& entity, std::optional<bool> healthy, TimeMs time) {
        clock_ = std::max(clock_, time);
        Entity& one = entities_[entity];
        if (one.healthy != healthy) {
            count(one, *this);
            one = {.healthy = healthy, .from = clock_};
        }
    }

    struct Sums {
        TimeMs unhealthy = 0, observed = 0;
        friend bool operator==(const Sums&, const Sums&) = default;
    };

    [[nodiscard]] Sums sums() const {
        Reference copy = *this;
        for (const auto& [name, entity] : entities_) {
            count(entity, copy);
        }
        return copy.sums_;
    }

  private:
    struct Entity {
        std::optional<bool> healthy{};
        TimeMs from = 0;
    };

    void count(const Entity& entity, Reference& into) const {
        TimeMs length = clock_ - entity.from;
        for (const auto& [begin, end] : gaps_) {
            length -= std::max<TimeMs>(0, std::min(clock_, end) - std::max(entity.from, begin));
        }
        into.sums_.observed += entity.healthy ? length : 0;
        into.sums_.unhealthy += entity.healthy == false ? length : 0;
    }

    TimeMs clock_ = 0;
    std::map<std::string, Entity> entities_;
    std::vector<std::pair<TimeMs, TimeMs>> gaps_;
    Sums sums_;
};

TEST(StreamHealthClocksTest, HealthTimeIsThatOfEveryEntityWithoutTheGaps) {
    for (unsigned seed = 1; seed <= 60; ++seed) {
        std::mt19937 random(seed);
        const auto pick = [&random](std::uint32_t n) { return static_cast<TimeMs>(random() % n); };
        Story story;
        Reference reference;
        TimeMs now = 0;
        const auto moment = [&now] { return std::chrono::milliseconds(now); };
        story.mark(attached(moment()));
        for (int i = 0; i < 300; ++i) {
            now += pick(20) == 0 ? pick(3'000'000) : pick(4000);
            const TimeMs begin = now;
            switch (pick(8)) {
                case 0:
                    story.mark(ended(moment()));
                    now += pick(pick(5) == 0 ? 8'000'000 : 9000);
                    story.mark(attached(moment()));
                    reference.lose(at(std::chrono::milliseconds(begin)), at(moment()));
                    break;
                case 1:
                    now += pick(9000);
                    story.mark(shed(std::chrono::milliseconds(begin), moment(), 1));
                    reference.lose(at(std::chrono::milliseconds(begin)), at(moment()));
                    break;
                default: {
                    const std::string entity = "a.instance-" + std::to_string(pick(6));
                    const TimeMs truth = pick(5);
                    const auto health = truth == 0 ? std::optional<bool>{} : truth < 3;
                    const TimeMs time = at(moment()) - (pick(4) == 0 ? pick(20'000) : 0);
                    story.hear_on(1, healthy(entity, health, time), at(moment()));
                    reference.hear(entity, health, time);
                }
            }
            const auto apps = story.world().snapshot().apps;
            const Reference::Sums sums =
                apps.size() < 2 ? Reference::Sums{}
                                : Reference::Sums{apps[1].unhealthy_ms, apps[1].observed_ms};
            ASSERT_EQ(sums, reference.sums()) << "seed " << seed << ", step " << i;
            if (pick(40) == 0) {
                story = story.restarted();
            }
        }
    }
}

}  // namespace
}  // namespace tally::model
