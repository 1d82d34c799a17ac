#include "model/support/story.hpp"

namespace tally::model {
namespace {

using namespace said;
using ::testing::ElementsAre;

class EventsTest : public StoryTest {};

TEST_F(EventsTest, EveryEventIsARowAndCounted) {
    for (std::size_t i = 0; i + 1 < decode::event_type_count; ++i) {
        const std::string_view type = decode::to_string(static_cast<decode::EventType>(i));
        decode::Event event = plain(type, at(1s), "/a");
        event.missing = "so that it makes no fact";
        hear(event);
        EXPECT_EQ(number(Family::events, {.a = type}), 1) << type;
    }
    EXPECT_EQ(ledger().texts("event").size(), decode::event_type_count - 1);
}

TEST_F(EventsTest, AnEventOfAnUnknownTypeIsARowAndNoOtherFact) {
    decode::Event event = plain("mystery_event", at(1s), "/a");
    event.entity = "a.77";
    hear(event);
    EXPECT_THAT(
        ledger().lines("event"),
        ElementsAre("a.77: mystery_event (" + std::to_string(at(1s)) + " /a  {})")
    );
    EXPECT_EQ(ledger().facts().size(), 1U);
}

TEST_F(EventsTest, APayloadMayBeLeftOut) {
    Batch batch;
    const Stamp stamp{.time = at(1s), .received = at(1s)};
    world().apply(plain("x", at(1s)), {.seq = 1, .stamp = stamp, .body = "{\"a\":1}"}, batch);
    world().apply(
        plain("x", at(1s)), {.seq = 2, .stamp = stamp, .body = "{}", .keep_payload = false}, batch
    );
    ASSERT_EQ(batch.events.size(), 2U);
    EXPECT_EQ(batch.events[0].payload, "{\"a\":1}");
    EXPECT_EQ(batch.events[1].payload, "");
    EXPECT_EQ(batch.last_seq, 2);
}

TEST_F(EventsTest, AReplayedEventSaysItsFileAndThatItIsAReplay) {
    Batch batch;
    const Stamp stamp{.time = at(1s), .received = at(1s)};
    world().apply(
        plain("x", at(1s)), {.seq = 1, .stamp = stamp, .connection = 7, .replay = true}, batch
    );
    world().apply(plain("x", at(1s)), {.seq = 2, .stamp = stamp, .connection = 8}, batch);
    ASSERT_EQ(batch.events.size(), 2U);
    EXPECT_EQ(batch.events[0].connection, 7U);
    EXPECT_TRUE(batch.events[0].replay);
    EXPECT_EQ(batch.events[1].connection, 8U);
    EXPECT_FALSE(batch.events[1].replay);
}

TEST_F(EventsTest, ATerminationWithoutAnIdIsCountedForItsApp) {
    hear(plain("unknown_instance_terminated_event", at(1s), "/a"));
    EXPECT_EQ(number(Family::unknown_terminations, {.app = "/a"}), 1);
    EXPECT_EQ(ledger().texts("unknown_termination", "/a").size(), 1U);
}

TEST_F(EventsTest, TheEntityIsShownAsItWasSent) {
    hear_all(
        instance("a.marathon-1f", "Running", at(1s)),
        status("a.1f", "TASK_RUNNING", at(1s)),
        alive("a.1f", true, at(1s)),
        alive("a.marathon-1f", true, at(1s)),
        failure("b.9f", {.protocol = "TCP"}, at(1s)),
        kill("c.1f", "", at(1s))
    );
    std::vector<std::string> names;
    for (const Ledger::Fact& fact : ledger().facts()) {
        if (fact.table == "event") {
            names.push_back(fact.name);
        }
    }
    EXPECT_THAT(
        names, ElementsAre("a.marathon-1f", "a.1f", "a.1f", "a.marathon-1f", "b.9f", "c.1f")
    );
}

TEST_F(EventsTest, ApiCallsAreKeptWithTheirVerb) {
    decode::Event pod = plain("pod_updated_event", at(2s));
    pod.uri = "/v2/pods/p";
    pod.address = "10.0.0.2";
    pod.app = "/p";
    hear_all(
        api_post("/a", at(1s)),
        pod,
        plain("pod_created_event", at(2s)),
        plain("pod_deleted_event", at(2s))
    );
    EXPECT_THAT(
        ledger().texts("api_call"),
        ElementsAre(
            "api_post|/v2/apps//a|10.0.0.1|",
            "pod_updated|/v2/pods/p|10.0.0.2|",
            "pod_created|||",
            "pod_deleted|||"
        )
    );
    EXPECT_EQ(number(Family::api_calls, {.a = "api_post"}), 1);
    EXPECT_EQ(number(Family::api_calls, {.a = "pod_updated"}), 1);
    EXPECT_EQ(number(Family::api_calls, {.a = "pod_created"}), 1);
    EXPECT_EQ(number(Family::api_calls, {.a = "pod_deleted"}), 1);
}

TEST_F(EventsTest, GroupChangesAreKeptWithTheirResult) {
    hear_all(
        group_change(true, "v1", at(1s)), group_change(false, "v2", at(1s), {.reason = "locked"})
    );
    EXPECT_THAT(ledger().texts("group_change"), ElementsAre("success|/|v1|", "failed|/|v2|locked"));
    EXPECT_EQ(number(Family::group_changes, {.a = "success"}), 1);
    EXPECT_EQ(number(Family::group_changes, {.a = "failed"}), 1);
}

TEST_F(EventsTest, SchedulerEventsAreKept) {
    decode::Event registered = plain("scheduler_registered_event", at(1s));
    registered.master = "m1";
    hear_all(
        registered,
        plain("scheduler_reregistered_event", at(1s)),
        plain("scheduler_disconnected_event", at(1s))
    );
    EXPECT_THAT(
        ledger().texts("scheduler_event"),
        ElementsAre("registered|m1||", "reregistered|||", "disconnected|||")
    );
    for (const char* event : {"registered", "reregistered", "disconnected"}) {
        EXPECT_EQ(number(Family::scheduler_events, {.a = event}), 1);
    }
}

TEST_F(EventsTest, SubscribersAreKept) {
    decode::Event attached = plain("event_stream_attached", at(1s));
    attached.address = "10.0.0.3";
    hear_all(
        attached,
        plain("event_stream_detached", at(1s)),
        plain("subscribe_event", at(1s)),
        plain("unsubscribe_event", at(1s))
    );
    EXPECT_THAT(
        ledger().texts("subscriber"),
        ElementsAre(
            "event_stream_attached|10.0.0.3||",
            "event_stream_detached|||",
            "subscribe|||",
            "unsubscribe|||"
        )
    );
}

TEST_F(EventsTest, FrameworkMessagesAreCountedWithTheirBytes) {
    hear_all(framework_message(5, at(1s)), framework_message(7, at(1s)));
    EXPECT_EQ(number(Family::framework_messages), 2);
    EXPECT_EQ(number(Family::framework_message_bytes), 12);
    EXPECT_THAT(
        ledger().texts("framework_message"),
        ElementsAre("executor-1|agent-S1||", "executor-1|agent-S1||")
    );
}

TEST_F(EventsTest, DuplicatesAreOnlyCountedByPath) {
    world().duplicate("replay");
    world().duplicate("replay");
    world().duplicate("callback");
    EXPECT_EQ(number(Family::duplicates, {.a = "replay"}), 2);
    EXPECT_EQ(number(Family::duplicates, {.a = "callback"}), 1);
    EXPECT_TRUE(ledger().facts().empty());
}

TEST_F(EventsTest, LagIsObservedAndNeverNegative) {
    world().observe_lag(40);
    world().observe_lag(-5);
    EXPECT_EQ(observed(HistogramFamily::stream_lag), 2U);
    EXPECT_EQ(observed_sum(HistogramFamily::stream_lag), 40);
}

TEST_F(EventsTest, AValueOnABoundFallsIntoItsBucket) {
    world().observe_lag(5);
    world().observe_lag(6);
    world().observe_lag(60'001);
    const auto counts = world().snapshot().histograms.at(0).counts;
    EXPECT_EQ(counts.at(0), 1U);
    EXPECT_EQ(counts.at(1), 1U);
    EXPECT_EQ(counts.back(), 1U);
}

}  // namespace
}  // namespace tally::model
