#include "callback_registration_fsm.hpp"

#include <gtest/gtest.h>

namespace tally {

namespace {

using Fsm = CallbackRegistrationFsm;
using Errand = Fsm::Errand;
using State = Fsm::State;
using Actions = Fsm::Actions;

const Fsm::Answered listed{.errand = Errand::list, .status = 200, .listed = true};
const Fsm::Answered not_listed{.errand = Errand::list, .status = 200};

Fsm::Answered answer(Errand errand, unsigned status) { return {.errand = errand, .status = status}; }

Actions ask(Errand errand, std::size_t member = 0) { return {Fsm::Ask{.errand = errand, .member = member}}; }

class CallbackRegistrationFsmTest : public testing::Test {
  protected:
    Actions step(const Fsm::Happened& happened) { return fsm_.step(happened); }

    void list_fails(unsigned status, Fsm::Milliseconds wait) {
        const Actions actions = step(answer(Errand::list, status));
        ASSERT_FALSE(actions.empty());
        EXPECT_EQ(actions.back(), Fsm::Action(Fsm::Wait{wait}));
    }

    void register_it() {
        EXPECT_EQ(step(Fsm::Wanted{}), ask(Errand::list));
        EXPECT_EQ(step(not_listed), ask(Errand::subscribe));
        EXPECT_EQ(step(answer(Errand::subscribe, 200)), Actions{Fsm::TellRegistered{}});
        EXPECT_EQ(fsm_.state(), State::resting);
    }

