#include "model/support/story.hpp"

namespace tally::model {
namespace {

using namespace said;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* a = "a.1f";
constexpr const char* b = "b.2f";

class TasksTest : public StoryTest {};

TEST_F(TasksTest, FirstSightIsATransitionFromNoneWithoutDwell) {
    hear(status(a, "TASK_RUNNING", at(10s)));
    EXPECT_THAT(transitions(a), ElementsAre("none -> TASK_RUNNING"));
    EXPECT_EQ(observed(HistogramFamily::task_state_duration, "none"), 0U);
}

TEST_F(TasksTest, ATransitionDwellsFromTheTimeTheOldStateWasEntered) {
    hear_all(status(a, "TASK_STAGING", at(10s)), status(a, "TASK_RUNNING", at(14s)));
    EXPECT_THAT(
        transitions(a),
        ElementsAre("none -> TASK_STAGING", "TASK_STAGING -> TASK_RUNNING after 4000")
    );
    EXPECT_EQ(observed(HistogramFamily::task_state_duration, "TASK_STAGING"), 1U);
    EXPECT_EQ(observed_sum(HistogramFamily::task_state_duration, "TASK_STAGING"), 4000);
}

TEST_F(TasksTest, ARowHasTheColumnsOfItsEvent) {
    hear(status(a, "TASK_FAILED", at(10s), {.host = "h1", .version = "v1", .message = "exit 1"}));
    EXPECT_THAT(
        ledger().lines("task_transition"),
        ElementsAre(
            "a.1f: none -> TASK_FAILED (" + std::to_string(at(10s)) +
            " /a host=h1 version=v1 message=exit 1)"
        )
    );
}

TEST_F(TasksTest, TheSameStateAgainIsNoTransition) {
    hear_all(status(a, "TASK_RUNNING", at(10s)), status(a, "TASK_RUNNING", at(20s)));
    EXPECT_THAT(transitions(a), ElementsAre("none -> TASK_RUNNING"));
    EXPECT_THAT(late(a), IsEmpty());
    EXPECT_EQ(task_row(a).since, at(10s));
}

TEST_F(TasksTest, ARepeatRefreshesHostAndVersion) {
    hear_all(
        status(a, "TASK_RUNNING", at(10s), {.host = "h1", .version = "v1"}),
        status(a, "TASK_RUNNING", at(20s), {.host = "h2", .version = "v2"})
    );
    EXPECT_EQ(task_row(a).host, "h2");
    EXPECT_EQ(task_row(a).version, "v2");
}

TEST_F(TasksTest, ARepeatWithoutHostAndVersionDoesNotClearThem) {
    hear_all(
        status(a, "TASK_RUNNING", at(10s), {.host = "h1", .version = "v1"}),
        status(a, "TASK_RUNNING", at(20s))
    );
    cut();
    hear(status(a, "TASK_RUNNING", at(30s)));
    EXPECT_EQ(task_row(a).host, "h1");
    EXPECT_EQ(task_row(a).version, "v1");
}

TEST_F(TasksTest, AnythingAfterAFinalStateIsLateHoweverNewItIs) {
    hear_all(
        status(a, "TASK_FAILED", at(10s)),
        status(a, "TASK_RUNNING", at(20s)),
        status(a, "TASK_LOST", at(30s))
    );
    EXPECT_THAT(transitions(a), ElementsAre("none -> TASK_FAILED"));
    EXPECT_THAT(late(a), ElementsAre("TASK_FAILED -> TASK_RUNNING", "TASK_FAILED -> TASK_LOST"));
    EXPECT_EQ(number(Family::task_late_events, {.app = "/a"}), 2);
    EXPECT_EQ(task_row(a).state, "TASK_FAILED");
    EXPECT_EQ(task_row(a).ended, at(10s));
}

TEST_F(TasksTest, TheSameFinalStateAgainIsARepeat) {
    hear_all(status(a, "TASK_FAILED", at(10s)), status(a, "TASK_FAILED", at(20s), {.host = "h9"}));
    EXPECT_THAT(late(a), IsEmpty());
    EXPECT_EQ(task_row(a).host, "h9");
    EXPECT_EQ(task_row(a).ended, at(10s));
}

TEST_F(TasksTest, ARepeatOfAnEndedTaskInAnotherBatchLeavesItEnded) {
    hear(status(a, "TASK_FAILED", at(10s)));
    const Seq ended_seq = task_row(a).ended_seq;
    hear(status(a, "TASK_FAILED", at(20s)));
    EXPECT_EQ(task_row(a).ended_seq, ended_seq);
    EXPECT_NE(task_row(a).ended_seq, 0);
}

TEST_F(TasksTest, AnEarlierEventOfLowerRankIsLate) {
    hear_all(status(a, "TASK_RUNNING", at(10s)), status(a, "TASK_STARTING", at(9s)));
    EXPECT_THAT(late(a), ElementsAre("TASK_RUNNING -> TASK_STARTING"));
    EXPECT_EQ(task_row(a).state, "TASK_RUNNING");
}

TEST_F(TasksTest, AnEventOfTheSameTimeIsNotLate) {
    hear_all(status(a, "TASK_RUNNING", at(10s)), status(a, "TASK_STARTING", at(10s)));
    EXPECT_THAT(
        transitions(a),
        ElementsAre("none -> TASK_RUNNING", "TASK_RUNNING -> TASK_STARTING after 0 unexpected")
    );
}

TEST_F(TasksTest, AnEarlierEventOfEqualOrHigherRankIsATransitionWithoutNegativeDwell) {
    hear_all(status(a, "TASK_RUNNING", at(10s)), status(a, "TASK_FAILED", at(4s)));
    EXPECT_THAT(
        transitions(a), ElementsAre("none -> TASK_RUNNING", "TASK_RUNNING -> TASK_FAILED after 0")
    );
}

TEST_F(TasksTest, TheNewStateIsEnteredAtItsOwnTimeEvenIfThatIsEarlier) {
    hear_all(
        status(a, "TASK_RUNNING", at(10s)),
        status(a, "TASK_KILLING", at(4s)),
        status(a, "TASK_KILLED", at(11s))
    );
    EXPECT_EQ(transitions(a).back(), "TASK_KILLING -> TASK_KILLED after 7000");
}

TEST_F(TasksTest, LateIsMeasuredFromTheCurrentStateNotFromTheLatestEvent) {
    hear_all(
        status(a, "TASK_RUNNING", at(10s)),
        status(a, "TASK_KILLING", at(4s)),
        status(a, "TASK_STAGING", at(5s))
    );
    EXPECT_THAT(late(a), IsEmpty());
    EXPECT_EQ(transitions(a).back(), "TASK_KILLING -> TASK_STAGING after 1000 unexpected");
}

TEST_F(TasksTest, AnUnknownStateIsKeptAsItIsAndIsNotFinal) {
    hear_all(status(a, "TASK_MYSTERY", at(10s)), status(a, "TASK_FINISHED", at(12s)));
    EXPECT_THAT(
        transitions(a),
        ElementsAre("none -> TASK_MYSTERY", "TASK_MYSTERY -> TASK_FINISHED after 2000")
    );
    EXPECT_EQ(number(Family::tasks, {.app = "/a", .a = "TASK_MYSTERY"}), 0);
}

TEST_F(TasksTest, AnUnknownStateHasTheRankOfRunning) {
    hear_all(status(a, "TASK_MYSTERY", at(10s)), status(a, "TASK_STARTING", at(9s)));
    EXPECT_THAT(late(a), ElementsAre("TASK_MYSTERY -> TASK_STARTING"));
    hear_all(status(b, "TASK_MYSTERY", at(10s)), status(b, "TASK_RUNNING", at(9s)));
    EXPECT_EQ(transitions(b).back(), "TASK_MYSTERY -> TASK_RUNNING after 0 unexpected");
    hear_all(status("c.3f", "TASK_KILLING", at(10s)), status("c.3f", "TASK_MYSTERY", at(9s)));
    EXPECT_THAT(late("c.3f"), ElementsAre("TASK_KILLING -> TASK_MYSTERY"));
}

TEST_F(TasksTest, ALostTaskStaysInTheCurrentSet) {
    hear_all(status(a, "TASK_RUNNING", at(10s)), status(a, "TASK_LOST", at(12s)));
    EXPECT_EQ(task_row(a).ended, no_time);
    EXPECT_EQ(task_row(a).ended_seq, 0);
    EXPECT_EQ(number(Family::tasks, {.app = "/a", .a = "TASK_LOST"}), 1);
}

TEST_F(TasksTest, ALostTaskMayComeBack) {
    hear_all(
        status(a, "TASK_RUNNING", at(10s)),
        status(a, "TASK_LOST", at(12s)),
        status(a, "TASK_RUNNING", at(15s))
    );
    EXPECT_EQ(transitions(a).back(), "TASK_LOST -> TASK_RUNNING after 3000");
    EXPECT_EQ(number(Family::tasks, {.app = "/a", .a = "TASK_LOST"}), 0);
    EXPECT_EQ(number(Family::tasks, {.app = "/a", .a = "TASK_RUNNING"}), 1);
}

TEST_F(TasksTest, AFinalTaskLeavesTheCurrentSetAtOnceAndItsRowStays) {
    hear_all(status(a, "TASK_RUNNING", at(10s)), status(a, "TASK_FINISHED", at(12s)));
    EXPECT_EQ(number(Family::tasks, {.app = "/a", .a = "TASK_RUNNING"}), 0);
    EXPECT_EQ(number(Family::tasks, {.app = "/a", .a = "TASK_FINISHED"}), -1)
        << "no gauge of a final state";
    EXPECT_EQ(task_row(a).state, "TASK_FINISHED");
    EXPECT_EQ(task_row(a).ended, at(12s));
    EXPECT_EQ(task_row(a).first_seen, at(10s));
}

TEST_F(TasksTest, TransitionsAreCountedByAppFromAndTo) {
    hear_all(
        status(a, "TASK_STAGING", at(1s)),
        status(a, "TASK_RUNNING", at(2s)),
        status("a.9f", "TASK_STAGING", at(3s)),
        status(b, "TASK_STAGING", at(3s))
    );
    EXPECT_EQ(number(Family::task_transitions, {.app = "/a", .a = "none", .b = "TASK_STAGING"}), 2);
    EXPECT_EQ(
        number(Family::task_transitions, {.app = "/a", .a = "TASK_STAGING", .b = "TASK_RUNNING"}), 1
    );
    EXPECT_EQ(number(Family::task_transitions, {.app = "/b", .a = "none", .b = "TASK_STAGING"}), 1);
}

TEST_F(TasksTest, UnexpectedTransitionsAreAppliedAndCounted) {
    hear_all(status(a, "TASK_RUNNING", at(1s)), status(a, "TASK_STAGING", at(2s)));
    EXPECT_EQ(task_row(a).state, "TASK_STAGING");
    EXPECT_EQ(number(Family::task_unexpected, {.a = "TASK_RUNNING", .b = "TASK_STAGING"}), 1);
    EXPECT_EQ(
        number(Family::task_transitions, {.app = "/a", .a = "TASK_RUNNING", .b = "TASK_STAGING"}), 1
    );
}

TEST_F(TasksTest, TheEventsOwnAppWinsOverTheIds) {
    hear(status(a, "TASK_RUNNING", at(1s), {.app = "/elsewhere"}));
    EXPECT_EQ(number(Family::tasks, {.app = "/elsewhere", .a = "TASK_RUNNING"}), 1);
}

TEST_F(TasksTest, ATaskBelongsToTheInstanceOfItsId) {
    struct Row {
        const char* task;
        const char* instance;
    };

    for (const Row& row : {
             Row{"a_b.4f80d17a-37e6-11e4", "a_b.marathon-4f80d17a-37e6-11e4"},
             Row{"a.4f80d17a.42", "a.marathon-4f80d17a"},
             Row{"a.instance-4f80d17a.sleep1", "a.instance-4f80d17a"},
             Row{"a.instance-4f80d17a._app.1", "a.instance-4f80d17a"},
             Row{"a.marathon-4f80d17a._app.2", "a.marathon-4f80d17a"},
             Row{"a.instance-4f80d17a.dots.in.name", "a.instance-4f80d17a"},
             Row{"oddity", "oddity"},
         }) {
        hear(status(row.task, "TASK_RUNNING", at(1s), {.app = "/a"}));
        EXPECT_EQ(ledger().task_instances.at(row.task), row.instance);
    }
}

TEST_F(TasksTest, TheEventRowPointsAtItsTask) {
    hear_all(status(a, "TASK_RUNNING", at(1s)), status(a, "TASK_STAGING", at(0s)));
    EXPECT_THAT(
        ledger().texts("event", a), ElementsAre("status_update_event", "status_update_event")
    );
}

TEST_F(TasksTest, AStateLiterallyNoneIsNoFirstSight) {
    hear_all(status(a, "none", at(1s)), status(a, "TASK_RUNNING", at(2s)));
    EXPECT_THAT(
        transitions(a), ElementsAre("none -> none", "none -> TASK_RUNNING after 1000 unexpected")
    );
}

}  // namespace
}  // namespace tally::model
