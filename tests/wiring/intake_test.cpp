#include "intake.hpp"

#include <gtest/gtest.h>

#include "intake_life.hpp"

namespace tally {

namespace {

using model::Family;
using model::Mark;
using test::IntakeLife;
using test::WriteLock;

constexpr const char* tasks_by_seq = "SELECT task, to_state FROM v_task_transitions ORDER BY seq";
constexpr const char* lost_rows = "SELECT start, \"end\", lost FROM v_gaps WHERE cause = 'history_unwritable' ORDER BY start";

/// Fills the journal until a slab of that many bytes more than usual finds no room; how many found some.
int fill(IntakeLife& life, const std::string& source = "s", std::size_t more_bytes = 0) {
    int taken = 0;
    while (life.hear(source, {life.task("a.fill", "TASK_RUNNING", more_bytes)})) {
        ++taken;
    }
    return taken;
}

/// Leaves no room for anything, by one body that is no event.
void fill_up(IntakeLife& life, const std::string& source) {
    const std::uint64_t left = life.journal_bytes_max() - life.journal().bytes();
    const std::uint64_t around = record::Journal::bytes_of(
        sizeof(JournalRecord::Head) + sizeof(Slab::Body) + decode::body_padding
    );
    ASSERT_GT(left, around);
    ASSERT_TRUE(life.hear(source, {std::string(left - around, 'x')}));
    ASSERT_FALSE(life.journal().has_room(0));
}

// ---- visible

TEST(IntakeTest, AnEventIsSeenAsSoonAsItWasTaken) {
    IntakeLife life;
    life.attach_and_compare("s");
    EXPECT_TRUE(life.hear("s", {life.task("a.1", "TASK_RUNNING")}));
    EXPECT_EQ(life.events(), 1);
    EXPECT_EQ(life.number(Family::task_transitions), 1);
    EXPECT_TRUE(life.intake().has_work());
}

TEST(IntakeTest, WhatWasSeenSurvivesKill) {
    IntakeLife life;
    life.attach_and_compare("s");
    life.hear("s", {life.task("a.1", "TASK_RUNNING")});
    life.crash();
    EXPECT_EQ(life.events(), 1);
    life.commit();
    life.crash();
    EXPECT_EQ(life.events(), 1);
    EXPECT_EQ(life.number(Family::task_transitions), 1);
}

TEST(IntakeTest, AllIsInTheHistoryWhenTheJournalHasNothingMore) {
    IntakeLife life;
    life.attach_and_compare("s");
    life.hear("s", {life.task("a.1", "TASK_RUNNING")});
    EXPECT_GT(life.intake().journal_bytes(), 0U);
    life.commit();
    EXPECT_EQ(life.intake().journal_bytes(), 0U);
    EXPECT_EQ(life.ask("SELECT count(*) FROM v_events"), "1\n");
}

// ---- the hold

TEST(IntakeTest, WhatComesAfterAnAttachIsHeldUntilTheSnapshotAndThenComesBehindIt) {
    IntakeLife life;
    life.attach("s");
    life.hear("s", {life.task("a.1", "TASK_FINISHED")});
    life.hear("s", {life.task("a.2", "TASK_STAGING"), life.task("a.2", "TASK_RUNNING")});
    EXPECT_EQ(life.events(), 0);
    const auto seen = life.compare("s", {{"a.1", "TASK_RUNNING"}, {"a.3", "TASK_RUNNING"}});
    EXPECT_EQ(seen.result, Intake::Compared::ok);
    EXPECT_EQ(life.events(), 3);
    life.finish();
    EXPECT_EQ(life.ask("SELECT task, from_state, to_state, provenance FROM v_task_transitions ORDER BY seq"),
              "a.1 none TASK_RUNNING inferred\n"
              "a.3 none TASK_RUNNING inferred\n"
              "a.1 TASK_RUNNING TASK_FINISHED observed\n"
              "a.2 none TASK_STAGING observed\n"
              "a.2 TASK_STAGING TASK_RUNNING observed\n");
}

TEST(IntakeTest, WhatIsHeldIsSeenByNobodyEvenWhenTheHistoryHasCaughtUp) {
    IntakeLife life;
    life.attach("s");
    life.hear("s", {life.task("a.1", "TASK_RUNNING")});
    life.commit();
    EXPECT_EQ(life.ask("SELECT count(*) FROM v_events"), "0\n");
    EXPECT_GT(life.intake().journal_bytes(), 0U);
}

TEST(IntakeTest, TheHoldEndsAfterItsTime) {
    IntakeLife life;
    life.attach("s");
    const auto due = life.clock() + IntakeLife::hold_max;
    EXPECT_EQ(life.intake().next_deadline(), due);
    life.hear("s", {life.task("a.1", "TASK_RUNNING")});
    life.intake().work(due - std::chrono::milliseconds(1), true);
    EXPECT_EQ(life.events(), 0);
    life.intake().work(due, true);
    EXPECT_EQ(life.events(), 1);
    EXPECT_EQ(life.intake().next_deadline(), std::nullopt);
}

TEST(IntakeTest, TheHoldEndsAfterItsTimeAlsoWhileInputsKeepComing) {
    IntakeLife life;
    life.attach("s");
    for (int i = 0; i < 29; ++i) {
        life.hear("s", {life.task("a.1", "TASK_RUNNING")});
        EXPECT_EQ(life.events(), 0);
    }
    life.hear("s", {life.task("a.1", "TASK_RUNNING")});
    EXPECT_EQ(life.events(), 30);
}

TEST(IntakeTest, TheHoldEndsWhenItHoldsTooMuch) {
    IntakeLife life({.hold_bytes_max = 2000});
    life.attach("s");
    EXPECT_TRUE(life.hear("s", {life.task("a.1", "TASK_RUNNING", 1000)}));
    EXPECT_EQ(life.events(), 0);
    EXPECT_TRUE(life.hear("s", {life.task("a.2", "TASK_RUNNING", 1000)}));
    EXPECT_EQ(life.events(), 2);
    // The next attach begins to count anew.
    life.end("s");
    life.attach("s");
    EXPECT_TRUE(life.hear("s", {life.task("a.1", "TASK_FAILED", 1000)}));
    EXPECT_EQ(life.events(), 2);
}

TEST(IntakeTest, TheHoldEndsWithItsSession) {
    for (const Mark::Kind kind : {Mark::Kind::ended, Mark::Kind::stopped, Mark::Kind::attached}) {
        IntakeLife life;
        life.attach("s");
        life.hear("s", {life.task("a.1", "TASK_RUNNING")});
        life.mark("s", {.kind = kind, .cause = "closed"});
        EXPECT_EQ(life.events(), 1) << to_string(kind);
    }
}

TEST(IntakeTest, TheHoldEndsWhenTheSnapshotWillNotCome) {
    IntakeLife life;
    life.attach("s");
    life.hear("s", {life.task("a.1", "TASK_RUNNING")});
    life.snapshot_failed("s", false);
    EXPECT_EQ(life.events(), 0);
    life.snapshot_failed("s", true);
    EXPECT_EQ(life.events(), 1);
    EXPECT_EQ(life.number(Family::reconciliations), 2);
}

TEST(IntakeTest, AnotherClusterEndsTheHoldAndNothingIsInferred) {
    IntakeLife life;
    life.attach_and_compare("s");
    life.end("s");
    life.attach("s");
    life.hear("s", {life.task("a.1", "TASK_RUNNING")});
    const auto seen = life.compare("s", {{"a.2", "TASK_RUNNING"}}, "other");
    EXPECT_EQ(seen.result, Intake::Compared::other_cluster);
    EXPECT_EQ(seen.detail, "other");
    EXPECT_EQ(life.events(), 1);
    EXPECT_EQ(life.number(Family::task_transitions_inferred), 0);
    EXPECT_EQ(life.compare("s", {{"a.2", "TASK_RUNNING"}}, "other", "other").result, Intake::Compared::ok);
    EXPECT_GT(life.number(Family::task_transitions_inferred), 0);
}

TEST(IntakeTest, ALaterSnapshotIsComparedAsItComes) {
    IntakeLife life;
    life.attach("s");
    life.let_hold_end();
    life.hear("s", {life.task("a.1", "TASK_RUNNING")});
    EXPECT_EQ(life.events(), 1);
    (void)life.compare("s", {{"a.1", "TASK_RUNNING"}, {"a.2", "TASK_RUNNING"}});
    EXPECT_EQ(life.number(Family::task_transitions_inferred), 1);
}

TEST(IntakeTest, EachAttachHoldsAnew) {
    IntakeLife life;
    life.attach_and_compare("s");
    life.hear("s", {life.task("a.1", "TASK_RUNNING")});
    life.end("s");
    life.attach("s");
    life.hear("s", {life.task("a.1", "TASK_FAILED")});
    EXPECT_EQ(life.events(), 1);
    life.compare("s", {{"a.1", "TASK_RUNNING"}});
    EXPECT_EQ(life.events(), 2);
}

TEST(IntakeTest, OneSourceHoldsWhileTheOtherGoesOn) {
    IntakeLife life({.sources = {"s", "t"}});
    life.attach_and_compare("t");
    life.attach("s");
    life.hear("s", {life.task("a.1", "TASK_RUNNING")});
    life.hear("t", {life.task("a.1", "TASK_RUNNING")});
    EXPECT_EQ(life.events("s"), 0);
    EXPECT_EQ(life.events("t"), 1);
    life.commit();
    life.hear("t", {life.task("a.2", "TASK_RUNNING")});
    life.commit();
    // What s holds must be read again; what t has must not.
    life.crash();
    EXPECT_EQ(life.events("s"), 1);
    EXPECT_EQ(life.events("t"), 2);
    life.finish();
    EXPECT_EQ(life.ask("SELECT source, count(*) FROM v_events GROUP BY 1"), "s 1\nt 2\n");
    EXPECT_EQ(life.number(Family::duplicates, "t"), 0);
}

TEST(IntakeTest, TheJournalIsKeptFromTheFirstThatIsHeld) {
    IntakeLife life({.sources = {"s", "t"}});
    life.attach("s");
    life.commit();
    EXPECT_EQ(life.intake().committed(), life.journal().end());
    const auto held_from = life.journal().end();
    life.hear("s", {life.task("a.1", "TASK_RUNNING")});
    life.hear("t", {life.task("a.1", "TASK_RUNNING")});
    life.commit();
    EXPECT_EQ(life.intake().committed(), held_from);
    life.let_hold_end();
    life.commit();
    EXPECT_EQ(life.intake().committed(), life.journal().end());
}

// ---- sources

TEST(IntakeTest, AHiddenSourceIsNotShownAndStillCounts) {
    IntakeLife life({.sources = {"s", "t"}});
    life.intake().hide_source("t");
    EXPECT_EQ(life.intake().snapshots().size(), 1U);
    EXPECT_TRUE(life.hear("t", {life.task("a.1", "TASK_RUNNING")}));
    life.intake().add_source("t");
    EXPECT_EQ(life.intake().snapshots().size(), 2U);
    EXPECT_EQ(life.events("t"), 1);
}

TEST(IntakeTest, ASourceThatComesLaterIsRestored) {
    IntakeLife life({.sources = {"s", "t"}});
    life.attach_and_compare("t");
    life.hear("t", {life.task("a.1", "TASK_RUNNING")});
    life.commit();
    life.follow_only({"s"});
    life.crash();
    life.hear("s", {life.task("a.1", "TASK_RUNNING")});
    life.intake().add_source("t");
    EXPECT_EQ(life.events("t"), 1);
    life.intake().add_source("u");
    EXPECT_TRUE(life.hear("u", {life.task("a.1", "TASK_RUNNING")}));
    life.crash();
    life.finish();
    EXPECT_EQ(life.ask("SELECT source, count(*) FROM v_events GROUP BY 1"), "s 1\nt 1\nu 1\n");
}

TEST(IntakeTest, ASourceThatComesBackNeedsNoHistory) {
    IntakeLife life({.sources = {"s", "t"}});
    const WriteLock lock(life.path());
    life.intake().hide_source("t");
    life.intake().add_source("t");
    EXPECT_EQ(life.intake().snapshots().size(), 2U);
}

TEST(IntakeTest, ASourceThatComesWhileTheHistoryIsLockedComesOnceItIsNot) {
    IntakeLife life;
    {
        const WriteLock lock(life.path());
        EXPECT_THROW(life.intake().add_source("u"), std::exception);
        EXPECT_EQ(life.intake().snapshots().size(), 1U);
        EXPECT_TRUE(life.hear("s", {life.task("a.1", "TASK_RUNNING")}));
    }
    life.intake().add_source("u");
    EXPECT_TRUE(life.hear("u", {life.task("a.1", "TASK_RUNNING")}));
    life.finish();
    EXPECT_EQ(life.ask("SELECT source, count(*) FROM v_events GROUP BY 1"), "s 1\nu 1\n");
}

TEST(IntakeTest, ASourceWhoseLastRunDiedInAHoldDoesNotHoldWhenItComesBack) {
    IntakeLife life({.sources = {"s", "t"}});
    life.attach("t");
    life.commit();
    life.follow_only({"s"});
    life.crash();
    life.intake().add_source("t");
    (void)life.intake().begin("t", life.wall(), life.clock());
    life.hear("t", {life.task("a.1", "TASK_RUNNING")});
    EXPECT_EQ(life.events("t"), 1);
}

TEST(IntakeTest, TheFirstBeginOfASourceIsNoMark) {
    IntakeLife life;
    EXPECT_EQ(life.intake().begin("s", life.wall(), life.clock()).before, "");
    EXPECT_FALSE(life.intake().has_work());
    life.attach("s");
    life.crash();
    EXPECT_EQ(life.intake().begin("s", life.wall(), life.clock()).before, "crash");
    life.finish();
    EXPECT_EQ(life.ask("SELECT cause FROM v_sessions"), "crash\n");
}

// ---- the history is behind

TEST(IntakeSpillTest, WhatTheHistoryHasNoTimeForIsFoldedLaterInOrder) {
    constexpr int events = 700;  // more than are read again at once
    std::string expected;
    const auto tell = [](IntakeLife& life) {
        life.attach_and_compare("s");
        for (int i = 0; i < events; ++i) {
            life.hear("s", {life.task("a." + std::to_string(i % 5), i % 2 == 0 ? "TASK_RUNNING" : "TASK_KILLING")});
        }
        life.end("s");
    };
    {
        IntakeLife life;
        tell(life);
        expected = life.outcome();
    }
    IntakeLife life({.commit_inputs_max = 20});
    {
        const WriteLock lock(life.path());
        tell(life);
        EXPECT_TRUE(life.intake().is_spilled());
        EXPECT_LT(life.events(), events);
        EXPECT_GT(life.intake().journal_bytes(), 0U);
        life.intake().work(life.clock(), true);
        EXPECT_TRUE(life.intake().is_spilled());
    }
    life.catch_up();
    EXPECT_EQ(life.events(), events);
    EXPECT_EQ(life.intake().journal_bytes(), 0U);
    EXPECT_EQ(life.outcome(), expected);
}

TEST(IntakeSpillTest, ACrashWhileSpilledLosesAndDoublesNothing) {
    const auto tell = [](IntakeLife& life, int from, int to) {
        for (int i = from; i < to; ++i) {
            life.hear("s", {life.task("a." + std::to_string(i), "TASK_RUNNING")});
            life.hear("t", {life.task("a." + std::to_string(i), "TASK_RUNNING")});
        }
    };
    std::string expected;
    {
        IntakeLife life({.sources = {"s", "t"}});
        life.attach_and_compare("s");
        life.attach("t");
        tell(life, 0, 20);
        life.let_hold_end();
        tell(life, 20, 30);
        expected = life.outcome();
    }
    IntakeLife life({.commit_inputs_max = 3, .sources = {"s", "t"}});
    life.attach_and_compare("s");
    life.attach("t");
    {
        const WriteLock lock(life.path());
        tell(life, 0, 20);
        EXPECT_TRUE(life.intake().is_spilled());
        life.die();
    }
    life.start();
    life.catch_up();
    tell(life, 20, 30);
    life.catch_up();
    EXPECT_EQ(life.outcome(), expected);
}

TEST(IntakeSpillTest, ASnapshotIsNotComparedWithWhatIsBehind) {
    IntakeLife life({.commit_inputs_max = 1, .sources = {"s", "t"}});
    {
        const WriteLock lock(life.path());
        while (!life.intake().is_spilled()) {
            life.hear("t", {life.task("a.1", "TASK_RUNNING")});
        }
        life.attach("s");
        life.hear("s", {life.task("a.1", "TASK_RUNNING")});
        EXPECT_EQ(life.compare("s", {{"a.2", "TASK_RUNNING"}}).result, Intake::Compared::failed);
    }
    life.catch_up();
    EXPECT_EQ(life.number(Family::task_transitions_inferred), 0);
    EXPECT_EQ(life.events("s"), 1);  // the hold is over
    EXPECT_EQ(life.compare("s", {{"a.1", "TASK_RUNNING"}, {"a.2", "TASK_RUNNING"}}).result, Intake::Compared::ok);
    EXPECT_EQ(life.number(Family::task_transitions_inferred), 1);
}

TEST(IntakeSpillTest, AHoldThatBeginsAndEndsWhileSpilledIsTheSame) {
    IntakeLife life({.commit_inputs_max = 1, .sources = {"s", "t"}});
    {
        const WriteLock lock(life.path());
        while (!life.intake().is_spilled()) {
            life.hear("t", {life.task("a.1", "TASK_RUNNING")});
        }
        life.attach("s");
        life.hear("s", {life.task("a.1", "TASK_RUNNING")});
        life.let_hold_end();
        EXPECT_EQ(life.intake().next_deadline(), std::nullopt);
        life.hear("s", {life.task("a.2", "TASK_RUNNING")});
    }
    life.catch_up();
    EXPECT_EQ(life.events("s"), 2);
    life.finish();
    EXPECT_EQ(life.ask(tasks_by_seq).find("a.1 TASK_RUNNING\n"), 0U);
}

TEST(IntakeSpillTest, TheEndOfAHoldThatFindsNoRoomIsNotForgotten) {
    IntakeLife life({.journal_bytes_max = 4096, .commit_inputs_max = 1, .sources = {"s", "t"}});
    life.attach("s");
    life.hear("s", {life.task("a.1", "TASK_RUNNING")});
    {
        const WriteLock lock(life.path());
        while (!life.intake().is_spilled()) {
            life.hear("t", {life.task("a.1", "TASK_RUNNING")});
        }
        fill_up(life, "t");
        life.let_hold_end();
    }
    life.catch_up();
    EXPECT_EQ(life.events("s"), 1);
    EXPECT_EQ(life.intake().journal_bytes(), 0U);
    life.hear("s", {life.task("a.2", "TASK_RUNNING")});
    EXPECT_EQ(life.events("s"), 2);
}

// ---- there is no room

class IntakeShedTest : public testing::Test {
  protected:
    static constexpr std::uint64_t bytes_max = 4096;
    IntakeLife life_{{.journal_bytes_max = bytes_max, .sources = {"s", "t"}}};
};

TEST_F(IntakeShedTest, WhatFindsNoRoomIsCountedExactlyAndBecomesOneGap) {
    life_.attach_and_compare("s");
    const int kept = fill(life_);
    EXPECT_GT(kept, 3);
    const std::string from = life_.seconds();
    EXPECT_TRUE(life_.intake().is_losing());
    EXPECT_EQ(life_.losing(), 1U);
    EXPECT_FALSE(life_.hear("s", {life_.task("a.2", "TASK_RUNNING"), life_.task("a.3", "TASK_RUNNING")}));
    EXPECT_FALSE(life_.hear("s", {life_.task("a.4", "TASK_RUNNING")}));
    EXPECT_EQ(life_.intake().losing(), (std::map<std::pair<std::string, std::string>, std::uint64_t>{{{"s", "queue"}, 4}}));
    EXPECT_EQ(life_.events(), kept);
    life_.commit();
    EXPECT_TRUE(life_.intake().is_losing());
    EXPECT_TRUE(life_.hear("s", {life_.task("a.5", "TASK_RUNNING")}));
    const std::string to = life_.seconds();
    EXPECT_FALSE(life_.intake().is_losing());
    EXPECT_TRUE(life_.intake().losing().empty());
    EXPECT_EQ(life_.number(Family::events_shed), 4);
    EXPECT_EQ(life_.events(), kept + 1);
    life_.finish();
    EXPECT_EQ(life_.ask(lost_rows), from + " " + to + " 4\n");
}

TEST_F(IntakeShedTest, RoomForAMarkAloneDoesNotEndALoss) {
    life_.attach_and_compare("s");
    fill(life_, "s", 1000);
    for (int i = 0; i < 5; ++i) {
        EXPECT_FALSE(life_.hear("s", {life_.task("a.1", "TASK_RUNNING", 1000)}));
        life_.alive("s");
    }
    EXPECT_EQ(life_.losing(), 6U);
    life_.commit();
    EXPECT_TRUE(life_.hear("s", {life_.task("a.1", "TASK_RUNNING", 1000)}));
    life_.finish();
    EXPECT_EQ(life_.ask("SELECT lost FROM v_gaps WHERE cause = 'history_unwritable'"), "6\n");
}

TEST_F(IntakeShedTest, ALossIsOverWithTheNextMarkOnceThereIsRoomForEvents) {
    life_.attach_and_compare("s");
    fill(life_);
    life_.commit();
    life_.alive("s");
    EXPECT_FALSE(life_.intake().is_losing());
    EXPECT_EQ(life_.number(Family::events_shed), 1);
}

TEST_F(IntakeShedTest, ALossSurvivesACrashOnceItsMarkIsWritten) {
    life_.attach_and_compare("s");
    fill(life_);
    life_.commit();
    life_.hear("s", {life_.task("a.1", "TASK_KILLING")});
    life_.crash();
    EXPECT_EQ(life_.number(Family::events_shed), 1);
}

TEST_F(IntakeShedTest, ALossAtTheEndIsWrittenByACleanStop) {
    life_.attach_and_compare("s");
    fill(life_);
    const std::string from = life_.seconds();
    life_.hear("s", {life_.task("a.1", "TASK_RUNNING")});
    const std::string to = life_.seconds();
    life_.commit();
    life_.finish();
    EXPECT_EQ(life_.ask(lost_rows), from + " " + to + " 2\n");
}

TEST_F(IntakeShedTest, EachSourceHasItsOwnLoss) {
    life_.attach_and_compare("s");
    life_.attach_and_compare("t");
    fill(life_, "s");
    EXPECT_FALSE(life_.hear("t", {life_.task("a.1", "TASK_RUNNING")}));
    life_.commit();
    EXPECT_TRUE(life_.hear("s", {life_.task("a.1", "TASK_KILLING")}));
    EXPECT_EQ(life_.number(Family::events_shed, "s"), 1);
    EXPECT_EQ(life_.losing(), 1U);
    EXPECT_TRUE(life_.hear("t", {life_.task("a.1", "TASK_RUNNING")}));
    EXPECT_EQ(life_.number(Family::events_shed, "t"), 1);
    EXPECT_EQ(life_.losing(), 0U);
}

TEST_F(IntakeShedTest, MarksThatFoundNoRoomAreWrittenLaterInOrderWithTheLossesBetweenThem) {
    life_.attach_and_compare("s");
    fill_up(life_, "t");
    EXPECT_FALSE(life_.hear("s", {life_.task("a.1", "TASK_RUNNING")}));
    EXPECT_FALSE(life_.hear("s", {life_.task("a.1", "TASK_RUNNING")}));
    life_.end("s");
    const std::string ended = life_.seconds();
    life_.mark("s", {.kind = Mark::Kind::failed, .cause = "refused"});
    life_.mark("s", {.kind = Mark::Kind::attempt, .cause = "refused"});
    life_.attach("s");
    const std::string attached = life_.seconds();
    EXPECT_FALSE(life_.hear("s", {life_.task("a.1", "TASK_RUNNING")}));
    EXPECT_EQ(life_.losing(), 3U);
    life_.commit();
    EXPECT_TRUE(life_.hear("s", {life_.task("a.2", "TASK_RUNNING")}));
    const auto before = life_.events();
    life_.let_hold_end();
    EXPECT_EQ(life_.events(), before + 1);  // it was held: the attach holds when it is written
    EXPECT_EQ(life_.losing(), 0U);
    life_.finish();
    EXPECT_EQ(life_.ask("SELECT cause, \"end\" IS NULL FROM v_sessions ORDER BY start"), "closed 0\nNULL 1\n");
    EXPECT_EQ(life_.ask("SELECT cause, lost, attempts FROM v_gaps ORDER BY start, \"end\""),
              "history_unwritable 2 0\nclosed NULL 1\nhistory_unwritable 1 0\n");
    EXPECT_EQ(life_.ask("SELECT start, \"end\" FROM v_gaps WHERE cause = 'closed'"), ended + " " + attached + "\n");
}

TEST_F(IntakeShedTest, ASessionThatEndsUnwrittenHoldsNothingForEver) {
    life_.attach_and_compare("s");
    fill_up(life_, "t");
    life_.end("s");
    life_.attach("s");
    life_.end("s");
    life_.commit();
    const auto before = life_.events();
    EXPECT_EQ(life_.call("s", life_.task("a.2", "TASK_RUNNING")), CallbackAnswer::accepted);
    EXPECT_EQ(life_.events(), before + 1);
    life_.commit();
    EXPECT_EQ(life_.intake().journal_bytes(), 0U);
}

TEST_F(IntakeShedTest, TheCountOfWhatWasShedNeverFalls) {
    IntakeLife life({.journal_bytes_max = bytes_max, .commit_inputs_max = 1, .sources = {"s"}});
    life.attach_and_compare("s");
    life.settle();
    const auto shed = [&life] { return life.losing() + static_cast<std::uint64_t>(life.number(Family::events_shed)); };
    {
        const WriteLock lock(life.path());
        fill(life);
        fill(life);
        EXPECT_EQ(shed(), 2U);
    }
    life.settle();  // there is room, and the fold is still behind
    life.settle();
    for (int i = 0; i < 20; ++i) {
        EXPECT_TRUE(life.hear("s", {life.task("a.2", "TASK_RUNNING")}));
        EXPECT_EQ(shed(), 2U);
        if (i % 3 == 0) {
            life.catch_up();
            EXPECT_EQ(shed(), 2U);
        }
    }
    life.catch_up();
    EXPECT_EQ(life.losing(), 0U);
    EXPECT_EQ(life.number(Family::events_shed), 2);
}

TEST_F(IntakeShedTest, AHeldLossIsCountedToo) {
    life_.attach("s");
    fill(life_);
    life_.commit();
    // All of it is held: there is room only behind it.
    life_.let_hold_end();
    life_.commit();
    life_.attach("s");
    fill(life_);
    EXPECT_EQ(life_.losing() + static_cast<std::uint64_t>(life_.number(Family::events_shed)), 2U);
}

TEST_F(IntakeShedTest, TheEndOfAHoldThatFindsNoRoomIsSeenAtOnceAndWrittenLater) {
    life_.attach("s");
    life_.hear("s", {life_.task("a.1", "TASK_RUNNING")});
    fill_up(life_, "t");
    life_.let_hold_end();
    EXPECT_EQ(life_.events("s"), 1);
    EXPECT_FALSE(life_.hear("s", {life_.task("a.2", "TASK_RUNNING")}));
    life_.commit();
    EXPECT_TRUE(life_.hear("s", {life_.task("a.3", "TASK_RUNNING")}));
    EXPECT_EQ(life_.events("s"), 2);
    life_.crash();
    EXPECT_EQ(life_.events("s"), 2);
    EXPECT_EQ(life_.number(Family::events_shed), 1);
}

TEST_F(IntakeShedTest, AMarkThatMayBeMissingIsNotKeptForLater) {
    life_.attach_and_compare("s");
    fill_up(life_, "t");
    for (int i = 0; i < 10; ++i) {
        life_.alive("s");
    }
    life_.commit();
    life_.end("s");
    life_.finish();
    EXPECT_EQ(life_.ask("SELECT count(*) FROM mark WHERE kind = 'alive'"), "0\n");
}

// ---- the journal's files are damaged

TEST(IntakeDamageTest, WhatCannotBeReadAgainIsLeftOutAndTheRestGoesOn) {
    IntakeLife life({.commit_inputs_max = 1, .sources = {"s", "t"}});
    life.attach("s");
    life.hear("s", {life.task("a.0", "TASK_RUNNING")});
    {
        const WriteLock lock(life.path());
        for (int i = 0; i < 20; ++i) {
            life.hear("t", {life.task("a.1", "TASK_RUNNING")});
        }
        ASSERT_TRUE(life.intake().is_spilled());
        life.let_hold_end();
        life.damage_journal(life.task("a.1", "TASK_RUNNING").substr(0, 40));
    }
    life.catch_up();
    EXPECT_GT(life.intake().journal_errors(), 0U);
    EXPECT_EQ(life.intake().journal_bytes(), 0U);
    EXPECT_EQ(life.events("s"), 1);  // that its hold had ended could not be read
    const auto before = life.events("t");
    life.hear("t", {life.task("a.1", "TASK_RUNNING")});
    life.keep_up();
    EXPECT_EQ(life.events("t"), before + 1);
}

// ---- callbacks

constexpr const char* pong = R"({"eventType":"pong","timestamp":"2020-01-01T00:00:00.000Z"})";

struct Answered {
    std::string body;
    CallbackAnswer answer;
};

const std::vector<Answered> answers{{pong, CallbackAnswer::accepted},
                                    {pong, CallbackAnswer::accepted},  // a duplicate
                                    {R"({"eventType":"status_update_event"})", CallbackAnswer::accepted},  // lacks fields
                                    {"{", CallbackAnswer::not_json},
                                    {"", CallbackAnswer::not_json},
                                    {" \r\n", CallbackAnswer::not_json},
                                    {"[]", CallbackAnswer::not_object},
                                    {"{}", CallbackAnswer::no_event_type},
                                    {R"({"eventType":1})", CallbackAnswer::no_event_type},
                                    {"{}", CallbackAnswer::no_event_type}};

TEST(IntakeCallbackTest, TheAnswerSaysWhatBecameOfIt) {
    IntakeLife life;
    for (const auto& [body, answer] : answers) {
        EXPECT_EQ(life.call("s", body), answer) << body;
    }
}

TEST(IntakeCallbackTest, TheAnswerIsTheSameInAHold) {
    IntakeLife life;
    life.attach("s");
    for (const auto& [body, answer] : answers) {
        EXPECT_EQ(life.call("s", body), answer) << body;
    }
    EXPECT_EQ(life.events(), 0);
    EXPECT_EQ(life.number(Family::rejected), 0);
}

TEST(IntakeCallbackTest, TheAnswerIsTheSameWhileSpilled) {
    IntakeLife life({.commit_inputs_max = 1});
    {
        const WriteLock lock(life.path());
        while (!life.intake().is_spilled()) {
            life.hear("s", {life.task("a.1", "TASK_RUNNING")});
        }
        for (const auto& [body, answer] : answers) {
            EXPECT_EQ(life.call("s", body), answer) << body;
        }
    }
    life.catch_up();
    EXPECT_EQ(life.number(Family::duplicates), 2);
}

TEST(IntakeCallbackTest, WhatWasAnsweredSurvivesKill) {
    IntakeLife life;
    for (const auto& [body, answer] : answers) {
        (void)life.call("s", body);
    }
    const std::string before = life.numbers();
    life.crash();
    EXPECT_EQ(life.numbers(), before);
}

TEST(IntakeCallbackTest, WithoutRoomItIsRefusedAndNotShed) {
    IntakeLife life({.journal_bytes_max = 4096});
    life.attach_and_compare("s");
    while (life.call("s", life.task("a.1", "TASK_RUNNING")) == CallbackAnswer::accepted) {
    }
    EXPECT_EQ(life.call("s", life.task("a.1", "TASK_RUNNING")), CallbackAnswer::unwritable);
    EXPECT_FALSE(life.intake().is_losing());
    EXPECT_EQ(life.losing(), 0U);
    life.commit();
    EXPECT_EQ(life.call("s", life.task("a.1", "TASK_RUNNING")), CallbackAnswer::accepted);
    EXPECT_EQ(life.number(Family::events_shed), 0);
}

TEST(IntakeCallbackTest, ARefusedOneLeavesALossAsItWas) {
    IntakeLife life({.journal_bytes_max = 4096});
    life.attach_and_compare("s");
    fill(life, "s", 500);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(life.call("s", life.task("a.1", "TASK_RUNNING", 500)), CallbackAnswer::unwritable);
        EXPECT_EQ(life.losing() + static_cast<std::uint64_t>(life.number(Family::events_shed)), 1U);
    }
    life.commit();
    EXPECT_EQ(life.call("s", life.task("a.1", "TASK_RUNNING", 500)), CallbackAnswer::accepted);
    EXPECT_EQ(life.number(Family::events_shed), 1);
}

}  // namespace

}  // namespace tally
