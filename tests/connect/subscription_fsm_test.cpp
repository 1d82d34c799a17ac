#include "connect/subscription_fsm.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tally::connect {
namespace {

using Fsm = SubscriptionFsm;
using Ms = Fsm::Milliseconds;
using testing::ElementsAre;

constexpr double no_jitter = 0.5;  // no jitter
const std::string events = "/v2/events?plan-format=light";

Endpoint endpoint(std::string_view url) {
    return *parse_endpoint(url);
}

Fsm::HeaderArrived stream_header() {
    return {200, "text/event-stream;charset=utf-8", ""};
}

Fsm::HeaderArrived redirect_to(std::string location) {
    return {302, "", std::move(location)};
}

Ending ending(Cause cause, std::string detail, bool attached, unsigned status, std::string url) {
    return {cause, std::move(detail), attached, status, std::move(url)};
}

/// Steps a machine through time and speaks about its members as A, B and C.
class SubscriptionFsmTest : public testing::Test {
  protected:
    void begin(std::vector<std::string> urls, std::optional<Cause> before = {}) {
        Fsm::Options options;
        for (const auto& url : urls) {
            options.members.push_back(endpoint(url));
        }
        options.before = before;
        fsm_.emplace(std::move(options));
        actions = step(Fsm::Started{});
    }

    Fsm::Actions step(const Fsm::Happened& happened, Ms passed = Ms(0)) {
        now_ += passed;
        return fsm_->step(happened, now_, no_jitter);
    }

    /// From Connect to attached.
    void attach() {
        step(Fsm::Connected{});
        step(stream_header());
        step(Fsm::BytesArrived{});
        ASSERT_EQ(fsm_->state(), Fsm::State::attached);
    }

    /// What this attempt, in whatever state it is, ends as.
    Ending end_of(const Fsm::Happened& happened, Ms passed = Ms(0)) {
        for (const auto& action : step(happened, passed)) {
            if (const auto* end = std::get_if<Fsm::TellEnd>(&action)) {
                return end->ending;
            }
        }
        ADD_FAILURE() << "nothing ended";
        return {};
    }

    static std::vector<Cause> attempts_in(const Fsm::Actions& actions) {
        std::vector<Cause> causes;
        for (const auto& action : actions) {
            if (const auto* attempt = std::get_if<Fsm::TellAttempt>(&action)) {
                causes.push_back(attempt->cause);
            }
        }
        return causes;
    }

    Ending end_of_answer(const Fsm::HeaderArrived& header) {
        begin({"http://a"});
        step(Fsm::Connected{});
        return end_of(header);
    }

