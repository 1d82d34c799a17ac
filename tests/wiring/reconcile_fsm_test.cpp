#include "reconcile_fsm.hpp"

#include <gtest/gtest.h>

namespace tally {

namespace {

using Fsm = ReconcileFsm;
using State = Fsm::State;
using Milliseconds = Fsm::Milliseconds;
using namespace std::chrono_literals;

constexpr double middle = 0.5;

/// A machine at a time of our own, and the words of its scripts.
class ReconcileFsmTest : public testing::Test {
  protected:
    Fsm::Action step(const Fsm::Happened& happened) { return fsm_.step(happened, now_, random_); }

    void attach() { EXPECT_EQ(step(Fsm::Attached{}), Fsm::Action(Fsm::Ask{})); }
    /// The whole look: its answer says when the next one is due.
    Fsm::Action look(Fsm::Compared compared) {
        EXPECT_EQ(step(Fsm::Read{}), Fsm::Action(Fsm::HandOver{}));
        return step(compared);
    }
    Fsm::Action look() { return look({.good = true}); }

    Fsm fsm_{Fsm::Options{.interval = 600s}};
    Milliseconds now_{1'000'000};
    double random_ = middle;
};

constexpr Fsm::Compared good{.good = true};
constexpr Fsm::Compared bad{.good = false};
constexpr Fsm::Compared unsettled{.good = true, .health_is_unsettled = true};

Fsm::Action wait(Milliseconds length) { return Fsm::Wait{length}; }

TEST_F(ReconcileFsmTest, BeginsDetachedAndWaitsForAnAttach) {
    EXPECT_EQ(fsm_.state(), State::detached);
    EXPECT_FALSE(fsm_.is_failing());
    for (const Fsm::Happened& happened : {Fsm::Happened(Fsm::Read{}), Fsm::Happened(Fsm::ReadFailed{}), Fsm::Happened(good),
                                          Fsm::Happened(bad), Fsm::Happened(Fsm::WaitOver{})}) {
        EXPECT_EQ(step(happened), Fsm::Action(Fsm::Nothing{}));
        EXPECT_EQ(fsm_.state(), State::detached);
    }
}

TEST_F(ReconcileFsmTest, ReadsAtOnceAfterTheAttachComparesAndRests) {
    attach();
    EXPECT_EQ(fsm_.state(), State::reading);
    EXPECT_EQ(step(Fsm::Read{}), Fsm::Action(Fsm::HandOver{}));
    EXPECT_EQ(fsm_.state(), State::comparing);
    EXPECT_EQ(step(good), wait(600s));
    EXPECT_EQ(fsm_.state(), State::resting);
}

TEST_F(ReconcileFsmTest, LooksAgainAfterTheIntervalForAsLongAsItIsAttached) {
    attach();
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(look(), wait(600s));
        now_ += 600s;
        EXPECT_EQ(step(Fsm::WaitOver{}), Fsm::Action(Fsm::Ask{.lets_settle = true, .health_is_settled = true}));
        EXPECT_EQ(fsm_.state(), State::reading);
    }
}

TEST_F(ReconcileFsmTest, TheIntervalIsTenPercentLessToTenPercentMore) {
    struct Row {
        double random;
        Milliseconds wait;
    };
    for (const Row row : {Row{0, 540s}, Row{0.25, 570s}, Row{0.5, 600s}, Row{1, 660s}}) {
        attach();
        random_ = row.random;
        EXPECT_EQ(look(), wait(row.wait)) << row.random;
    }
}

TEST_F(ReconcileFsmTest, AFailedReadIsTriedAgainAfterTwiceTheTimeUpTo30Seconds) {
    attach();
    for (const Milliseconds length : {1s, 2s, 4s, 8s, 16s, 30s, 30s, 30s}) {
        EXPECT_EQ(step(Fsm::ReadFailed{}), wait(length));
        EXPECT_EQ(fsm_.state(), State::waiting);
        EXPECT_TRUE(fsm_.is_failing());
        now_ += length;
        EXPECT_TRUE(std::holds_alternative<Fsm::Ask>(step(Fsm::WaitOver{})));
        EXPECT_EQ(fsm_.state(), State::reading);
    }
    for (int i = 0; i < 1000; ++i) {
        EXPECT_EQ(step(Fsm::ReadFailed{}), wait(30s));
        (void)step(Fsm::WaitOver{});
    }
}

TEST_F(ReconcileFsmTest, AFailedComparisonCountsAsAFailedRead) {
    attach();
    EXPECT_EQ(look(bad), wait(1s));
    EXPECT_EQ(fsm_.state(), State::waiting);
    EXPECT_EQ(step(Fsm::WaitOver{}), Fsm::Action(Fsm::Ask{}));
    EXPECT_EQ(step(Fsm::ReadFailed{}), wait(2s));
    (void)step(Fsm::WaitOver{});
    EXPECT_EQ(look(bad), wait(4s));
}

TEST_F(ReconcileFsmTest, TheWaitsOfFailuresHaveNoJitter) {
    attach();
    random_ = 1;
    EXPECT_EQ(step(Fsm::ReadFailed{}), wait(1s));
}

TEST_F(ReconcileFsmTest, ASuccessEndsTheCountOfFailures) {
    attach();
    (void)step(Fsm::ReadFailed{});
    (void)step(Fsm::WaitOver{});
    EXPECT_EQ(look(), wait(600s));
    EXPECT_FALSE(fsm_.is_failing());
    (void)step(Fsm::WaitOver{});
    EXPECT_EQ(step(Fsm::ReadFailed{}), wait(1s));
}

TEST_F(ReconcileFsmTest, AnAttachEndsTheCountOfFailuresToo) {
    attach();
    (void)step(Fsm::ReadFailed{});
    (void)step(Fsm::WaitOver{});
    (void)step(Fsm::ReadFailed{});
    EXPECT_EQ(step(Fsm::Detached{}), Fsm::Action(Fsm::Stop{}));
    EXPECT_FALSE(fsm_.is_failing());
    attach();
    EXPECT_EQ(step(Fsm::ReadFailed{}), wait(1s));
}

TEST_F(ReconcileFsmTest, UnsettledHealthIsLookedAtOnceTheSessionIs60SecondsOld) {
    attach();
    now_ += 7s;
    EXPECT_EQ(look(unsettled), wait(53s));
    now_ += 53s;
    EXPECT_EQ(step(Fsm::WaitOver{}), Fsm::Action(Fsm::Ask{.lets_settle = true, .health_is_settled = true}));
    EXPECT_EQ(look(), wait(600s));
}

TEST_F(ReconcileFsmTest, UnsettledHealthOfALateLookIsLookedAtAtOnce) {
    attach();
    now_ += 61s;  // the snapshot took that long: asked for before health was settled
    EXPECT_EQ(look(unsettled), wait(0s));
}

TEST_F(ReconcileFsmTest, AShorterIntervalWins) {
    fsm_ = Fsm(Fsm::Options{.interval = 20s});
    attach();
    EXPECT_EQ(look(unsettled), wait(20s));
}

TEST_F(ReconcileFsmTest, HealthIsSettledFrom60SecondsOfSessionOn) {
    attach();
    now_ += 60s - 1ms;
    (void)step(Fsm::ReadFailed{});
    EXPECT_EQ(step(Fsm::WaitOver{}), Fsm::Action(Fsm::Ask{.health_is_settled = false}));
    now_ += 1ms;
    (void)step(Fsm::ReadFailed{});
    EXPECT_EQ(step(Fsm::WaitOver{}), Fsm::Action(Fsm::Ask{.health_is_settled = true}));
    // The next session is young again.
    (void)step(Fsm::Detached{});
    attach();
}

TEST_F(ReconcileFsmTest, OnlyTheFirstLookOfASessionIsComparedAtOnce) {
    attach();
    (void)step(Fsm::ReadFailed{});
    EXPECT_EQ(step(Fsm::WaitOver{}), Fsm::Action(Fsm::Ask{.lets_settle = false}));
    (void)look();
    EXPECT_EQ(step(Fsm::WaitOver{}), Fsm::Action(Fsm::Ask{.lets_settle = true}));
    (void)step(Fsm::Detached{});
    attach();
}

TEST_F(ReconcileFsmTest, ADetachStopsFromAnywhere) {
    const auto reading = [](Fsm&, Milliseconds) {};
    const auto comparing = [](Fsm& fsm, Milliseconds now) { (void)fsm.step(Fsm::Read{}, now, middle); };
    const auto waiting = [](Fsm& fsm, Milliseconds now) { (void)fsm.step(Fsm::ReadFailed{}, now, middle); };
    const auto resting = [](Fsm& fsm, Milliseconds now) {
        (void)fsm.step(Fsm::Read{}, now, middle);
        (void)fsm.step(good, now, middle);
    };
    const std::pair<State, void (*)(Fsm&, Milliseconds)> ways[] = {
        {State::reading, reading}, {State::comparing, comparing}, {State::waiting, waiting}, {State::resting, resting}};
    for (const auto& [state, lead] : ways) {
        attach();
        lead(fsm_, now_);
        ASSERT_EQ(fsm_.state(), state);
        EXPECT_EQ(step(Fsm::Detached{}), Fsm::Action(Fsm::Stop{}));
        EXPECT_EQ(fsm_.state(), State::detached);
        // What was under way changes nothing any more.
        for (const Fsm::Happened& happened : {Fsm::Happened(Fsm::Read{}), Fsm::Happened(Fsm::ReadFailed{}),
                                              Fsm::Happened(good), Fsm::Happened(bad), Fsm::Happened(Fsm::WaitOver{})}) {
            EXPECT_EQ(step(happened), Fsm::Action(Fsm::Nothing{}));
            EXPECT_EQ(fsm_.state(), State::detached);
        }
    }
}

TEST_F(ReconcileFsmTest, AnAttachWithoutADetachBeginsAnew) {
    attach();
    (void)look();
    now_ += 100s;
    attach();
    EXPECT_FALSE(fsm_.is_done(now_));
}

TEST_F(ReconcileFsmTest, WhatDoesNotFitTheStateChangesNothing) {
    attach();
    EXPECT_EQ(step(good), Fsm::Action(Fsm::Nothing{}));
    EXPECT_EQ(step(Fsm::WaitOver{}), Fsm::Action(Fsm::Nothing{}));
    EXPECT_EQ(fsm_.state(), State::reading);
    (void)step(Fsm::Read{});
    EXPECT_EQ(step(Fsm::Read{}), Fsm::Action(Fsm::Nothing{}));
    EXPECT_EQ(step(Fsm::ReadFailed{}), Fsm::Action(Fsm::Nothing{}));
    EXPECT_EQ(step(Fsm::WaitOver{}), Fsm::Action(Fsm::Nothing{}));
    EXPECT_EQ(fsm_.state(), State::comparing);
    (void)step(good);
    EXPECT_EQ(step(good), Fsm::Action(Fsm::Nothing{}));
    EXPECT_EQ(step(Fsm::Read{}), Fsm::Action(Fsm::Nothing{}));
    EXPECT_EQ(step(Fsm::ReadFailed{}), Fsm::Action(Fsm::Nothing{}));
    EXPECT_EQ(fsm_.state(), State::resting);
}

TEST_F(ReconcileFsmTest, IsDoneWithTheFirstGoodLookAndStaysSoWhileLaterOnesFail) {
    EXPECT_FALSE(fsm_.is_done(now_));
    attach();
    EXPECT_FALSE(fsm_.is_done(now_ + 3600s));  // still reading: nothing has failed
    (void)step(Fsm::Read{});
    EXPECT_FALSE(fsm_.is_done(now_));
    (void)step(good);
    EXPECT_TRUE(fsm_.is_done(now_));
    (void)step(Fsm::WaitOver{});
    (void)step(Fsm::ReadFailed{});
    EXPECT_TRUE(fsm_.is_done(now_));
    (void)step(Fsm::Detached{});
    attach();
    EXPECT_FALSE(fsm_.is_done(now_));
}

TEST_F(ReconcileFsmTest, IsDoneOnceLooksHaveFailedFor30Seconds) {
    attach();
    (void)step(Fsm::ReadFailed{});
    EXPECT_FALSE(fsm_.is_done(now_));
    EXPECT_FALSE(fsm_.is_done(now_ + 30s - 1ms));
    EXPECT_TRUE(fsm_.is_done(now_ + 30s));
}

}  // namespace

}  // namespace tally
