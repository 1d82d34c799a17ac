#include <random>

#include "model/support/script.hpp"
#include "model/support/stream_script.hpp"

namespace tally::model {
namespace {

using namespace marks;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class StreamTest : public StreamStory {};

TEST_F(StreamTest, BeforeTheFirstAttachEverThereIsNeitherSessionNorGap) {
    mark_all(started(0s), failed(1s, "refused"), attempt(2s, "refused"), ended(3s), alive(4s));
    EXPECT_THAT(sessions(), IsEmpty());
    EXPECT_THAT(gaps(), IsEmpty());
    EXPECT_FALSE(world().stream().had_session);
    EXPECT_EQ(counted(Family::stream_reconnects, "refused"), 1);
}

TEST_F(StreamTest, ASessionLastsFromItsFirstByteToItsLast) {
    mark_all(attached(1s, 7, "http://two"), alive(11s, 100), ended(15s, "reset", 150));
    EXPECT_THAT(sessions(), ElementsAre("1: 1000-15000 reset"));
    const SessionRow& row = ledger().sessions.at(1);
    EXPECT_EQ(row.url, "http://two");
    EXPECT_EQ(row.connection, 7U);
    EXPECT_EQ(row.bytes, 150U);
}

TEST_F(StreamTest, AnOpenSessionIsObservedUpToItsLastMark) {
    mark_all(attached(1s), alive(11s));
    EXPECT_THAT(sessions(), ElementsAre("1: 1000-11000 open"));
    EXPECT_EQ(counted(Family::stream_observed_ms), 10'000);
    EXPECT_TRUE(world().stream().attached);
    EXPECT_EQ(world().stream().last_seen, at(11s));
}

TEST_F(StreamTest, EventsOfASessionAreCountedAndProlongIt) {
    mark(attached(1s, 7));
    hear_on(7, plain("tick", at(5s)), at(6s));
    hear_on(3, plain("tick", at(8s)), at(9s));  // by a callback
    EXPECT_EQ(ledger().sessions.at(1).events, 1U);
    EXPECT_THAT(sessions(), ElementsAre("1: 1000-6000 open"));
    EXPECT_EQ(counted(Family::stream_observed_ms), 5000);
}

TEST_F(StreamTest, EventsAfterTheEndOfASessionAreNotOfIt) {
    mark_all(attached(1s, 7), ended(2s));
    hear_on(7, plain("tick", at(5s)), at(6s));
    EXPECT_EQ(ledger().sessions.at(1).events, 0U);
    EXPECT_THAT(sessions(), ElementsAre("1: 1000-2000 closed"));
}

TEST_F(StreamTest, AGapIsARowFromItsBeginOn) {
    mark_all(attached(0s), ended(10s, "silent"));
    EXPECT_THAT(gaps(), ElementsAre("1: 10000- silent"));
    EXPECT_EQ(counted(Family::stream_gaps), 1);
    EXPECT_EQ(counted(Family::stream_gap_ms), 0);
    EXPECT_EQ(world().stream().gap_start, at(10s));
}

TEST_F(StreamTest, AGapEndsWithTheFirstByteOfTheNextSession) {
    mark_all(attached(0s), ended(10s), attached(12s, 2), alive(13s));
    EXPECT_THAT(gaps(), ElementsAre("1: 10000-12000 closed"));
    EXPECT_THAT(sessions(), ElementsAre("1: 0-10000 closed", "2: 12000-13000 open"));
    EXPECT_EQ(counted(Family::stream_gaps), 1);
    EXPECT_EQ(counted(Family::stream_gap_ms), 2000);
    EXPECT_EQ(counted(Family::stream_observed_ms), 11'000);
}

TEST_F(StreamTest, FailedAttemptsAreCountedInTheGapWithTheLastError) {
    mark_all(
        attached(0s),
        ended(10s),
        failed(11s, "refused", "connection refused"),
        failed(12s, "dns", "no such host")
    );
    EXPECT_THAT(gaps(), ElementsAre("1: 10000- closed, 2 failed: dns: no such host"));
}

TEST_F(StreamTest, ALongErrorIsCutBetweenCharacters) {
    std::string detail(504, 'x');
    detail += "\xC3\xA9";  // would end at byte 513
    mark_all(attached(0s), ended(10s), failed(11s, "reset", detail));
    EXPECT_EQ(ledger().gaps.at(1).last_error, "reset: " + std::string(504, 'x'));
    mark(failed(12s, "reset", std::string("\xFF\0 tab\t", 7)));
    EXPECT_EQ(ledger().gaps.at(1).last_error, "reset: \xEF\xBF\xBD\xEF\xBF\xBD tab\t");
}

TEST_F(StreamTest, EveryAttemptAfterTheFirstIsCountedByWhyTheOneBeforeFailed) {
    mark_all(
        attached(0s),
        ended(1s, "reset"),
        attempt(2s, "reset"),
        failed(2s, "refused"),
        attempt(3s, "refused")
    );
    EXPECT_EQ(counted(Family::stream_reconnects, "reset"), 1);
    EXPECT_EQ(counted(Family::stream_reconnects, "refused"), 1);
}

TEST_F(StreamTest, AnotherMembersAnswerSettlesAnEndAsAChangeOfTheLeader) {
    mark_all(attached(0s), ended(1s));
    cut();
    mark_all(attempt(2s, "leader_changed"), attached(2s, 2));
    EXPECT_THAT(sessions(), ElementsAre("1: 0-1000 leader_changed", "2: 2000-2000 open"));
    EXPECT_THAT(gaps(), ElementsAre("1: 1000-2000 leader_changed"));
    EXPECT_EQ(counted(Family::stream_reconnects, "leader_changed"), 1);
}

TEST_F(StreamTest, OnlyAClosedStreamCanHaveHadAChangeOfTheLeader) {
    mark_all(attached(0s), ended(1s, "reset"), attempt(2s, "leader_changed"));
    EXPECT_THAT(gaps(), ElementsAre("1: 1000- reset"));
}

TEST_F(StreamTest, ASessionLeftOpenEndedByACrashAtItsLastByteOrEvent) {
    mark_all(attached(0s, 7), alive(10s));
    hear_on(7, plain("tick", at(12s)), at(12s));
    Story next = restarted();
    next.mark(started(60s));
    EXPECT_EQ(next.world().stream().before, "crash");
    EXPECT_FALSE(next.world().stream().attached);
    EXPECT_EQ(next.ledger().sessions.at(1).end, at(12s));
    EXPECT_EQ(next.ledger().sessions.at(1).cause, "crash");
    EXPECT_EQ(next.ledger().gaps.at(1).start, at(12s));
    EXPECT_EQ(next.ledger().gaps.at(1).cause, "crash");
    EXPECT_EQ(next.number(Family::stream_observed_ms), 12'000);
}

TEST_F(StreamTest, ACleanStopEndsTheSessionAndTheNextStartKnowsIt) {
    mark_all(attached(0s), stopped(10s));
    EXPECT_TRUE(world().stream().stopped);
    EXPECT_TRUE(ledger().source().stopped);
    Story next = restarted();
    EXPECT_TRUE(next.world().stream().stopped);
    next.mark(started(60s));
    EXPECT_EQ(next.world().stream().before, "shutdown");
    EXPECT_FALSE(next.world().stream().stopped);
    EXPECT_FALSE(next.ledger().source().stopped);
    next.mark(attempt(60s, "shutdown"));
    next.mark(attached(61s, 2));
    EXPECT_EQ(next.ledger().gaps.at(1).cause, "shutdown");
    EXPECT_EQ(next.ledger().gaps.at(1).end, at(61s));
    EXPECT_EQ(next.number(Family::stream_reconnects, {.a = "shutdown"}), 1);
}

TEST_F(StreamTest, ASourceFollowedNoMoreAndAgainCountsAsAReload) {
    mark_all(attached(0s), stopped(10s, "reload"), started(20s));
    EXPECT_THAT(gaps(), ElementsAre("1: 10000- reload"));
    EXPECT_EQ(world().stream().before, "reload");
}

TEST_F(StreamTest, AGapThatIsOpenKeepsItsCauseOverAStopAndACrash) {
    mark_all(attached(0s), ended(10s, "silent"), stopped(20s), started(30s));
    EXPECT_THAT(gaps(), ElementsAre("1: 10000- silent"));
    EXPECT_EQ(world().stream().before, "shutdown");
    mark(started(40s));
    EXPECT_EQ(world().stream().before, "crash");
    EXPECT_THAT(gaps(), ElementsAre("1: 10000- silent"));
}

TEST_F(StreamTest, WithoutASessionTheFirstAttemptOfAProcessFollowsNothing) {
    mark_all(started(0s), stopped(10s), started(20s));
    EXPECT_EQ(world().stream().before, "");
}

TEST_F(StreamTest, ALossIsAGapWithinTheSession) {
    mark_all(attached(0s), alive(10s), shed(15s, 18s, 4, "queue"), alive(20s));
    EXPECT_THAT(sessions(), ElementsAre("1: 0-20000 open"));
    EXPECT_THAT(gaps(), ElementsAre("1: 15000-18000 history_unwritable lost 4"));
    EXPECT_EQ(counted(Family::stream_gap_ms), 3000);
    EXPECT_EQ(counted(Family::stream_observed_ms), 17'000);
    EXPECT_EQ(counted(Family::events_shed, "queue"), 4);
    EXPECT_EQ(world().stream().gap_start, no_time) << "it lies between no sessions";
}

TEST_F(StreamTest, WhatWasObservedIsNotTakenBackByALoss) {
    mark_all(attached(0s), alive(10s), shed(5s, 12s, 4));
    EXPECT_THAT(gaps(), ElementsAre("1: 10000-12000 history_unwritable lost 4"));
    EXPECT_EQ(counted(Family::stream_observed_ms), 10'000);
}

TEST_F(StreamTest, ALossToldAfterTheSessionIsARowWithoutLength) {
    mark_all(attached(0s), ended(10s), shed(8s, 12s, 4), attached(20s, 2));
    EXPECT_THAT(
        gaps(), ElementsAre("1: 10000-20000 closed", "2: 10000-10000 history_unwritable lost 4")
    );
    EXPECT_EQ(counted(Family::stream_gap_ms), 10'000);
    EXPECT_EQ(counted(Family::events_shed, "disk"), 4);
}

TEST_F(StreamTest, ASnapshotReconcilesTheGapBeforeIt) {
    std::vector<Difference> differences(3);
    differences[2].kind = Difference::Kind::deployment;
    Mark ok = reconciled(13s, "ok", differences);
    ok.framework = "framework-1";
    mark_all(attached(0s), reconciled(1s), ended(10s), attached(12s, 2), ok, reconciled(14s));
    EXPECT_THAT(gaps(), ElementsAre("1: 10000-12000 closed inferred 3"));
    EXPECT_EQ(counted(Family::reconciliations, "ok"), 3);
    EXPECT_EQ(counted(Family::reconcile_differences, "task"), 2);
    EXPECT_EQ(counted(Family::reconcile_differences, "deployment"), 1);
    EXPECT_TRUE(world().stream().reconciled);
    EXPECT_EQ(world().stream().framework, "framework-1");
    EXPECT_EQ(restarted().world().stream().framework, "framework-1");
    EXPECT_TRUE(restarted().world().stream().reconciled);
}

TEST_F(StreamTest, AFailedSnapshotIsOnlyCounted) {
    mark_all(
        attached(0s),
        ended(10s),
        attached(12s, 2),
        reconciled(13s, "failed"),
        reconciled(13s, "other_cluster")
    );
    EXPECT_THAT(gaps(), ElementsAre("1: 10000-12000 closed"));
    EXPECT_EQ(counted(Family::reconciliations, "failed"), 1);
    EXPECT_EQ(counted(Family::reconciliations, "other_cluster"), 1);
    EXPECT_FALSE(world().stream().reconciled);
}

TEST_F(StreamTest, ASnapshotThatComesAfterTheNextLossDoesNotReconcileThatOne) {
    mark_all(attached(0s), ended(10s), reconciled(9s));
    EXPECT_THAT(gaps(), ElementsAre("1: 10000- closed"));
}

TEST_F(StreamTest, AWallClockThatStepsBackMakesNothingNegative) {
    mark_all(
        attached(100s),
        alive(90s),
        ended(50s),
        attached(40s, 2),
        shed(30s, 20s, 1),
        ended(10s, "reset")
    );
    EXPECT_THAT(sessions(), ElementsAre("1: 100000-100000 closed", "2: 100000-100000 reset"));
    EXPECT_THAT(
        gaps(),
        ElementsAre(
            "1: 100000-100000 closed",
            "2: 100000-100000 history_unwritable lost 1",
            "3: 100000- reset"
        )
    );
}

TEST_F(StreamTest, AnAttachWithoutAnEndBeforeItEndsTheSessionBefore) {
    mark_all(attached(0s), alive(10s), attached(20s, 2));
    EXPECT_THAT(sessions(), ElementsAre("1: 0-10000 closed", "2: 20000-20000 open"));
    EXPECT_THAT(gaps(), ElementsAre("1: 10000-20000 closed"));
}

TEST_F(StreamTest, AMarkOfADamagedFileBreaksNothing) {
    mark_all(attached(0s), ended(10s, "no such cause"));
    EXPECT_THAT(gaps(), ElementsAre("1: 10000- closed"));
    Mark wild = attached(0s);
    wild.time = std::numeric_limits<TimeMs>::min();
    mark(wild);
    wild = shed(0s, 0s, std::numeric_limits<std::int64_t>::max(), "what");
    wild.time = std::numeric_limits<TimeMs>::max();
    mark(wild);
    mark(attempt(0s, ""));
    mark(reconciled(0s, ""));
    EXPECT_EQ(counted(Family::stream_reconnects, "closed"), 1);
    EXPECT_EQ(counted(Family::reconciliations, "failed"), 1);
    EXPECT_EQ(counted(Family::stream_gaps), 2);
}

/// A plausible but careless daemon: its clock jumps back, marks are missing or come twice.
class Daemon {
  public:
    explicit Daemon(unsigned seed) : random_(seed) {}

    Mark next() {
        now_ +=
            pick(30) == 0 ? -static_cast<TimeMs>(pick(90'000)) : static_cast<TimeMs>(pick(9000));
        const auto when = std::chrono::milliseconds(now_);
        const char* const causes[]{"closed", "closed", "reset", "silent", "leader_changed"};
        const std::string cause = causes[pick(5)];
        switch (pick(13)) {
            case 0:
                return started(when);
            case 1:
            case 2:
            case 3:
                return attached(when, pick(3), "http://" + std::to_string(pick(3)));
            case 4:
                return ended(when, cause, pick(1000));
            case 5:
                return failed(when, "refused", std::to_string(pick(3)));
            case 6:
                return attempt(when, cause);
            case 7:
                return stopped(when, pick(2) == 0 ? "shutdown" : "reload");
            case 8:
                return shed(
                    when - std::chrono::milliseconds(pick(9000)),
                    when,
                    pick(5),
                    pick(2) == 0 ? "disk" : "queue"
                );
            case 9:
                return reconciled(when, pick(3) == 0 ? "failed" : "ok");
            default:
                return alive(when, pick(1000));
        }
    }

  private:
    std::uint32_t pick(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }

    std::mt19937 random_;
    TimeMs now_ = 0;
};

/// Events of a random cluster and marks of a random daemon, one after the other.
void tell_step(
    Story& story, const std::vector<Line>& script, const std::vector<Mark>& daemon, std::size_t i
) {
    if (i % 4 == 3) {
        story.mark(daemon[i / 4]);
    } else {
        story.hear_on(
            script[i].connection, script[i].event, at(std::chrono::milliseconds(i * 1500))
        );
    }
}

std::vector<Mark> random_daemon(unsigned seed, std::size_t count) {
    Daemon daemon(seed);
    std::vector<Mark> marks;
    for (std::size_t i = 0; i < count; ++i) {
        marks.push_back(daemon.next());
    }
    return marks;
}

TEST(StreamScriptTest, AWorldStoppedAfterEveryInputGoesOnAsIfItHadNeverStopped) {
    constexpr std::size_t inputs = 240;
    for (unsigned seed = 1; seed <= 2; ++seed) {
        const std::vector<Line> script = random_script(500 + seed, inputs);
        const std::vector<Mark> daemon = random_daemon(seed, inputs / 4);
        Story steady;
        std::vector<Story> lives;
        lives.reserve(inputs + 1);
        lives.emplace_back();
        for (std::size_t i = 0; i < inputs; ++i) {
            tell_step(steady, script, daemon, i);
            tell_step(lives.back(), script, daemon, i);
            ASSERT_EQ(
                steady.ledger().dump(static_cast<Seq>(i)),
                lives.back().ledger().dump(static_cast<Seq>(i))
            ) << "seed "
              << seed << ", input " << i;
            ASSERT_EQ(steady.snapshot(), lives.back().snapshot())
                << "seed " << seed << ", input " << i;
            lives.push_back(lives.back().restarted());
        }
    }
}

TEST(StreamScriptTest, HoweverInputsAreCutIntoBatchesTheRowsAreTheSame) {
    constexpr std::size_t inputs = 400;
    for (unsigned seed = 1; seed <= 5; ++seed) {
        const std::vector<Line> script = random_script(700 + seed, inputs);
        const std::vector<Mark> daemon = random_daemon(seed + 50, inputs / 4);
        Story single;
        Story cut;
        for (std::size_t i = 0; i < inputs; ++i) {
            tell_step(single, script, daemon, i);
            tell_step(cut, script, daemon, i);
            if (i % 7 == 0) {
                cut.cut();
            }
        }
        ASSERT_EQ(single.ledger().dump(), cut.ledger().dump()) << "seed " << seed;
    }
}

/// What holds at every moment, whatever was told: `before` is the same a moment ago.
struct Sums {
    TimeMs observed = 0, gaps = 0, unhealthy = 0, healthy = 0;
};

Sums check_rows(Story& story, const Sums& before) {
    TimeMs observed = 0;
    TimeMs in_gaps = 0;
    std::map<TimeMs, TimeMs> spans;  // sessions and the gaps between them
    const auto add = [&spans](TimeMs from, TimeMs to) { spans[from] = std::max(spans[from], to); };
    for (const auto& [number, row] : story.ledger().sessions) {
        const TimeMs end = row.end == no_time ? row.last : row.end;
        EXPECT_GE(end, row.start);
        observed += end - row.start;
        add(row.start, end);
    }
    for (const auto& [number, row] : story.ledger().gaps) {
        const TimeMs length = row.end == no_time ? 0 : row.end - row.start;
        EXPECT_GE(length, 0);
        in_gaps += length;
        if (row.cause == "history_unwritable") {
            observed -= length;
        } else {
            add(row.start, row.start + length);
        }
    }
    TimeMs end = no_time;
    for (const auto& [from, to] : spans) {
        EXPECT_GE(from, end) << "they overlap";
        end = to;
    }
    EXPECT_EQ(observed, std::max<TimeMs>(0, story.number(Family::stream_observed_ms)));
    EXPECT_EQ(in_gaps, std::max<TimeMs>(0, story.number(Family::stream_gap_ms)));
    EXPECT_GE(observed, before.observed);
    Sums now{.observed = observed, .gaps = in_gaps};
    for (const AppSample& app : story.world().snapshot().apps) {
        now.unhealthy += app.unhealthy_ms;
        now.healthy += app.observed_ms;
    }
    EXPECT_GE(now.unhealthy, before.unhealthy);
    EXPECT_GE(now.healthy, before.healthy);
    return now;
}

TEST(StreamScriptTest, NothingOverlapsNothingFallsAndCountersAreTheSumsOfRows) {
    constexpr std::size_t inputs = 400;
    for (unsigned seed = 1; seed <= 6; ++seed) {
        const std::vector<Line> script = random_script(900 + seed, inputs);
        const std::vector<Mark> daemon = random_daemon(seed + 100, inputs / 4);
        Story story;
        Sums sums;
        for (std::size_t i = 0; i < inputs; ++i) {
            tell_step(story, script, daemon, i);
            sums = check_rows(story, sums);
            ASSERT_FALSE(::testing::Test::HasFailure()) << "seed " << seed << ", input " << i;
        }
    }
}

}  // namespace
}  // namespace tally::model
