#include "model/support/story.hpp"

namespace tally::model {
namespace {

using namespace said;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class InstancesTest : public StoryTest {};

TEST_F(InstancesTest, FirstSightIsATransitionFromNone) {
    hear(instance(i1, "Scheduled", at(1s)));
    EXPECT_THAT(instance_transitions(i1), ElementsAre("none -> Scheduled"));
    EXPECT_EQ(
        number(Family::instance_transitions, {.app = "/a", .a = "none", .b = "Scheduled"}), 1
    );
    EXPECT_EQ(number(Family::instances, {.app = "/a", .a = "Scheduled"}), 1);
}

TEST_F(InstancesTest, FirstSightStaysATransitionFromNoneWhenATaskWasHeardBefore) {
    hear_all(
        status("a.instance-1f._app.1", "TASK_STAGING", at(1s)), instance(i1, "Staging", at(0s))
    );
    EXPECT_THAT(instance_transitions(i1), ElementsAre("none -> Staging"));
}

TEST_F(InstancesTest, ATransitionDwellsInTheConditionLeft) {
    hear_all(instance(i1, "Starting", at(1s)), instance(i1, "Running", at(3s), {.host = "h1"}));
    EXPECT_THAT(
        instance_transitions(i1), ElementsAre("none -> Starting", "Starting -> Running after 2000")
    );
    EXPECT_EQ(instance_row(i1).condition, "Running");
    EXPECT_EQ(instance_row(i1).since, at(3s));
    EXPECT_EQ(instance_row(i1).host, "h1");
}

TEST_F(InstancesTest, TheSameConditionAgainIsARepeatThatRefreshesTheHost) {
    hear_all(
        instance(i1, "Running", at(1s), {.host = "h1"}),
        instance(i1, "Running", at(3s), {.host = "h2"}),
        instance(i1, "Running", at(4s))
    );
    EXPECT_THAT(instance_transitions(i1), ElementsAre("none -> Running"));
    EXPECT_EQ(instance_row(i1).since, at(1s));
    EXPECT_EQ(instance_row(i1).host, "h2");
}

TEST_F(InstancesTest, AnEarlierEventIsLateWhateverItsConditionAndMakesNoRow) {
    hear_all(
        instance(i1, "Running", at(5s), {.host = "h1"}),
        instance(i1, "Failed", at(4s), {.host = "h2"}),
        instance(i1, "Staging", at(4s))
    );
    EXPECT_THAT(instance_transitions(i1), ElementsAre("none -> Running"));
    EXPECT_EQ(instance_row(i1).condition, "Running");
    EXPECT_EQ(instance_row(i1).ended, no_time);
    EXPECT_EQ(instance_row(i1).host, "h1");
    EXPECT_EQ(ledger().texts("event").size(), 3U);
    EXPECT_EQ(ledger().texts("task_late").size(), 0U);
}

TEST_F(InstancesTest, AnEventOfTheSameTimeIsNotLate) {
    hear_all(instance(i1, "Running", at(5s)), instance(i1, "Staging", at(5s)));
    EXPECT_EQ(instance_transitions(i1).back(), "Running -> Staging after 0");
}

TEST_F(InstancesTest, TheFinalConditionsAreSeven) {
    for (const std::string_view condition :
         {"Finished", "Failed", "Killed", "Error", "Gone", "Dropped", "Unknown"}) {
        const std::string id = "a.instance-" + std::string(condition);
        hear_all(instance(id, "Running", at(1s)), instance(id, condition, at(2s)));
        EXPECT_EQ(instance_row(id).ended, at(2s)) << condition;
        EXPECT_EQ(number(Family::instances, {.app = "/a", .a = condition}), -1) << condition;
    }
    EXPECT_EQ(number(Family::instances, {.app = "/a", .a = "Running"}), 0);
}

TEST_F(InstancesTest, TheOtherConditionsStayInTheCurrentSet) {
    for (const std::string_view condition :
         {"Created",
          "Provisioned",
          "Reserved",
          "Scheduled",
          "Staging",
          "Starting",
          "Running",
          "Killing",
          "Unreachable",
          "UnreachableInactive",
          "Mystery"}) {
        const std::string id = "a.instance-" + std::string(condition);
        hear(instance(id, condition, at(1s)));
        EXPECT_EQ(instance_row(id).ended, no_time) << condition;
        EXPECT_EQ(number(Family::instances, {.app = "/a", .a = condition}), 1) << condition;
    }
}

TEST_F(InstancesTest, ARelaunchUnderTheSameIdClearsEnded) {
    hear_all(
        instance(i1, "Running", at(1s)),
        instance(i1, "Failed", at(2s)),
        instance(i1, "Provisioned", at(5s))
    );
    EXPECT_EQ(instance_transitions(i1).back(), "Failed -> Provisioned after 3000");
    EXPECT_EQ(instance_row(i1).ended, no_time);
    EXPECT_EQ(instance_row(i1).idle_seq, 0);
    EXPECT_EQ(number(Family::instances, {.app = "/a", .a = "Provisioned"}), 1);
}

TEST_F(InstancesTest, FirstSightMayBeFinal) {
    hear(instance(i1, "Killed", at(1s)));
    EXPECT_EQ(instance_row(i1).ended, at(1s));
    EXPECT_EQ(number(Family::instances, {.app = "/a", .a = "Killed"}), -1);
}

TEST_F(InstancesTest, TasksMoveNoInstance) {
    hear_all(
        instance(i1, "Running", at(1s)), status("a.instance-1f._app.1", "TASK_FAILED", at(2s))
    );
    EXPECT_THAT(instance_transitions(i1), ElementsAre("none -> Running"));
    EXPECT_EQ(instance_row(i1).ended, no_time);
}

TEST_F(InstancesTest, AnInstanceKnownOnlyByItsTaskHasNoCondition) {
    hear(status("a.instance-1f._app.1", "TASK_RUNNING", at(2s)));
    EXPECT_EQ(instance_row(i1).condition, "");
    EXPECT_THAT(instance_transitions(i1), IsEmpty());
}

TEST_F(InstancesTest, InstancesMoveNoTask) {
    hear_all(
        status("a.instance-1f._app.1", "TASK_RUNNING", at(1s)), instance(i1, "Failed", at(2s))
    );
    EXPECT_EQ(task_row("a.instance-1f._app.1").state, "TASK_RUNNING");
    EXPECT_EQ(number(Family::tasks, {.app = "/a", .a = "TASK_RUNNING"}), 1);
}

TEST_F(InstancesTest, AnUnknownTerminationIsAFactOfItsOwnAndMovesNoState) {
    hear_all(instance(i1, "Running", at(1s)), unknown_terminated(i1, "Killed", at(2s)));
    EXPECT_EQ(instance_row(i1).condition, "Running");
    EXPECT_THAT(ledger().texts("unknown_termination", "/a"), ElementsAre("Killed|a.instance-1f||"));
    EXPECT_EQ(number(Family::unknown_terminations, {.app = "/a"}), 1);
}

TEST_F(InstancesTest, AHealthOfAnInstanceGoesWithItToAnotherApp) {
    hear_all(
        instance(i1, "Running", at(0s)),
        healthy(i1, false, at(0s)),
        instance(i1, "Killing", at(10s), {.app = "/b"}),
        healthy(i1, false, at(15s), {.app = "/b"}),
        plain("x", at(30s))
    );
    EXPECT_THAT(health(i1), ElementsAre("unknown -> unhealthy"));
    EXPECT_EQ(app("/a").unhealthy_now, 0);
    EXPECT_EQ(app("/b").unhealthy_now, 1);
    EXPECT_EQ(app("/a").unhealthy_ms, 10'000);
    EXPECT_EQ(app("/b").unhealthy_ms, 20'000);
}

}  // namespace
}  // namespace tally::model