    const Endpoint a = endpoint("http://a");
    const Endpoint b = endpoint("http://b");
    std::optional<Fsm> fsm_;
    Ms now_{1000000};
    Fsm::Actions actions;
};

TEST_F(SubscriptionFsmTest, ConnectsAsksAndReads) {
    begin({"http://a:8080/service"});
    const auto member = endpoint("http://a:8080/service");
    EXPECT_THAT(actions, ElementsAre(Fsm::Connect{member, Ms(5000)}));
    EXPECT_THAT(
        step(Fsm::Connected{}),
        ElementsAre(Fsm::Request{"/service" + events, "a:8080", true, "", Ms(10000)})
    );
    EXPECT_THAT(step(stream_header()), ElementsAre(Fsm::Read{Ms(25000)}));
    EXPECT_THAT(
        step(Fsm::BytesArrived{}),
        ElementsAre(
            Fsm::TellAttached{"http://a:8080/service"}, Fsm::TellBytes{}, Fsm::Read{Ms(25000)}
        )
    );
    EXPECT_THAT(step(Fsm::BytesArrived{}), ElementsAre(Fsm::TellBytes{}, Fsm::Read{Ms(25000)}));
}

TEST_F(SubscriptionFsmTest, WaitsAfterAFailureAndGoesToTheNextMember) {
    begin({"http://a", "http://b"});
    EXPECT_THAT(
        step(Fsm::Failed{Cause::refused, "no"}),
        ElementsAre(
            Fsm::TellEnd{ending(Cause::refused, "no", false, 0, "http://a")},
            Fsm::Close{},
            Fsm::Wait{Ms(200)}
        )
    );
    EXPECT_THAT(step(Fsm::WaitOver{}), ElementsAre(Fsm::Connect{b, Ms(5000)}));
    EXPECT_THAT(
        step(Fsm::Failed{Cause::dns, "no"}),
        ElementsAre(
            Fsm::TellAttempt{Cause::refused},
            Fsm::TellEnd{ending(Cause::dns, "no", false, 0, "http://b")},
            Fsm::Close{},
            Fsm::Wait{Ms(400)}
        )
    );
    EXPECT_THAT(step(Fsm::WaitOver{}), ElementsAre(Fsm::Connect{a, Ms(5000)}));
}

TEST_F(SubscriptionFsmTest, SettlesTheCauseOnceTheNextAttemptHasAnswered) {
    begin({"http://a"});
    attach();
    EXPECT_THAT(
        step(Fsm::Ended{}),
        ElementsAre(
            Fsm::TellEnd{ending(Cause::closed, "the stream ended", true, 200, "http://a")},
            Fsm::Close{},
            Fsm::Wait{Ms(200)}
        )
    );
    EXPECT_THAT(step(Fsm::WaitOver{}), ElementsAre(Fsm::Connect{a, Ms(5000)}));
    step(Fsm::Connected{});
    EXPECT_THAT(
        step(stream_header()), ElementsAre(Fsm::TellAttempt{Cause::closed}, Fsm::Read{Ms(25000)})
    );
    EXPECT_THAT(
        step(Fsm::Ended{}).front(),
        Fsm::Action(Fsm::TellEnd{
            ending(Cause::empty, "the stream ended before its first byte", false, 200, "http://a")})
    );
}

TEST_F(SubscriptionFsmTest, CountsEveryAttemptAfterTheFirstOnce) {
    begin({"http://a"});
    std::vector<Cause> told;
    const auto note = [&](const Fsm::Actions& some) {
        const auto causes = attempts_in(some);
        told.insert(told.end(), causes.begin(), causes.end());
    };
    note(step(Fsm::Failed{Cause::refused, ""}));
    note(step(Fsm::WaitOver{}));
    note(step(Fsm::TimedOut{}));
    note(step(Fsm::WaitOver{}));
    note(step(Fsm::Connected{}));
    note(step(stream_header()));
    note(step(Fsm::BytesArrived{}));
    note(step(Fsm::TimedOut{}));
    note(step(Fsm::WaitOver{}));
    note(step(Fsm::Connected{}));
    note(step(Fsm::HeaderArrived{503, "", ""}));
    EXPECT_THAT(told, ElementsAre(Cause::refused, Cause::timeout, Cause::silent));
}

TEST_F(SubscriptionFsmTest, CountsTheFirstAttemptOfAProcessByHowTheOneBeforeEnded) {
    begin({"http://a"}, Cause::crash);
    step(Fsm::Connected{});
    EXPECT_THAT(attempts_in(step(stream_header())), ElementsAre(Cause::crash));
    begin({"http://a"}, Cause::shutdown);
    EXPECT_THAT(attempts_in(step(Fsm::TimedOut{})), ElementsAre(Cause::shutdown));
    begin({"http://a"});
    EXPECT_THAT(attempts_in(step(Fsm::TimedOut{})), ElementsAre());
}

// One test per cause.

TEST_F(SubscriptionFsmTest, EndsAsClosedWhenTheStreamEnds) {
    begin({"http://a"});
    attach();
    EXPECT_EQ(
        end_of(Fsm::Ended{}), ending(Cause::closed, "the stream ended", true, 200, "http://a")
    );
}

TEST_F(SubscriptionFsmTest, EndsAsClosedWhenNoAnswerComes) {
    begin({"http://a"});
    step(Fsm::Connected{});
    EXPECT_EQ(
        end_of(Fsm::Ended{}),
        ending(Cause::closed, "closed before an answer came", false, 0, "http://a")
    );
}

TEST_F(SubscriptionFsmTest, EndsAsResetWhenTheConnectionIsTornDown) {
    begin({"http://a"});
    attach();
    EXPECT_EQ(
        end_of(Fsm::Failed{Cause::reset, "reset by peer"}),
        ending(Cause::reset, "reset by peer", true, 200, "http://a")
    );
}

TEST_F(SubscriptionFsmTest, EndsAsSilentWhenNoByteComes) {
    begin({"http://a"});
    attach();
    EXPECT_EQ(
        end_of(Fsm::TimedOut{}, Ms(25000)),
        ending(Cause::silent, "no byte in time", true, 200, "http://a")
    );
}

TEST_F(SubscriptionFsmTest, EndsAsSilentWhenTheFirstByteDoesNotCome) {
    begin({"http://a"});
    step(Fsm::Connected{});
    step(stream_header());
    EXPECT_EQ(
        end_of(Fsm::TimedOut{}), ending(Cause::silent, "no byte in time", false, 200, "http://a")
    );
}

TEST_F(SubscriptionFsmTest, EndsAsLeaderChangedWhenAnotherMemberAnswersNext) {
    begin({"http://a", "http://b"});
    attach();
    EXPECT_EQ(end_of(Fsm::Ended{}).cause, Cause::closed);
    step(Fsm::WaitOver{});
    step(Fsm::Connected{});
    EXPECT_THAT(
        step(stream_header()),
        ElementsAre(Fsm::TellAttempt{Cause::leader_changed}, Fsm::Read{Ms(25000)})
    );
}

TEST_F(SubscriptionFsmTest, EndsAsLeaderChangedWhenARedirectAnswersNext) {
    begin({"http://a"});
    attach();
    step(Fsm::Ended{});
    step(Fsm::WaitOver{});
    step(Fsm::Connected{});
    EXPECT_THAT(
        step(redirect_to("http://c:8080" + events)),
        ElementsAre(
            Fsm::TellAttempt{Cause::leader_changed},
            Fsm::Close{},
            Fsm::Connect{endpoint("http://c:8080" + events), Ms(5000)}
        )
    );
}

TEST_F(SubscriptionFsmTest, StaysClosedWhenTheNextMemberFailsBeforeAnotherAnswers) {
    begin({"http://a", "http://b", "http://c"});
    attach();
    step(Fsm::Ended{});
    step(Fsm::WaitOver{});
    EXPECT_THAT(attempts_in(step(Fsm::Failed{Cause::refused, ""})), ElementsAre(Cause::closed));
    step(Fsm::WaitOver{});
    step(Fsm::Connected{});
    EXPECT_THAT(attempts_in(step(stream_header())), ElementsAre(Cause::refused));
}

TEST_F(SubscriptionFsmTest, StaysClosedWhenTheNextMemberAnswersWithAnError) {
    begin({"http://a", "http://b"});
    attach();
    step(Fsm::Ended{});
    step(Fsm::WaitOver{});
    step(Fsm::Connected{});
    EXPECT_THAT(attempts_in(step(Fsm::HeaderArrived{502, "", ""})), ElementsAre(Cause::closed));
}

TEST_F(SubscriptionFsmTest, StaysClosedWhenTheServerThatHadServedUsIsTheNextMember) {
    begin({"http://a", "http://b:8080"});
    step(Fsm::Connected{});
    step(redirect_to("http://b:8080" + events));
    attach();
    step(Fsm::Ended{});
    step(Fsm::WaitOver{});
    step(Fsm::Connected{});
    EXPECT_THAT(attempts_in(step(stream_header())), ElementsAre(Cause::closed));
}

TEST_F(SubscriptionFsmTest, StaysResetWhenAnotherMemberAnswersNext) {
    begin({"http://a", "http://b"});
    attach();
    step(Fsm::Failed{Cause::reset, ""});
    step(Fsm::WaitOver{});
    step(Fsm::Connected{});
    EXPECT_THAT(attempts_in(step(stream_header())), ElementsAre(Cause::reset));
}

TEST_F(SubscriptionFsmTest, EndsAsSlowWhenTheStreamEndsSoonAfterWeHeldItForLong) {
    begin({"http://a"});
    attach();
    fsm_->hold(now_);
    EXPECT_THAT(step(Fsm::BytesArrived{}), ElementsAre(Fsm::TellBytes{}, Fsm::AwaitRelease{}));
    now_ += Ms(1000);
    fsm_->release(now_);
    EXPECT_THAT(step(Fsm::Released{}), ElementsAre(Fsm::Read{Ms(25000)}));
    step(Fsm::BytesArrived{}, Ms(20000));
    EXPECT_EQ(end_of(Fsm::Ended{}, Ms(15000)).cause, Cause::slow);
}

TEST_F(SubscriptionFsmTest, EndsAsSlowWhenTheConnectionIsTornDownAfterWeHeldIt) {
    begin({"http://a"});
    attach();
    fsm_->hold(now_);
    fsm_->release(now_ + Ms(1000));
    EXPECT_EQ(end_of(Fsm::Failed{Cause::reset, ""}, Ms(1000)).cause, Cause::slow);
}

TEST_F(SubscriptionFsmTest, IsNotSlowLongAfterAHoldOrAfterAShortOne) {
    begin({"http://a"});
    attach();
    fsm_->hold(now_);
    fsm_->release(now_ + Ms(1000));
    EXPECT_EQ(end_of(Fsm::Ended{}, Ms(1000 + 35001)).cause, Cause::closed);
    step(Fsm::WaitOver{});
    attach();
    fsm_->hold(now_);
    fsm_->release(now_ + Ms(999));
    EXPECT_EQ(end_of(Fsm::Ended{}, Ms(1000)).cause, Cause::closed);
}

TEST_F(SubscriptionFsmTest, EndsAsEmptyWhenA200EndsWithoutAByte) {
    begin({"http://a"});
    step(Fsm::Connected{});
    step(stream_header());
    EXPECT_EQ(
        end_of(Fsm::Ended{}),
        ending(Cause::empty, "the stream ended before its first byte", false, 200, "http://a")
    );
}

TEST_F(SubscriptionFsmTest, EndsAsTheConnectionFailed) {
    for (const auto cause :
         {Cause::refused, Cause::unreachable, Cause::dns, Cause::tls, Cause::timeout}) {
        begin({"http://a"});
        EXPECT_EQ(end_of(Fsm::Failed{cause, "why"}), ending(cause, "why", false, 0, "http://a"));
    }
}

TEST_F(SubscriptionFsmTest, EndsAsTheExchangeFailed) {
    for (const auto cause :
         {Cause::reset, Cause::too_large, Cause::not_a_stream, Cause::unauthorized, Cause::tls}) {
        begin({"http://a"});
        step(Fsm::Connected{});
        EXPECT_EQ(end_of(Fsm::Failed{cause, "why"}), ending(cause, "why", false, 0, "http://a"));
    }
}

TEST_F(SubscriptionFsmTest, EndsAsTimeoutWithoutAConnectionOrAHeaderInTime) {
    begin({"http://a"});
    EXPECT_EQ(
        end_of(Fsm::TimedOut{}),
        ending(Cause::timeout, "no connection in time", false, 0, "http://a")
    );
    step(Fsm::WaitOver{});
    step(Fsm::Connected{});
    EXPECT_EQ(
        end_of(Fsm::TimedOut{}),
        ending(Cause::timeout, "no response header in time", false, 0, "http://a")
    );
}

TEST_F(SubscriptionFsmTest, EndsByTheStatusOfTheAnswer) {
    struct Row {
        unsigned status;
        Cause cause;
    };

    const std::vector<Row> rows = {
        {401, Cause::unauthorized},
        {403, Cause::unauthorized},
        {400, Cause::http_4xx},
        {404, Cause::http_4xx},
        {405, Cause::http_4xx},
        {429, Cause::http_4xx},
        {500, Cause::http_5xx},
        {502, Cause::http_5xx},
        {503, Cause::http_5xx},
        {504, Cause::http_5xx},
        {100, Cause::not_a_stream},
        {204, Cause::not_a_stream},
        {206, Cause::not_a_stream},
        {300, Cause::redirect},
        {304, Cause::redirect},
    };
    for (const auto& row : rows) {
        const auto detail = "HTTP status " + std::to_string(row.status);
        EXPECT_EQ(
            end_of_answer({row.status, "text/event-stream", ""}),
            ending(row.cause, detail, false, row.status, "http://a")
        );
    }
}

TEST_F(SubscriptionFsmTest, EndsAsNotAStreamWhenTheTypeIsAnother) {
    for (const char* type :
         {"text/html",
          "",
          "application/json",
          "text/event-streams",
          "x",
          "text/event-stream2;a=b"}) {
        EXPECT_EQ(end_of_answer({200, type, ""}).cause, Cause::not_a_stream) << type;
    }
}

TEST_F(SubscriptionFsmTest, TakesAnEventStreamWithWhateverParameters) {
    for (const char* type :
         {"text/event-stream",
          "TEXT/Event-Stream ; charset=UTF-8",
          "text/event-stream;",
          "text/event-stream\t"}) {
        begin({"http://a"});
        step(Fsm::Connected{});
        EXPECT_THAT(step(Fsm::HeaderArrived{200, type, ""}), ElementsAre(Fsm::Read{Ms(25000)}))
            << type;
    }
}

TEST_F(SubscriptionFsmTest, EndsAsRedirectWhenTheLocationIsUnusable) {
    for (const char* location : {"", "ftp://b/", "v2/events", "http://b c/"}) {
        const auto end = end_of_answer(redirect_to(location));
        EXPECT_EQ(end.cause, Cause::redirect) << location;
        EXPECT_THAT(end.detail, testing::StartsWith("unusable Location: "));
    }
}

TEST_F(SubscriptionFsmTest, EndsAsRedirectInACircle) {
    begin({"http://a"});
    step(Fsm::Connected{});
    step(redirect_to("http://b" + events));
    step(Fsm::Connected{});
    EXPECT_EQ(
        end_of(redirect_to("http://a" + events)),
        ending(Cause::redirect, "redirects go in a circle", false, 302, "http://b/v2/events")
    );
}

TEST_F(SubscriptionFsmTest, EndsAsRedirectAfterMoreThanThree) {
    begin({"http://a"});
    for (const char* next : {"http://b/", "http://c/", "http://d/"}) {
        step(Fsm::Connected{});
        EXPECT_THAT(
            step(redirect_to(next)),
            ElementsAre(Fsm::Close{}, Fsm::Connect{endpoint(next), Ms(5000)})
        );
    }
    step(Fsm::Connected{});
    EXPECT_EQ(
        end_of(redirect_to("http://e/")),
        ending(Cause::redirect, "more than 3 redirects", false, 302, "http://d/")
    );
}

TEST_F(SubscriptionFsmTest, FollowsEveryKindOfRedirectAtOnceAndReadsThere) {
    for (const unsigned status : {301U, 302U, 303U, 307U, 308U}) {
        begin({"http://a"});
        step(Fsm::Connected{});
        EXPECT_THAT(
            step(Fsm::HeaderArrived{status, "text/html", "http://b:8080/v2/events?x=y"}),
            ElementsAre(
                Fsm::Close{}, Fsm::Connect{endpoint("http://b:8080/v2/events?x=y"), Ms(5000)}
            )
        );
        EXPECT_THAT(
            step(Fsm::Connected{}),
            ElementsAre(Fsm::Request{"/v2/events?x=y", "b:8080", true, "", Ms(10000)})
        );
        step(stream_header());
        EXPECT_THAT(
            step(Fsm::BytesArrived{}).front(),
            Fsm::Action(Fsm::TellAttached{"http://b:8080/v2/events"})
        );
    }
}

TEST_F(SubscriptionFsmTest, CountsAnAttemptOnceHoweverManyServersItSees) {
    begin({"http://a", "http://b"});
    step(Fsm::Failed{Cause::refused, ""});
    step(Fsm::WaitOver{});
    step(Fsm::Connected{});
    EXPECT_THAT(attempts_in(step(redirect_to("http://c/"))), ElementsAre(Cause::refused));
    step(Fsm::Connected{});
    EXPECT_THAT(attempts_in(step(redirect_to("http://d/"))), ElementsAre());
    const auto told = step(Fsm::Failed{Cause::refused, "no"});
    EXPECT_THAT(attempts_in(told), ElementsAre());
    EXPECT_EQ(
        told.front(), Fsm::Action(Fsm::TellEnd{ending(Cause::refused, "no", false, 0, "http://d/")})
    );
    EXPECT_THAT(step(Fsm::WaitOver{}), ElementsAre(Fsm::Connect{a, Ms(5000)}));
}

TEST_F(SubscriptionFsmTest, NoticesAHalfOpenConnectionWithin35Seconds) {
    begin({"http://a"});
    EXPECT_EQ(actions.back(), Fsm::Action(Fsm::Connect{a, Ms(5000)}));
    EXPECT_EQ(
        step(Fsm::Connected{}).back(),
        Fsm::Action(Fsm::Request{events, "a", true, "", Ms(10000)})
    );
    EXPECT_EQ(step(stream_header()).back(), Fsm::Action(Fsm::Read{Ms(25000)}));
    EXPECT_EQ(step(Fsm::BytesArrived{}).back(), Fsm::Action(Fsm::Read{Ms(25000)}));
    EXPECT_EQ(step(Fsm::TimedOut{}, Ms(25000)).back(), Fsm::Action(Fsm::Wait{Ms(200)}));
}

TEST_F(SubscriptionFsmTest, LooksEveryNameUpAnewAtEveryAttempt) {
    begin({"http://a"});
    for (int attempt = 0; attempt < 3; ++attempt) {
        step(Fsm::Connected{});
        step(stream_header());
        step(Fsm::Ended{});
        EXPECT_THAT(step(Fsm::WaitOver{}), ElementsAre(Fsm::Connect{a, Ms(5000)}))
            << "a host's name, not an address";
    }
}

TEST_F(SubscriptionFsmTest, UsesARedirectsTargetOnce) {
    begin({"http://a"});
    step(Fsm::Connected{});
    step(redirect_to("http://b" + events));
    attach();
    step(Fsm::Ended{});
    EXPECT_THAT(step(Fsm::WaitOver{}), ElementsAre(Fsm::Connect{a, Ms(5000)}));
}

TEST_F(SubscriptionFsmTest, SendsCredentialsToWhomAMemberRedirectsAndNoFurther) {
    begin({"http://u:p@a"});
    EXPECT_THAT(
        step(Fsm::Connected{}), ElementsAre(Fsm::Request{events, "a", true, "u:p", Ms(10000)})
    );
    step(redirect_to("http://b/"));
    EXPECT_THAT(
        step(Fsm::Connected{}), ElementsAre(Fsm::Request{"/", "b", true, "u:p", Ms(10000)})
    );
    step(redirect_to("http://c/"));
    EXPECT_THAT(step(Fsm::Connected{}), ElementsAre(Fsm::Request{"/", "c", false, "", Ms(10000)}));
}

TEST_F(SubscriptionFsmTest, SendsNoCredentialsFromHttpsToHttp) {
    begin({"https://u:p@a", "http://b"});
    step(Fsm::Connected{});
    step(redirect_to("http://b/"));
    EXPECT_THAT(step(Fsm::Connected{}), ElementsAre(Fsm::Request{"/", "b", false, "", Ms(10000)}));
    step(redirect_to("https://a/"));
    EXPECT_THAT(
        step(Fsm::Connected{}), ElementsAre(Fsm::Request{"/", "a", true, "u:p", Ms(10000)})
    );
}

TEST_F(SubscriptionFsmTest, NeverTellsUserinfo) {
    begin({"http://u:p@a"});
    attach();
    EXPECT_EQ(end_of(Fsm::Ended{}).url, "http://a");
}

TEST_F(SubscriptionFsmTest, BeginsBackOffAgainAfterASessionOfTenSeconds) {
    begin({"http://a"});
    for (const int wait : {200, 400, 800}) {
        EXPECT_EQ(step(Fsm::TimedOut{}).back(), Fsm::Action(Fsm::Wait{Ms(wait)}));
        step(Fsm::WaitOver{});
    }
    attach();
    step(Fsm::BytesArrived{}, Ms(10000));
    EXPECT_EQ(step(Fsm::Ended{}).back(), Fsm::Action(Fsm::Wait{Ms(200)}));
}

TEST_F(SubscriptionFsmTest, DoesNotCountSilenceAsPartOfASession) {
    begin({"http://a"});
    step(Fsm::TimedOut{});
    step(Fsm::WaitOver{});
    attach();
    EXPECT_EQ(step(Fsm::TimedOut{}, Ms(25000)).back(), Fsm::Action(Fsm::Wait{Ms(400)}));
}

TEST_F(SubscriptionFsmTest, ReadsNothingWhileItIsHeld) {
    begin({"http://a"});
    attach();
    fsm_->hold(now_);
    EXPECT_THAT(step(Fsm::BytesArrived{}), ElementsAre(Fsm::TellBytes{}, Fsm::AwaitRelease{}));
    EXPECT_THAT(step(Fsm::Released{}), ElementsAre(Fsm::AwaitRelease{})) << "held again meanwhile";
    fsm_->release(now_);
    EXPECT_THAT(step(Fsm::Released{}), ElementsAre(Fsm::Read{Ms(25000)}));
}

TEST_F(SubscriptionFsmTest, TellsTheEndOfAnOpenSessionWhenItIsStopped) {
    begin({"http://a"});
    attach();
    EXPECT_THAT(
        step(Fsm::StopAsked{Cause::reload}),
        ElementsAre(
            Fsm::TellEnd{ending(Cause::reload, "", true, 200, "http://a")},
            Fsm::Close{},
            Fsm::Finish{}
        )
    );
    EXPECT_EQ(fsm_->state(), Fsm::State::finished);
}

TEST_F(SubscriptionFsmTest, StopsFromEveryStateWithoutAWord) {
    const std::vector<std::vector<Fsm::Happened>> ways = {
        {},
        {Fsm::Connected{}},
        {Fsm::Connected{}, stream_header()},
        {Fsm::TimedOut{}},
    };
    for (const auto& way : ways) {
        begin({"http://a"});
        for (const auto& happened : way) {
            step(happened);
        }
        EXPECT_THAT(step(Fsm::StopAsked{}), ElementsAre(Fsm::Close{}, Fsm::Finish{})) << way.size();
    }
}

TEST_F(SubscriptionFsmTest, KnowsEveryCauseByName) {
    EXPECT_EQ(to_string(Cause::closed), "closed");
    EXPECT_EQ(to_string(Cause::leader_changed), "leader_changed");
    EXPECT_EQ(to_string(Cause::http_4xx), "http_4xx");
    EXPECT_EQ(to_string(Cause::reload), "reload");
    for (std::size_t i = 0; i < all_causes.size(); ++i) {
        EXPECT_EQ(static_cast<std::size_t>(all_causes[i]), i);
    }
}

}  // namespace
}  // namespace tally::connect