    Fsm fsm_{1};
};

TEST_F(CallbackRegistrationFsmTest, SubscribesWhenTheListDoesNotHoldTheUrl) { register_it(); }

TEST_F(CallbackRegistrationFsmTest, LeavesAListAloneThatHoldsTheUrl) {
    EXPECT_EQ(step(Fsm::Wanted{}), ask(Errand::list));
    EXPECT_EQ(step(listed), Actions{});
    EXPECT_EQ(fsm_.state(), State::resting);
}

TEST_F(CallbackRegistrationFsmTest, LooksAgainAfterEveryReconciliation) {
    register_it();
    EXPECT_EQ(step(Fsm::Wanted{}), ask(Errand::list));
    EXPECT_EQ(step(listed), Actions{});
    register_it();
}

TEST_F(CallbackRegistrationFsmTest, LooksOnceMoreWhenItWasWantedMeanwhile) {
    EXPECT_EQ(step(Fsm::Wanted{}), ask(Errand::list));
    EXPECT_EQ(step(Fsm::Wanted{}), Actions{});
    EXPECT_EQ(step(Fsm::Wanted{}), Actions{});
    EXPECT_EQ(step(listed), ask(Errand::list));
    EXPECT_EQ(step(listed), Actions{});
}

TEST_F(CallbackRegistrationFsmTest, TriesAgainAfter1And2And4To30Seconds) {
    EXPECT_EQ(step(Fsm::Wanted{}), ask(Errand::list));
    for (const int seconds : {1, 2, 4, 8, 16, 30, 30, 30}) {
        list_fails(503, std::chrono::seconds(seconds));
        EXPECT_EQ(step(Fsm::WaitOver{}), ask(Errand::list));
    }
    EXPECT_EQ(step(listed), Actions{});
    EXPECT_EQ(step(Fsm::Wanted{}), ask(Errand::list));
    list_fails(0, std::chrono::seconds(1));
}

TEST_F(CallbackRegistrationFsmTest, TellsOnlyTheFirstFailureOfARow) {
    step(Fsm::Wanted{});
    EXPECT_EQ(step(answer(Errand::list, 401)), (Actions{Fsm::TellFailed{401}, Fsm::Wait{std::chrono::seconds(1)}}));
    step(Fsm::WaitOver{});
    EXPECT_EQ(step(answer(Errand::list, 0)), Actions{Fsm::Wait{std::chrono::seconds(2)}});
}

TEST_F(CallbackRegistrationFsmTest, BeginsWithTheListAgainWhenASubscribeFails) {
    step(Fsm::Wanted{});
    step(not_listed);
    EXPECT_EQ(step(answer(Errand::subscribe, 502)),
              (Actions{Fsm::TellFailed{502}, Fsm::Wait{std::chrono::seconds(1)}}));
    EXPECT_EQ(step(Fsm::WaitOver{}), ask(Errand::list));
}

TEST_F(CallbackRegistrationFsmTest, AnAnswerThatIsNoListIsAFailure) {
    step(Fsm::Wanted{});
    EXPECT_EQ(step(Fsm::Answered{.errand = Errand::list, .status = 200, .readable = false}),
              (Actions{Fsm::TellFailed{200}, Fsm::Wait{std::chrono::seconds(1)}}));
}

TEST_F(CallbackRegistrationFsmTest, AsksTheNextMemberAfterAFailure) {
    fsm_ = Fsm(2);
    EXPECT_EQ(step(Fsm::Wanted{}), ask(Errand::list, 0));
    for (const std::size_t member : {1U, 0U, 1U}) {
        step(answer(Errand::list, 0));
        EXPECT_EQ(step(Fsm::WaitOver{}), ask(Errand::list, member));
    }
    EXPECT_EQ(step(not_listed), ask(Errand::subscribe, 1));
}

TEST_F(CallbackRegistrationFsmTest, DoesNotWaitToTheEndWhenItIsWanted) {
    step(Fsm::Wanted{});
    list_fails(500, std::chrono::seconds(1));
    EXPECT_EQ(step(Fsm::Wanted{}), ask(Errand::list));
    EXPECT_EQ(step(Fsm::WaitOver{}), Actions{});
}

TEST_F(CallbackRegistrationFsmTest, ARefusalIsToldOnceAndTriedOnlyAfterTheNextReconciliation) {
    for (const unsigned status : {400U, 404U, 422U}) {
        fsm_ = Fsm(1);
        EXPECT_EQ(step(Fsm::Wanted{}), ask(Errand::list));
        EXPECT_EQ(step(answer(Errand::list, status)), Actions{Fsm::TellRefused{status}});
        EXPECT_EQ(step(Fsm::WaitOver{}), Actions{});
        EXPECT_EQ(step(Fsm::Wanted{}), ask(Errand::list));
        EXPECT_EQ(step(answer(Errand::list, status)), Actions{});
        EXPECT_EQ(step(Fsm::StopAsked{}), Actions{Fsm::Finish{}});
    }
}

TEST_F(CallbackRegistrationFsmTest, ARefusedSubscribeIsOneToo) {
    step(Fsm::Wanted{});
    step(not_listed);
    EXPECT_EQ(step(answer(Errand::subscribe, 422)), Actions{Fsm::TellRefused{422}});
    EXPECT_EQ(fsm_.state(), State::resting);
}

TEST_F(CallbackRegistrationFsmTest, ARefusalIsToldAgainAfterItWasTakenOnce) {
    step(Fsm::Wanted{});
    step(answer(Errand::list, 400));
    register_it();
    step(Fsm::Wanted{});
    EXPECT_EQ(step(answer(Errand::list, 404)), Actions{Fsm::TellRefused{404}});
}

TEST_F(CallbackRegistrationFsmTest, UnsubscribesAtTheEnd) {
    register_it();
    EXPECT_EQ(step(Fsm::StopAsked{}),
              (Actions{Fsm::BePatient{Fsm::patience}, Fsm::Ask{.errand = Errand::unsubscribe, .member = 0}}));
    EXPECT_EQ(step(answer(Errand::unsubscribe, 200)), Actions{Fsm::Finish{}});
    EXPECT_EQ(fsm_.state(), State::finished);
}

TEST_F(CallbackRegistrationFsmTest, UnsubscribesAUrlThatItFoundListed) {
    step(Fsm::Wanted{});
    step(listed);
    EXPECT_EQ(step(Fsm::StopAsked{}).back(), ask(Errand::unsubscribe).front());
}

TEST_F(CallbackRegistrationFsmTest, UnsubscribesBesideALookThatIsUnderWay) {
    register_it();
    step(Fsm::Wanted{});
    EXPECT_EQ(step(Fsm::StopAsked{}).back(), ask(Errand::unsubscribe).front());
    EXPECT_EQ(step(not_listed), Actions{});
    EXPECT_EQ(step(answer(Errand::unsubscribe, 200)), Actions{Fsm::Finish{}});
}

TEST_F(CallbackRegistrationFsmTest, LetsASubscribeUnderWayEndBeforeItUnsubscribes) {
    for (const unsigned status : {200U, 503U, 0U}) {
        fsm_ = Fsm(1);
        step(Fsm::Wanted{});
        step(not_listed);
        EXPECT_EQ(step(Fsm::StopAsked{}), Actions{Fsm::BePatient{Fsm::patience}});
        EXPECT_EQ(step(answer(Errand::subscribe, status)), ask(Errand::unsubscribe));
    }
}

TEST_F(CallbackRegistrationFsmTest, UnsubscribesAfterASubscribeWhoseAnswerWasLost) {
    step(Fsm::Wanted{});
    step(not_listed);
    step(answer(Errand::subscribe, 0));
    EXPECT_EQ(step(Fsm::StopAsked{}).back(), ask(Errand::unsubscribe).front());
}

TEST_F(CallbackRegistrationFsmTest, EndsAtOnceWhereNothingIsListed) {
    EXPECT_EQ(step(Fsm::StopAsked{}), Actions{Fsm::Finish{}});
    fsm_ = Fsm(1);
    step(Fsm::Wanted{});
    EXPECT_EQ(step(Fsm::StopAsked{}), Actions{Fsm::Finish{}});
    EXPECT_EQ(step(listed), Actions{});
    fsm_ = Fsm(1);
    step(Fsm::Wanted{});
    list_fails(500, std::chrono::seconds(1));
    EXPECT_EQ(step(Fsm::StopAsked{}), Actions{Fsm::Finish{}});
}

TEST_F(CallbackRegistrationFsmTest, EndsWhenPatienceDoesWhateverIsUnderWay) {
    register_it();
    step(Fsm::StopAsked{});
    EXPECT_EQ(step(Fsm::PatienceOver{}), (Actions{Fsm::TellLeftBehind{}, Fsm::Finish{}}));
    EXPECT_EQ(step(answer(Errand::unsubscribe, 200)), Actions{});
    fsm_ = Fsm(1);
    step(Fsm::Wanted{});
    step(not_listed);
    step(Fsm::StopAsked{});
    EXPECT_EQ(step(Fsm::PatienceOver{}), (Actions{Fsm::TellLeftBehind{}, Fsm::Finish{}}));
}

TEST_F(CallbackRegistrationFsmTest, TellsThatTheUrlStaysWhenTheUnsubscribeFails) {
    register_it();
    step(Fsm::StopAsked{});
    EXPECT_EQ(step(answer(Errand::unsubscribe, 0)), (Actions{Fsm::TellLeftBehind{}, Fsm::Finish{}}));
}

TEST_F(CallbackRegistrationFsmTest, NothingMovesItOnceItStopsOrHasFinished) {
    register_it();
    step(Fsm::StopAsked{});
    EXPECT_EQ(step(Fsm::Wanted{}), Actions{});
    EXPECT_EQ(step(Fsm::StopAsked{}), Actions{});
    step(answer(Errand::unsubscribe, 200));
    for (const Fsm::Happened& happened : {Fsm::Happened(Fsm::Wanted{}), Fsm::Happened(listed),
                                          Fsm::Happened(Fsm::WaitOver{}), Fsm::Happened(Fsm::StopAsked{}),
                                          Fsm::Happened(Fsm::PatienceOver{})}) {
        EXPECT_EQ(step(happened), Actions{});
    }
}

}  // namespace

}  // namespace tally
