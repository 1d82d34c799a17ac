#include "model/support/story.hpp"

namespace tally::model {
namespace {

using namespace said;
using ::testing::ElementsAre;

class DeploymentsTest : public StoryTest {
  protected:
    [[nodiscard]] std::int64_t running() { return world().snapshot().deployments_running; }

    [[nodiscard]] std::optional<TimeMs> oldest() {
        return world().snapshot().oldest_deployment_start;
    }

    const Plan plan = start_plan("/a", 9s);
};

TEST_F(DeploymentsTest, AnOpenDeploymentIsRunning) {
    hear(info("d1", plan, start_a, at(10s)));
    EXPECT_EQ(deployment_row("d1").outcome, "running");
    EXPECT_EQ(deployment_row("d1").requested, at(9s));
    EXPECT_EQ(deployment_row("d1").started, at(10s));
    EXPECT_EQ(deployment_row("d1").ended, no_time);
    EXPECT_EQ(deployment_row("d1").counted_outcome, "");
    EXPECT_EQ(running(), 1);
    EXPECT_EQ(oldest(), at(10s));
}

TEST_F(DeploymentsTest, StartedIsTheTimeOfTheFirstInfo) {
    hear_all(
        info("d1", plan, start_a, at(10s)),
        info("d1", plan, scale_a, at(12s)),
        info("d1", plan, scale_a, at(8s))
    );
    EXPECT_EQ(deployment_row("d1").started, at(10s));
}

TEST_F(DeploymentsTest, TheDecidingFinalEndsIt) {
    hear_all(info("d1", plan, start_a, at(10s)), success("d1", plan, at(15s)));
    EXPECT_EQ(deployment_row("d1").outcome, "success");
    EXPECT_EQ(deployment_row("d1").ended, at(15s));
    EXPECT_EQ(observed_sum(HistogramFamily::deployment_duration, "success"), 5000);
    EXPECT_EQ(running(), 0);
    EXPECT_EQ(oldest(), std::nullopt);
}

TEST_F(DeploymentsTest, ADurationIsNeverNegative) {
    hear_all(info("d1", plan, start_a, at(10s)), success("d1", plan, at(7s)));
    EXPECT_EQ(observed(HistogramFamily::deployment_duration, "success"), 1U);
    EXPECT_EQ(observed_sum(HistogramFamily::deployment_duration, "success"), 0);
}

TEST_F(DeploymentsTest, AVersionThatIsNoTimestampIsNoRequestTime) {
    hear(info("d1", {.version = "yesterday", .steps = {{}}}, std::nullopt, at(10s)));
    EXPECT_EQ(deployment_row("d1").requested, no_time);
}

TEST_F(DeploymentsTest, AFinalWithoutInfoClosesTheRowWithWhatIsKnown) {
    hear(success("d1", plan, at(15s)));
    EXPECT_EQ(deployment_row("d1").outcome, "success");
    EXPECT_EQ(deployment_row("d1").started, no_time);
    EXPECT_EQ(deployment_row("d1").requested, at(9s));
    EXPECT_EQ(deployment_row("d1").kind, "start");
    EXPECT_EQ(observed(HistogramFamily::deployment_duration, "success"), 0U);
    EXPECT_EQ(number(Family::deployments, {.a = "success", .b = "start"}), 1);
    EXPECT_EQ(running(), 0);
}

TEST_F(DeploymentsTest, AFinalWithoutAPlanHasUnknownKind) {
    hear(success("d1", {}, at(15s)));
    EXPECT_EQ(deployment_row("d1").kind, "unknown");
    EXPECT_EQ(deployment_row("d1").requested, no_time);
    EXPECT_EQ(number(Family::deployments, {.a = "success", .b = "unknown"}), 1);
}

TEST_F(DeploymentsTest, AnInfoAfterTheFinalOpensNothingAndFillsWhatIsUnknown) {
    hear_all(
        success("d1", {}, at(15s)),
        info("d1", plan, start_a, at(16s)),
        info("d1", plan, start_a, at(17s))
    );
    EXPECT_EQ(deployment_row("d1").outcome, "success");
    EXPECT_EQ(deployment_row("d1").requested, at(9s));
    EXPECT_EQ(deployment_row("d1").started, at(16s));
    EXPECT_EQ(deployment_row("d1").kind, "start");
    EXPECT_EQ(deployment_row("d1").counted_kind, "unknown");
    EXPECT_EQ(deployment_row("d1").reruns, 0);
    EXPECT_EQ(deployment_row("d1").steps, 2);
    EXPECT_FALSE(step_row("d1", 1).open);
    EXPECT_EQ(step_row("d1", 1).started, no_time);
    EXPECT_EQ(running(), 0);
}

TEST_F(DeploymentsTest, AnInfoAfterTheFinalFillsNothingThatIsKnown) {
    hear_all(
        info("d1", plan, start_a, at(10s)),
        success("d1", plan, at(15s)),
        info("d1", scale_plan("/other", 1s), StepText{"ScaleApplication /other"}, at(16s))
    );
    EXPECT_EQ(deployment_row("d1").requested, at(9s));
    EXPECT_EQ(deployment_row("d1").started, at(10s));
    EXPECT_EQ(deployment_row("d1").steps, 2);
}

TEST_F(DeploymentsTest, ASecondFinalOfOneKindChangesNothing) {
    hear_all(success("d1", {}, at(15s)), success("d1", plan, at(18s)));
    EXPECT_EQ(deployment_row("d1").ended, at(15s));
    EXPECT_EQ(deployment_row("d1").requested, no_time);
    EXPECT_EQ(deployment_row("d1").kind, "unknown");
    EXPECT_FALSE(deployment_row("d1").contradicted);
    EXPECT_EQ(number(Family::deployments, {.a = "success", .b = "unknown"}), 1);
}

TEST_F(DeploymentsTest, ASecondFailureKeepsTheFirstReason) {
    hear_all(
        failed("d1", plan, at(15s), "first"), failed("d1", plan, at(18s), "canceled after all")
    );
    EXPECT_EQ(deployment_row("d1").outcome, "failed");
    EXPECT_EQ(deployment_row("d1").reason, "first");
    EXPECT_EQ(deployment_row("d1").ended, at(15s));
}

TEST_F(DeploymentsTest, BothEventsOfASecondFinalPointAtTheDeployment) {
    hear_all(success("d1", plan, at(15s)), success("d1", plan, at(18s)));
    for (const std::string& line : ledger().lines("event")) {
        EXPECT_THAT(line, ::testing::HasSubstr(" d1 "));
    }
}

TEST_F(DeploymentsTest, TheOldestStartIsThatOfTheOldestRunningOne) {
    hear_all(
        info("d1", plan, start_a, at(10s)),
        info("d2", plan, start_a, at(5s)),
        info("d3", plan, start_a, at(20s))
    );
    EXPECT_EQ(running(), 3);
    EXPECT_EQ(oldest(), at(5s));
    hear(success("d2", plan, at(30s)));
    EXPECT_EQ(oldest(), at(10s));
}

TEST_F(DeploymentsTest, ADeploymentFirstHeardByAStepIsRunningWithoutAStart) {
    hear(step_success("d1", plan, start_a, at(10s)));
    EXPECT_EQ(deployment_row("d1").outcome, "running");
    EXPECT_EQ(deployment_row("d1").started, no_time);
    EXPECT_EQ(running(), 1);
    EXPECT_EQ(oldest(), std::nullopt);
}

TEST_F(DeploymentsTest, ADeploymentIsCountedOnceWithWhatIsKnownThen) {
    hear_all(
        info("d1", plan, start_a, at(10s)),
        success("d1", plan, at(15s)),
        failed("d1", plan, at(16s))
    );
    EXPECT_EQ(number(Family::deployments, {.a = "success", .b = "start"}), 1);
    EXPECT_EQ(number(Family::deployments, {.a = "failed", .b = "start"}), -1);
    EXPECT_EQ(deployment_row("d1").counted_outcome, "success");
    EXPECT_EQ(deployment_row("d1").counted_kind, "start");
}

}  // namespace
}  // namespace tally::model
